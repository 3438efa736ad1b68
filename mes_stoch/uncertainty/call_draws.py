"""Drawing calls that a product's limits allow.

Limits act as they do in operation: an operator that has called as often, or as long, as it may does not call again. So
calls are drawn forward in time, a call that may not begin when it would is left out, and one that would last too long
ends when it must. Given what came before, every call keeps the law it is drawn from: this is a chance of being called
of zero while no call is allowed, no correction of whole days after the fact, and nothing drawn later moves what was
drawn earlier. A call under way at the start goes on before any other begins, as long as what is left of its limits
allows, and the calls before it count. What it does change is the mean, since limits only take calls away, and most
from the end of days whose limit on calls is reached early: a rate of calls is the rate while calls are allowed. Each
drawer takes the same random numbers whatever the limits are, so that series that keep the limits by themselves stay as
they are.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mes_stoch.rules.call_history import NO_CALLS
from mes_stoch.schema.flexibility import LEAST_CALLED_H
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.call_tilt import TiltedChances
from mes_stoch.uncertainty.process import DrawContext, Series

_ROUNDING = 1e-9


class CallBook:
    """Calls made so far over a horizon and before it, and what the limits leave for the next.

    A call under way at the start is entered by :meth:`go_on` before any other.

    Parameters
    ----------
    context : DrawContext
    limits : CallLimits
    """

    def __init__(self, context: DrawContext, limits: CallLimits) -> None:
        self._context = context
        self._limits = limits
        #: Calls before the horizon.
        self.before = limits.before or NO_CALLS
        self._calls = self.before.calls
        self._calls_of_day = np.zeros(context.days, dtype=int)
        self._hours_of_day = np.zeros(context.days)
        self._calls_of_day[0], self._hours_of_day[0] = self.before.calls_today, self.before.called_today_h
        self._free_from = self._periods(max(0.0, limits.rest_minimum_h - self.before.rested_h))
        # two calls without a period between them would be one
        self._rest = max(self._periods(limits.rest_minimum_h), 1)
        self.shortest = max(1, self._periods(limits.call_minimum_h))
        #: Periods that the call under way lasts at least.
        self.shortest_left = self._periods(max(0.0, limits.call_minimum_h - self.before.running_h))
        most_h = math.inf if limits.call_maximum_h is None else limits.call_maximum_h
        #: Called share of a period: below 1 where the longest call is shorter than a period.
        self._share = min(1.0, most_h / context.period_h)
        self._longest = max(1, math.floor(min(most_h / context.period_h, context.periods) + _ROUNDING))
        self._left_h = max(0.0, most_h - self.before.running_h)
        self.called = np.zeros(context.periods)

    def _periods(self, hours: float) -> int:
        return math.ceil(hours / self._context.period_h - _ROUNDING)

    def fit(self, period: int, wanted: int) -> int:
        """Periods that a call may last which begins now and would last ``wanted``; 0 where none may begin.

        At least the shortest call is asked for. The end of the horizon cuts calls off and makes none too short.
        """
        limits, days = self._limits, self._context.day_of_period
        if period < self._free_from or _is_reached(self._calls, limits.calls_max):
            return 0
        if _is_reached(self._calls_of_day[days[period]], limits.calls_max_per_day):
            return 0
        stop = self._until(period, min(max(wanted, self.shortest), self._longest), self._share)
        is_long_enough = stop - period >= self.shortest or stop == self._context.periods
        return stop - period if is_long_enough else 0

    def fit_rest(self, wanted: int) -> int:
        """Periods for which the call under way goes on that would last ``wanted`` more: its shortest at least.

        A limit that it reaches earlier ends it, as what has begun cannot be undone.
        """
        longest = self._context.periods
        if self._left_h < longest * self._context.period_h:
            longest = math.floor(self._left_h / self._context.period_h + _ROUNDING)
        if self._share < 1 and self._left_h > _ROUNDING:
            longest = 1
        return self._until(0, min(max(wanted, self.shortest_left), longest), self._share_of_rest)

    @property
    def _share_of_rest(self) -> float:
        """Called share of a period of the call under way: what is left of it where that is shorter than a period."""
        part = min(1.0, self._left_h / self._context.period_h) if self._share < 1 else 1.0
        return self.before.running_per_unit * part

    def _until(self, period: int, length: int, share: float) -> int:
        """The first period after a call of at most so many periods that the window and the day's hours allow."""
        days, last = self._context.day_of_period, min(self._context.periods, period + length)
        stop, day, of_day_h = period, -1, 0.0
        while stop < last:
            if days[stop] != day:
                day, of_day_h = int(days[stop]), float(self._hours_of_day[days[stop]])
            of_day_h += share * self._context.period_h
            if not self._may_run(stop, of_day_h):
                break
            stop += 1
        return stop

    def _may_run(self, period: int, hours_of_day: float) -> bool:
        limits = self._limits
        is_open = limits.open is None or bool(limits.open[period])
        most_h = limits.call_hours_max_per_day
        return is_open and (most_h is None or hours_of_day <= most_h + _ROUNDING)

    def call(self, period: int, length: int) -> int:
        """Enter a full call of so many periods; returns the first period after it."""
        self._calls_of_day[self._context.day_of_period[period]] += 1
        self._calls += 1
        return self._enter(period, length, self._share)

    def go_on(self, length: int) -> int:
        """Let the call under way run for so many more periods, or end with the start; returns the first after it."""
        return self._enter(0, length, self._share_of_rest)

    def _enter(self, period: int, length: int, share: float) -> int:
        stop = min(period + length, self._context.periods)
        self.called[period:stop] = share
        np.add.at(self._hours_of_day, self._context.day_of_period[period:stop], share * self._context.period_h)
        self._free_from = stop + self._rest
        return stop


def _is_reached(count: int, most: int | None) -> bool:
    return most is not None and count >= most


def admit_calls(
    starts: NDArray[np.bool_],
    lengths: NDArray[np.int_],
    context: DrawContext,
    limits: CallLimits,
    left: int = 0,
    tilted: TiltedChances | None = None,
) -> Series:
    """The allowed ones of full calls that would begin where ``starts`` says and last ``lengths`` periods.

    A call shorter than the shortest allowed is drawn out to it.

    Parameters
    ----------
    left : int
        Periods that a call under way at the start would go on for.
    tilted : TiltedChances, optional
        What ``starts`` were drawn with, where that is not what they are.
    """
    book = CallBook(context, limits)
    if book.before.is_running:
        book.go_on(book.fit_rest(left))
    for period in _decided(starts, tilted):
        length = book.fit(period, int(lengths[period]))
        if length and tilted is not None:
            tilted.decided(period, begins=bool(starts[period]))
        if length and starts[period]:
            book.call(period, length)
    return book.called


def periods_left(uniform: float, lengths_h: Series, limits: CallLimits, period_h: float) -> int:
    """Whole periods for which the call under way at the start goes on; 0 where there is none.

    ``uniform`` in [0, 1) chooses among the lengths, h, that are longer than it has run, each as likely.
    """
    running_h = 0.0 if limits.before is None else limits.before.running_h
    longer_h = lengths_h[lengths_h > running_h + LEAST_CALLED_H]
    if running_h == 0 or not len(longer_h):
        return 0
    return math.floor((float(longer_h[int(uniform * len(longer_h))]) - running_h) / period_h + _ROUNDING)


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

    Without limits calls have a geometric length of mean ``max(h, tau)``. With a call under way at the start the chain
    begins as called, and the call may end with the first period.

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
    if book.before.is_running:
        idle_from = book.go_on(book.fit_rest(_next(ends, book.shortest_left, context.periods))) + 1
    for period in _decided(begins, tilted):
        if period < idle_from:
            continue
        # the chain's own end, once the call has its shortest length
        end = _next(ends, period + book.shortest, context.periods)
        length = book.fit(period, end - period)
        if length and tilted is not None:
            tilted.decided(period, begins=bool(begins[period]))
        if length and begins[period]:
            # the period after a call is idle by the chain's own step, and its number is used up
            idle_from = book.call(period, length) + 1
    return book.called


def _next(ends: NDArray[np.intp], from_period: int, periods: int) -> int:
    """The first end of the chain from a period on; that of the horizon where there is none."""
    place = np.searchsorted(ends, from_period)
    return int(ends[place]) if place < len(ends) else periods
