"""Whole days of the past, drawn jointly over all their series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.io.market_data.calendar import SEASONS, day_type, season
from mes_stoch.io.market_data.donor_days import days_apart_in_year
from mes_stoch.schema.base import Identifier, Model
from mes_stoch.schema.calendar import DateText
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import clock_of
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, SeriesNames, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Match = Literal["season", "day_type", "weekday"]


class DayBootstrapOptions(PartOptions):
    """Which days to draw from."""

    series: SeriesNames = Field(description="Series taken from the same day.")
    companions: list[SeriesNames] = Field(
        default=[],
        description="Further groups of series, each taken from a day of its own, of the same class: series that no "
        "year of the past has together.",
    )
    match: list[Match] = Field(
        default=["season", "day_type"], description="What a donor day has in common with the day that is drawn."
    )
    days_apart_max: int | None = Field(
        default=None,
        ge=0,
        le=183,
        description="Most days between donor and drawn day in the year, whatever the year; no limit if not stated.",
    )
    weather: Identifier | None = Field(
        default=None,
        description="Series whose daily mean sorts days into classes of weather, such as a temperature. Where the "
        "instance gives it, a donor is of the class of the drawn day; else of any, as often as in the past, and donors "
        "of companions are of the class of the first donor.",
    )
    weather_classes: int = Field(
        default=3, ge=2, le=10, description="Classes of weather, equally frequent within each season."
    )
    block_days: int = Field(
        default=1,
        ge=1,
        le=31,
        description="Days that follow each other in the past as they do in the draw, so that "
        "what depends over midnight stays.",
    )


class DonorDay(Model):
    """One day of the past."""

    day: DateText = Field(description="Its date, such as 2019-02-18.")
    values: list[list[float]] = Field(description="A list a series, a number a period.")
    weather: float | None = Field(default=None, description="Daily mean of the series of weather.")


class DonorGroup(Model):
    """Series that are taken from the same day, and the days there are."""

    series: SeriesNames
    days: list[DonorDay] = Field(min_length=1)


class DayBootstrap(Part):
    """Draws whole days of the past.

    Equations
    ---------
    With ``D(d)`` the donor days that match day ``d`` (by default its season, and working day, Saturday, or Sunday and
    public holiday), equally likely, one donor ``k`` is drawn for all series of a day::

        k ~ uniform over D(d),   x[i, t] = past value of series i in the same period of day k

    In blocks of n days the donors are ``k, k + 1, ..., k + n - 1``, all there and each matching its day; where there
    are none the block is a day shorter. Dependence between the series of a group and over the hours is kept, and that
    over midnight inside a block. Companions are drawn from days of their own: what is lost is the dependence between
    groups beyond class and weather; :meth:`donors` names the pairs.

    Source
    ------
    The bootstrap of Efron (1979), The Annals of Statistics 7(1), 1-26, doi:10.1214/aos/1176344552, with days as blocks;
    several days as those of Kunsch (1989), The Annals of Statistics 17(3), 1217-1241, doi:10.1214/aos/1176347265.
    """

    Options: ClassVar[type[PartOptions]] = DayBootstrapOptions

    series: SeriesNames
    match: list[Match]
    country: str
    period_h: PeriodHours
    days: list[DonorDay] = Field(min_length=1)
    companions: list[DonorGroup] = Field(default=[])
    days_apart_max: int | None = None
    weather: str | None = None
    #: By season, what separates the classes.
    weather_edges: list[list[float]] = Field(default=[])
    block_days: int = Field(default=1, ge=1, le=31)

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        slots = round(24.0 / self.period_h)
        for series, days in ((self.series, self.days), *((group.series, group.days) for group in self.companions)):
            for donor in days:
                require_shape(f"values of {donor.day}", donor.values, len(series), slots)
                if self.weather is not None and donor.weather is None:
                    raise ValueError(f"weather of {donor.day}: a number, for donors are classed by {self.weather}")
        if self.weather is not None:
            classes = len(self.weather_edges[0]) if self.weather_edges else 1
            require_shape("weather_edges", self.weather_edges, len(SEASONS), classes)
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = DayBootstrapOptions.model_validate(options.model_dump())
        groups = [_group(history, names, options.weather) for names in (options.series, *options.companions)]
        return cls(
            stage=options.stage,
            series=options.series,
            match=options.match,
            country=history.country,
            period_h=history.period_h,
            days=groups[0].days,
            companions=groups[1:],
            days_apart_max=options.days_apart_max,
            weather=options.weather,
            weather_edges=[] if options.weather is None else _weather_edges(history, options),
            block_days=options.block_days,
        )

    def series_names(self) -> tuple[str, ...]:
        return (*self.series, *(name for group in self.companions for name in group.series))

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        slot = clock_of(native.time, self.period_h, self.country).slot
        drawn: Drawn = {}
        for pool, chosen in zip(self._pools, self._chosen(generator, native, context, known), strict=True):
            donors = np.asarray(chosen)
            found = pool.values[donors[native.day_of_period], :, slot]
            drawn |= {name: to_periods(found[:, k], native, context) for k, name in enumerate(pool.series)}
            dates = np.array([float(f"{pool.dates[donor]:%Y%m%d}") for donor in chosen])
            drawn[f"latent_donor_{pool.series[0]}"] = dates[context.day_of_period]
        return drawn

    def donors(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> pd.DataFrame:
        """Dates of the donors of each day that :meth:`draw` takes with a generator in the same state.

        Returns
        -------
        DataFrame
            By day, a column a group under the name of its first series. A draw has them too, as the number
            ``yyyymmdd``, in the latent series ``latent_donor_<first series>``.
        """
        native = native_context(context, self.period_h)
        chosen = self._chosen(generator, native, context, known)
        columns = {
            pool.series[0]: [pool.dates[donor] for donor in donors]
            for pool, donors in zip(self._pools, chosen, strict=True)
        }
        return pd.DataFrame(columns, index=pd.Index(_days_of(native), name="day"))

    def _chosen(
        self, generator: np.random.Generator, native: DrawContext, context: DrawContext, known: Mapping[str, Series]
    ) -> list[list[int]]:
        """Rows of the donors, a list a group."""
        days = _days_of(native)
        weather = self._given_weather(days, native, context, known)
        found: list[list[int]] = []
        for pool in self._pools:
            chosen: list[int] = []
            while len(chosen) < len(days):
                ahead = slice(len(chosen), len(chosen) + self.block_days)
                chosen += self._block(generator, pool, days[ahead], weather[ahead])
            found.append(chosen)
            if self.weather is not None and weather[0] is None:
                weather = [int(pool.weather_class[donor]) for donor in chosen]
        return found

    def _block(
        self, generator: np.random.Generator, pool: _Pool, days: Sequence[date], weather: Sequence[int | None]
    ) -> list[int]:
        fits = [self._fits(pool, day, of_class) for day, of_class in zip(days, weather, strict=True)]
        for length in range(len(days), 0, -1):
            starts = fits[0].copy()
            row = np.arange(len(starts))
            for step in range(1, length):
                row = np.where(row >= 0, pool.following[row], -1)
                starts &= (row >= 0) & fits[step][row]
            if starts.any():
                rows = np.flatnonzero(starts)
                first = int(rows[generator.integers(len(rows))])
                return list(range(first, first + length))
        wanted = ", ".join(self._in_words(days[0], weather[0]))
        raise UsageError(f"no day of the past is of the class of {days[0]}: {wanted}; match less")

    def _fits(self, pool: _Pool, day: date, of_class: int | None) -> NDArray[np.bool_]:
        found = np.ones(len(pool.dates), dtype=bool)
        if "season" in self.match:
            found &= pool.season == season(day)
        if "day_type" in self.match:
            found &= pool.day_type == day_type(day, self.country)
        if "weekday" in self.match:
            found &= pool.weekday == day.weekday()
        if self.days_apart_max is not None:
            apart = np.array([days_apart_in_year(day, donor) for donor in pool.dates])
            found &= apart <= self.days_apart_max
        if of_class is not None:
            found &= pool.weather_class == of_class
        return found

    def _in_words(self, day: date, of_class: int | None) -> list[str]:
        found: list[str] = [season(day)] if "season" in self.match else []
        found += [day_type(day, self.country)] if "day_type" in self.match else []
        found += [f"{day:%A}"] if "weekday" in self.match else []
        if self.days_apart_max is not None:
            found.append(f"at most {self.days_apart_max} days away in the year")
        if of_class is not None:
            found.append(f"class {of_class + 1} of {self.weather}")
        return found

    def _given_weather(
        self, days: Sequence[date], native: DrawContext, context: DrawContext, known: Mapping[str, Series]
    ) -> list[int | None]:
        if self.weather is None or self.weather not in known:
            return [None] * len(days)
        values = to_native(known[self.weather], context, native)
        number = native.day_of_period
        means = np.bincount(number, weights=values) / np.bincount(number)
        return [self._weather_class(day, float(mean)) for day, mean in zip(days, means, strict=True)]

    def _weather_class(self, day: date, mean: float) -> int:
        return int(np.searchsorted(self.weather_edges[SEASONS.index(season(day))], mean, side="right"))

    @cached_property
    def _pools(self) -> list[_Pool]:
        return [_Pool(self, self.series, self.days), *(_Pool(self, one.series, one.days) for one in self.companions)]


class _Pool:
    """Donor days of a group as arrays, in the order of their dates."""

    def __init__(self, part: DayBootstrap, series: Sequence[str], days: Sequence[DonorDay]) -> None:
        self.series = tuple(series)
        self.dates = [date.fromisoformat(donor.day) for donor in days]
        #: Shape (days, series, periods a day).
        self.values = np.array([donor.values for donor in days], dtype=float)
        self.season = np.array([season(day) for day in self.dates])
        self.day_type = np.array([day_type(day, part.country) for day in self.dates])
        self.weekday = np.array([day.weekday() for day in self.dates])
        place = {day: row for row, day in enumerate(self.dates)}
        #: Row of the day after, -1 where it is not there.
        self.following = np.array([place.get(day + timedelta(1), -1) for day in self.dates])
        self.weather_class = np.array(
            [
                -1 if donor.weather is None else part._weather_class(day, donor.weather)
                for day, donor in zip(self.dates, days, strict=True)
            ]
        )


def _days_of(context: DrawContext) -> list[date]:
    first = np.unique(context.day_of_period, return_index=True)[1]
    return [context.time[row].date() for row in first]


def _group(history: History, names: Sequence[str], weather: str | None) -> DonorGroup:
    wanted = list(dict.fromkeys([*names, *([weather] if weather else [])]))
    dates, values = history.whole_days(wanted)
    if not dates:
        raise UsageError(f"no day of the past has all of {', '.join(wanted)}")
    own = values[:, :, : len(names)].transpose(0, 2, 1)
    means = [None] * len(dates) if weather is None else values[:, :, wanted.index(weather)].mean(axis=1).tolist()
    days = [
        DonorDay(day=day.isoformat(), values=numbers.tolist(), weather=mean)
        for day, numbers, mean in zip(dates, own, means, strict=True)
    ]
    return DonorGroup(series=list(names), days=days)


def _weather_edges(history: History, options: DayBootstrapOptions) -> list[list[float]]:
    """Quantiles of daily means by season; those of the whole past where a season has fewer days than classes."""
    dates, values = history.whole_days([str(options.weather)])
    means = values[:, :, 0].mean(axis=1)
    of_season = np.array([season(day) for day in dates])
    at = np.linspace(0.0, 1.0, options.weather_classes + 1)[1:-1]
    found = []
    for name in SEASONS:
        own = means[of_season == name]
        found.append(np.quantile(own if len(own) >= options.weather_classes else means, at).tolist())
    return found
