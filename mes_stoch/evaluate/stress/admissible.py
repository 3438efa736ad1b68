"""How long a further full call may last, period by period, given the calls a leaf has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.products import Flexibility
from mes_stoch.settle.books import Array

Mask = NDArray[np.bool_]

#: Called shares, and hours, below this are rounding.
_TINY = 1e-9


def call_hours(product: Flexibility, share: Array, inside: Mask, time: pd.DatetimeIndex, period_h: float) -> Array:
    """Longest further call that may begin in each period, h, never more than the product's sustain time.

    A full call that begins in a period stands in for what the leaf calls from then on; what it has called before is
    history. A call is an unbroken run of called periods, so where one is under way it can only go on, for what is left
    of the sustain time (not for products that follow a signal, which have no end) and of the longest call. Elsewhere a
    new one may begin if the counts of the day and of the horizon and the rest since the last one allow it. Either lasts
    no longer than the hours left of the day allow and than the product's window; a new one that could not last for the
    shortest call does not begin.

    Parameters
    ----------
    share : array, shape (leaves, periods)
        Called share of the volume in each leaf.
    inside : array, shape (leaves, periods)
        Whether the product obliges.

    Returns
    -------
    array, shape (leaves, periods)
    """
    hold_h = product.sustain_h if product.call == "discrete" else np.inf
    longest_h = min(hold_h, _or_infinite(product.call_maximum_h))
    day = np.asarray(time.tz_localize(None).normalize().asi8)
    to_midnight_h = (np.searchsorted(day, day, side="right") - np.arange(len(day))) * period_h
    window_h = _hours_of_window(inside, period_h)
    hours = np.zeros(share.shape)
    history = _History(len(share))
    for t in range(share.shape[1]):
        if t > 0 and day[t] != day[t - 1]:
            history.new_day()
        left_h = np.minimum(longest_h - history.run_h, window_h[:, t])
        if product.call_hours_max_per_day is not None:
            left_h = np.minimum(left_h, _hours_of_days(product.call_hours_max_per_day, history, to_midnight_h[t]))
        may_begin = _may_begin(product, history) & (left_h >= product.call_minimum_h - _TINY)
        left_h = np.where(history.is_running | may_begin, left_h, 0.0)
        hours[:, t] = np.clip(left_h, 0.0, product.sustain_h)
        history.pass_period(share[:, t], period_h)
    return hours


class _History:
    """What the calls of each leaf have been up to a period."""

    def __init__(self, leaves: int) -> None:
        self.is_running: Mask = np.zeros(leaves, dtype=bool)
        self.run_h = np.zeros(leaves)
        self.day_h = np.zeros(leaves)
        self.begun_today = np.zeros(leaves, dtype=np.int64)
        self.begun = np.zeros(leaves, dtype=np.int64)
        self.rested_h = np.full(leaves, np.inf)

    def new_day(self) -> None:
        self.day_h[:] = 0.0
        self.begun_today[:] = 0

    def pass_period(self, share: Array, period_h: float) -> None:
        called = share > _TINY
        begins = called & ~self.is_running
        self.begun_today += begins
        self.begun += begins
        used_h = np.where(called, share * period_h, 0.0)
        self.run_h = np.where(called, self.run_h + used_h, 0.0)
        self.day_h += used_h
        self.rested_h = np.where(called, 0.0, self.rested_h + period_h)
        self.is_running = called


def _may_begin(product: Flexibility, history: _History) -> Mask:
    """Whether one more call may begin, by leaf."""
    is_new = ~history.is_running & (history.rested_h >= product.rest_minimum_h - _TINY)
    in_count = history.begun < _or_infinite(product.calls_max)
    in_count_today = history.begun_today < _or_infinite(product.calls_max_per_day)
    return np.asarray(is_new & in_count & in_count_today)


def _hours_of_days(most_h: float, history: _History, to_midnight_h: float) -> Array:
    """What is left of the hours of a day, and after midnight all those of the next."""
    left_h = np.maximum(most_h - history.day_h, 0.0)
    return np.where(left_h < to_midnight_h, left_h, to_midnight_h + most_h)


def _hours_of_window(inside: Mask, period_h: float) -> Array:
    """Hours from the start of each period to the end of its window; without end where the horizon cuts it off."""
    hours = np.full(inside.shape, np.inf)
    following = np.full(len(inside), np.inf)
    for t in reversed(range(inside.shape[1])):
        following = np.where(inside[:, t], following + period_h, 0.0)
        hours[:, t] = following
    return hours


def _or_infinite(limit: float | None) -> float:
    return np.inf if limit is None else float(limit)
