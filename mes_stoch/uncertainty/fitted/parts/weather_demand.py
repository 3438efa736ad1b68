"""Demands and weather together: what is usual at the hour and season, and how they follow each other and a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import Clock, clock_of, regular
from mes_stoch.uncertainty.fitted.field_types import (
    Correlation,
    Lags,
    PeriodHours,
    Quantiles,
    SeriesNames,
    require_shape,
)
from mes_stoch.uncertainty.fitted.gaussian_days import root_of
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.marginal import level_of, levels, quantile_nodes, scores, value_at
from mes_stoch.uncertainty.fitted.part import Part, PartOptions, Stage
from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
#: Quantiles kept of each class.
_NODES = 31
#: A class with fewer values takes those of the whole year.
_LEAST_VALUES = 10
BURN_IN_DAYS = 7
_CLASSES = 24


class WeatherDemandOptions(PartOptions):
    """Series that are drawn together, and those that they follow."""

    stage: Stage = Field(default="realtime", description=PartOptions.model_fields["stage"].description)
    series: SeriesNames = Field(description="Demands, temperatures, wind, sun: drawn together.")
    drivers: list[Identifier] = Field(
        default=[], description="Series drawn before, or given, that they follow, such as the day-ahead price."
    )
    lags: Lags = Field(
        default=[1], description="Lags of the vector autoregression, periods of the past series; 1 first."
    )


class WeatherDemand(Part):
    """Draws demands and weather around what is usual at their time, correlated with each other and with a price.

    Equations
    ---------
    With F[i, c] the distribution of series i in class c (month with its two neighbours; working day or
    not; period of the day), z its normal
    scores and g those of the drivers, likewise::

        x[i, t] = F[i, c(t)]^-1(Phi(z[i, t]))
        z[t] = sum_l A_l z[t - l] + B_0 g[t] + B_1 g[t - 1] + e[t],   e ~ N(0, S)

    Values are never outside those of the past in their class: what was never negative is not, and the sun does not
    shine at night. Where a series has one value only (the sun at night) its score goes on by itself, so that a bright
    morning follows a bright evening as often as it did: ``z[t] = r z[t - 1] + sqrt(1 - r^2) e``. Others do not see it
    there. Dependence on a price drawn before is that of the scores, with whatever part the price is drawn; each score
    is drawn beside its series as ``latent_<series>``.

    Estimation
    ----------
    Least squares equation by equation, over periods in which all that it needs is known and not constant; S from pairs
    of residuals; r from the scores before and after each night.

    Source
    ------
    A multivariate AR(1) of standardised weather: Richardson (1981), Water Resources Research 17(1), 182-190,
    doi:10.1029/WR017i001p00182.
    """

    Options: ClassVar[type[PartOptions]] = WeatherDemandOptions

    series: SeriesNames
    drivers: list[str]
    period_h: PeriodHours
    country: str
    lags: Lags
    #: By series and driver, by class, by period of the day.
    quantiles: list[list[list[Quantiles]]]
    #: By lag, by equation, by series.
    coefficients: list[list[list[float]]]
    #: By equation; drivers of the same period, then those of the period before.
    driver_coefficients: list[list[float]]
    covariance: list[list[float]]
    persistence_of_constant: list[Correlation]

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        own, slots = len(self.series), round(24.0 / self.period_h)
        require_shape("quantiles", self.quantiles, own + len(self.drivers), _CLASSES, slots)
        require_shape("coefficients", self.coefficients, len(self.lags), own, own)
        require_shape("driver_coefficients", self.driver_coefficients, own, 2 * len(self.drivers))
        require_shape("covariance", self.covariance, own, own)
        require_shape("persistence_of_constant", self.persistence_of_constant, own)
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = WeatherDemandOptions.model_validate(options.model_dump())
        names = [*options.series, *options.drivers]
        history.require(names)
        frame = regular(history.frame[names], history.period_h)
        values = np.asarray(frame, dtype=float)
        clock = clock_of(pd.DatetimeIndex(frame.index), history.period_h, history.country)
        tables = [_tables(values[:, k], clock, history.periods_per_day, name) for k, name in enumerate(names)]
        constant = np.column_stack([_is_constant(table, clock) for table in tables])
        normal = np.column_stack([_past_scores(values[:, k], table, clock) for k, table in enumerate(tables)])
        own = len(options.series)
        fitted = _fit_equations(normal, constant, own, options.lags, options.series)
        return cls(
            stage=options.stage,
            series=options.series,
            drivers=options.drivers,
            period_h=history.period_h,
            country=history.country,
            lags=options.lags,
            quantiles=tables,
            coefficients=fitted[0].tolist(),
            driver_coefficients=fitted[1].tolist(),
            covariance=fitted[2].tolist(),
            persistence_of_constant=[_persistence(normal[:, k], constant[:, k]) for k in range(own)],
        )

    def series_names(self) -> tuple[str, ...]:
        return tuple(self.series)

    def needs(self) -> tuple[str, ...]:
        return tuple(self.drivers)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        before = BURN_IN_DAYS * round(24.0 / self.period_h)
        start = native.time[0].tz_convert("UTC") - before * pd.Timedelta(round(self.period_h * 3600), unit="s")
        step = pd.Timedelta(round(self.period_h * 3600), unit="s")
        time = pd.date_range(start, periods=before + native.periods, freq=step).tz_convert(native.time.tz)
        clock = clock_of(time, self.period_h, self.country)
        own = len(self.series)
        drivers = np.zeros((len(time), len(self.drivers)))
        for number, name in enumerate(self.drivers):
            values = np.concatenate([np.full(before, np.nan), to_native(known[name], context, native)])
            found = _past_scores(values, self.quantiles[own + number], clock)
            drivers[:, number] = np.where(np.isfinite(found), found, 0.0)
        constant = np.column_stack([_is_constant(table, clock) for table in self.quantiles[:own]])
        normal = self._path(generator, constant, drivers)[before:]
        after = clock.after(before)
        drawn = {}
        for number, name in enumerate(self.series):
            values = _values(normal[:, number], self.quantiles[number], after)
            drawn[name] = to_periods(values, native, context)
            drawn[f"latent_{name}"] = to_periods(normal[:, number], native, context)
        return drawn

    def _path(self, generator: np.random.Generator, constant: Mask, drivers: Matrix) -> Matrix:
        periods, own = constant.shape
        noise = generator.standard_normal((periods, own))
        shocks = noise @ self._root.T
        of_drivers = np.zeros((periods, own))
        if self.drivers:
            both = np.hstack([drivers, np.vstack([np.zeros((1, drivers.shape[1])), drivers[:-1]])])
            of_drivers = both @ np.asarray(self.driver_coefficients).T
        matrices = np.asarray(self.coefficients)
        diagonals = [np.diag(np.diag(matrix)) for matrix in matrices]
        alone = np.asarray(self.persistence_of_constant)
        found = np.zeros((periods, own))
        for t in range(periods):
            value = of_drivers[t] + shocks[t]
            for lag, matrix, diagonal in zip(self.lags, matrices, diagonals, strict=True):
                if t >= lag:
                    # others do not see a series where it has one value only; its own score goes on
                    seen = np.where(constant[t - lag], 0.0, found[t - lag])
                    value = value + (matrix - diagonal) @ seen + np.diag(diagonal) * found[t - lag]
            if t and constant[t].any():
                by_itself = alone * found[t - 1] + np.sqrt(1.0 - alone**2) * noise[t]
                value = np.where(constant[t], by_itself, value)
            found[t] = value
        return found

    @cached_property
    def _root(self) -> Matrix:
        return root_of(np.asarray(self.covariance))


def _class_of(clock: Clock) -> NDArray[np.intp]:
    return clock.month * 2 + (clock.day_type > 0)


def _tables(values: Series, clock: Clock, slots: int, name: str) -> list[list[list[float]]]:
    """Quantiles by class and period of the day; a class of too few values takes those of its kind of day, or all.

    A class takes the days of its month and of the two beside it, so that a month that the past lacks has what is usual
    between them, and the seasons pass into each other.
    """
    seen, free = np.isfinite(values), clock.day_type > 0
    found: list[list[list[float]]] = []
    for number in range(_CLASSES):
        month, kind = number // 2, free == bool(number % 2)
        near = np.minimum((clock.month - month) % 12, (month - clock.month) % 12) <= 1
        row = []
        for slot in range(slots):
            at = seen & (clock.slot == slot)
            chosen = next((one for one in (at & near & kind, at & kind, at) if one.sum() >= _LEAST_VALUES), None)
            if chosen is None:
                raise UsageError(f"{name}: {int(at.sum())} past values at period {slot} of the day are too few")
            row.append(quantile_nodes(values[chosen], _NODES))
        found.append(row)
    return found


def _is_constant(table: Sequence[Sequence[Sequence[float]]], clock: Clock) -> Mask:
    flat = np.array([[nodes[0] == nodes[-1] for nodes in row] for row in table])
    return np.asarray(flat[_class_of(clock), clock.slot])


def _past_scores(values: Series, table: Sequence[Sequence[Sequence[float]]], clock: Clock) -> Series:
    """Normal scores of values in their classes; ties by chance, from a fixed seed."""
    share = np.random.default_rng(0).random(len(values))
    classes = _class_of(clock)
    found = np.full(len(values), np.nan)
    for number, row in enumerate(table):
        for slot, nodes in enumerate(row):
            rows = np.flatnonzero((classes == number) & (clock.slot == slot) & np.isfinite(values))
            if len(rows):
                level = level_of(nodes, values[rows], share[rows])
                end = 0.5 / max(len(nodes), 2)
                found[rows] = scores(np.clip(level, end, 1.0 - end))
    return found


def _values(normal: Series, table: Sequence[Sequence[Sequence[float]]], clock: Clock) -> Series:
    level, classes = levels(normal), _class_of(clock)
    found = np.empty(len(normal))
    for number, slot in {(int(a), int(b)) for a, b in zip(classes, clock.slot, strict=True)}:
        rows = (classes == number) & (clock.slot == slot)
        found[rows] = value_at(table[number][slot], level[rows])
    return found


def _fit_equations(
    normal: Matrix, constant: Mask, own: int, lags: Sequence[int], names: Sequence[str]
) -> tuple[Matrix, Matrix, Matrix]:
    """Coefficients by lag, of drivers, and the covariance of residuals."""
    usual = np.where(constant, np.nan, normal)
    drivers = normal[:, own:]
    lagged_drivers = np.vstack([np.full((1, drivers.shape[1]), np.nan), drivers[:-1]])
    coefficients = np.zeros((len(lags), own, own))
    of_drivers = np.zeros((own, 2 * drivers.shape[1]))
    residuals = np.full((len(normal), own), np.nan)
    for number in range(own):
        columns = []
        for lag in lags:
            block = np.full((len(normal), own), np.nan)
            block[lag:] = usual[:-lag, :own]
            # a neighbour that has one value only there says nothing
            blind = np.zeros_like(block, dtype=bool)
            blind[lag:] = constant[:-lag, :own]
            blind[:, number] = False
            columns.append(np.where(blind, 0.0, block))
        design = np.hstack([*columns, drivers, lagged_drivers])
        seen = np.isfinite(usual[:, number]) & np.isfinite(design).all(axis=1)
        if seen.sum() < 10 * design.shape[1]:
            raise UsageError(f"{names[number]}: {int(seen.sum())} past periods are too few to see how it goes on")
        solution = np.linalg.lstsq(design[seen], usual[seen, number], rcond=None)[0]
        coefficients[:, number] = solution[: len(lags) * own].reshape(len(lags), own)
        of_drivers[number] = solution[len(lags) * own :]
        residuals[seen, number] = usual[seen, number] - design[seen] @ solution
    _require_stationary(coefficients, lags, names)
    return coefficients, of_drivers, _covariance(residuals)


def _require_stationary(coefficients: Matrix, lags: Sequence[int], names: Sequence[str]) -> None:
    own, longest = coefficients.shape[1], max(lags)
    companion = np.eye(own * longest, k=-own)
    companion[:own] = 0.0
    for lag, matrix in zip(lags, coefficients, strict=True):
        companion[:own, (lag - 1) * own : lag * own] += matrix
    growth = float(np.abs(np.linalg.eigvals(companion)).max())
    if growth >= 1.0:
        raise UsageError(f"{', '.join(names)}: the autoregression grows by {growth:.4f} a period; choose other lags")


def _covariance(residuals: Matrix) -> Matrix:
    """From pairs of residuals, made positive semidefinite."""
    found = np.asarray(pd.DataFrame(residuals).cov(), dtype=float)
    found = np.where(np.isfinite(found), found, 0.0)
    values, vectors = np.linalg.eigh(found)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)


def _persistence(normal: Series, constant: Mask) -> float:
    """Correlation a period while a series has one value only: of the scores before and after, root by the length."""
    starts = np.flatnonzero(~constant[:-1] & constant[1:])
    pairs, lengths = [], []
    for start in starts:
        ahead = np.flatnonzero(~constant[start + 1 :])
        if len(ahead):
            end = start + 1 + int(ahead[0])
            pairs.append((normal[start], normal[end]))
            lengths.append(end - start)
    sample = np.array(pairs).reshape(-1, 2)
    seen = np.isfinite(sample).all(axis=1)
    if seen.sum() < _LEAST_VALUES or (sample[seen].std(axis=0) == 0.0).any():
        return 0.0
    correlation = float(np.corrcoef(sample[seen].T)[0, 1])
    return float(max(correlation, 0.0) ** (1.0 / np.mean(np.asarray(lengths)[seen])))
