"""What scenarios look like: moments, tails, how values follow each other, how often and how long calls are."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.uncertainty.tree_quality.courses import Array, Courses

QUANTILES = (0.01, 0.05, 0.5, 0.95, 0.99)


def statistics(courses: Courses) -> pd.DataFrame:
    """Statistics of each series over cases and periods.

    Equations
    ---------
    With ``w`` the weights of cases, each period of a case weighing ``w[s] h[t] / sum h``, ``h`` being lengths::

        mean m, standard deviation d, skewness E[(x - m)^3] / d^3
        quantile q: the smallest x whose weight from below reaches q
        autocorrelation at lag k:  E[(x[t] - m[t]) (x[t+k] - m[t+k])] / sqrt(V[t] V[t+k]), averaged over t with the
                                   products, m[t] and V[t] the mean and variance of period t over cases
        calls a day: mean number of spells of x > 0 by 24 h;  hours a call: mean length of a spell

    Returns
    -------
    DataFrame
        A row a series; columns ``mean``, ``deviation``, ``skewness``, ``q01`` ... ``q99``, ``lag_1_h``, ``zeros``, and
        for called shares ``calls_per_day`` and ``call_h``, else not a number.
    """
    rows = {name: _of_series(courses, name) for name in courses.series}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("series")


def _of_series(courses: Courses, name: str) -> dict[str, float]:
    values, weights = courses.of(name), courses.weights
    flat, weight = values.ravel(), courses.each
    mean = float(weight @ flat)
    deviation = float(np.sqrt(max(float(weight @ (flat - mean) ** 2), 0.0)))
    skewness = float(weight @ (flat - mean) ** 3) / deviation**3 if deviation > 0 else 0.0
    found = {"mean": mean, "deviation": deviation, "skewness": skewness}
    found |= {f"q{round(100 * q):02d}": v for q, v in zip(QUANTILES, quantiles(flat, weight, QUANTILES), strict=True)}
    found["lag_1_h"] = _an_hour_apart(courses, values)
    found["zeros"] = float(weight @ (flat == 0.0))
    number, length = calls(values, weights, courses.lengths_h) if name in courses.called else (np.nan, np.nan)
    return {**found, "calls_per_day": number, "call_h": length}


def _an_hour_apart(courses: Courses, values: Array) -> float:
    """Autocorrelation at an hour; not a number where periods are longer. A shorter first period is left out."""
    lengths_h = courses.lengths_h
    regular_h = float(lengths_h[-1])
    lag = round(1.0 / regular_h)
    if lag < 1 or abs(lag * regular_h - 1.0) > 1e-9:
        return float("nan")
    return autocorrelation(values[:, int(lengths_h[0] < regular_h) :], courses.weights, lag)


def quantiles(values: Array, weights: Array, levels: tuple[float, ...]) -> list[float]:
    """Smallest values whose weight from below reaches each level."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.asarray(levels) * reached[-1] * (1.0 - 1e-12))
    return [float(values[order][min(int(place), len(values) - 1)]) for place in places]


def autocorrelation(values: Array, weights: Array, lag: int) -> float:
    """Correlation over cases between periods ``lag`` apart, by the mean of their covariances and variances.

    Not a number where nothing varies, or the horizon is too short.
    """
    if values.shape[1] <= lag:
        return float("nan")
    apart = values - weights @ values
    covariance = float((weights @ (apart[:, :-lag] * apart[:, lag:])).sum())
    early, late = (weights @ apart[:, :-lag] ** 2), (weights @ apart[:, lag:] ** 2)
    scale = float(np.sqrt(early.sum() * late.sum()))
    return covariance / scale if scale > 0 else float("nan")


def calls(values: Array, weights: Array, lengths_h: Array) -> tuple[float, float]:
    """Mean number of spells above zero a day, and mean length of a spell in hours (of one cut off, what is seen)."""
    called = np.concatenate([np.zeros((len(values), 1), dtype=bool), values > 0], axis=1)
    begins = (called[:, 1:] & ~called[:, :-1]).sum(axis=1)
    number = float(weights @ begins)
    days = float(lengths_h.sum()) / 24.0
    hours = float(weights @ ((values > 0) @ lengths_h))
    return number / days, hours / number if number > 0 else float("nan")


def correlations(courses: Courses) -> pd.DataFrame:
    """Correlation between series over cases and periods, shape (series, series); 0 where one does not vary."""
    flat = courses.values.reshape(-1, len(courses.series))
    weight = courses.each
    apart = flat - weight @ flat
    covariance = apart.T @ (apart * weight[:, None])
    scale = np.sqrt(np.diag(covariance))
    found: NDArray[np.float64] = np.divide(
        covariance, np.outer(scale, scale), out=np.zeros_like(covariance), where=np.outer(scale, scale) > 0
    )
    return pd.DataFrame(found, index=list(courses.series), columns=list(courses.series))
