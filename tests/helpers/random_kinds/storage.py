"""Random storages, each with some of what the kind can say."""

from __future__ import annotations

from typing import Any

import numpy as np

NODES = ("power", "warm", "cool")


def add(site: dict[str, Any], series: dict[str, list[float]], generator: np.random.Generator, periods: int) -> None:
    """Add one or two storages at random nodes; those of power now and then provide reserve."""
    for k in range(int(generator.integers(1, 3))):
        name, node = f"library_store_{k}", str(generator.choice(NODES))
        spec = _plain(generator, node)
        for some in (_available, _bounds, _losses, _days, _ends):
            some(spec, name, series, generator, periods)
        if node == "power" and generator.random() < 0.5:
            spec["provides"] = ["fr_mfrr_up", "fr_afrr_down"]
        if generator.random() < 0.2:
            spec["exclusive_charging"] = True
        _by_level(spec, generator)
        site["components"][name] = spec


def _plain(generator: np.random.Generator, node: str) -> dict[str, Any]:
    largest = _number(generator, 1.0, 8.0)
    return {
        "type": "storage",
        "node": node,
        "energy_max_mwh": largest,
        "energy_min_mwh": round(largest * float(generator.choice([0.0, 0.1])), 3),
        "charge_max_mw": _number(generator, 0.5, 4.0),
        "discharge_max_mw": _number(generator, 0.5, 4.0),
        "charge_efficiency_per_unit": _number(generator, 0.8, 1.0),
        "discharge_efficiency_per_unit": _number(generator, 0.8, 1.0),
        "standing_loss_per_h": float(generator.choice([0.0, 0.01])),
        "initial_mwh": round(largest * float(generator.uniform(0.3, 0.7)), 3),
    }


def _available(
    spec: dict[str, Any], name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> None:
    for field in ("charge_available_per_unit", "discharge_available_per_unit"):
        choice = generator.random()
        if choice < 0.25:
            kind = generator.random(periods)
            less = generator.uniform(0.1, 1.0, periods).round(2)
            series[f"{name}_{field}"] = np.where(kind < 0.5, 1.0, np.where(kind < 0.8, 0.0, less)).tolist()
            spec[field] = f"{name}_{field}"
        elif choice < 0.35:
            spec[field] = float(generator.choice([0.0, 0.6]))


def _bounds(
    spec: dict[str, Any], name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> None:
    low, high = spec["energy_min_mwh"], spec["energy_max_mwh"]
    if generator.random() < 0.2:
        series[f"{name}_low_mwh"] = generator.uniform(low, (low + high) / 2, periods).round(3).tolist()
        spec["level_min_mwh"] = f"{name}_low_mwh"
    if generator.random() < 0.2:
        spec["level_max_mwh"] = round(float(generator.uniform((low + high) / 2, high)), 3)


def _by_level(spec: dict[str, Any], generator: np.random.Generator) -> None:
    if generator.random() < 0.3:
        bend, end = _number(generator, 0.5, 0.9), _number(generator, 0.1, 0.5)
        points = [(0.0, 1.0), (bend, 1.0), (1.0, end)]
        spec["charge_max_by_level"] = [{"level_per_unit": at, "power_per_unit": share} for at, share in points]
    if generator.random() < 0.3:
        bend, least = _number(generator, 0.1, 0.5), _number(generator, 0.0, 0.5)
        points = [(0.0, least), (bend, 1.0), (1.0, 1.0)]
        spec["discharge_max_by_level"] = [{"level_per_unit": at, "power_per_unit": share} for at, share in points]


def _losses(
    spec: dict[str, Any], name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> None:
    if spec["node"] != "power" and generator.random() < 0.3:
        series[f"{name}_loss_mw"] = generator.uniform(0.0, 0.1, periods).round(3).tolist()
        spec["fixed_loss_mw"] = f"{name}_loss_mw"


def _days(
    spec: dict[str, Any], name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> None:
    if generator.random() < 0.2:
        spec["throughput_max_mwh_per_day"] = _number(generator, 0.5, 4.0)
    if generator.random() < 0.2:
        spec["cycles_max_per_day"] = _number(generator, 0.3, 2.0)
    if generator.random() < 0.3:
        spec["throughput_cost_eur_per_mwh"] = _number(generator, 1.0, 10.0)


def _ends(
    spec: dict[str, Any], name: str, series: dict[str, list[float]], generator: np.random.Generator, periods: int
) -> None:
    if generator.random() < 0.4:
        spec["terminal_mwh"] = spec["energy_min_mwh"]
        spec["terminal_value_eur_per_mwh"] = _number(generator, 10.0, 80.0)
    elif generator.random() < 0.4:
        spec["initial_mwh"] = "cyclic"


def _number(generator: np.random.Generator, low: float, high: float) -> float:
    return round(float(generator.uniform(low, high)), 3)
