"""Calls in an activation series: where they begin and end, and which of a product's limits they break.

A call is an unbroken run of periods with a called share above rounding. A period at the edge of a call may be called
in part: it counts with its share of the call's peak, and a call within one period with its own share. Limits on what is
too much are held against this, the shortest call that the numbers allow; the shortest call allowed is held against the
longest. The horizon may cut a call off, which is then not found too short. Days are local calendar days, of 23 to 25
hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
    calls = find_calls(activation, context.period_h)
    if not calls or limits.is_none:
        return []
    return [
        *_outside(calls, limits),
        *_lengths(calls, limits, context),
        *_rests(calls, limits, context.period_h),
        *_counts(calls, limits, context),
        *_hours(calls, limits, context),
    ]


def _outside(calls: list[Call], limits: CallLimits) -> Iterator[Breach]:
    if limits.open is None:
        return
    for call in calls:
        closed = np.flatnonzero(~limits.open[call.first : call.stop])
        if closed.size:
            yield Breach("calendar", call.first + int(closed[0]), "a call", "calls within the window of the product")


def _lengths(calls: list[Call], limits: CallLimits, context: DrawContext) -> Iterator[Breach]:
    for call in calls:
        least_h = float(call.hours(context.period_h).sum())
        if limits.call_maximum_h is not None and least_h > limits.call_maximum_h + LEAST_CALLED_H:
            expected = f"at most {limits.call_maximum_h:g} h a call"
            yield Breach("call_maximum_h", call.first, f"a call of {least_h:g} h", expected)
        most_h = (call.stop - call.first) * context.period_h
        is_cut = call.first == 0 or call.stop == context.periods
        if most_h < limits.call_minimum_h - LEAST_CALLED_H and not is_cut:
            expected = f"at least {limits.call_minimum_h:g} h a call"
            yield Breach("call_minimum_h", call.first, f"a call of {most_h:g} h", expected)


def _rests(calls: list[Call], limits: CallLimits, period_h: float) -> Iterator[Breach]:
    for before, after in pairwise(calls):
        # what the edge periods are not called for is rest as well
        edges_h = (period_h - before.last_h) + (period_h - after.first_h)
        rest_h = (after.first - before.stop) * period_h + edges_h
        if rest_h < limits.rest_minimum_h - LEAST_CALLED_H:
            expected = f"at least {limits.rest_minimum_h:g} h between calls"
            yield Breach("rest_minimum_h", after.first, f"a call {rest_h:g} h after another", expected)


def _counts(calls: list[Call], limits: CallLimits, context: DrawContext) -> Iterator[Breach]:
    if limits.calls_max is not None and len(calls) > limits.calls_max:
        yield Breach(
            "calls_max",
            calls[limits.calls_max].first,
            f"{len(calls)} calls",
            f"at most {limits.calls_max} over the horizon",
        )
    if limits.calls_max_per_day is None:
        return
    on_day: dict[int, list[Call]] = {}
    for call in calls:
        on_day.setdefault(int(context.day_of_period[call.first]), []).append(call)
    for begun in on_day.values():
        if len(begun) > limits.calls_max_per_day:
            first_too_many = begun[limits.calls_max_per_day].first
            expected = f"at most {limits.calls_max_per_day} a local day"
            yield Breach("calls_max_per_day", first_too_many, f"{len(begun)} calls on this day", expected)


def _hours(calls: list[Call], limits: CallLimits, context: DrawContext) -> Iterator[Breach]:
    most_h = limits.call_hours_max_per_day
    if most_h is None:
        return
    hours = np.zeros(context.periods)
    for call in calls:
        hours[call.first : call.stop] = call.hours(context.period_h)
    for day, total_h in enumerate(np.bincount(context.day_of_period, weights=hours)):
        if total_h > most_h + LEAST_CALLED_H:
            of_day = np.flatnonzero(context.day_of_period == day)
            crossed = of_day[np.cumsum(hours[of_day]) > most_h + LEAST_CALLED_H][0]
            expected = f"at most {most_h:g} h a local day"
            yield Breach("call_hours_max_per_day", int(crossed), f"{total_h:g} h called on this day", expected)
