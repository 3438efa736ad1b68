"""How long a further full call may last, period by period, given the calls a leaf has seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.call_history import NO_CALLS, CallHistory
from mes_stoch.schema.flexibility import LEAST_CALLED_H, LEAST_CALLED_PER_UNIT, Flexibility
from mes_stoch.settlement.data import Array

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class CallHours:
    """Longest further calls, h, of shape (leaves, periods).

    ``at_border`` is that of a call which begins with the period. Where the leaf itself calls in the period, its call
    goes on using up what it may: ``sustain_left`` at ``sustain_used_per_h`` and ``limits_left`` at
    ``limits_used_per_h``, in hours an hour. Where a call runs up to a period in which the leaf does not call
    (``ends_before``), it can go on at the border alone; later a call is a new one, which lasts ``new`` where it may
    begin, once ``rest_h`` have passed.
    """

    at_border: Array
    sustain_left: Array
    sustain_used_per_h: Array
    limits_left: Array
    limits_used_per_h: Array
    ends_before: Mask
    new: Array
    rest_h: float

    def where(self, condition: Mask) -> CallHours:
        """None where the condition does not hold."""
        return replace(self, at_border=np.where(condition, self.at_border, 0.0))

    def inside(self, period: NDArray[np.int64], from_h: Array) -> Array:
        """Longest further call from so many hours into each of the given periods on."""
        at_border = self.at_border[:, period]
        if (from_h <= LEAST_CALLED_H).all():
            return np.asarray(at_border)
        used_per_h = self.limits_used_per_h[:, period]
        left_h = np.minimum(
            self.sustain_left[:, period] - from_h * self.sustain_used_per_h[:, period],
            self.limits_left[:, period] - from_h * used_per_h,
        )
        is_inside = from_h > LEAST_CALLED_H
        left_h = np.where((used_per_h > 0) & is_inside, np.clip(left_h, 0.0, at_border), at_border)
        # right after a call of full length none is tried
        new_h = np.where((at_border > 0) & (from_h >= self.rest_h - LEAST_CALLED_H), self.new[:, period], 0.0)
        return np.where(self.ends_before[:, period] & is_inside, new_h, left_h)

    def inside_each(self, from_h: float, begun_h: float) -> Array:
        """The same from so many hours into every period on, (leaves, periods); of the first ``begun_h`` are over."""
        period = np.arange(self.at_border.shape[1])
        return self.inside(period, np.maximum(from_h - np.where(period == 0, begun_h, 0.0), 0.0))

    def spent_at_borders(self, period_h: float, begun_h: float) -> Array:
        """Hours into periods at which a call in part, raised to a full one, uses up its limits just at a border.

        With ``l`` left at the start of the period and ``u`` used up an hour, ``x + l - u x`` is a border at ``x``.
        """
        over_h = np.zeros_like(self.limits_left)
        over_h[:, :1] = begun_h
        used = self.limits_used_per_h
        is_in_part = (self.at_border > 0) & (used > 0) & (used < 1) & np.isfinite(self.limits_left)
        left_h, over_h, used = self.limits_left[is_in_part], over_h[is_in_part], used[is_in_part]
        border_h = np.ceil((over_h + left_h) / period_h) * period_h
        at_h = (border_h - left_h - used * over_h) / (1.0 - used)
        return np.unique(np.round(at_h[(at_h > over_h) & (at_h < period_h - LEAST_CALLED_H)], 9))


def call_hours(
    product: Flexibility,
    share: Array,
    window: Array,
    time: pd.DatetimeIndex,
    period_h: float,
    before: CallHistory | None = None,
    begun_h: float = 0.0,
) -> CallHours:
    """Longest further call that may begin in each period, h, never more than the product's sustain time.

    A full call that begins in a period stands in for what the leaf calls from then on; what it has called before is
    history. A call is an unbroken run of called periods, so where one is under way it can only go on, for what is left
    of the longest call and of the sustain time. The latter runs out only while all that can be called is called: a call
    in part may be raised to a full one at any time, and products that follow a signal have no end. Elsewhere a
    new one may begin if the counts of the day and of the horizon and the rest since the last one allow it. Either lasts
    no longer than the hours left of the day allow and than the product's window; a new one that could not last for the
    shortest call does not begin.

    Parameters
    ----------
    share : array, shape (leaves, periods)
        Called share of the volume in each leaf.
    window : array, shape (leaves, periods)
        Share of the volume that the product obliges to hold.
    before : CallHistory, optional
        Calls before the horizon, which count like those of the leaf: one under way runs into the first period.
    begun_h : float
        What is over of the first period when the horizon starts, h.

    Returns
    -------
    CallHours
    """
    hold_h = product.sustain_h if product.call == "discrete" else np.inf
    longest_h = _or_infinite(product.call_maximum_h)
    day = np.asarray(time.tz_localize(None).normalize().asi8)
    lengths = np.full(len(day), period_h)
    lengths[:1] -= begun_h
    to_midnight_h = (np.searchsorted(day, day, side="right") - np.arange(len(day))) * period_h
    to_midnight_h[:1] -= begun_h
    window_h = _hours_of_window(window > LEAST_CALLED_PER_UNIT, lengths)
    hours, sustain, used, limits, new = (np.zeros(share.shape) for _ in range(5))
    ends_before = np.zeros(share.shape, dtype=bool)
    history = _History(before or NO_CALLS, window[:, 0])
    for t in range(share.shape[1]):
        if t > 0 and day[t] != day[t - 1]:
            history.new_day()
        sustain[:, t] = hold_h - history.full_h
        limits[:, t] = longest_h - history.run_h
        new_h = np.full(len(share), min(hold_h, longest_h))
        if product.call_hours_max_per_day is not None:
            of_days_h = _hours_of_days(product.call_hours_max_per_day, history, to_midnight_h[t])
            limits[:, t] = np.minimum(limits[:, t], of_days_h)
            new_h = np.minimum(new_h, of_days_h)
        ends_before[:, t] = history.is_running & (share[:, t] <= LEAST_CALLED_PER_UNIT)
        new_h = np.minimum(new_h, window_h[:, t])
        is_new = _in_counts(product, history) & (new_h >= product.call_minimum_h - LEAST_CALLED_H)
        new[:, t] = np.where(is_new, np.minimum(new_h, product.sustain_h), 0.0)
        left_h = np.minimum(np.minimum(sustain[:, t], limits[:, t]), window_h[:, t])
        may_begin = _may_begin(product, history) & (left_h >= product.call_minimum_h - LEAST_CALLED_H)
        left_h = np.where(history.is_running | may_begin, left_h, 0.0)
        hours[:, t] = np.where(left_h > LEAST_CALLED_H, np.minimum(left_h, product.sustain_h), 0.0)
        history.pass_period(share[:, t], window[:, t], float(lengths[t]))
        used[:, t] = history.full_h > 0
    called = np.where(share > LEAST_CALLED_PER_UNIT, share, 0.0)
    return CallHours(hours, sustain, used, limits, called, ends_before, new, product.rest_minimum_h)


class _History:
    """What the calls of each leaf, and those before the horizon, have been up to a period."""

    def __init__(self, before: CallHistory, first_window: Array) -> None:
        leaves = len(first_window)
        self.is_running: Mask = np.full(leaves, before.is_running)
        self.run_h = np.full(leaves, before.running_called_h)
        #: What a run called in full from its beginning on has used of its sustain time; 0 for any other.
        was_full = before.running_per_unit >= first_window - LEAST_CALLED_PER_UNIT
        self.full_h = np.where(was_full, before.running_h, 0.0)
        self.day_h = np.full(leaves, before.called_today_h)
        self.begun_today = np.full(leaves, before.calls_today, dtype=np.int64)
        self.begun = np.full(leaves, before.calls, dtype=np.int64)
        self.rested_h = np.full(leaves, before.rested_h)

    def new_day(self) -> None:
        self.day_h[:] = 0.0
        self.begun_today[:] = 0

    def pass_period(self, share: Array, window: Array, period_h: float) -> None:
        called = share > LEAST_CALLED_PER_UNIT
        was_full = ~self.is_running | (self.full_h > 0)
        is_full = called & was_full & (share >= window - LEAST_CALLED_PER_UNIT)
        self.full_h = np.where(is_full, self.full_h + period_h, 0.0)
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
    is_new = ~history.is_running & (history.rested_h >= product.rest_minimum_h - LEAST_CALLED_H)
    return np.asarray(is_new & _in_counts(product, history))


def _in_counts(product: Flexibility, history: _History) -> Mask:
    """Whether the numbers of calls of the day and of the horizon leave one more, by leaf."""
    in_count = history.begun < _or_infinite(product.calls_max)
    return np.asarray(in_count & (history.begun_today < _or_infinite(product.calls_max_per_day)))


def _hours_of_days(most_h: float, history: _History, to_midnight_h: float) -> Array:
    """What is left of the hours of a day, and after midnight all those of the next."""
    left_h = np.maximum(most_h - history.day_h, 0.0)
    return np.where(left_h < to_midnight_h, left_h, to_midnight_h + most_h)


def _hours_of_window(inside: Mask, lengths: Array) -> Array:
    """Hours from the start of each period to the end of its window; without end where the horizon cuts it off."""
    hours = np.full(inside.shape, np.inf)
    following = np.full(len(inside), np.inf)
    for t in reversed(range(inside.shape[1])):
        following = np.where(inside[:, t], following + lengths[t], 0.0)
        hours[:, t] = following
    return hours


def _or_infinite(limit: float | None) -> float:
    return np.inf if limit is None else float(limit)
