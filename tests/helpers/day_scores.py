"""Draws of days held against the days that came: energy scores and Wasserstein distances, with their sampling errors.

Two ensembles of the same days, one of a process and one of a baseline, are compared by paired differences: what a day
has that is hard to draw is in both. A difference is **equal** within two standard errors, **better** or **worse**
beyond them. Days follow each other, so standard errors are by blocks of seven days.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Verdict = Literal["better", "equal", "worse"]
BLOCK_DAYS = 7
#: Standard errors within which two scores count as equal.
EQUAL_WITHIN = 2.0


@dataclass(frozen=True)
class Paired:
    """A score of a process and of a baseline, lower is better, and the standard error of their difference."""

    own: float
    baseline: float
    error: float

    @property
    def ratio(self) -> float:
        return self.own / self.baseline if self.baseline else float("nan")

    @property
    def verdict(self) -> Verdict:
        """
        >>> Paired(1.0, 1.3, 0.1).verdict, Paired(1.2, 1.3, 0.1).verdict, Paired(1.6, 1.3, 0.1).verdict
        ('better', 'equal', 'worse')
        """
        difference = self.own - self.baseline
        if abs(difference) <= EQUAL_WITHIN * self.error:
            return "equal"
        return "better" if difference < 0.0 else "worse"


def energy_scores(draws: Array, observed: Array) -> Array:
    """Energy score of each day: mean distance of its draws to it, less half of that between two of them.

    ``score(day) = mean_j |x_j - y| - 1/2 mean_{j != k} |x_j - x_k|``, without bias for few draws (Gneiting and Raftery
    2007, doi:10.1198/016214506000001437).

    Parameters
    ----------
    draws : array, shape (draws, days, size)
    observed : array, shape (days, size)

    Returns
    -------
    array, shape (days,)

    >>> energy_scores(np.array([[[0.0]], [[2.0]]]), np.array([[1.0]]))
    array([0.])
    """
    count = len(draws)
    to_observed = np.linalg.norm(draws - observed, axis=2).mean(axis=0)
    apart = np.zeros(draws.shape[1])
    for first in range(count - 1):
        apart += np.linalg.norm(draws[first + 1 :] - draws[first], axis=2).sum(axis=0)
    return np.asarray(to_observed - apart / (count * (count - 1)))


def paired_by_day(own: Array, baseline: Array) -> Paired:
    """Means of scores by day, with the standard error of the mean difference over blocks of seven days.

    With the sum ``s_b`` of the differences in block ``b`` and its ``n_b`` days, of ``n`` in ``B`` blocks, and the mean
    difference ``m``::

        error = sqrt(B / (B - 1) sum_b (s_b - n_b m)^2) / n
    """
    apart = own - baseline
    rest = [part - apart.mean() for part in np.split(apart, np.arange(BLOCK_DAYS, len(apart), BLOCK_DAYS))]
    sums = np.array([part.sum() for part in rest])
    error = np.sqrt(len(sums) / max(len(sums) - 1, 1) * (sums**2).sum()) / len(apart)
    return Paired(float(own.mean()), float(baseline.mean()), float(error))


def blocks_of_days(count: int, generator: np.random.Generator, wanted: int | None = None) -> NDArray[np.intp]:
    """So many days drawn again in blocks of seven that follow each other, around the end of the span."""
    wanted = count if wanted is None else wanted
    starts = generator.integers(count, size=-(-wanted // BLOCK_DAYS))
    return np.asarray((starts[:, None] + np.arange(BLOCK_DAYS)).ravel()[:wanted] % count)


@dataclass(frozen=True)
class Sample:
    """Values, and the day that each belongs to, counted from 0."""

    values: Array
    day: NDArray[np.intp]


class Distance:
    """Wasserstein distance of order one between two samples, for any weights of their days."""

    def __init__(self, one: Sample, other: Sample) -> None:
        values = np.concatenate([one.values, other.values])
        order = np.argsort(values, kind="stable")
        self._gaps = np.diff(values[order])
        self._is_one = order < len(one.values)
        self._day = np.concatenate([one.day, other.day])[order]

    def at(self, weights: Array, weights_of_other: Array | None = None) -> float:
        """Distance where a day counts so often: ``integral of |F - G|`` of the weighted distribution functions."""
        other = weights if weights_of_other is None else weights_of_other
        of_one = np.where(self._is_one, weights[self._day], 0.0)
        of_other = np.where(self._is_one, 0.0, other[self._day])
        if not of_one.any() or not of_other.any():
            return float("nan")
        apart = np.cumsum(of_one / of_one.sum() - of_other / of_other.sum())
        return float(np.abs(apart[:-1]) @ self._gaps)


def paired_distance(observed: Sample, own: Sample, baseline: Sample, resampled: list[Array]) -> Paired:
    """Distances of two samples of draws to the same days; the error of their difference by resampled days.

    Parameters
    ----------
    resampled : list of array, shape (days,)
        How often each day counts, in each sample of the block bootstrap: the same for the days and for their draws.
    """
    to_own, to_baseline = Distance(observed, own), Distance(observed, baseline)
    once = np.ones_like(resampled[0])
    apart = [to_own.at(weights) - to_baseline.at(weights) for weights in resampled]
    return Paired(to_own.at(once), to_baseline.at(once), float(np.nanstd(apart)))


def by_chance(observed: Sample, days: int, days_fitted: int, draw: Callable[[int], Array], samples: int) -> Array:
    """Distances between two independent samples of the same days, as many as were kept back and as were fitted.

    What a process with the very distribution of these days, known from as many days as were fitted, would show.

    Parameters
    ----------
    draw : callable
        How often each of the days counts in a sample of so many.
    """
    between = Distance(observed, observed)
    return np.array([between.at(draw(days), draw(days_fitted)) for _ in range(samples)])
