"""Random links with a node of their own behind them."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add links with a device behind each to a mapping as in ``instance.yaml``, and the series they need."""
    for number in range(int(generator.integers(1, 3))):
        carrier, start = [("electricity", "power"), ("heat", "warm")][int(generator.integers(2))]
        name, far = f"link_{carrier}_{number}", f"behind_{carrier}_{number}"
        site["nodes"][far] = {"carrier": carrier}
        link: dict[str, Any] = {
            "type": "link",
            "from_node": start,
            "to_node": far,
            "power_max_mw": round(float(generator.uniform(1.0, 4.0)), 2),
        }
        if generator.random() < 0.6:
            link["loss_per_unit"] = round(float(generator.uniform(0.01, 0.2)), 3)
        if generator.random() < 0.4:
            series[f"{name}_per_unit"] = generator.uniform(0.3, 1.0, periods).round(2).tolist()
            link["available_per_unit"] = f"{name}_per_unit"
        if generator.random() < 0.3:
            link["cost_eur_per_mwh"] = round(float(generator.uniform(0.5, 5.0)), 1)
        demand = {"type": "sheddable_demand", "node": far, "shed_cost_eur_per_mwh": 300.0}
        site["components"][f"{name}_load"] = demand | {"demand_mw": round(float(generator.uniform(0.2, 1.0)), 2)}
        if carrier == "heat" and generator.random() < 0.6:
            # both pipes of a network, or one of them
            delay = int(generator.integers(1, max(2, periods // 3)))
            link["delay_h"] = delay * site["horizon"]["period_h"]
            link["initial_flow_mw"] = generator.uniform(0.0, 1.0, delay).round(2).tolist()
        else:
            link["power_back_max_mw"] = round(float(generator.uniform(0.5, 4.0)), 2)
            _add_store(site, generator, far, f"{name}_store", is_power=carrier == "electricity")
        site["components"][name] = link


def _add_store(site: dict[str, Any], generator: np.random.Generator, node: str, name: str, *, is_power: bool) -> None:
    energy = round(float(generator.uniform(1.0, 6.0)), 2)
    store: dict[str, Any] = {
        "type": "storage",
        "node": node,
        "energy_max_mwh": energy,
        "charge_max_mw": round(float(generator.uniform(0.5, 2.0)), 2),
        "discharge_max_mw": round(float(generator.uniform(0.5, 2.0)), 2),
        "charge_efficiency_per_unit": 0.95,
        "discharge_efficiency_per_unit": 0.95,
        "initial_mwh": round(energy / 2, 2),
    }
    held = [product for product in ("fr_mfrr_up", "fr_afrr_down") if product in site.get("products", {})]
    if is_power and held and generator.random() < 0.6:
        store["provides"] = held
    site["components"][name] = store
