"""The autoregressive model that prices and spreads have in common: seasonal mean, lags, volatility by state, jumps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import Clock, clock_of
from mes_stoch.uncertainty.fitted.field_types import Correlation, Lags, PeriodHours, Share, require_shape
from mes_stoch.uncertainty.fitted.marginal import (
    level_of,
    levels,
    mean_of,
    scores,
    value_at,
)
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.process import DrawContext, Series

#: Draws begin so many days before the horizon, by when nothing is left of the state zero they begin in.
BURN_IN_DAYS = 14


class AutoregressionOptions(PartOptions):
    """How an autoregressive part is fitted."""

    transform: Literal["asinh", "none"] = Field(
        default="asinh",
        description="asinh of the value less its median, over its median absolute deviation (normal-consistent): "
        "spikes and negative prices become regular; none leaves values as they are.",
    )
    lags: Lags = Field(
        default=[1, 2, 24, 25], description="Lags of the autoregression, periods of the past series, each once."
    )
    harmonics: int = Field(
        default=1,
        ge=0,
        le=6,
        description="Waves of the year in the seasonal mean, each by period of the day; 0 if "
        "the past is shorter than a year.",
    )
    regressors: list[Identifier] = Field(
        default=[],
        description="Series given, or drawn before, on which the mean depends linearly, such as a load forecast.",
    )
    volatility_of: Identifier | None = Field(
        default=None,
        description="What the volatility depends on beside the period of the day: `level` (the value one period "
        "before), or a series given or drawn before; nothing by default.",
    )
    volatility_classes: int = Field(default=5, ge=1, le=20, description="Classes of equal frequency of what it is.")
    innovations: Literal["normal", "empirical"] = Field(
        default="normal", description="Distribution of standardised innovations that are no jumps."
    )
    jumps: bool = Field(default=True, description="Whether rare large innovations are drawn apart.")
    jump_threshold: float = Field(
        default=3.0, gt=0, description="Standard deviations of the others from which an innovation is a jump."
    )
    correlated_with: Identifier | None = Field(
        default=None, description="Series given or drawn before (a latent one too) with which innovations correlate."
    )
    correlation_per_unit: float | None = Field(
        default=None, ge=-1, le=1, description="That correlation; from the past series if not stated."
    )
    minimum: float | None = Field(default=None, description="Least value drawn; the least of the past if not stated.")
    maximum: float | None = Field(default=None, description="Greatest value; the greatest of the past if not stated.")


class Regressor(Model):
    """A series on which the mean depends."""

    name: str
    mean: float
    deviation: Positive
    coefficient: float


class Correlated(Model):
    """A series with which the innovations correlate."""

    name: str
    correlation_per_unit: Correlation
    #: Quantiles by which its values become normal scores; none if it is one of normal scores already.
    quantiles: list[float]


class Autoregression(Part):
    """Parameters of the model, and its paths; what is drawn from a path the parts say.

    Equations
    ---------
    With ``x`` the transformed value, ``m`` its seasonal mean, ``h`` the period of the day, ``c`` the class of the day
    (working day, Saturday, Sunday or holiday), ``w`` the share of the year that has passed and ``r`` the regressors::

        x[t] = asinh((value[t] - centre) / scale)
        m[t] = mu[c, h] + sum_k (a_k[h] cos(2 pi k w[t]) + b_k[h] sin(2 pi k w[t])) + sum_i beta_i (r_i[t] - mean) / sd
        y[t] = x[t] - m[t] = sum_l phi_l y[t - l] + sigma[t] v[t]
        sigma[t] = s[h] f[class of the driver]
        v[t] = e[t], standard normal or empirical, or with probability p a jump, drawn from those of the past; less the
               mean of both

    A jump dies away as the autoregression does. Where innovations correlate with another series, of normal scores u,
    ``e = rho u + sqrt(1 - rho^2) own``. A path starts from the stationary distribution (drawn from 14 days before the
    horizon on), or from ``last_values``.

    Estimation
    ----------
    Least squares for ``m``, then for ``phi``. Volatility is the deviation of innovations by period of the day and, in
    turn, by class of the driver. An innovation is a jump if it is farther from zero than ``jump_threshold`` deviations
    of those that are none, found by repetition.
    """

    period_h: PeriodHours
    country: str
    transform: Literal["asinh", "none"]
    centre: float
    scale: Positive
    mean_by_day_type: list[list[float]]
    annual_cosine: list[list[float]]
    annual_sine: list[list[float]]
    regressors: list[Regressor]
    lags: Lags
    coefficients: list[float]
    volatility_by_slot: list[NonNegative]
    volatility_of: str | None
    volatility_edges: list[float]
    volatility_factors: list[NonNegative]
    innovation_quantiles: list[float]
    jump_probability_per_unit: Share
    jump_quantiles: list[float]
    correlated: Correlated | None
    minimum: float
    maximum: float
    #: Values right before the horizon, in periods of the past series, the last one last; empty for the stationary law.
    last_values: list[float] = Field(default=[])
    #: Regressors in the same periods, by name.
    last_regressors: dict[str, list[float]] = Field(default={})

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        slots, waves = round(24.0 / self.period_h), len(self.annual_cosine)
        require_shape("mean_by_day_type", self.mean_by_day_type, 3, slots)
        require_shape("annual_cosine", self.annual_cosine, waves, slots)
        require_shape("annual_sine", self.annual_sine, waves, slots)
        require_shape("coefficients", self.coefficients, len(self.lags))
        require_shape("volatility_by_slot", self.volatility_by_slot, slots)
        require_shape("volatility_factors", self.volatility_factors, len(self.volatility_edges) + 1)
        if self.jump_probability_per_unit > 0.0 and not self.jump_quantiles:
            raise ValueError("jump_quantiles: at least one where there are jumps")
        if self.minimum > self.maximum:
            raise ValueError("minimum: at most maximum")
        if (self.last_values or self.last_regressors) and (problem := self._problem_of_last_values()):
            raise ValueError(problem)
        return self

    def needs(self) -> tuple[str, ...]:
        names = [regressor.name for regressor in self.regressors]
        if self.volatility_of not in (None, "level"):
            names.append(str(self.volatility_of))
        if self.correlated is not None:
            names.append(self.correlated.name)
        return tuple(names)

    def continued(
        self, last_values: Sequence[float], regressors: Mapping[str, Sequence[float]] = MappingProxyType({})
    ) -> Self:
        """The same, going on from values right before the horizon, in periods of the past series.

        Parameters
        ----------
        last_values : sequence of float
            As many as the longest lag; of a spread, the spread.
        regressors : mapping, optional
            Of each regressor its values in the same periods: how far a value was from its mean depends on them.

        Raises
        ------
        UsageError
            Too few values, or none of a regressor.
        """
        values = [float(value) for value in last_values]
        before = {name: [float(value) for value in given] for name, given in regressors.items()}
        found = self.model_copy(update={"last_values": values, "last_regressors": before})
        if values and (problem := found._problem_of_last_values()):
            raise UsageError(f"{', '.join(self.series_names())}: {problem}")
        return found

    def _problem_of_last_values(self) -> str | None:
        longest, count = max(self.lags), len(self.last_values)
        if count < longest:
            return f"last_values are {longest} values, the longest lag, not {count}"
        names = [regressor.name for regressor in self.regressors]
        if missing := [name for name in names if name not in self.last_regressors]:
            return f"last_values need the regressors of the same periods too: {', '.join(missing)}"
        if unknown := sorted(set(self.last_regressors) - set(names)):
            return f"{', '.join(unknown)} is no regressor; there are {', '.join(names) or 'none'}"
        if uneven := [name for name in names if len(self.last_regressors[name]) != count]:
            return f"{', '.join(uneven)}: as many values as last_values, {count}"
        return None

    def transformed(self, values: Series) -> Series:
        standard = (values - self.centre) / self.scale
        return np.arcsinh(standard) if self.transform == "asinh" else standard

    def restored(self, transformed: Series) -> Series:
        standard = np.sinh(np.clip(transformed, -50.0, 50.0)) if self.transform == "asinh" else transformed
        return np.asarray(np.clip(self.centre + self.scale * standard, self.minimum, self.maximum))

    def seasonal_mean(self, clock: Clock, known: Mapping[str, Series]) -> Series:
        """Mean of the transformed value, without regressors that are not among ``known``."""
        found = np.asarray(self.mean_by_day_type)[clock.day_type, clock.slot]
        for number, (cosine, sine) in enumerate(zip(self.annual_cosine, self.annual_sine, strict=True), start=1):
            angle = 2.0 * np.pi * number * clock.year_phase
            found = (
                found + np.asarray(cosine)[clock.slot] * np.cos(angle) + np.asarray(sine)[clock.slot] * np.sin(angle)
            )
        for one in self.regressors:
            if one.name in known:
                found = found + one.coefficient * (known[one.name] - one.mean) / one.deviation
        return np.asarray(found, dtype=float)

    def path(
        self, generator: np.random.Generator, native: DrawContext, known: Mapping[str, Series]
    ) -> tuple[Series, Series]:
        """Values, and normal scores of the innovations, over periods of the length fitted to.

        Parameters
        ----------
        known : mapping
            Series of :meth:`needs` over the same periods.
        """
        before = max(self.lags) if self.last_values else round(24.0 / self.period_h) * BURN_IN_DAYS
        time = _extended(native.time, self.period_h, before)
        clock = clock_of(time, self.period_h, self.country)
        last = {name: np.asarray(values[-before:], dtype=float) for name, values in self.last_regressors.items()}
        mean = self.seasonal_mean(clock.until(before), last)
        mean = np.concatenate([mean, self.seasonal_mean(clock.after(before), known)])
        normal = self._normal(generator, before, native.periods, known)
        standard = self._standardised(generator, normal)
        driver = known.get(self.volatility_of or "")
        sigma = np.asarray(self.volatility_by_slot)[clock.slot]
        if driver is not None:
            sigma = sigma * self._factor(np.concatenate([np.full(before, driver[0]), driver]))
        start = self._start(mean, before)
        steps = self._recursion(sigma * standard, start)
        return self.restored((mean + steps)[before:]), normal[before:]

    def _start(self, mean: Series, before: int) -> Series:
        if not self.last_values:
            return np.zeros(0)
        return self.transformed(np.asarray(self.last_values[-before:], dtype=float)) - mean[:before]

    def _normal(self, generator: np.random.Generator, before: int, periods: int, known: Mapping[str, Series]) -> Series:
        own = generator.standard_normal(before + periods)
        if self.correlated is None:
            return own
        other = known[self.correlated.name]
        if self.correlated.quantiles:
            other = scores(level_of(self.correlated.quantiles, other, np.full(len(other), 0.5)))
        rho = self.correlated.correlation_per_unit
        own[before:] = rho * other + np.sqrt(1.0 - rho**2) * own[before:]
        return own

    def _standardised(self, generator: np.random.Generator, normal: Series) -> Series:
        found, mean = normal, 0.0
        if self.innovation_quantiles:
            found, mean = value_at(self.innovation_quantiles, levels(normal)), mean_of(self.innovation_quantiles)
        if self.jump_probability_per_unit > 0.0:
            is_jump = generator.random(len(normal)) < self.jump_probability_per_unit
            found = np.where(is_jump, value_at(self.jump_quantiles, generator.random(len(normal))), found)
            mean += self.jump_probability_per_unit * (mean_of(self.jump_quantiles) - mean)
        # least squares has the mean of both already: of jumps of one sign, and of what they leave of the other
        return np.asarray(found - mean)

    def _factor(self, driver: Series) -> Series:
        return np.asarray(self.volatility_factors)[np.searchsorted(self.volatility_edges, driver, side="right")]

    def _recursion(self, shocks: Series, start: Series) -> Series:
        """``y[t] = sum_l phi_l y[t-l] + shock[t]`` after a start, zero before it; a number at a time."""
        of_level = self.volatility_of == "level"
        edges, factors = self.volatility_edges, self.volatility_factors
        pairs = list(zip(self.lags, self.coefficients, strict=True))
        found = start.tolist()
        for number in range(len(start), len(shocks)):
            shock = float(shocks[number])
            if of_level and number:
                shock *= factors[_class_of(edges, found[number - 1])]
            for lag, coefficient in pairs:
                if number >= lag:
                    shock += coefficient * found[number - lag]
            found.append(shock)
        return np.asarray(found)


def _class_of(edges: Sequence[float], value: float) -> int:
    return sum(value >= edge for edge in edges)


def _extended(time: pd.DatetimeIndex, period_h: float, before: int) -> pd.DatetimeIndex:
    """The same periods and so many before them."""
    step = pd.Timedelta(round(period_h * 3600), unit="s")
    start = time[0].tz_convert("UTC") - before * step
    return pd.date_range(start, periods=before + len(time), freq=step).tz_convert(time.tz)
