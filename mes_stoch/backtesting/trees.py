"""Days of real series as the scenarios of a tree, and an instance moved to the day that is operated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.io.as_solved import inputs_as_solved, read_again
from mes_stoch.io.instance import LoadedInstance
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.io.readers.locate import listed
from mes_stoch.io.series_names import named_series
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.handed_in import require_fitting
from mes_stoch.uncertainty.seeds import day_ahead_path, leaf_path


def require_daily(loaded: LoadedInstance, real: RealDays) -> None:
    """Refuse an instance that cannot be moved from day to day, or that the series of real days do not fit.

    Its horizon is one day from midnight, its scenarios are drawn and none of its calls lie before the start; the days
    begin at its local midnights, and bring every series that it names and does not have.

    Raises
    ------
    UsageError
        With everything that does not fit.
    """
    horizon, problems = loaded.instance.horizon, []
    starts_at = datetime.fromisoformat(horizon.start).time()
    if horizon.period_h * horizon.periods != 24.0 or starts_at != datetime.min.time():
        problems.append("a backtest operates days, and the horizon is not one day of 24 hours from midnight")
    if not isinstance(loaded.instance.uncertainty, SyntheticScenarios):
        problems.append("its scenarios are written out for one date, and cannot be moved to another: name a process")
    if loaded.instance.start is not None and loaded.instance.start.calls:
        problems.append("its calls before the horizon (start.calls) are those of one date alone: remove them")
    zone = str(pd.DatetimeIndex(real.values.index).tz)
    if any(pd.Timestamp(day, tz=zone) != pd.Timestamp(day, tz=horizon.timezone) for day in real.complete):
        problems.append(f"its days are those of {horizon.timezone}, and those of {real.name} are of {zone}")
    brought = {*real.values.columns, *loaded.series.columns}
    missing = dict.fromkeys(name for _, name in named_series(loaded.instance) if name not in brought)
    if missing:
        problems.append(f"it names {listed(missing)}, which {real.name} does not bring; other series may (--series)")
    if problems:
        raise UsageError(f"{loaded.instance.name}: {'; '.join(problems)}")


def on_day(loaded: LoadedInstance, day: date, begins_with: Mapping[str, object] | None = None) -> LoadedInstance:
    """The instance with its horizon on another day, checked again; changed numbers, bid rules and risk stay.

    It is made of the files as they were read: all days are of one site, whatever happens to its folder meanwhile.

    Parameters
    ----------
    begins_with : mapping, optional
        Fields of the instance that the day takes from the one before it.

    Raises
    ------
    InstanceError
        What it cannot be on that day: a product that did not exist, a series that does not reach it.
    """
    inputs, _ = inputs_as_solved(loaded)
    overrides = {**(begins_with or {}), "horizon.start": f"{day.isoformat()}T00:00"}
    return replace(read_again(inputs, overrides, called=loaded.instance.name), folder=loaded.folder)


def tree_of_days(loaded: LoadedInstance, real: RealDays, days: Sequence[date]) -> ScenarioTree:
    """Whole days as equally likely scenarios, at the times of the instance's horizon; checked like a tree handed in.

    Every day has a day-ahead node and a leaf of its own, and gives its scenario the name.

    Raises
    ------
    UsageError
        Days that are not complete, or periods that do not fit.
    InstanceError
        Series that the instance names and nothing delivers, or data that are not sound.
    """
    frames = [real.of(day, loaded.instance.horizon.period_h) for day in days]
    utc = loaded.time.tz_convert("UTC").tz_localize(None)
    variables: dict[str, tuple[tuple[str, ...], np.ndarray[tuple[int, ...], np.dtype[np.float64]]]] = {
        str(name): (("scenario", "time"), np.stack([frame[name].to_numpy(dtype=float) for frame in frames]))
        for name in real.values.columns
    }
    own = {str(name): (("time",), loaded.series[name].to_numpy(dtype=float)) for name in loaded.series.columns}
    if twice := sorted(set(own) & set(variables)):
        raise UsageError(f"{loaded.instance.name} has its own {', '.join(twice)}, which {real.name} brings as well")
    dataset = xr.Dataset(
        {**variables, **own},
        coords={
            "time": np.asarray(utc, dtype="datetime64[ns]"),
            "scenario": np.array([day.isoformat() for day in days], dtype=str),
            "probability": ("scenario", np.full(len(days), 1.0 / len(days))),
            "day_ahead_node": ("scenario", np.array([day_ahead_path(k) for k in range(len(days))], dtype=str)),
            "leaf": ("scenario", np.array([leaf_path(k) for k in range(len(days))], dtype=str)),
        },
        attrs={
            "timezone": loaded.instance.horizon.timezone,
            "period_h": float(loaded.instance.horizon.period_h),
            "currency": loaded.instance.currency,
            "origin": f"real days: {real.name}",
        },
    )
    tree = ScenarioTree(dataset)
    require_fitting(loaded, tree)
    return tree
