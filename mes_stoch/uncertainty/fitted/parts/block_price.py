"""Capacity prices by blocks of hours, with zeros, dependent on each other and on a day-ahead price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator
from scipy.special import ndtr, ndtri

from mes_stoch.schema.base import Identifier, Model, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import clock_of
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, Quantiles, SeriesNames, Share, require_shape
from mes_stoch.uncertainty.fitted.gaussian_days import DayCopula, fit_day_copula, shrunk_correlation
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.marginal import level_of, levels, quantile_nodes, scores, value_at
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Matrix = NDArray[np.float64]
#: A day of the past must be there for each so many quantities of a day.
_LEAST_DAYS = 20
_SWEEPS = 20
_ZERO = 1e-9


class BlockPriceOptions(PartOptions):
    """Series of capacity prices and how their distribution is fitted."""

    series: SeriesNames = Field(description="Capacity prices, of one or several products.")
    block_h: float = Field(default=4.0, gt=0, le=24, description="Hours of a block, counted from local midnight.")
    price: Identifier | None = Field(
        default=None, description="Price drawn before (or given) with whose mean over the block they correlate."
    )
    marginal: Literal["empirical", "lognormal"] = Field(
        default="empirical",
        description="Distribution of what is not zero, by block of the day: quantiles of the past, or lognormal.",
    )
    by_season: bool = Field(default=False, description="Whether each season has distributions of its own.")


class BlockMarginal(Model):
    """Distribution of one price in one block of the day."""

    zero_share_per_unit: Share
    log_mean: float
    log_deviation: Positive
    #: Quantiles of what is not zero; empty for a lognormal price.
    quantiles: list[float]

    def value(self, level: Series) -> Series:
        """Quantiles at levels."""
        zero = self.zero_share_per_unit
        inner = np.clip((level - zero) / max(1.0 - zero, _ZERO), 0.0, 1.0)
        if self.quantiles:
            above = value_at(self.quantiles, inner)
        else:
            above = np.exp(self.log_mean + self.log_deviation * ndtri(np.clip(inner, 1e-6, 1.0 - 1e-6)))
        return np.asarray(np.where(level <= zero, 0.0, above))

    def level(self, value: Series) -> Series:
        """Levels of values that are not zero, ties at the middle."""
        if self.quantiles:
            inner = level_of(self.quantiles, value, np.full(len(value), 0.5))
        else:
            inner = ndtr((np.log(np.maximum(value, _ZERO)) - self.log_mean) / self.log_deviation)
        return np.asarray(self.zero_share_per_unit + (1.0 - self.zero_share_per_unit) * inner)


class BlockPrice(Part):
    """Draws capacity prices that are constant over blocks of local hours.

    Equations
    ---------
    For product i in block b of day d, with ``pi`` the share of zeros and F the distribution of what is not zero::

        c[i, b, d] = 0                                        if Phi(z) <= pi[i, b]
                   = F[i, b]^-1((Phi(z) - pi) / (1 - pi))     otherwise

    z are scores of a Gaussian copula over all products and blocks of a day, those of the day before, and the normal
    scores of the mean day-ahead price by block, if ``price`` names one. So zeros come in rows, as they did: whether a
    price is zero is a probit chain over blocks and days.

    Estimation
    ----------
    Scores of past zeros are not known but for their upper limit ``Phi^-1(pi)``: they are drawn given the correlations
    and the other scores of the day and its neighbours, and the correlations estimated again, 20 times (data
    augmentation).

    Source
    ------
    Copula over a day: see :class:`~mes_stoch.uncertainty.fitted.gaussian_days.DayCopula`. Data augmentation: Tanner and
    Wong (1987), Journal of the American Statistical Association 82(398), 528-540, doi:10.1080/01621459.1987.10478458.
    """

    Options: ClassVar[type[PartOptions]] = BlockPriceOptions

    series: SeriesNames
    price: str | None
    block_h: float = Field(gt=0, le=24)
    period_h: PeriodHours
    country: str
    by_season: bool
    #: By series, by season (one if they do not differ), by block.
    marginals: list[list[list[BlockMarginal]]]
    #: Quantiles of the mean price by season, by block.
    price_quantiles: list[list[Quantiles]]
    same_day: list[list[float]]
    next_day: list[list[float]]

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        per_block = max(1, round(self.block_h / self.period_h))
        blocks, seasons = round(24.0 / self.period_h) // per_block, 4 if self.by_season else 1
        size = (len(self.series) + (self.price is not None)) * blocks
        require_shape("marginals", self.marginals, len(self.series), seasons, blocks)
        if self.price is not None:
            require_shape("price_quantiles", self.price_quantiles, seasons, blocks)
        require_shape("same_day", self.same_day, size, size)
        require_shape("next_day", self.next_day, size, size)
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = BlockPriceOptions.model_validate(options.model_dump())
        names = [*options.series, *([options.price] if options.price else [])]
        dates, values = history.whole_days(names)
        if len(dates) < _LEAST_DAYS:
            raise UsageError(f"{', '.join(names)}: {len(dates)} past days with all of them are too few")
        per_block = round(options.block_h / history.period_h)
        if per_block < 1 or history.periods_per_day % per_block:
            raise UsageError(
                f"blocks of {options.block_h:g} h are not whole periods of {history.period_h:g} h in a day"
            )
        means = values.reshape(len(dates), -1, per_block, len(names)).mean(axis=2)
        seasons = _season_of(pd.DatetimeIndex(dates), history.country) * options.by_season
        count = 4 if options.by_season else 1
        marginals, normal, limits = _fitted_marginals(means, seasons, count, options)
        quantiles: list[list[list[float]]] = []
        if options.price:
            quantiles, price_scores = _fitted_price(means[:, :, -1], seasons, count)
            normal = np.hstack([normal, price_scores])
            limits = np.hstack([limits, np.full(price_scores.shape, np.nan)])
        follows = [False, *(b - a == timedelta(1) for a, b in pairwise(dates))]
        copula = fit_day_copula(_with_censored_scores(normal, limits, follows), follows)
        return cls(
            stage=options.stage,
            series=options.series,
            price=options.price,
            block_h=options.block_h,
            period_h=history.period_h,
            country=history.country,
            by_season=options.by_season,
            marginals=marginals,
            price_quantiles=quantiles,
            same_day=copula.same_day.tolist(),
            next_day=copula.next_day.tolist(),
        )

    def series_names(self) -> tuple[str, ...]:
        return tuple(self.series)

    def needs(self) -> tuple[str, ...]:
        return (self.price,) if self.price else ()

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        slot = clock_of(native.time, self.period_h, self.country).slot
        block = np.asarray(np.floor(slot * self.period_h / self.block_h + 1e-9), dtype=np.intp)
        day = native.day_of_period
        first = np.unique(day, return_index=True)[1]
        season = _season_of(native.time[first], self.country) * self.by_season
        given = None
        if self.price:
            given = self._price_scores(to_native(known[self.price], context, native), day, block, season)
        normal = self._copula.draw(generator, native.days, given)
        level = levels(normal).reshape(native.days, len(self.series), -1)
        drawn = {}
        for number, name in enumerate(self.series):
            table = np.empty((native.days, level.shape[2]))
            for row in range(native.days):
                of_day = self.marginals[number][season[row]]
                for column, one in enumerate(of_day):
                    table[row, column] = one.value(level[row, number, column : column + 1])[0]
            drawn[name] = to_periods(table[day, block], native, context)
        return drawn

    def _price_scores(
        self, price: Series, day: NDArray[np.intp], block: NDArray[np.intp], season: NDArray[np.intp]
    ) -> Matrix:
        """Scores of mean prices by day and block; 0, the middle, for blocks outside the horizon."""
        blocks = round(24.0 / self.block_h)
        key = day * blocks + block
        size = (int(day[-1]) + 1) * blocks
        count = np.bincount(key, minlength=size)
        means = np.bincount(key, weights=price, minlength=size) / np.maximum(count, 1)
        found = np.zeros(size)
        for place in np.flatnonzero(count):
            nodes = self.price_quantiles[season[place // blocks]][place % blocks]
            found[place] = scores(level_of(nodes, means[place : place + 1], np.array([0.5])))[0]
        return found.reshape(-1, blocks)

    @cached_property
    def _copula(self) -> DayCopula:
        return DayCopula(np.asarray(self.same_day), np.asarray(self.next_day))


def _season_of(days: pd.DatetimeIndex, country: str) -> NDArray[np.intp]:
    return clock_of(days, 24.0, country).season


def _fitted_marginals(
    means: Matrix, seasons: NDArray[np.intp], count: int, options: BlockPriceOptions
) -> tuple[list[list[list[BlockMarginal]]], Matrix, Matrix]:
    """Distributions, scores of the past, and the limits of the scores of zeros (not a number elsewhere).

    Scores and limits have the quantities of a day in their columns: products, then blocks.
    """
    days, blocks = means.shape[0], means.shape[1]
    products = len(options.series)
    normal, limits = np.zeros((days, products, blocks)), np.full((days, products, blocks), np.nan)
    marginals = []
    for number, name in enumerate(options.series):
        by_season = []
        for season in range(count):
            rows = seasons == season
            rows = rows if rows.sum() >= _LEAST_DAYS else np.ones(days, dtype=bool)
            by_season.append([_marginal(means[rows, block, number], name, options) for block in range(blocks)])
        marginals.append(by_season)
        for season in range(count):
            rows = np.flatnonzero(seasons == season)
            for block, one in enumerate(by_season[season]):
                own = means[rows, block, number]
                zero = np.abs(own) <= _ZERO
                level = np.clip(one.level(own), 0.5 / days, 1.0 - 0.5 / days)
                normal[rows, number, block] = scores(level)
                limit = float(ndtri(np.clip(one.zero_share_per_unit, 0.5 / days, 1.0 - 0.5 / days)))
                limits[rows[zero], number, block] = limit
    return marginals, normal.reshape(days, -1), limits.reshape(days, -1)


def _marginal(values: Series, name: str, options: BlockPriceOptions) -> BlockMarginal:
    zero = np.abs(values) <= _ZERO
    above = values[~zero]
    lognormal = options.marginal == "lognormal"
    if (above < 0.0).any() and (zero.any() or lognormal):
        raise UsageError(f"{name} has negative prices: neither zeros apart nor a lognormal price fit it")
    logs = np.log(above) if len(above) and (above > 0.0).all() else np.zeros(1)
    return BlockMarginal(
        zero_share_per_unit=float(zero.mean()),
        log_mean=float(logs.mean()),
        log_deviation=max(float(logs.std()), _ZERO),
        quantiles=[] if lognormal or not len(above) else quantile_nodes(above),
    )


def _fitted_price(means: Matrix, seasons: NDArray[np.intp], count: int) -> tuple[list[list[list[float]]], Matrix]:
    days, blocks = means.shape
    found = np.zeros((days, blocks))
    nodes: list[list[list[float]]] = []
    for season in range(count):
        rows = seasons == season
        source = means[rows] if rows.sum() >= _LEAST_DAYS else means
        nodes.append([quantile_nodes(source[:, block]) for block in range(blocks)])
        for block in range(blocks):
            level = level_of(nodes[-1][block], means[rows, block], np.full(int(rows.sum()), 0.5))
            found[rows, block] = scores(np.clip(level, 0.5 / days, 1.0 - 0.5 / days))
    return nodes, found


def _with_censored_scores(normal: Matrix, limits: Matrix, follows: Sequence[bool]) -> Matrix:
    """Scores with those of zeros drawn below their limits, given the others of three days and the correlations."""
    is_zero = np.isfinite(limits)
    if not is_zero.any():
        return normal
    generator = np.random.default_rng(0)
    count = normal.shape[1]
    goes_on = np.asarray(follows)[:, None]
    found = normal.copy()
    found[is_zero] = ndtri(generator.random(int(is_zero.sum())) * ndtr(limits[is_zero]))
    for _ in range(_SWEEPS):
        precision = np.linalg.inv(shrunk_correlation(_three_days(found, goes_on)))
        for column in np.flatnonzero(is_zero.any(axis=0)):
            rows = is_zero[:, column]
            own = precision[count + column, count + column]
            mean = found[rows, column] - _three_days(found, goes_on)[rows] @ precision[:, count + column] / own
            deviation = 1.0 / np.sqrt(own)
            share = ndtr((limits[rows, column] - mean) / deviation) * generator.random(int(rows.sum()))
            # far in the tail the share rounds to nothing; eight deviations off is as far as it goes
            found[rows, column] = mean + deviation * np.maximum(ndtri(np.maximum(share, 1e-300)), -8.0)
    return np.minimum(found, np.where(is_zero, limits, np.inf))


def _three_days(normal: Matrix, goes_on: NDArray[np.bool_]) -> Matrix:
    """Scores of the day before, the day and the day after; 0, the middle, where there is none."""
    before = np.where(goes_on, np.roll(normal, 1, axis=0), 0.0)
    after = np.where(np.roll(goes_on, -1, axis=0), np.roll(normal, -1, axis=0), 0.0)
    return np.hstack([before, normal, after])
