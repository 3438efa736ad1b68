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
            unit |= {"power_min_mw": round(0.4 * size, 3), "start_cost_eur": 15.0}
        if generator.random() < 0.3:
            series[f"{name}_available_per_unit"] = generator.choice([0.0, 0.6, 1.0, 1.0], periods).tolist()
            unit["available_per_unit"] = f"{name}_available_per_unit"
        site["components"][name] = unit
