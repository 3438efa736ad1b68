"""How long a further full call may last, period by period, given the calls a leaf has seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.products import Flexibility
from mes_stoch.settle.books import Array

#: A called share below this is rounding.
_TINY = 1e-6


def call_hours(product: Flexibility, share: Array, time: pd.DatetimeIndex, period_h: float) -> Array:
    """Longest further call that may begin in each period, h, never more than the product's sustain time.

    A call that begins in a period follows the calls of the leaf before that period. It is a new one, where the counts
    of the day and of the horizon, the rest since the last call and the hours of the day allow one more; or the one that
    is under way goes on, for what is left of the sustain time and of the longest call. Products that follow a signal
    (``call: continuous``) are held for the whole sustain time in every period.

    Parameters
    ----------
    share : array, shape (leaves, periods)
        Called share of the volume in each leaf.

    Returns
    -------
    array, shape (leaves, periods)
    """
    sustain_h = product.sustain_h
    if product.call == "continuous":
        return np.full(share.shape, sustain_h)
    longest_h = min(sustain_h, np.inf if product.call_maximum_h is None else product.call_maximum_h)
    called = share > _TINY
    day = np.asarray(time.tz_localize(None).normalize().asi8)
    to_midnight_h = _hours_to_midnight(day, period_h)
    hours = np.zeros(share.shape)
    state = _History(len(share))
    for t in range(share.shape[1]):
        if t > 0 and day[t] != day[t - 1]:
            state.new_day()
        new = np.where(_may_begin(product, state), longest_h, 0.0)
        going_on = np.where(state.is_running, np.minimum(longest_h - state.run_h, sustain_h - state.run_h), 0.0)
        hours[:, t] = np.maximum(new, np.maximum(going_on, 0.0))
        if product.call_hours_max_per_day is not None:
            left_h = np.maximum(product.call_hours_max_per_day - state.day_h, 0.0)
            # what is left today, and after midnight what the next day allows
            after_h = np.where(left_h >= to_midnight_h[t], product.call_hours_max_per_day, 0.0)
            most_h = np.minimum(left_h, to_midnight_h[t]) + after_h
            hours[:, t] = np.minimum(hours[:, t], most_h)
        state.pass_period(called[:, t], share[:, t], period_h)
    return hours


class _History:
    """What the calls of each leaf have been up to a period."""

    def __init__(self, leaves: int) -> None:
        self.is_running = np.zeros(leaves, dtype=bool)
        self.run_h = np.zeros(leaves)
        self.day_h = np.zeros(leaves)
        self.begun_today = np.zeros(leaves, dtype=np.int64)
        self.begun = np.zeros(leaves, dtype=np.int64)
        self.rested_h = np.full(leaves, np.inf)

    def new_day(self) -> None:
        self.day_h[:] = 0.0
        self.begun_today[:] = 0

    def pass_period(self, called: NDArray[np.bool_], share: Array, period_h: float) -> None:
        begins = called & ~self.is_running
        self.begun_today += begins
        self.begun += begins
        used_h = np.where(called, share * period_h, 0.0)
        self.run_h = np.where(called, self.run_h + used_h, 0.0)
        self.day_h += used_h
        self.rested_h = np.where(called, 0.0, self.rested_h + period_h)
        self.is_running = called


def _may_begin(product: Flexibility, state: _History) -> Array:
    """Whether one more call may begin, by leaf."""
    allowed = state.rested_h >= product.rest_minimum_h - _TINY
    if product.calls_max_per_day is not None:
        allowed = allowed & (state.begun_today < product.calls_max_per_day)
    if product.calls_max is not None:
        allowed = allowed & (state.begun < product.calls_max)
    return np.asarray(allowed)


def _hours_to_midnight(day: NDArray[np.int64], period_h: float) -> Array:
    """Hours from the start of each period to the end of its local day."""
    last = np.searchsorted(day, day, side="right")
    return np.asarray((last - np.arange(len(day))) * period_h, dtype=float)
