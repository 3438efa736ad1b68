"""Whole days of the past, drawn jointly over all their series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from mes_stoch.io.market_data.calendar import DayType, Season, day_type, season
from mes_stoch.schema.base import Identifier, Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.fitted.resolution import native_context, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Match = Literal["season", "day_type"]


class DayBootstrapOptions(PartOptions):
    """Which days to draw from."""

    series: list[Identifier] = Field(min_length=1, description="Series taken from the same day.")
    match: list[Match] = Field(
        default=["season", "day_type"], description="What a donor day has in common with the day that is drawn."
    )


class DonorDay(Model):
    """One day of the past."""

    day: str = Field(description="Its date, such as 2019-02-18.")
    values: list[list[float]] = Field(description="A list a series, a number a period.")


class DayBootstrap(Part):
    """Draws whole days of the past.

    Equations
    ---------
    With ``D(d)`` the donor days of the class of day ``d`` (its season, and working day, Saturday, or Sunday and public
    holiday), equally likely, one donor ``k`` is drawn for all series of a day::

        k ~ uniform over D(d),   x[i, t] = past value of series i in the same period of day k

    Dependence between series and over the hours of a day is kept; days follow each other independently.

    Source
    ------
    The bootstrap of Efron (1979), The Annals of Statistics 7(1), 1-26, doi:10.1214/aos/1176344552, with days as blocks.
    """

    Options: ClassVar[type[PartOptions]] = DayBootstrapOptions

    series: list[str]
    match: list[Match]
    country: str
    period_h: float
    days: list[DonorDay]

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = DayBootstrapOptions.model_validate(options.model_dump())
        dates, values = history.whole_days(options.series)
        if not dates:
            raise UsageError(f"no day of the past has all of {', '.join(options.series)}")
        donors = [DonorDay(day=day.isoformat(), values=own.T.tolist()) for day, own in zip(dates, values, strict=True)]
        return cls(
            stage=options.stage,
            series=options.series,
            match=options.match,
            country=history.country,
            period_h=history.period_h,
            days=donors,
        )

    def series_names(self) -> tuple[str, ...]:
        return tuple(self.series)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        clock = native.time.hour + native.time.minute / 60.0
        # clock times of a day that is longer or shorter for the clock change are those of the donor
        place = np.asarray(np.floor(np.asarray(clock, dtype=float) / self.period_h + 1e-9), dtype=np.intp)
        found = np.empty((len(self.series), native.periods))
        for number in range(native.days):
            rows = native.day_of_period == number
            pool = self._pool(native.time[rows][0].date())
            donor = pool[int(generator.integers(len(pool)))]
            found[:, rows] = self._values[donor][:, place[rows]]
        return {name: to_periods(found[k], native, context) for k, name in enumerate(self.series)}

    def _pool(self, day: date) -> list[int]:
        wanted = self._class(day)
        pool = self._by_class.get(wanted)
        if not pool:
            raise UsageError(f"no day of the past is of the class of {day}: {', '.join(wanted)}; match less")
        return pool

    def _class(self, day: date) -> tuple[Season | DayType, ...]:
        found: list[Season | DayType] = []
        if "season" in self.match:
            found.append(season(day))
        if "day_type" in self.match:
            found.append(day_type(day, self.country))
        return tuple(found)

    @cached_property
    def _by_class(self) -> dict[tuple[Season | DayType, ...], list[int]]:
        found: dict[tuple[Season | DayType, ...], list[int]] = {}
        for number, donor in enumerate(self.days):
            found.setdefault(self._class(date.fromisoformat(donor.day)), []).append(number)
        return found

    @cached_property
    def _values(self) -> NDArray[np.float64]:
        """Shape (days, series, periods a day)."""
        return np.array([donor.values for donor in self.days], dtype=float)
