"""Random fields of solar collectors."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """A field with weather of its own."""
    name = f"solar_thermal{len(site['components'])}"
    sun, air = f"{name}_w_per_m2", f"{name}_air_degc"
    day = np.sin(np.pi * (np.arange(periods) + 0.5) / periods)
    series[sun] = [round(float(x), 1) for x in 900.0 * day * generator.uniform(0.2, 1.0, periods)]
    series[air] = [round(float(x), 2) for x in generator.uniform(0.0, 30.0, periods)]
    site["components"][name] = {
        "type": "solar_thermal",
        "node": "warm",
        "area_m2": round(float(generator.uniform(500.0, 5000.0)), 0),
        "irradiance_w_per_m2": sun,
        "collector_temperature_degc": round(float(generator.uniform(40.0, 80.0)), 1),
        "ambient_temperature_degc": air,
        "optical_efficiency_per_unit": 0.8,
        "loss_w_per_m2_k": 3.0,
        "quadratic_loss_w_per_m2_k2": float(generator.choice([0.0, 0.015])),
        "cost_eur_per_mwh": float(generator.choice([0.0, 1.0])),
    }
