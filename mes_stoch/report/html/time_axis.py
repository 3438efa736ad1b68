"""Time across a figure: hours since the horizon began, labelled with local clocks.

plotly has no time zones. Elapsed hours are right on days of 23 and 25 hours and with a first period that is shorter;
labels say what clocks show.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.report.axes import period_edges
from mes_stoch.report.html.numbers import plain_list
from mes_stoch.report.html.style import axis
from mes_stoch.report.run import Run

Array = NDArray[np.float64]

#: Periods that a figure draws at most; longer horizons are drawn by means over some periods each.
MOST_PERIODS = 480
_MOST_TICKS = 9
_STEPS_H = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 336, 730, 1460, 2190)


@dataclass(frozen=True)
class TimeAxis:
    """Periods of a horizon, drawn one by one or some together.

    Parameters
    ----------
    edges : DatetimeIndex
        Beginnings of all periods and the end of the last, local time.
    """

    edges: pd.DatetimeIndex

    @classmethod
    def of(cls, run: Run) -> TimeAxis:
        return cls(period_edges(run.tree))

    @property
    def periods(self) -> int:
        return len(self.edges) - 1

    @cached_property
    def every(self) -> int:
        """Periods that are drawn as one."""
        return -(-self.periods // MOST_PERIODS)

    @cached_property
    def _cuts(self) -> NDArray[np.int64]:
        return np.append(np.arange(0, self.periods, self.every), self.periods)

    @cached_property
    def _hours(self) -> Array:
        return np.asarray((self.edges - self.edges[0]) / pd.Timedelta(hours=1), dtype=float)

    @property
    def starts_h(self) -> list[float | None]:
        return plain_list(self._hours[self._cuts[:-1]])

    @property
    def ends_h(self) -> list[float | None]:
        return plain_list(self._hours[self._cuts[1:]])

    @property
    def lengths_h(self) -> list[float | None]:
        return plain_list(np.diff(self._hours[self._cuts]))

    @property
    def steps_h(self) -> list[float | None]:
        """Edges of what is drawn, for lines that are steps."""
        return plain_list(self._hours[self._cuts])

    @property
    def labels(self) -> list[str]:
        """Local time at which each of what is drawn begins."""
        return [f"{time:%a %d %b %H:%M %Z}" for time in self.edges[self._cuts[:-1]]]

    @property
    def end_labels(self) -> list[str]:
        return [f"{time:%a %d %b %H:%M %Z}" for time in self.edges[self._cuts[1:]]]

    def hour(self, moment: pd.Timestamp) -> float:
        """Hours since the horizon began."""
        return float((moment - self.edges[0]) / pd.Timedelta(hours=1))

    def mean(self, values: Array) -> Array:
        """Mean of a flow over each of what is drawn."""
        if self.every == 1:
            return values
        lengths = np.diff(self._hours)
        sums = np.add.reduceat(values * lengths, self._cuts[:-1])
        return np.asarray(sums / np.add.reduceat(lengths, self._cuts[:-1]), dtype=float)

    def last(self, values: Array) -> Array:
        """A level at the end of each of what is drawn."""
        return values[self._cuts[1:] - 1]

    def stepped(self, values: Array) -> list[float | None]:
        """Means for a line of steps over :attr:`steps_h`, the last one twice."""
        means = self.mean(values)
        return plain_list(np.append(means, means[-1]))

    @property
    def note(self) -> str:
        """What was thinned, in words; empty where everything is drawn."""
        if self.every == 1:
            return ""
        return (
            f"Drawn are means over {self.every} periods each (levels: at their end): "
            f"{self.periods:,} periods as {len(self._cuts) - 1:,}."
        )

    @property
    def zone(self) -> str:
        return str(self.edges.tz)

    def layout_axis(self, **more: Any) -> dict[str, Any]:
        """The axis with ticks at round local hours or days."""
        places, texts = self._ticks()
        first, last = self.edges[0], self.edges[-1] - pd.Timedelta(seconds=1)
        day = f"{first:%d %b %Y}" if first.date() == last.date() else f"{first:%d %b %Y} to {last:%d %b %Y}"
        hours = [0.0, float(self._hours[-1])]
        return axis(
            f"{day}, local time ({self.zone})",
            tickmode="array",
            tickvals=places,
            ticktext=texts,
            range=hours,
            zeroline=False,
            **more,
        )

    def _ticks(self) -> tuple[list[float], list[str]]:
        total = float(self._hours[-1])
        step = next((step for step in _STEPS_H if total / step <= _MOST_TICKS - 1), total / (_MOST_TICKS - 1))
        if step >= 24:
            marks = pd.date_range(self.edges[0].normalize(), self.edges[-1], freq=f"{max(1, round(step / 24))}D")
            text = "%d %b" if total < 8000 else "%b %Y"
        else:
            clock = pd.date_range(
                self.edges[0].tz_localize(None).normalize(), self.edges[-1].tz_localize(None), freq=f"{step}h"
            )
            # an hour that a clock leaves out has no tick, one that it shows twice has it at the first
            marks = clock.tz_localize(self.edges.tz, nonexistent="NaT", ambiguous=np.ones(len(clock), dtype=bool))
            marks = marks[marks.notna()]
            text = "%H:%M"
        inside = [mark for mark in marks if self.edges[0] <= mark <= self.edges[-1]]
        return [self.hour(mark) for mark in inside], [format(mark, text) for mark in inside]
