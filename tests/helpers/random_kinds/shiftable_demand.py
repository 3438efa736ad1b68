"""Random demands that can be moved in time."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """One or two at power, warm or cool, with limits that are numbers or series, and jobs now and then."""
    period_h = float(site["horizon"]["period_h"])
    for number in range(1, int(generator.integers(2, 4))):
        name = f"shiftable_{number}"
        node = str(generator.choice([node for node in ("power", "warm", "cool") if node in site["nodes"]]))
        series[f"{name}_demand_mw"] = generator.uniform(0.2, 2.0, periods).round(2).tolist()
        spec: dict[str, Any] = {"type": "shiftable_demand", "node": node, "demand_mw": f"{name}_demand_mw"}
        if generator.random() < 0.8:
            _shift(name, spec, series, generator, periods, period_h)
        if "shift_window_h" not in spec or generator.random() < 0.4:
            spec["jobs"] = [_job(generator, periods, period_h) for _ in range(int(generator.integers(1, 3)))]
        site["components"][name] = spec


def _shift(
    name: str,
    spec: dict[str, Any],
    series: dict[str, list[float]],
    generator: np.random.Generator,
    periods: int,
    period_h: float,
) -> None:
    spec["shift_window_h"] = period_h * float(generator.integers(1, 5))
    spec["payback"] = str(generator.choice(["after", "before", "both"]))
    which = generator.random()
    if which < 0.7:
        spec["shift_max_per_unit"] = round(float(generator.uniform(0.1, 1.0)), 2)
    if which > 0.4:
        spec["shift_down_max_mw"] = round(float(generator.uniform(0.1, 1.0)), 2)
    if generator.random() < 0.5:
        series[f"{name}_up_mw"] = generator.uniform(0.0, 1.5, periods).round(2).tolist()
        spec["shift_up_max_mw"] = f"{name}_up_mw"
    if generator.random() < 0.5:
        spec["rebound_per_unit"] = 1.1
    if generator.random() < 0.5:
        spec["shift_cost_eur_per_mwh"] = round(float(generator.uniform(0.0, 20.0)), 1)
    if generator.random() < 0.4:
        spec["shift_max_mwh_per_day"] = round(float(generator.uniform(0.5, 3.0)), 2)


def _job(generator: np.random.Generator, periods: int, period_h: float) -> dict[str, Any]:
    first = int(generator.integers(0, periods))
    length = int(generator.integers(1, periods - first + 1))
    power = round(float(generator.uniform(0.2, 1.0)), 2)
    job = {
        "from_h": first * period_h,
        "to_h": (first + length) * period_h,
        "power_max_mw": power,
        "energy_mwh": round(power * length * period_h * float(generator.uniform(0.3, 1.0)), 4),
    }
    if generator.random() < 0.3:
        job["repeat_h"] = length * period_h
    return job
