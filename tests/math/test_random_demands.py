"""Random sites of what moves in time: settlement, stress test and hub say what the model says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.random_kinds import building, ev_fleet, shiftable_demand
from helpers.settled_run import solved
from helpers.site_builder import make_instance, make_tree
from helpers.two_views import two_views

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data

NODES = {"power": {"carrier": "electricity"}, "warm": {"carrier": "heat"}, "cool": {"carrier": "cooling"}}
PRODUCTS: dict[str, dict[str, Any]] = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 400.0},
    "fr_mfrr_up": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 40.0,
        "energy_price_up_eur_per_mwh": 80.0,
        "activation_up_per_unit": "up_per_unit",
        "shortfall_penalty_eur_per_mw_h": 80.0,
        "missed_penalty_eur_per_mwh": 500.0,
    },
    "fr_afrr_down": {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "sustain_h": 2.0,
        "capacity_price_eur_per_mw_h": 30.0,
        "energy_price_down_eur_per_mwh": 20.0,
        "activation_down_per_unit": "down_per_unit",
        "shortfall_penalty_eur_per_mw_h": 80.0,
        "missed_penalty_eur_per_mwh": 500.0,
    },
}


def random_site(seed: int, *, has_products: bool, is_called: bool = True) -> tuple[Any, Any]:
    draw = np.random.default_rng([seed, 13])
    periods, period_h = 6, float(draw.choice([0.5, 1.0])) if not has_products else 1.0
    components: dict[str, dict[str, Any]] = {}
    for node in NODES:
        components[f"{node}_grid"] = {
            "type": "grid_connection",
            "node": node,
            "import_max_mw": 20.0,
            "export_max_mw": 20.0 if node == "power" else 0.0,
            "import_price_eur_per_mwh": f"{node}_price_eur_per_mwh",
        }
    site: dict[str, Any] = {"horizon": {"period_h": period_h}, "nodes": NODES, "components": components}
    series: dict[str, Any] = {}
    for kind in (shiftable_demand, building, ev_fleet):
        kind.add(site, series, draw, periods)
    for node in NODES:
        series[f"{node}_price_eur_per_mwh"] = draw.uniform(5.0, 100.0, periods).round(1).tolist()
    products = PRODUCTS if has_products else {}
    if has_products:
        series["da_price_eur_per_mwh"] = draw.uniform(5.0, 100.0, periods).round(1).tolist()
        series["up_per_unit"] = draw.choice([0.0, 0.0, 1.0], periods).tolist()
        series["down_per_unit"] = draw.choice([0.0, 0.3], periods).tolist()
        products = {name: {**own, "connection": "power_grid"} for name, own in PRODUCTS.items()}
        products["imbalance"] = PRODUCTS["imbalance"]
        if not is_called:
            series |= {"up_per_unit": 0.0, "down_per_unit": 0.0}
    else:
        for spec in components.values():
            spec.pop("provides", None)
    instance = make_instance(components, products, periods=periods, period_h=period_h, nodes=NODES)
    return instance, make_tree(instance, series)


@pytest.mark.parametrize("seed", range(8))
def test_model_and_hub(seed: int) -> None:
    comparison = two_views(*random_site(seed, has_products=False)).compare(3, seed)
    assert comparison.agrees, comparison


@pytest.mark.parametrize("seed", range(6))
def test_settlement_and_stress(seed: int) -> None:
    instance, tree = random_site(seed, has_products=True)
    run = solved(instance, tree)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    assert settle_data(data).agrees
    assert stress(data).passed


def replayed(data: SettlementData, spec: Any) -> float:
    """Least room that full calls of one product leave in the batteries of the fleet, MWh, called hour by hour."""
    plugged = data.values(spec.plugged_in_per_unit)
    leaving = 0.0 if spec.leaving_per_unit is None else data.values(spec.leaving_per_unit)
    stays = np.minimum(np.maximum(plugged - leaving, 0.0), np.append(plugged[:, 1:], plugged[:, -1:], axis=1))
    level = data.decided("cars.level_mwh")
    gives_back = spec.discharge_max_mw > 0
    out = 1.0 / spec.discharge_efficiency_per_unit if gives_back else spec.charge_efficiency_per_unit
    least = np.inf
    for product, factor in (("fr_mfrr_up", -out), ("fr_afrr_down", spec.charge_efficiency_per_unit)):
        if product not in spec.provides:
            continue
        held = data.decided(f"cars.{product}_held_mw")
        hours = round(data.instance.products[product].sustain_h)
        for start in range(level.shape[1]):
            moved = np.zeros(len(level))
            for t in range(start, min(start + hours, level.shape[1])):
                moved = moved + factor * held[:, t] * data.period_h
                room = (level + moved[:, None])[:, t], (spec.fleet_energy_mwh * stays - level - moved[:, None])[:, t]
                least = min(least, float(np.min(room[0 if factor < 0 else 1])))
    return least


@pytest.mark.parametrize("seed", [3, 9, 14, 23, 29])
def test_full_calls_of_a_fleet_find_their_energy(seed: int) -> None:
    """The level of those that stay bears a call of full length from any hour; the stress test looks at power alone."""
    instance, tree = random_site(seed, has_products=True, is_called=False)
    run = solved(instance, tree)
    spec = instance.components["cars"]
    assert replayed(SettlementData(instance, tree, run.solution, run.flow_data), spec) >= -1e-6
