"""Stretches of the past joined where they agree: a memory of any form, where that of normal scores is too plain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Model, Positive
from mes_stoch.schema.calendar import DateText
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import clock_of
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import DayMatch, day_class
from mes_stoch.uncertainty.process import DrawContext, Series

#: Hours before a join over which the mean is to agree, beside the level in the last period.
RECENT_H = 4.0


class PastStretches(Model):
    """Stretches of past series by the clock, each joined to the one before where the past was like it.

    Equations
    ---------
    A stretch begins on a past day ``k`` at the clock time of the period, and goes on in the past until it ends, with
    the chance ``h / L`` in every period (``h`` its length, ``L`` the mean length of a stretch), or the days that are
    known end. With the first series ``x``, its mean ``m`` over the four hours before, and ``s`` their deviations over
    the past, the days that match are ranked by how far they are from what was drawn last, and one of the ``K``
    nearest of ``n`` is taken::

        apart(k)^2 = ((x_k - x) / s_x)^2 + ((m_k - m) / s_m)^2
        K = ceil(sqrt(n)),   P(j-th nearest) = (1 / j) / sum_{i <= K} 1 / i

    The first stretch begins on any matching day. All series are taken from the same periods. Days as near as each
    other come in random order.

    Source
    ------
    Nearest neighbours, their number and their weights: Lall and Sharma (1996), A nearest neighbor bootstrap for
    resampling hydrologic time series, Water Resources Research 32(3), 679-693, doi:10.1029/95WR02966. Stretches of
    random length: Politis and Romano (1994), The stationary bootstrap, Journal of the American Statistical Association
    89(428), 1303-1313, doi:10.1080/01621459.1994.10476870.
    """

    period_h: PeriodHours
    country: str
    match: list[DayMatch] = Field(description="What a day that a stretch begins on has in common with the day drawn.")
    mean_h: Positive = Field(description="Mean length of a stretch, h.")
    dates: list[DateText] = Field(min_length=1, description="Whole days of the past, in order.")
    values: list[list[list[float]]] = Field(description="By series, day and period.")

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        require_shape("values", self.values, len(self.values), len(self.dates), round(24.0 / self.period_h))
        return self

    @classmethod
    def fit(cls, history: History, series: Sequence[Series], match: Sequence[DayMatch], mean_h: float) -> Self:
        """Of series over the times of a history, not a number where they are not known.

        Raises
        ------
        UsageError
            No whole day has all of them.
        """
        frame = history.frame[[]].assign(**{str(number): values for number, values in enumerate(series)})
        dates, values = History(frame, history.country).whole_days([str(number) for number in range(len(series))])
        if not dates:
            raise UsageError("stretches of the past need whole days on which the series are known")
        return cls(
            period_h=history.period_h,
            country=history.country,
            match=list(match),
            mean_h=mean_h,
            dates=[day.isoformat() for day in dates],
            values=values.transpose(2, 0, 1).tolist(),
        )

    def draw(self, generator: np.random.Generator, native: DrawContext) -> list[Series]:
        """Each series over periods of the past's length, shape (periods,)."""
        ends, choice = generator.spawn(2)
        is_end = ends.random(native.periods) < native.period_h / self.mean_h
        slot = clock_of(native.time, self.period_h, self.country).slot
        dates = native.time.date
        place = np.empty(native.periods, dtype=np.intp)
        for period in range(native.periods):
            after = -1
            if period > 0 and not is_end[period]:
                is_next_day = dates[period] != dates[period - 1]
                after = self._after(int(place[period - 1]), int(slot[period]), is_next_day=is_next_day)
            if after < 0:
                after = self._begin(choice, dates[period], int(slot[period]), place[:period])
            place[period] = after
        return [values[place] for values in self._flat]

    def _after(self, place: int, slot: int, *, is_next_day: bool) -> int:
        """Where the past goes on at a clock time; -1 where it is not known. An hour that comes twice is that twice."""
        day = place // self._slots
        if is_next_day:
            day = int(self._following[day])
        return -1 if day < 0 else day * self._slots + slot

    def _begin(self, generator: np.random.Generator, day: date, slot: int, drawn: NDArray[np.intp]) -> int:
        days = self._days_like(day_class(day, self.match, self.country))
        uniform, ties = generator.random(), generator.random(len(self.dates))[days]
        if not drawn.size:
            return int(days[min(int(uniform * len(days)), len(days) - 1)]) * self._slots + slot
        places = days * self._slots + slot
        recent = self._flat[0][drawn[-self._recent :]]
        apart = ((self._level[places] - recent[-1]) / self._level_deviation) ** 2
        apart += ((self._mean[places] - recent.mean()) / self._mean_deviation) ** 2
        nearest = np.lexsort((ties, apart))[: int(np.ceil(np.sqrt(len(days))))]
        chances = np.cumsum(1.0 / np.arange(1, len(nearest) + 1))
        return int(places[nearest[np.searchsorted(chances, uniform * chances[-1], side="right")]])

    def _days_like(self, name: str) -> NDArray[np.intp]:
        found = self._days_by_class.get(name)
        if found is None:
            known = ", ".join(self._days_by_class)
            raise UsageError(f"the past has no whole day that is {name}; it has {known}: match less")
        return found

    @cached_property
    def _slots(self) -> int:
        return round(24.0 / self.period_h)

    @cached_property
    def _recent(self) -> int:
        """Periods over which the mean is taken."""
        return max(1, round(RECENT_H / self.period_h))

    @cached_property
    def _flat(self) -> list[Series]:
        return [np.array(days, dtype=float).ravel() for days in self.values]

    @cached_property
    def _days(self) -> list[date]:
        return [date.fromisoformat(day) for day in self.dates]

    @cached_property
    def _days_by_class(self) -> dict[str, NDArray[np.intp]]:
        names = np.array([day_class(day, self.match, self.country) for day in self._days])
        return {str(name): np.flatnonzero(names == name) for name in np.unique(names)}

    @cached_property
    def _following(self) -> NDArray[np.intp]:
        """Number of the day after, -1 where it is not there."""
        number = {day: place for place, day in enumerate(self._days)}
        return np.array([number.get(day + timedelta(1), -1) for day in self._days], dtype=np.intp)

    @cached_property
    def _level(self) -> Series:
        """In the period before each period; at the first of a day whose day before is not there, in itself."""
        return self._before(1)

    @cached_property
    def _mean(self) -> Series:
        """Mean over the recent periods before each period, as far as they are known."""
        return self._before(self._recent)

    @cached_property
    def _level_deviation(self) -> float:
        return float(self._level.std()) or 1.0

    @cached_property
    def _mean_deviation(self) -> float:
        return float(self._mean.std()) or 1.0

    def _before(self, periods: int) -> Series:
        found = self._flat[0].copy()
        begins = np.concatenate([[0], np.flatnonzero(np.diff([day.toordinal() for day in self._days]) != 1) + 1])
        for first, stop in zip(begins, [*begins[1:], len(self._days)], strict=True):
            run = slice(first * self._slots, stop * self._slots)
            total = np.concatenate([[0.0], np.cumsum(self._flat[0][run])])
            end = np.arange(1, len(total) - 1)
            begin = np.maximum(end - periods, 0)
            found[run.start + 1 : run.stop] = (total[end] - total[begin]) / (end - begin)
        return found
