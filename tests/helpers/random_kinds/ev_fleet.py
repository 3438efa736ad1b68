"""Random fleets of electric vehicles."""

from __future__ import annotations

from typing import Any

import numpy as np


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """One at power, with arrivals and departures that fit its vehicles."""
    vehicles, energy = float(generator.integers(1, 5)), round(float(generator.uniform(0.2, 1.0)), 2)
    plugged = generator.choice([0.0, 0.25, 0.5, 1.0], periods)
    leaving = np.maximum(plugged - np.append(plugged[1:], plugged[-1]), 0.0)
    spec: dict[str, Any] = {
        "type": "ev_fleet",
        "node": "power",
        "vehicles": vehicles,
        "energy_max_mwh": energy,
        "charge_max_mw": round(float(generator.uniform(0.1, 0.6)), 2),
        "plugged_in_per_unit": "cars_plugged_per_unit",
        "departure_mwh": "cars_departure_mwh",
        "arrival_mwh": "cars_arrival_mwh",
        "charge_efficiency_per_unit": float(generator.choice([1.0, 0.9])),
    }
    if generator.random() < 0.4:
        # others come for those that leave
        leaving = np.minimum(plugged, leaving + generator.choice([0.0, 0.25], periods))
        series["cars_leaving_per_unit"] = leaving.tolist()
        spec["leaving_per_unit"] = "cars_leaving_per_unit"
    room = vehicles * energy
    arriving = np.maximum(plugged - np.append(0.0, (plugged - leaving)[:-1]), 0.0)
    series["cars_plugged_per_unit"] = plugged.tolist()
    series["cars_departure_mwh"] = (0.9 * room * leaving * generator.uniform(0.3, 1.0)).round(4).tolist()
    series["cars_arrival_mwh"] = (0.9 * room * arriving * generator.uniform(0.0, 1.0)).round(4).tolist()
    if generator.random() < 0.5:
        spec["initial_mwh"] = round(0.5 * room * float(plugged[0]), 4)
    if generator.random() < 0.5:
        spec["discharge_max_mw"] = round(float(generator.uniform(0.1, 0.6)), 2)
        spec["discharge_efficiency_per_unit"] = float(generator.choice([1.0, 0.9]))
        spec["throughput_cost_eur_per_mwh"] = float(generator.choice([0.0, 20.0]))
    if generator.random() < 0.25:
        spec["charge_min_per_unit"] = 0.3
    elif generator.random() < 0.6:
        spec["provides"] = [
            str(p) for p in generator.permutation(["fr_mfrr_up", "fr_afrr_down"])[: generator.integers(1, 3)]
        ]
    site["components"]["cars"] = spec
