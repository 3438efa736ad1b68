"""Classes of periods by the local clock, for parameters that differ over the day."""

from __future__ import annotations

from typing import Annotated

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AfterValidator, Field


def _divides_a_day(hours: float) -> float:
    if abs(24.0 / hours - round(24.0 / hours)) > 1e-9:
        raise ValueError("a length that divides a day, such as 0.25, 1, 4 or 24 h")
    return hours


#: Hours of one class.
ClassHours = Annotated[float, Field(gt=0, le=24), AfterValidator(_divides_a_day)]


def class_count(class_h: float) -> int:
    """Number of classes of a day."""
    return round(24.0 / class_h)


def hour_classes(time: pd.DatetimeIndex, class_h: float) -> NDArray[np.intp]:
    """Class of each period by the local time of its start, from 0; by the clock on days of 23 or 25 hours too.

    >>> hour_classes(pd.DatetimeIndex(["2021-01-01 03:45", "2021-01-01 04:00"]), 4.0).tolist()
    [0, 1]
    """
    clock = np.asarray(time.hour + time.minute / 60.0 + time.second / 3600.0, dtype=float)
    return class_of_clock(clock, class_h)


def class_of_clock(clock_h: NDArray[np.float64], class_h: float) -> NDArray[np.intp]:
    """Class of local clock hours in [0, 24)."""
    return np.asarray(np.floor(clock_h / class_h + 1e-9), dtype=np.intp)


def follows(time: pd.DatetimeIndex, period_h: float) -> NDArray[np.bool_]:
    """Whether each period begins when the one before it ends; the first follows none."""
    starts = time.tz_convert("UTC").as_unit("ns").asi8
    steps = np.diff(starts) == round(period_h * 3600) * 1_000_000_000
    return np.concatenate([[False], steps])
