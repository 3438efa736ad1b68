"""A loaded instance without a folder, and trees by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree


@dataclass
class Loaded:
    """What ``read_instance`` returns, for tests that have no files."""

    instance: Instance
    time: pd.DatetimeIndex
    series: pd.DataFrame
    scenario_series: dict[str, pd.DataFrame] | None = None
    probabilities: dict[str, float] | None = None
    folder: Path = field(default_factory=Path)
    written: Mapping[str, bytes] = field(default_factory=dict)


SITE: dict[str, Any] = {
    "format": 1,
    "name": "test_site",
    "carriers": ["electricity"],
    "nodes": {"power": {"carrier": "electricity"}},
    "components": {
        "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 10, "export_max_mw": 10},
        "load": {"type": "demand", "node": "power", "demand_mw": 1},
    },
}


def synthetic(
    start: str = "2025-11-20T00:00", periods: int = 96, period_h: float = 0.25, seed: int = 1, **parameters: float
) -> Loaded:
    """A site whose scenarios ``fr_synthetic_day`` draws."""
    instance = Instance.model_validate(
        {
            **SITE,
            "horizon": {"start": start, "period_h": period_h, "periods": periods},
            "uncertainty": {
                "kind": "synthetic",
                "process": "fr_synthetic_day",
                "seed": seed,
                "scenarios": 7,
                "parameters": parameters,
            },
        }
    )
    time = pd.date_range(start, periods=periods, freq=pd.Timedelta(hours=period_h), tz="Europe/Paris")
    return Loaded(instance, time, pd.DataFrame(index=time))


def explicit(frames: dict[str, dict[str, list[float]]], probabilities: dict[str, float] | None = None) -> Loaded:
    """A site with written-out scenarios, hourly."""
    periods = len(next(iter(next(iter(frames.values())).values())))
    instance = Instance.model_validate(
        {
            **SITE,
            "horizon": {"start": "2025-11-20T00:00", "period_h": 1.0, "periods": periods},
            "uncertainty": {"kind": "explicit"},
        }
    )
    time = pd.date_range("2025-11-20", periods=periods, freq="h", tz="Europe/Paris")
    series = {name: pd.DataFrame(columns, index=time) for name, columns in frames.items()}
    return Loaded(instance, time, pd.DataFrame(index=time), series, probabilities)


def tree_of(series: dict[str, Any], probabilities: tuple[float, ...] = (0.5, 0.5)) -> ScenarioTree:
    """A tree with given values, shape (scenarios, periods) or (periods,)."""
    arrays = {name: np.asarray(values, dtype=float) for name, values in series.items()}
    periods = next(iter(arrays.values())).shape[-1]
    names = [f"s{number}" for number in range(len(probabilities))]
    return ScenarioTree(
        xr.Dataset(
            {name: (("scenario", "time") if a.ndim == 2 else ("time",), a) for name, a in arrays.items()},
            coords={
                "time": pd.date_range("2025-01-14T23:00", periods=periods, freq="h"),
                "scenario": names,
                "probability": ("scenario", np.array(probabilities)),
                "day_ahead_node": ("scenario", [f"root/d{n:04d}" for n in range(len(names))]),
                "leaf": ("scenario", [f"root/d{n:04d}/r0" for n in range(len(names))]),
            },
            attrs={"timezone": "Europe/Paris", "period_h": 1.0, "origin": "test"},
        )
    )
