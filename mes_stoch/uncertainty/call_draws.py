"""Drawing calls that a product's limits allow.

Limits act as they do in operation: an operator that has called as often, or as long, as it may does not call again. So
calls are drawn forward in time, a call that may not begin when it would is left out, and one that would last too long
ends when it must. Given what came before, every call keeps the law it is drawn from: this is a chance of being called
of zero while no call is allowed, no correction of whole days after the fact, and nothing drawn later moves what was
drawn earlier. What it does change is the mean, since limits only take calls away, and most from the end of days whose
limit on calls is reached early: a rate of calls is the rate while calls are allowed. Each drawer takes the same random
numbers whatever the limits are, so that series that keep the limits by themselves stay as they are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.call_tilt import TiltedChances
from mes_stoch.uncertainty.process import DrawContext, Series

_ROUNDING = 1e-9


class CallBook:
    """Calls made so far over a horizon, and what the limits leave for the next.

    Parameters
    ----------
    context : DrawContext
    limits : CallLimits
    """

    def __init__(self, context: DrawContext, limits: CallLimits) -> None:
        self._context = context
        self._limits = limits
        self._calls = 0
        self._calls_of_day = np.zeros(context.days, dtype=int)
        self._hours_of_day = np.zeros(context.days)
        self._free_from = 0
        self._rest = math.ceil(limits.rest_minimum_h / context.period_h - _ROUNDING)
        # two calls without a period between them would be one
        self._rest = max(self._rest, 1)
        self.shortest = max(1, math.ceil(limits.call_minimum_h / context.period_h - _ROUNDING))
        most_h = math.inf if limits.call_maximum_h is None else limits.call_maximum_h
        #: Called share of a period: below 1 where the longest call is shorter than a period.
        self._share = min(1.0, most_h / context.period_h)
        self._longest = max(1, math.floor(min(most_h / context.period_h, context.periods) + _ROUNDING))
        self.called = np.zeros(context.periods)

    def fit(self, period: int, wanted: int) -> int:
        """Periods that a call may last which begins now and would last ``wanted``; 0 where none may begin.

        At least the shortest call is asked for. The end of the horizon cuts calls off and makes none too short.
        """
        limits, days = self._limits, self._context.day_of_period
        if period < self._free_from or _is_reached(self._calls, limits.calls_max):
            return 0
        if _is_reached(self._calls_of_day[days[period]], limits.calls_max_per_day):
            return 0
        last = min(self._context.periods, period + min(max(wanted, self.shortest), self._longest))
        stop, day, of_day_h = period, -1, 0.0
        while stop < last:
            if days[stop] != day:
                day, of_day_h = int(days[stop]), float(self._hours_of_day[days[stop]])
            of_day_h += self._share * self._context.period_h
            if not self._may_run(stop, of_day_h):
                break
            stop += 1
        is_long_enough = stop - period >= self.shortest or stop == self._context.periods
        return stop - period if is_long_enough else 0

    def _may_run(self, period: int, hours_of_day: float) -> bool:
        limits = self._limits
        is_open = limits.open is None or bool(limits.open[period])
        most_h = limits.call_hours_max_per_day
        return is_open and (most_h is None or hours_of_day <= most_h + _ROUNDING)

    def call(self, period: int, length: int) -> int:
        """Enter a full call of so many periods; returns the first period after it."""
        stop = min(period + length, self._context.periods)
        self.called[period:stop] = self._share
        np.add.at(self._hours_of_day, self._context.day_of_period[period:stop], self._share * self._context.period_h)
        self._calls_of_day[self._context.day_of_period[period]] += 1
        self._calls += 1
        self._free_from = stop + self._rest
        return stop


def _is_reached(count: int, most: int | None) -> bool:
    return most is not None and count >= most


def admit_calls(
    starts: NDArray[np.bool_],
    lengths: NDArray[np.int_],
    context: DrawContext,
    limits: CallLimits,
    tilted: TiltedChances | None = None,
) -> Series:
    """The allowed ones of full calls that would begin where ``starts`` says and last ``lengths`` periods.

    A call shorter than the shortest allowed is drawn out to it.

    Parameters
    ----------
    tilted : TiltedChances, optional
        What ``starts`` were drawn with, where that is not what they are.
    """
    book = CallBook(context, limits)
    for period in _decided(starts, tilted):
        length = book.fit(period, int(lengths[period]))
        if length and tilted is not None:
            tilted.decided(period, begins=bool(starts[period]))
        if length and starts[period]:
            book.call(period, length)
    return book.called


def _decided(begins: NDArray[np.bool_], tilted: TiltedChances | None) -> list[int]:
    """Periods to look at: those in which a call would begin, or all where likelihoods are kept."""
    return [int(period) for period in np.flatnonzero(begins)] if tilted is None else list(range(len(begins)))


def markov_calls(
    generator: np.random.Generator,
    context: DrawContext,
    limits: CallLimits,
    calls_per_day: float | Series,
    mean_length_h: float,
    series: str = "",
) -> Series:
    """Full calls of a chain of two states, idle and called, kept within the limits.

    Equations
    ---------
    With one uniform number ``u[t]`` a period, ``h`` its length, ``rate`` the calls per 24 idle hours (a number or a
    series) and ``tau`` the mean length of a call that no limit shortens or lengthens::

        idle -> called  where  u[t] < p01[t] = 1 - exp(-rate[t] h / 24)   and a call may begin
        called -> idle  where  u[t] < p10 = min(1, h / tau)   and the call has its shortest length, or where it must end

    Without limits calls have a geometric length of mean ``max(h, tau)``.

    Parameters
    ----------
    calls_per_day : float or array, shape (periods,)
    mean_length_h : float
    series : str
        What is drawn, by which the context may make it likelier (:mod:`mes_stoch.uncertainty.call_tilt`).
    """
    uniform = generator.random(context.periods)
    rate = np.broadcast_to(np.asarray(calls_per_day, dtype=float), (context.periods,))
    chances = -np.expm1(-rate * context.period_h / 24.0)
    tilted = None if context.tilt is None else context.tilt.of(series, chances)
    begins = uniform < (chances if tilted is None else tilted.drawn)
    ends = np.flatnonzero(uniform < min(1.0, context.period_h / mean_length_h))
    book = CallBook(context, limits)
    idle_from = 0
    for period in _decided(begins, tilted):
        if period < idle_from:
            continue
        # the chain's own end, once the call has its shortest length
        next_end = np.searchsorted(ends, period + book.shortest)
        end = int(ends[next_end]) if next_end < len(ends) else context.periods
        length = book.fit(period, end - period)
        if length and tilted is not None:
            tilted.decided(period, begins=bool(begins[period]))
        if length and begins[period]:
            # the period after a call is idle by the chain's own step, and its number is used up
            idle_from = book.call(period, length) + 1
    return book.called
