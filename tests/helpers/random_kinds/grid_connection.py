"""Connections with all their charges, for random sites."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Charges on power, by the day, and emissions at connections that are there; a supply with take or pay."""
    for name, spec in site["components"].items():
        if spec.get("type") == "grid_connection" and spec.get("import_max_mw", 1.0) != 0:
            _charge(name, spec, series, generator, periods)
    _supply(site, generator)
    if generator.random() < 0.5 and any("import_emission_kg_per_mwh" in c for c in site["components"].values()):
        site["co2"] = {"price_eur_per_t": float(generator.integers(0, 120))}
        if generator.random() < 0.4:
            site["co2"] |= {"cap_t": float(generator.uniform(0.5, 20.0)), "cap_penalty_eur_per_t": 2000.0}


def _charge(
    name: str, spec: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> None:
    if generator.random() < 0.5:
        spec["demand_charge_eur_per_mw"] = float(generator.integers(1, 300))
    if generator.random() < 0.3:
        spec["subscribed_power_mw"] = float(generator.integers(0, 4))
        spec["excess_charge_eur_per_mw"] = float(generator.integers(1, 200))
        if generator.random() < 0.5:
            price = float(generator.integers(1, 100))
            most = min(float(generator.integers(2, 8)), spec.get("import_max_mw") or 8.0)
            spec["subscribed_power_mw"] = {"min_mw": 0.0, "max_mw": most, "price_eur_per_mw": price}
    if "demand_charge_eur_per_mw" in spec or "excess_charge_eur_per_mw" in spec:
        if generator.random() < 0.4 and not isinstance(spec.get("subscribed_power_mw"), dict):
            spec["peak_so_far_mw"] = float(generator.integers(0, 4))
        if generator.random() < 0.4:
            spec["demand_charge_share_per_unit"] = 0.5
        if generator.random() < 0.4:
            series[f"{name}_counts_per_unit"] = generator.integers(0, 2, periods).astype(float).tolist()
            spec["demand_charge_counts_per_unit"] = f"{name}_counts_per_unit"
    if generator.random() < 0.3:
        spec["fixed_cost_eur_per_day"] = float(generator.integers(1, 100))
    if generator.random() < 0.4:
        series[f"{name}_mix_kg_per_mwh"] = generator.integers(100, 600, periods).astype(float).tolist()
        spec["import_emission_kg_per_mwh"] = f"{name}_mix_kg_per_mwh"
        if spec.get("export_max_mw", 0.0) > 0 and generator.random() < 0.5:
            spec["export_emission_kg_per_mwh"] = float(generator.integers(0, 100))


def _supply(site: dict[str, Any], generator: np.random.Generator) -> None:
    nodes = [name for name in ("fuel", "warm", "h2") if name in site["nodes"]]
    if not nodes or generator.random() < 0.4:
        return
    site["components"]["supply"] = {
        "type": "grid_connection",
        "node": str(generator.choice(nodes)),
        "import_max_mw": 5.0,
        "import_price_eur_per_mwh": 60.0,
        "take_or_pay_mwh": float(generator.uniform(0.5, 4.0)),
        "take_or_pay_price_eur_per_mwh": float(generator.integers(1, 30)),
    }
