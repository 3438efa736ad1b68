"""Random buildings within a comfort band."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """One at the nodes warm and cool, or at one of them."""
    hour = np.arange(periods) * float(site["horizon"]["period_h"])
    mean = float(generator.uniform(0.0, 28.0))
    series["building_ambient_degc"] = (mean + 5.0 * np.sin(hour / 24.0 * 2.0 * np.pi)).round(1).tolist()
    spec: dict[str, Any] = {
        "type": "building",
        "heat_capacity_mwh_per_k": round(float(generator.uniform(0.1, 2.0)), 2),
        "heat_loss_mw_per_k": float(generator.choice([0.0, 0.02, 0.1])),
        "ambient_temperature_degc": "building_ambient_degc",
        "temperature_min_degc": 20.0,
        "temperature_max_degc": 24.0,
        "initial_temperature_degc": round(float(generator.uniform(19.0, 25.0)), 1),
        "discomfort_penalty_eur_per_kh": round(float(generator.uniform(1.0, 200.0)), 1),
    }
    which = [node for node in ("warm", "cool") if node in site["nodes"]]
    if len(which) == 2 and generator.random() < 0.6:
        which = [str(generator.choice(which))]
    for node in which:
        word = "heating" if node == "warm" else "cooling"
        spec[f"{word}_node"] = node
        if generator.random() < 0.7:
            spec[f"{word}_max_mw"] = round(float(generator.uniform(0.2, 3.0)), 2)
    if generator.random() < 0.5:
        series["building_gains_mw"] = generator.uniform(0.0, 0.5, periods).round(2).tolist()
        spec["gains_mw"] = "building_gains_mw"
    if generator.random() < 0.4:
        series["building_min_degc"] = generator.choice([16.0, 20.0], periods).tolist()
        spec["temperature_min_degc"] = "building_min_degc"
    if generator.random() < 0.4:
        spec["terminal_temperature_degc"] = round(float(generator.uniform(18.0, 24.0)), 1)
    site["components"]["building"] = spec
