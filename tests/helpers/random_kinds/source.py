"""Random sources and demand that can be shed."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add a plant in the sun and a process that can pause."""
    series["sun_mw"] = generator.uniform(0, 2, periods).round(2).tolist()
    site["components"]["sun"] = {"type": "source", "node": "power", "available_mw": "sun_mw", "provides": []}
    series["process_mw"] = generator.uniform(0, 1.5, periods).round(2).tolist()
    site["components"]["process"] = {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": "process_mw",
        "shed_max_per_unit": 0.6,
        "shed_cost_eur_per_mwh": 90.0,
        "provides": [],
    }
