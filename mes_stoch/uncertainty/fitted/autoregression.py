"""The autoregressive model that prices and spreads have in common: seasonal mean, lags, volatility by state, jumps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, model_validator

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.clock import Clock, clock_of, regular
from mes_stoch.uncertainty.fitted.field_types import Correlation, Lags, PeriodHours, Share, require_shape
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.marginal import (
    level_of,
    levels,
    mean_of,
    quantile_nodes,
    rank_scores,
    scores,
    value_at,
)
from mes_stoch.uncertainty.fitted.part import Part, PartOptions
from mes_stoch.uncertainty.process import DrawContext, Series

#: Draws begin so many days before the horizon, by when nothing is left of the state zero they begin in.
BURN_IN_DAYS = 14
#: Fewer values than this for each coefficient are too few.
_VALUES_PER_COEFFICIENT = 3
#: Volatility is estimated by slot and by class of the driver in turn.
_VOLATILITY_ROUNDS = 3


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


def fitted_parameters(
    history: History, name: str, values: Series | None, options: AutoregressionOptions
) -> dict[str, Any]:
    """Fields of an :class:`Autoregression` from past values, which may have gaps.

    Parameters
    ----------
    name : str
        For messages.
    values : array, optional
        In periods of ``history``; the series of that name if not given.

    Raises
    ------
    UsageError
    """
    others = [*options.regressors]
    others += [options.volatility_of] if options.volatility_of not in (None, "level") else []
    needs_other = options.correlated_with is not None and options.correlation_per_unit is None
    others += [str(options.correlated_with)] if needs_other else []
    history.require(others)
    frame = history.frame[others].assign(value=history.values(name) if values is None else values)
    frame = regular(frame, history.period_h)
    raw = np.asarray(frame["value"], dtype=float)
    known = {other: np.asarray(frame[other], dtype=float) for other in others}
    centre, scale = _centre_and_scale(raw, options.transform)
    x = np.arcsinh((raw - centre) / scale) if options.transform == "asinh" else (raw - centre) / scale
    clock = clock_of(pd.DatetimeIndex(frame.index), history.period_h, history.country)
    slots = history.periods_per_day
    mean, fields = _seasonal(x, clock, slots, options, known, name)
    y = x - mean
    coefficients = _lag_coefficients(y, options.lags, name)
    e = y - sum(c * _lagged(y, lag) for c, lag in zip(coefficients, options.lags, strict=True))
    driver = _lagged(y, 1) if options.volatility_of == "level" else known.get(options.volatility_of or "")
    volatility, shocks, is_jump = _volatility_without_jumps(e, clock.slot, slots, driver, options)
    seen = np.isfinite(shocks)
    innovations = _innovations(shocks[seen], is_jump[seen], options)
    factor = innovations.pop("deviation")
    finite = raw[np.isfinite(raw)]
    return {
        **fields,
        **volatility,
        **innovations,
        "volatility_by_slot": [value * factor for value in volatility["volatility_by_slot"]],
        "stage": options.stage,
        "period_h": history.period_h,
        "country": history.country,
        "transform": options.transform,
        "centre": centre,
        "scale": scale,
        "lags": options.lags,
        "coefficients": [float(value) for value in coefficients],
        "volatility_of": options.volatility_of,
        "correlated": _correlated(shocks, known, options),
        "minimum": float(finite.min()) if options.minimum is None else options.minimum,
        "maximum": float(finite.max()) if options.maximum is None else options.maximum,
    }


def _centre_and_scale(raw: Series, transform: str) -> tuple[float, float]:
    finite = raw[np.isfinite(raw)]
    if transform == "none" or not len(finite):
        return 0.0, 1.0
    centre = float(np.median(finite))
    deviation = float(np.median(np.abs(finite - centre))) * 1.4826
    return centre, deviation if deviation > 0.0 else float(finite.std()) or 1.0


def _seasonal(
    x: Series,
    clock: Clock,
    slots: int,
    options: AutoregressionOptions,
    known: Mapping[str, Series],
    name: str,
) -> tuple[Series, dict[str, Any]]:
    rows = np.arange(len(x))
    columns = []
    for day_type in range(3):
        block = np.zeros((len(x), slots))
        block[rows, clock.slot] = clock.day_type == day_type
        columns.append(block)
    for number in range(1, options.harmonics + 1):
        for wave in (np.cos, np.sin):
            block = np.zeros((len(x), slots))
            block[rows, clock.slot] = wave(2.0 * np.pi * number * clock.year_phase)
            columns.append(block)
    moments = []
    for other in options.regressors:
        values = known[other]
        moments.append((other, float(np.nanmean(values)), float(np.nanstd(values)) or 1.0))
        columns.append(((values - moments[-1][1]) / moments[-1][2])[:, None])
    design = np.hstack(columns)
    seen = np.isfinite(x) & np.isfinite(design).all(axis=1)
    used = int((np.abs(design[seen]).sum(axis=0) > 0.0).sum()) if seen.any() else 1
    if seen.sum() < _VALUES_PER_COEFFICIENT * used:
        raise UsageError(f"{name}: {int(seen.sum())} past values are too few for {used} coefficients of its mean")
    solution = np.linalg.lstsq(design[seen], x[seen], rcond=None)[0]
    mean = np.where(np.isfinite(design).all(axis=1), np.nan_to_num(design) @ solution, np.nan)
    table = solution[: (3 + 2 * options.harmonics) * slots].reshape(-1, slots)
    return mean, {
        "mean_by_day_type": table[:3].tolist(),
        "annual_cosine": table[3::2].tolist(),
        "annual_sine": table[4::2].tolist(),
        "regressors": [
            Regressor(name=other, mean=mean, deviation=deviation, coefficient=float(value))
            for (other, mean, deviation), value in zip(moments, solution[table.size :], strict=True)
        ],
    }


def _lagged(y: Series, lag: int) -> Series:
    found = np.full(len(y), np.nan)
    found[lag:] = y[:-lag]
    return found


def _lag_coefficients(y: Series, lags: Sequence[int], name: str) -> NDArray[np.float64]:
    design = np.column_stack([_lagged(y, lag) for lag in lags])
    seen = np.isfinite(y) & np.isfinite(design).all(axis=1)
    if seen.sum() < 10 * len(lags):
        raise UsageError(f"{name}: {int(seen.sum())} past periods have values at all of the lags {list(lags)}")
    coefficients = np.asarray(np.linalg.lstsq(design[seen], y[seen], rcond=None)[0], dtype=float)
    if (radius := _growth(lags, coefficients)) >= 1.0:
        raise UsageError(f"{name}: the autoregression grows by {radius:.4f} a period; choose other lags")
    return coefficients


def _growth(lags: Sequence[int], coefficients: Series) -> float:
    """Modulus of the largest root: below 1 for a process that is stationary."""
    size = max(lags)
    companion = np.eye(size, k=-1)
    companion[0, np.asarray(lags) - 1] = coefficients
    return float(np.abs(np.linalg.eigvals(companion)).max())


def _volatility_without_jumps(
    e: Series, slot: NDArray[np.intp], slots: int, driver: Series | None, options: AutoregressionOptions
) -> tuple[dict[str, list[float]], Series, NDArray[np.bool_]]:
    """Volatility of innovations that are no jumps, all of them standardised by it, and which are jumps."""
    is_jump = np.zeros(len(e), dtype=bool)
    while True:
        usual = np.where(is_jump, np.nan, e)
        volatility, sigma = _volatility(usual, slot, slots, driver, options.volatility_classes)
        shocks = e / sigma
        seen = np.isfinite(shocks)
        limit = options.jump_threshold * float(shocks[seen & ~is_jump].std())
        found = seen & (np.abs(np.where(seen, shocks, 0.0)) > limit) & ~is_jump
        if not options.jumps or not found.any():
            return volatility, shocks, is_jump
        is_jump |= found


def _volatility(
    e: Series, slot: NDArray[np.intp], slots: int, driver: Series | None, classes: int
) -> tuple[dict[str, list[float]], Series]:
    seen = np.isfinite(e) if driver is None else np.isfinite(e) & np.isfinite(driver)
    by_slot, factors = np.ones(slots), np.ones(1)
    edges = np.array([]) if driver is None else np.quantile(driver[seen], np.linspace(0, 1, classes + 1)[1:-1])
    group = np.zeros(len(e), dtype=np.intp) if driver is None else np.searchsorted(edges, driver, side="right")
    factors = np.ones(len(edges) + 1)
    for _ in range(_VOLATILITY_ROUNDS if driver is not None else 1):
        by_slot = _deviations(e[seen] / factors[group[seen]], slot[seen], slots)
        if driver is not None:
            factors = _deviations(e[seen] / by_slot[slot[seen]], group[seen], len(factors))
    known = np.ones(len(e), dtype=bool) if driver is None else np.isfinite(driver)
    sigma = np.where(known, by_slot[slot] * factors[np.where(known, group, 0)], np.nan)
    found = {
        "volatility_by_slot": by_slot.tolist(),
        "volatility_edges": edges.tolist(),
        "volatility_factors": factors.tolist(),
    }
    return found, sigma


def _deviations(values: Series, group: NDArray[np.intp], groups: int) -> Series:
    """Root mean square by group; that of all where a group has no values."""
    whole = float(np.sqrt(np.mean(values**2))) or 1.0
    count = np.bincount(group, minlength=groups)
    squares = np.bincount(group, weights=values**2, minlength=groups)
    found = np.where(count > 1, np.sqrt(squares / np.maximum(count, 1)), whole)
    return np.where(found > 0.0, found, whole * 1e-9)


def _innovations(shocks: Series, is_jump: NDArray[np.bool_], options: AutoregressionOptions) -> dict[str, Any]:
    """Distribution of standardised innovations, and the deviation of those that are no jumps."""
    regular_ones = shocks[~is_jump]
    deviation = float(regular_ones.std()) or 1.0
    empirical = options.innovations == "empirical"
    return {
        "deviation": deviation,
        "innovation_quantiles": quantile_nodes(regular_ones / deviation, 401) if empirical else [],
        "jump_probability_per_unit": float(is_jump.mean()),
        "jump_quantiles": quantile_nodes(shocks[is_jump] / deviation) if is_jump.any() else [],
    }


def _correlated(shocks: Series, known: Mapping[str, Series], options: AutoregressionOptions) -> Correlated | None:
    name, stated = options.correlated_with, options.correlation_per_unit
    if name is None:
        return None
    if stated is not None and name.startswith("latent_"):
        return Correlated(name=name, correlation_per_unit=stated, quantiles=[])
    other = known.get(name)
    if other is None:
        raise UsageError(f"{name} is no latent series: leave correlation_per_unit out, and it is fitted")
    seen = np.isfinite(shocks) & np.isfinite(other)
    value = float(np.corrcoef(rank_scores(shocks[seen]), rank_scores(other[seen]))[0, 1])
    return Correlated(name=name, correlation_per_unit=value, quantiles=quantile_nodes(other[np.isfinite(other)]))
