"""Random combined heat and power: engine, back-pressure, extraction, regions of any shape."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.components.chp.format import Chp

_STANDSTILL = (0.0, 0.0, 0.0)


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add a unit to a mapping as in instance.yaml, and the series that it needs."""
    points = _points(generator)
    powers = [power for power, _, _ in points]
    unit: dict[str, Any] = {
        "type": "chp",
        "fuel_node": "fuel",
        "power_node": "power",
        "heat_node": "warm",
        "points": [{"power_mw": p, "heat_mw": q, "fuel_mw": f} for p, q, f in points],
        "cost_eur_per_mwh": round(float(generator.uniform(0, 5)), 2),
    }
    if generator.random() < 0.3:
        unit["energy_ramp_mw_per_min"] = round(float(max(powers) * generator.uniform(0.2, 0.9)) / 60, 5)
    if generator.random() < 0.3:
        series["region_available_per_unit"] = generator.choice([0.0, 0.3, 0.7, 1.0, 1.0], periods).tolist()
        unit["available_per_unit"] = "region_available_per_unit"
    if generator.random() < 0.7:
        unit["provides"] = ["fr_mfrr_up", "fr_afrr_down"]
    site["components"]["region"] = unit | (_starts(min(powers), max(powers), generator) if min(powers) > 0 else {})


def saves_fuel(spec: dict[str, Any]) -> bool:
    """Whether it is a unit that takes less fuel for more power somewhere: no reserve is modelled for it."""
    return spec["type"] == "chp" and Chp.model_validate({**spec, "provides": []}).region.fuel_per_power[0] < 0


def _points(generator: np.random.Generator) -> list[tuple[float, float, float]]:
    kind = generator.choice(["line", "extraction", "any"])
    fuel, by_heat = float(generator.uniform(2.0, 2.8)), float(generator.uniform(0.3, 0.9))
    if kind == "line":
        low, high, ratio = *generator.uniform((0.3, 1.5), (1.0, 3.0)).round(3), float(generator.uniform(0.8, 1.6))
        found = [(float(p), float(p) * ratio, fuel * float(p)) for p in (low, high)]
    elif kind == "extraction":
        top, share = float(generator.uniform(2, 4)), float(generator.uniform(0.4, 0.7))
        corners = [(top, 0.0), (0.7 * top, top), (share * 0.7 * top, share * top), (share * top, 0.0)]
        found = [(p, q, fuel * p + by_heat * q) for p, q in corners]
    else:
        corners = [
            (float(p), float(q)) for p, q in zip(generator.uniform(0.4, 3, 5), generator.uniform(0, 3, 5), strict=True)
        ]
        # convex in power, so that the lower side of the hull has several faces
        found = [(p, q, fuel * p + by_heat * q + 0.1 * p * p) for p, q in corners]
    rounded = [(round(p, 3), round(q, 3), round(f, 3)) for p, q, f in found]
    if kind == "line":
        # exactly on a line
        rounded = [(p, round(1.25 * p, 5), f) for p, _, f in rounded]
    # no more power and heat than fuel
    rounded = [(p, q, max(f, round(1.01 * (p + q), 3))) for p, q, f in rounded]
    return [*rounded, _STANDSTILL] if kind != "any" and generator.random() < 0.3 else rounded


def _starts(least: float, most: float, generator: np.random.Generator) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "minimum_up_h": 1.0,
        "minimum_down_h": 1.0,
        "start_cost_eur": round(float(generator.uniform(1, 30)), 1),
        "starts_max_per_day": int(generator.integers(1, 4)),
        "start_power_max_mw": round(float(generator.uniform(least, most)), 4),
        "stop_power_max_mw": round(float(generator.uniform(least, most)), 4),
        "initial_on": bool(generator.random() < 0.5),
    }
    return {key: value for key, value in fields.items() if generator.random() < 0.3}
