"""Random converters: boilers, engines and electrolysers with what can be said of starts, stand-by and reserve."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add one to three converters, and the series they need, to a site of the library."""
    for number in range(int(generator.integers(1, 4))):
        name = f"unit_{number}"
        unit = _ports(generator)
        largest = round(float(generator.uniform(0.5, 4.0)), 3)
        unit |= {"type": "converter", "power_max_mw": largest}
        if generator.random() < 0.3:
            # paid for, where the fuel costs more: nothing is earned by running alone
            least = -1.0 if unit["inputs"][0]["node"] == "fuel" else 0.0
            unit["cost_eur_per_mwh"] = round(float(generator.uniform(least, 5.0)), 2)
        if generator.random() < 0.7:
            unit |= _states(generator, largest, _period_h(site))
        ways = {"start_up_power_mw", "shut_down_power_mw"} & set(unit)
        if generator.random() < 0.3 and not ways:
            share = np.where(generator.random(periods) < 0.15, 0.0, generator.uniform(0.6, 1.0, periods))
            series[f"{name}_per_unit"] = np.round(share, 3).tolist()
            unit["available_per_unit"] = f"{name}_per_unit"
        if unit["reference"] == "power" and generator.random() < 0.5:
            unit["provides"] = ["fr_mfrr_up", "fr_afrr_down"]
        site["components"][name] = unit


def _period_h(site: dict[str, Any]) -> float:
    return float(site.get("horizon", {}).get("period_h", 1.0))


def _ports(draw: np.random.Generator) -> dict[str, Any]:
    ratio = round(float(draw.uniform(2.0, 3.0)), 3)
    engine = {
        "reference": "power",
        "inputs": [{"node": "fuel", "ratio_per_unit": ratio}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
    }
    boiler = {
        "reference": "warm",
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.1}],
        "outputs": [{"node": "warm", "ratio_per_unit": 1.0}],
    }
    electrolyser = {
        "reference": "power",
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "h2", "ratio_per_unit": round(float(draw.uniform(0.6, 0.75)), 3)}],
    }
    return [engine, boiler, electrolyser][int(draw.integers(0, 3))]


def _states(draw: np.random.Generator, largest: float, period_h: float) -> dict[str, Any]:
    """A minimum load, and one way or another of what starts are like."""
    least = round(largest * float(draw.uniform(0.2, 0.6)), 3)
    own: dict[str, Any] = {"power_min_mw": least}
    if draw.random() < 0.6:
        own["initial_on"] = bool(draw.random() < 0.5)
    cost = round(float(draw.uniform(5.0, 60.0)), 2)
    choice = int(draw.integers(0, 5))
    if choice == 0:
        own |= {"start_cost_eur": cost, "minimum_up_h": 2 * period_h, "minimum_down_h": period_h}
    elif choice == 1:
        own["start_costs"] = [
            {"off_from_h": 0.0, "cost_eur": cost},
            {"off_from_h": 2 * period_h, "cost_eur": 1.5 * cost},
            {"off_from_h": 4 * period_h, "cost_eur": 3 * cost},
        ]
        if own.get("initial_on") is False:
            own["initial_state_h"] = float(draw.integers(0, 5)) * period_h
    elif choice == 2:
        own |= {"quick_start_h": 0.2, "start_cost_eur": cost}
    elif choice == 3:
        own |= {
            "start_up_power_mw": np.round(least * np.sort(draw.uniform(0.1, 0.9, 2)), 3).tolist(),
            "shut_down_power_mw": [round(0.5 * least, 3)],
            "minimum_down_h": 3 * period_h,
        }
    else:
        own |= {"standby_input_mw": round(0.05 * largest, 3), "standby_start_cost_eur": 2.0, "start_cost_eur": cost}
    return own
