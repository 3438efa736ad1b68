"""Calls in an activation series: where they begin and end, and which of a product's limits they break.

A call is an unbroken run of periods with a called share above rounding. A period at the edge of a call may be called
in part: it counts with its share of the call's peak, and a call within one period with its own share. Limits on what is
too much are held against this, the shortest call that the numbers allow; the shortest call allowed is held against the
longest. The horizon may cut a call off, which is then not found too short. Days are local calendar days, of 23 to 25
hours.

Where the calls before the horizon are known they count: a call under way at the start that is called in the first
period is one call with it, and otherwise has ended with the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mes_stoch.rules.call_history import NO_CALLS
from mes_stoch.schema.flexibility import LEAST_CALLED_H, LEAST_CALLED_PER_UNIT
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.process import DrawContext

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Call:
    """One run of called periods ``first`` to ``stop - 1``, and the hours that its first and last period count for."""

    first: int
    stop: int
    first_h: float
    last_h: float

    def hours(self, period_h: float) -> Values:
        """Hours called in each of its periods."""
        hours = np.full(self.stop - self.first, period_h)
        hours[0], hours[-1] = self.first_h, self.last_h
        return hours


def find_calls(activation: Values, period_h: float) -> list[Call]:
    """All calls of a series, in order of time.

    >>> [(c.first, c.stop, c.last_h) for c in find_calls(np.array([0.0, 0.8, 0.8, 0.4, 0.0, 1.0]), 1.0)]
    [(1, 4, 0.5), (5, 6, 1.0)]
    """
    running = np.concatenate([[False], activation > LEAST_CALLED_PER_UNIT, [False]]).astype(np.int8)
    edges = np.diff(running)
    calls = []
    for first, stop in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
        # one period alone has no neighbour to tell the power of the call by
        full = 1.0 if stop - first == 1 else float(activation[first:stop].max())
        begins, ends = (min(1.0, float(activation[t]) / full) * period_h for t in (first, stop - 1))
        calls.append(Call(int(first), int(stop), begins, ends))
    return calls


@dataclass(frozen=True)
class Breach:
    """One limit broken: the field that sets it, the period where, what was found, and what is allowed."""

    field: str
    period: int
    found: str
    expected: str


def breaches(activation: Values, limits: CallLimits, context: DrawContext) -> list[Breach]:
    """Every limit a series breaks, each at the first period that shows it."""
    before = limits.before or NO_CALLS
    calls = find_calls(activation, context.period_h)
    if limits.is_none or not (calls or before.is_running):
        return []
    goes_on = before.is_running and bool(calls) and calls[0].first == 0
    return [
        *_outside(calls, limits),
        *_lengths(calls, limits, context, goes_on),
        *_rests(calls, limits, context.period_h, goes_on),
        *_counts(calls[1:] if goes_on else calls, limits, context),
        *_hours(calls, limits, context),
    ]


def _outside(calls: list[Call], limits: CallLimits) -> Iterator[Breach]:
    if limits.open is None:
        return
    for call in calls:
        closed = np.flatnonzero(~limits.open[call.first : call.stop])
        if closed.size:
            yield Breach("calendar", call.first + int(closed[0]), "a call", "calls within the window of the product")


def _lengths(calls: list[Call], limits: CallLimits, context: DrawContext, goes_on: bool) -> Iterator[Breach]:
    before = limits.before
    running_h = before.running_h if before is not None else 0.0
    if running_h > 0 and not goes_on:
        yield from _too_short(limits, 0, running_h)
    for number, call in enumerate(calls):
        earlier_h = running_h if goes_on and number == 0 else 0.0
        least_h = earlier_h + float(call.hours(context.period_h).sum())
        if limits.call_maximum_h is not None and least_h > limits.call_maximum_h + LEAST_CALLED_H:
            expected = f"at most {limits.call_maximum_h:g} h a call"
            yield Breach("call_maximum_h", call.first, f"a call of {least_h:g} h", expected)
        may_have_begun = call.first == 0 and before is None
        if not may_have_begun and call.stop < context.periods:
            yield from _too_short(limits, call.first, earlier_h + (call.stop - call.first) * context.period_h)


def _too_short(limits: CallLimits, period: int, most_h: float) -> Iterator[Breach]:
    if most_h < limits.call_minimum_h - LEAST_CALLED_H:
        expected = f"at least {limits.call_minimum_h:g} h a call"
        yield Breach("call_minimum_h", period, f"a call of {most_h:g} h", expected)


def _rests(calls: list[Call], limits: CallLimits, period_h: float, goes_on: bool) -> Iterator[Breach]:
    if limits.before is not None and calls and not goes_on:
        first = calls[0]
        rest_h = limits.before.rested_h + first.first * period_h
        yield from _too_close(limits, first, rest_h + period_h - first.first_h)
    for earlier, later in pairwise(calls):
        # what the edge periods are not called for is rest as well
        edges_h = (period_h - earlier.last_h) + (period_h - later.first_h)
        yield from _too_close(limits, later, (later.first - earlier.stop) * period_h + edges_h)


def _too_close(limits: CallLimits, call: Call, rest_h: float) -> Iterator[Breach]:
    if rest_h < limits.rest_minimum_h - LEAST_CALLED_H:
        expected = f"at least {limits.rest_minimum_h:g} h between calls"
        yield Breach("rest_minimum_h", call.first, f"a call {rest_h:g} h after another", expected)


def _counts(begun: list[Call], limits: CallLimits, context: DrawContext) -> Iterator[Breach]:
    before = limits.before or NO_CALLS
    most, counted = limits.calls_max, before.calls + len(begun)
    if begun and most is not None and counted > most:
        found = f"{counted} calls{_with(before.calls)}"
        period = begun[_one_too_many(most, before.calls)].first
        yield Breach("calls_max", period, found, f"at most {most} over the horizon")
    most = limits.calls_max_per_day
    if most is None:
        return
    on_day: dict[int, list[Call]] = {}
    for call in begun:
        on_day.setdefault(int(context.day_of_period[call.first]), []).append(call)
    for day, of_day in on_day.items():
        earlier = before.calls_today if day == 0 else 0
        if earlier + len(of_day) > most:
            found = f"{earlier + len(of_day)} calls on this day{_with(earlier)}"
            period = of_day[_one_too_many(most, earlier)].first
            yield Breach("calls_max_per_day", period, found, f"at most {most} a local day")


def _one_too_many(most: int, before: int) -> int:
    """Place of the first call beyond the most, of those that come after some before the horizon."""
    return max(most - before, 0)


def _with(before: float) -> str:
    return f" with {before:g} before the start" if before else ""


def _hours(calls: list[Call], limits: CallLimits, context: DrawContext) -> Iterator[Breach]:
    most_h = limits.call_hours_max_per_day
    if most_h is None:
        return
    earlier_h = limits.before.called_today_h if limits.before is not None else 0.0
    hours = np.zeros(context.periods)
    for call in calls:
        hours[call.first : call.stop] = call.hours(context.period_h)
    for day, called_h in enumerate(np.bincount(context.day_of_period, weights=hours)):
        before_h = earlier_h if day == 0 else 0.0
        if called_h > 0 and before_h + called_h > most_h + LEAST_CALLED_H:
            of_day = np.flatnonzero(context.day_of_period == day)
            crossed = of_day[before_h + np.cumsum(hours[of_day]) > most_h + LEAST_CALLED_H][0]
            found = f"{before_h + called_h:g} h called on this day{_with(before_h)}"
            yield Breach("call_hours_max_per_day", int(crossed), found, f"at most {most_h:g} h a local day")
