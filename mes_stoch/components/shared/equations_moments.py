"""Moments at which energy that full calls take can be at its worst: ends of periods, and where windows begin inside."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: Shares of a period, and hours, below this are rounding.
ROUNDING = 1e-9


@dataclass(frozen=True)
class PeriodGrid:
    """Periods of one length on a grid, of the first of which ``begun_h`` is over when the horizon starts.

    Hours are counted from when the first period began, so that all borders but the start of the horizon are whole
    multiples of ``period_h``.
    """

    period_h: float
    begun_h: float = 0.0

    def passed_per_unit(self, x: int, within: float) -> float:
        """What has passed of the part of a period in the horizon, where ``within`` of the whole one has passed."""
        if x > 0 or self.begun_h == 0 or within == 1:
            return within
        return (within * self.period_h - self.begun_h) / (self.period_h - self.begun_h)

    def hours_in_window(self, j: int, x: int, within: float, window_h: float) -> float:
        """Hours of period ``j`` inside the window that ends where ``within`` of period ``x`` has passed."""
        now_h = (x + within) * self.period_h
        return min(now_h, (j + 1) * self.period_h) - max(now_h - window_h, j * self.period_h, self.begun_h)

    def first_in_window(self, x: int, within: float, window_h: float) -> int:
        """First period that such a window reaches into."""
        return max(0, math.floor(x + within - window_h / self.period_h + ROUNDING))


@dataclass(frozen=True)
class Moment:
    """``within`` of a period has passed, in some periods; ``None``: in all of them."""

    grid: PeriodGrid
    within: float
    periods: tuple[int, ...] | None = None

    @property
    def seconds(self) -> int:
        """What has passed of a whole period."""
        return round(self.within * self.grid.period_h * 3600)

    @property
    def spans(self) -> list[NDArray[np.int64]] | None:
        """Periods of its rows, as rows of a part of the horizon have them."""
        return None if self.periods is None else [np.array([t], dtype=np.int64) for t in self.periods]

    @property
    def dimension(self) -> str:
        """Name of the axis of its rows."""
        if self.periods is None:
            return "time"
        first, last = self.periods[0], self.periods[-1]
        is_run = len(self.periods) == last - first + 1
        return f"periods_{first}_to_{last}" if is_run else "periods_" + "_".join(map(str, self.periods))

    def period(self, k: int) -> int:
        """Period of a row."""
        return k if self.periods is None else self.periods[k]


def moments(windows_h: Sequence[float], grid: PeriodGrid, periods: int) -> Iterator[Moment]:
    """The ends of periods, and where windows that end in a period begin at a border.

    Where the first period has begun, the start of the horizon is a border of its own: a window that begins with it ends
    elsewhere in a period than those that begin with the others.

    >>> [moment.within for moment in moments([0.5, 2.25], PeriodGrid(1.0), 4)]
    [1.0, 0.25, 0.5]
    >>> [(moment.within, moment.periods) for moment in moments([1.5], PeriodGrid(1.0, begun_h=0.75), 4)]
    [(1.0, None), (0.25, (2,)), (0.5, (1, 2, 3))]
    >>> [(moment.seconds, moment.periods) for moment in moments([1.5, 0.83333], PeriodGrid(1.0, begun_h=1 / 3), 4)]
    [(3600, None), (600, (1,)), (1800, (0, 1, 2, 3)), (3000, (0, 1, 2, 3))]
    """
    yield Moment(grid, 1.0)
    inside = sorted({part for window_h in windows_h if (part := _inside(window_h / grid.period_h)[1])})
    if grid.begun_h == 0:
        yield from (Moment(grid, part) for part in inside)
        return
    begun = grid.begun_h / grid.period_h
    own = {part: set(range(0 if part > begun + ROUNDING else 1, periods)) for part in inside}
    # rows are named by whole seconds: what rounds to the same is the same moment
    of_second = {Moment(grid, part).seconds: part for part in inside}
    for window_h in windows_h:
        period, part = _inside(window_h / grid.period_h + begun)
        if part and period < periods:
            own.setdefault(of_second.setdefault(Moment(grid, part).seconds, part), set()).add(period)
    yield from (Moment(grid, part, tuple(sorted(own[part]))) for part in sorted(own) if own[part])


def _inside(length: float) -> tuple[int, float]:
    """Whole periods of a length, and the share of one beyond them; 0 where that is rounding."""
    rest, whole = math.modf(length)
    part = round(rest, 9)
    return int(whole), part if ROUNDING < part < 1 - ROUNDING else 0.0
