"""What a caller gives for the periods of a horizon, as one number each: a number, an array, or a series by time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from mes_stoch.io.readers.locate import OVERRIDES, Locator, show
from mes_stoch.io.readers.moments import read_moments
from mes_stoch.io.readers.time_stamps import horizon_time
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

FloatArray = NDArray[np.float64]

#: The column, or the index, that has times.
TIME = "time"


def periods_of(data: Mapping[str, Any]) -> pd.DatetimeIndex | None:
    """Start of each period of an instance; ``None`` where its horizon is not right."""
    try:
        horizon = Horizon.model_validate(data.get("horizon"), strict=True)
    except ValidationError:
        return None
    return horizon_time(horizon, Locator(None))[0]


def values_by_period(value: Any, time: pd.DatetimeIndex, key: str) -> tuple[FloatArray | None, Issue | None]:
    """A number, an array or a series as values of the periods, or what is wrong with it.

    A series has times where its index has, or is called ``time``; times without a zone are those of the horizon's.
    """
    count = f"{len(time)} values, one for each period of the horizon"
    try:
        if value is None or isinstance(value, bool | np.bool_):
            raise TypeError
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None, Issue(OVERRIDES, None, key, f"values that are no numbers ({show(value)})", count)
    if isinstance(value, pd.Series) and (isinstance(value.index, pd.DatetimeIndex) or value.index.name == TIME):
        return _by_time(pd.Series(array, index=value.index), time, key)
    if array.ndim == 0:
        array = np.full(len(time), float(array))
    if array.shape != (len(time),):
        words = " x ".join(map(str, array.shape)) + (" values" if array.ndim == 1 else " numbers")
        return None, Issue(OVERRIDES, None, key, f"an array of {words}", count)
    return _finite(array, key)


def moments_of(
    stamps: Sequence[Any], time: pd.DatetimeIndex, key: str, *, may_be_day_first: bool = False
) -> tuple[pd.DatetimeIndex | None, Issue | None]:
    """Time stamps as moments in UTC, read as those of the files of an instance, or what is wrong with one of them."""
    texts = [str(stamp) for stamp in stamps]
    moments = read_moments(texts, ZoneInfo(str(time.tz)), may_be_day_first=may_be_day_first)
    unreadable = np.flatnonzero(~moments.readable)
    if unreadable.size:
        problem = moments.problem(int(unreadable[0]))
        return None, Issue(OVERRIDES, None, key, problem.found, problem.expected, problem.hint)
    return pd.DatetimeIndex(moments.microseconds.astype("datetime64[us]")).tz_localize("UTC"), None


def _by_time(value: pd.Series[Any], time: pd.DatetimeIndex, key: str) -> tuple[FloatArray | None, Issue | None]:
    index: pd.DatetimeIndex | None = None
    if isinstance(value.index, pd.DatetimeIndex) and value.index.tz is not None:
        index = value.index.tz_convert("UTC")
    else:
        index, issue = moments_of(value.index.to_list(), time, key)
        if index is None:
            return None, issue
    if index.has_duplicates:
        return None, Issue(OVERRIDES, None, key, "times that come twice", "each time once")
    wanted = time.tz_convert("UTC")
    missing = np.flatnonzero(~wanted.isin(index))
    if missing.size:
        first = f"{time[int(missing[0])]:%Y-%m-%dT%H:%M%z}"
        text = f"no value for {missing.size} of {len(time)} periods, the first at {first}"
        return None, Issue(OVERRIDES, None, key, text, "a value for each period of the horizon")
    return _finite(value.set_axis(index).reindex(wanted).to_numpy(dtype=float), key)


def _finite(values: FloatArray, key: str) -> tuple[FloatArray | None, Issue | None]:
    wrong = np.flatnonzero(~np.isfinite(values))
    if not wrong.size:
        return values, None
    period = int(wrong[0])
    return None, Issue(OVERRIDES, None, key, f"{values[period]} in period {period}", "finite numbers")
