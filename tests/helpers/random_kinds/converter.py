"""Random converters: gas engines with heat, boilers, chillers and electrolysers."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add one to three of them, on or off now and then, with outages and limits of starts."""
    ratios = {
        "engine": ("power", {"fuel": 2.4}, {"warm": 1.05}),
        "boiler": ("warm", {"fuel": 1.1}, {}),
        "chiller": ("power", {}, {"cool": 3.0}),
        "electrolyser": ("power", {}, {"h2": 0.62, "warm": 0.2}),
    }
    for name in generator.choice(sorted(ratios), size=int(generator.integers(1, 4)), replace=False).tolist():
        reference, inputs, outputs = ratios[name]
        is_output = name in ("engine", "boiler")
        own = {"node": reference, "ratio_per_unit": 1.0}
        size = round(float(generator.uniform(0.5, 2.5)), 2)
        unit: dict[str, Any] = {
            "type": "converter",
            "reference": reference,
            "power_max_mw": size,
            "inputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in inputs.items()],
            "outputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in outputs.items()],
            "cost_eur_per_mwh": 2.0,
        }
        unit["outputs" if is_output else "inputs"].append(own)
        if reference == "power":
            unit["provides"] = []
        if generator.random() < 0.4:
            unit |= _states(generator, round(0.4 * size, 3), float(site.get("horizon", {}).get("period_h", 1.0)))
        if generator.random() < 0.3 and "start_up_power_mw" not in unit:
            series[f"{name}_available_per_unit"] = generator.choice([0.0, 0.6, 1.0, 1.0], periods).tolist()
            unit["available_per_unit"] = f"{name}_available_per_unit"
        site["components"][name] = unit


def _states(draw: np.random.Generator, least: float, period_h: float) -> dict[str, Any]:
    """A minimum load, and one way or another of what starts are like."""
    own: dict[str, Any] = {"power_min_mw": least}
    if draw.random() < 0.6:
        own["initial_on"] = bool(draw.random() < 0.5)
    choice = int(draw.integers(0, 5))
    if choice == 0:
        own |= {"start_cost_eur": 15.0, "minimum_up_h": 2 * period_h, "minimum_down_h": period_h}
    elif choice == 1:
        hours = (0.0, 2 * period_h, 4 * period_h)
        own["start_costs"] = [{"off_from_h": h, "cost_eur": c} for h, c in zip(hours, (10.0, 15.0, 30.0), strict=True)]
        if own.get("initial_on") is False:
            own["initial_state_h"] = float(draw.integers(0, 5)) * period_h
    elif choice == 2:
        own |= {"quick_start_h": 0.2, "start_cost_eur": 15.0}
    elif choice == 3:
        own |= {
            "start_up_power_mw": np.round(least * np.sort(draw.uniform(0.1, 0.9, 2)), 3).tolist(),
            "shut_down_power_mw": [round(0.5 * least, 3)],
            "minimum_down_h": 3 * period_h,
        }
    else:
        own |= {"standby_input_mw": round(0.1 * least, 3), "standby_start_cost_eur": 2.0, "start_cost_eur": 15.0}
    return own
