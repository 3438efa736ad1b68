"""Estimating the autoregressive model: seasonal mean, lags, volatility, innovations and jumps, from past values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.autoregression import AutoregressionOptions, Correlated, Regressor
from mes_stoch.uncertainty.fitted.clock import Clock, clock_of, regular
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.marginal import (
    quantile_nodes,
    rank_scores,
)
from mes_stoch.uncertainty.process import Series

#: Fewer values than this for each coefficient are too few.
_VALUES_PER_COEFFICIENT = 3
#: Volatility is estimated by slot and by class of the driver in turn.
_VOLATILITY_ROUNDS = 3


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
