"""A series around a forecast: quantiles that depend on the forecast, correlated over the periods of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, model_validator

from mes_stoch.schema.base import Identifier, Model, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import clock_of
from mes_stoch.uncertainty.fitted.field_types import PeriodHours, require_shape
from mes_stoch.uncertainty.fitted.gaussian_days import DayCopula, fit_day_copula
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.marginal import levels, scores
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods
from mes_stoch.uncertainty.process import DrawContext, Drawn, Series

Matrix = NDArray[np.float64]
#: A tail is fitted to so many exceedances at least; with fewer it is exponential.
_LEAST_EXCEEDANCES = 20
#: Heavier tails than this have no variance.
_HEAVIEST = 0.49


def _increasing(levels: list[float]) -> list[float]:
    if not all(0.0 < low < high < 1.0 for low, high in pairwise(levels)):
        raise ValueError("levels increase, and lie between 0 and 1")
    return levels


QuantileLevels = Annotated[list[float], Field(min_length=2), AfterValidator(_increasing)]


class ForecastErrorOptions(PartOptions):
    """A series, its forecast, and the quantiles that are fitted."""

    series: Identifier = Field(description="Series that is drawn.")
    forecast: Identifier = Field(description="Its forecast: a series of the instance, or drawn before.")
    quantile_levels: QuantileLevels = Field(
        default=[0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99],
        description="Levels of the quantiles, increasing, between 0 and 1.",
    )
    class_h: float = Field(default=1.0, gt=0, le=24, description="Hours of the day that share their quantiles.")
    minimum: float | None = Field(default=None, description="Least value drawn; no limit if not stated.")
    maximum: float | None = Field(default=None, description="Greatest value drawn; no limit if not stated.")


class Tail(Model):
    """Generalised Pareto distribution of what lies beyond an outermost quantile."""

    shape: float
    scale: Positive

    def beyond(self, probability: Series) -> Series:
        """Distance that is exceeded with a probability."""
        if abs(self.shape) < 1e-9:
            return np.asarray(-self.scale * np.log(probability))
        return np.asarray(self.scale / self.shape * (probability**-self.shape - 1.0))

    def exceeded(self, distance: Series) -> Series:
        """Probability that a distance is exceeded."""
        if abs(self.shape) < 1e-9:
            return np.asarray(np.exp(-distance / self.scale))
        return np.asarray(np.maximum(1.0 + self.shape * distance / self.scale, 1e-12) ** (-1.0 / self.shape))


class ForecastError(Part):
    """Draws a series from its distribution given a forecast.

    Equations
    ---------
    With f the forecast, h the class of the period of the day, tau_1 < ... < tau_n the levels::

        q_j(h, f) = a[h, j] + b[h, j] f, in increasing order            (quantile regression, rearranged)
        Q(u | h, f) = q_j + (u - tau_j) (q_j+1 - q_j) / (tau_j+1 - tau_j),   tau_j <= u <= tau_j+1
        Q(u | h, f) = q_1 - G_low^-1(1 - u / tau_1),    u < tau_1
        Q(u | h, f) = q_n + G_high^-1((u - tau_n) / (1 - tau_n)),    u > tau_n
        series[t] = Q(Phi(z[t]) | h, f[t]),   z of the Gaussian copula over the periods of a day and the next

    G are generalised Pareto distributions, fitted to what lies beyond the outermost quantiles, all periods of the day
    together. Outside the range of past forecasts the error is that of its nearest end. Periods that a day of 23 or 25
    hours lacks or repeats take the scores of the same clock time.

    Source
    ------
    Koenker and Bassett (1978), Econometrica 46(1), 33-50, doi:10.2307/1913643; rearrangement: Chernozhukov,
    Fernandez-Val and Galichon (2010), Econometrica 78(3), 1093-1125, doi:10.3982/ECTA7880; copula: Pinson, Madsen,
    Nielsen, Papaefthymiou and Klockl (2009), Wind Energy 12(1), 51-62, doi:10.1002/we.284.
    """

    Options: ClassVar[type[PartOptions]] = ForecastErrorOptions

    series: str
    forecast: str
    period_h: PeriodHours
    country: str
    quantile_levels: QuantileLevels
    #: By class of the period, by level.
    intercepts: list[list[float]]
    slopes: list[list[float]]
    class_of_slot: list[Annotated[int, Field(ge=0)]]
    forecast_range: list[float] = Field(min_length=2, max_length=2)
    lower_tail: Tail
    upper_tail: Tail
    same_day: list[list[float]]
    next_day: list[list[float]]
    minimum: float | None
    maximum: float | None

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        slots, classes = round(24.0 / self.period_h), len(self.intercepts)
        require_shape("intercepts", self.intercepts, classes, len(self.quantile_levels))
        require_shape("slopes", self.slopes, classes, len(self.quantile_levels))
        require_shape("class_of_slot", self.class_of_slot, slots)
        require_shape("same_day", self.same_day, slots, slots)
        require_shape("next_day", self.next_day, slots, slots)
        if max(self.class_of_slot) >= classes:
            raise ValueError(f"class_of_slot: classes from 0 to {classes - 1}")
        return self

    @classmethod
    def fit(cls, history: History, options: PartOptions) -> Self:
        options = ForecastErrorOptions.model_validate(options.model_dump())
        dates, values = history.whole_days([options.series, options.forecast])
        slots = history.periods_per_day
        if len(dates) < slots / 2:
            raise UsageError(f"{options.series}: {len(dates)} past days with a forecast are too few")
        actual, forecast = values[:, :, 0], values[:, :, 1]
        classes = np.floor(np.arange(slots) * history.period_h / options.class_h + 1e-9).astype(np.intp)
        intercepts, slopes = _quantile_lines(actual, forecast, classes, options.quantile_levels)
        quantiles = _quantiles(intercepts[classes], slopes[classes], forecast, forecast)
        low = quantiles[..., 0] - actual
        high = actual - quantiles[..., -1]
        tails = (_tail(low[low > 0.0]), _tail(high[high > 0.0]))
        normal = scores(_levels(actual, quantiles, np.asarray(options.quantile_levels), *tails))
        follows = [False, *(b - a == timedelta(1) for a, b in pairwise(dates))]
        copula = fit_day_copula(normal, follows)
        return cls(
            stage=options.stage,
            series=options.series,
            forecast=options.forecast,
            period_h=history.period_h,
            country=history.country,
            quantile_levels=options.quantile_levels,
            intercepts=intercepts.tolist(),
            slopes=slopes.tolist(),
            class_of_slot=classes.tolist(),
            forecast_range=[float(forecast.min()), float(forecast.max())],
            lower_tail=tails[0],
            upper_tail=tails[1],
            same_day=copula.same_day.tolist(),
            next_day=copula.next_day.tolist(),
            minimum=options.minimum,
            maximum=options.maximum,
        )

    def series_names(self) -> tuple[str, ...]:
        return (self.series,)

    def needs(self) -> tuple[str, ...]:
        return (self.forecast,)

    def draw(self, generator: np.random.Generator, context: DrawContext, known: Mapping[str, Series]) -> Drawn:
        native = native_context(context, self.period_h)
        forecast = to_native(known[self.forecast], context, native)
        slot = clock_of(native.time, self.period_h, self.country).slot
        normal = self._copula.draw(generator, native.days)[native.day_of_period, slot]
        values = self.values_at(levels(normal), slot, forecast)
        return {
            self.series: to_periods(values, native, context),
            f"latent_{self.series}": to_periods(normal, native, context),
        }

    def values_at(self, level: Series, slot: NDArray[np.intp], forecast: Series) -> Series:
        """Quantiles of the series at levels, by period of the day and forecast."""
        least, greatest = self.forecast_range
        inside = np.clip(forecast, least, greatest)
        classes = np.asarray(self.class_of_slot)[slot]
        quantiles = _quantiles(np.asarray(self.intercepts)[classes], np.asarray(self.slopes)[classes], inside, forecast)
        at = np.asarray(self.quantile_levels)
        row = np.arange(len(level))
        place = np.clip(np.searchsorted(at, level) - 1, 0, len(at) - 2)
        share = (level - at[place]) / (at[place + 1] - at[place])
        found = quantiles[row, place] + np.clip(share, 0.0, 1.0) * np.diff(quantiles, axis=1)[row, place]
        below, above = level < at[0], level > at[-1]
        # levels of draws are open at either end; the guard is for numbers that round to them
        found[below] -= self.lower_tail.beyond(np.maximum(level[below] / at[0], 1e-12))
        found[above] += self.upper_tail.beyond(np.maximum((1.0 - level[above]) / (1.0 - at[-1]), 1e-12))
        low = -np.inf if self.minimum is None else self.minimum
        high = np.inf if self.maximum is None else self.maximum
        return np.asarray(np.clip(found, low, high))

    @cached_property
    def _copula(self) -> DayCopula:
        return DayCopula(np.asarray(self.same_day), np.asarray(self.next_day))


def _quantile_lines(
    actual: Matrix, forecast: Matrix, classes: NDArray[np.intp], quantile_levels: Sequence[float]
) -> tuple[Matrix, Matrix]:
    """Intercepts and slopes, shape (classes, levels): linear programs, solved by HiGHS."""
    from sklearn.linear_model import QuantileRegressor

    shape = (int(classes.max()) + 1, len(quantile_levels))
    intercepts, slopes = np.empty(shape), np.empty(shape)
    for number in range(shape[0]):
        x, y = forecast[:, classes == number].ravel(), actual[:, classes == number].ravel()
        # regress the error: its numbers are smaller, and a forecast that never changes has the slope 1
        spread = float(x.std())
        scaled = ((x - x.mean()) / (spread or 1.0))[:, None]
        for column, level in enumerate(quantile_levels):
            if spread == 0.0:
                slope, base = 0.0, float(np.quantile(y - x, level))
            else:
                line = QuantileRegressor(quantile=level, alpha=0.0, solver="highs").fit(scaled, y - x)
                slope, base = float(line.coef_[0]) / spread, float(line.intercept_)
            slopes[number, column] = 1.0 + slope
            intercepts[number, column] = base - slope * float(x.mean())
    return intercepts, slopes


def _quantiles(intercepts: Matrix, slopes: Matrix, inside: Matrix, forecast: Matrix) -> Matrix:
    """Rearranged quantiles by level on the last axis; the error is that of the forecast ``inside`` the past range."""
    lines = intercepts + slopes * inside[..., None] + (forecast - inside)[..., None]
    return np.sort(lines, axis=-1)


def _levels(actual: Matrix, quantiles: Matrix, at: Series, lower: Tail, upper: Tail) -> Matrix:
    """Levels of past values: the inverse of the quantile function."""
    found = np.empty(actual.shape)
    for index in np.ndindex(actual.shape):
        found[index] = np.interp(actual[index], quantiles[index], at)
    below, above = actual < quantiles[..., 0], actual > quantiles[..., -1]
    found[below] = at[0] * lower.exceeded((quantiles[..., 0] - actual)[below])
    found[above] = 1.0 - (1.0 - at[-1]) * upper.exceeded((actual - quantiles[..., -1])[above])
    return found


def _tail(exceedances: Series) -> Tail:
    from scipy.stats import genpareto

    if len(exceedances) == 0:
        return Tail(shape=0.0, scale=1e-9)
    mean = float(exceedances.mean())
    if len(exceedances) < _LEAST_EXCEEDANCES:
        return Tail(shape=0.0, scale=mean)
    # by maximum likelihood: one day of prices without measure must not set the scale of all others
    shape, _, scale = genpareto.fit(exceedances, floc=0.0)
    if not 0.0 <= shape <= _HEAVIEST:
        shape = min(max(float(shape), 0.0), _HEAVIEST)
        scale = genpareto.fit(exceedances, f0=shape, floc=0.0)[2]
    return Tail(shape=float(shape), scale=float(scale))
