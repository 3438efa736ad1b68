"""When full calls begin and end: every time at which a level along a call can be at its worst."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mes_stoch.evaluation.stress.plan import CallSet, DirectedProduct, Mask, Plan
from mes_stoch.settlement.data import Array

#: Hours that are rounding.
_TINY = 1e-7

#: Different lengths of calls that get times of their own.
MOST_LENGTHS = 8


@dataclass(frozen=True)
class Step:
    """A stretch of time within one period: ``period`` periods after an anchor, ``from_h`` into that period."""

    period: int
    from_h: float
    hours: float


@dataclass(frozen=True)
class Pattern:
    """Calls that all begin, or all end, ``at_h`` after an anchor.

    An anchor is a border of periods, 0 (the start of the first) to ``periods`` (the end of the horizon). Of a first
    period that has begun, steps before the start of the horizon do not count. ``is_of_start``: calls that begin with
    the horizon, from the first anchor alone.
    """

    aligned: Literal["start", "end"]
    at_h: float
    steps: tuple[Step, ...]
    is_of_start: bool = False


def patterns(directed_products: Sequence[DirectedProduct], period_h: float, begun_h: float = 0.0) -> Iterator[Pattern]:
    """Patterns of calls of some directed products.

    With a schedule that is constant within periods, the level left along a call is piecewise linear in the time at
    which the call begins. So it is least where a call begins or ends at a border of periods. Calls of several products
    end together: what one has taken longer ago than its own sustain time counts as bought back. Where the first period
    has begun, the start of the horizon is one more border.
    """
    lengths_h = sorted({hours for directed in directed_products for hours in _lengths(directed, directed.call_h)})
    if not lengths_h:
        return
    rests = {_rest(hours, period_h) for hours in lengths_h} | {0.0}
    if len(directed_products) == 1:
        (directed,) = directed_products
        # a call that begins so long before a border ends at it
        begins = {(period_h - rest) % period_h for rest in rests}
        # where there are many, the latest: of them the call of the leaf has left the least
        begins |= set(directed.calls.spent_at_borders(period_h, begun_h)[-MOST_LENGTHS:].tolist())
        for at_h in sorted(begins):
            # inside a period a call of the leaf has less of its time left than at the border
            left_h = _lengths(directed, directed.calls.inside_each(at_h, begun_h))
            yield _pattern("start", at_h, left_h, period_h, begun_h)
        if begun_h > 0:
            yield replace(_pattern("start", begun_h, lengths_h, period_h, begun_h), is_of_start=True)
        return
    if begun_h > 0:
        rests |= {_rest(hours + begun_h, period_h) for hours in lengths_h}
    yield from (_pattern("end", rest, lengths_h, period_h, begun_h) for rest in sorted(rests))


def _rest(hours: float, period_h: float) -> float:
    """Hours beyond the last whole period."""
    rest = hours % period_h
    return 0.0 if min(rest, period_h - rest) < _TINY else round(rest, 9)


def _lengths(directed: DirectedProduct, longest_h: Array) -> list[float]:
    """Lengths, h, that a call can have: the sustain time, or less where limits of calls leave less."""
    if directed.sustain_h <= 0:
        return []
    lengths = np.unique(np.round(longest_h[longest_h > 0], 9))
    if len(lengths) > MOST_LENGTHS:
        # the rest end with the step they are in
        lengths = lengths[-MOST_LENGTHS:]
    return sorted({round(directed.sustain_h, 9), *lengths.tolist()})


def _pattern(
    aligned: Literal["start", "end"], at_h: float, lengths_h: Sequence[float], period_h: float, begun_h: float
) -> Pattern:
    others = [at_h + hours if aligned == "start" else at_h - hours for hours in lengths_h]
    first, last = min([at_h, *others]), max([at_h, *others])
    borders = np.arange(np.floor(first / period_h + _TINY), np.ceil(last / period_h - _TINY) + 1) * period_h
    if begun_h > 0:
        borders = np.append(borders, borders + begun_h)
    times = np.unique(np.round([at_h, *others, *borders], 9))
    times = times[np.append(True, np.diff(times) > _TINY)]
    times = times[(times >= first - _TINY) & (times <= last + _TINY)]
    steps = []
    for begin, end in pairwise(times.tolist()):
        period = int(np.floor((begin + end) / 2 / period_h))
        steps.append(Step(period, float(begin - period * period_h), float(end - begin)))
    return Pattern(aligned, at_h, tuple(steps))


class Running:
    """Which directed products of a set are under full call, step by step of a pattern, over (leaves, anchors).

    A call begins where the product's limits allow one that lasts until it ends, and ends with the block in which it
    began. Where calls end together, each begins as early as its sustain time, its block and its limits let it.
    """

    def __init__(self, plan: Plan, calls: CallSet, pattern: Pattern) -> None:
        self._plan, self._calls, self._pattern = plan, calls, pattern
        self.anchors = np.arange(plan.periods + 1)
        h = plan.period_h
        # the period in which calls that begin together begin, or calls that end together end
        edge = (
            np.floor(pattern.at_h / h + _TINY) if pattern.aligned == "start" else np.ceil(pattern.at_h / h - _TINY) - 1
        )
        self._edge_period = self.anchors + int(edge)
        self._edge_inside = (self._edge_period >= 0) & (self._edge_period < plan.periods)
        #: Of calls that begin together, how long each may last from there on, (leaves, periods).
        self._longest_h: dict[str, Array] = {}
        if pattern.aligned == "start":
            from_h = max(pattern.at_h - int(edge) * h, 0.0)
            self._longest_h = {
                directed.name: directed.calls.inside_each(from_h, plan.begun_h) for directed in calls.directed_products
            }
        self.active: dict[str, Mask] = {
            directed.name: np.zeros((plan.leaves, len(self.anchors)), dtype=bool)
            for directed in calls.directed_products
        }
        self.over: dict[str, Mask] = {name: np.zeros_like(mask) for name, mask in self.active.items()}
        #: Hours after the start of the horizon at which the first call of the pattern began.
        self.began_h = np.full((plan.leaves, len(self.anchors)), np.inf)

    @property
    def is_any(self) -> Mask:
        return np.asarray(
            np.logical_or.reduce([self.active[directed.name] for directed in self._calls.directed_products])
        )

    def index(self, step: Step) -> tuple[NDArray[np.int64], Mask]:
        """Period of each anchor in a step, and whether it lies in the horizon."""
        period = self.anchors + step.period
        inside = (period >= 0) & (period < self._plan.periods)
        if step.from_h < self._plan.begun_h - _TINY:
            inside &= period != 0
        if self._pattern.is_of_start:
            inside &= self.anchors == 0
        return np.clip(period, 0, self._plan.periods - 1), inside & self._edge_inside

    def passed_h(self, step: Step) -> Array:
        """What has passed of the period of each anchor when a step begins, h; of the first in the horizon alone."""
        passed = np.full(len(self.anchors), step.from_h)
        passed[self.anchors + step.period == 0] -= self._plan.begun_h
        return np.where(np.abs(passed) < _TINY, 0.0, np.maximum(passed, 0.0))

    def times_h(self, step: Step) -> Array:
        """Hours after the start of the horizon at which a step begins, by anchor."""
        return np.asarray((self.anchors + step.period) * self._plan.period_h + step.from_h - self._plan.begun_h)

    def move_to(self, step: Step) -> None:
        period, inside = self.index(step)
        edge = np.clip(self._edge_period, 0, self._plan.periods - 1)
        for directed in self._calls.directed_products:
            before = self.active[directed.name]
            in_block = inside & (directed.block[period] == directed.block[edge])
            now = self._is_active(directed, step, period, edge, before) & in_block
            self.over[directed.name] |= before & ~now
            self.active[directed.name] = now
            begins = now & ~before
            self.began_h = np.where(begins, np.minimum(self.began_h, self.times_h(step)), self.began_h)

    def _is_active(
        self, directed: DirectedProduct, step: Step, period: NDArray[np.int64], edge: NDArray[np.int64], before: Mask
    ) -> Array:
        begin_h = step.period * self._plan.period_h + step.from_h
        end_h = begin_h + step.hours
        if self._pattern.aligned == "start":
            if begin_h < self._pattern.at_h - _TINY:
                return np.zeros_like(before)
            return np.asarray(self._longest_h[directed.name][:, edge] >= end_h - self._pattern.at_h - _TINY)
        left_h = self._pattern.at_h - begin_h
        return np.asarray(before | (directed.calls.inside(period, self.passed_h(step)) >= left_h - _TINY))
