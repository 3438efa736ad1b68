"""A Gaussian copula over the quantities of a day, linked from each day to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
_LEAST_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class DayCopula:
    """Normal scores of the quantities of a day, those to be drawn first and those that are given after them.

    Equations
    ---------
    With ``R`` the correlation within a day, ``C[i, j]`` that of quantity i with quantity j of the next day, and ``o``,
    ``g`` the drawn and the given ones, the scores of a day are Gaussian given those of the day before::

        z_o[d] | z[d-1], z_g[d]  ~  N(B [z[d-1]; z_g[d]], Q),
        B = S_oc S_cc^-1,  Q = R_oo - B S_co,   S from R and C,  c = (day before, given)

    and those of the first day are Gaussian given ``z_g[0]`` alone.

    Source
    ------
    Pinson, Madsen, Nielsen, Papaefthymiou and Klockl (2009), Wind Energy 12(1), 51-62, doi:10.1002/we.284 (the copula
    over the periods of a day); shrinkage of the matrices by Ledoit and Wolf (2004), Journal of Multivariate Analysis
    88(2), 365-411, doi:10.1016/S0047-259X(03)00096-4.
    """

    same_day: Matrix
    next_day: Matrix

    def draw(self, generator: np.random.Generator, days: int, given: Matrix | None = None) -> Matrix:
        """Scores of consecutive days, shape (days, drawn quantities).

        Parameters
        ----------
        given : array, shape (days, given quantities), optional
            The last quantities of the matrices; without it all are drawn.
        """
        total = len(self.same_day)
        fixed = np.empty((days, 0)) if given is None else given
        own = total - fixed.shape[1]
        o, g = np.arange(own), np.arange(own, total)
        first = _regression(self.same_day, o, g)
        both = np.block([[self.same_day, self.next_day], [self.next_day.T, self.same_day]])
        later = _regression(both, total + o, np.concatenate([np.arange(total), total + g]))
        noise = generator.standard_normal((days, own))
        found = np.empty((days, own))
        for day in range(days):
            known = fixed[day] if day == 0 else np.concatenate([found[day - 1], fixed[day - 1], fixed[day]])
            slope, root = first if day == 0 else later
            found[day] = slope @ known + root @ noise[day]
        return found


def fit_day_copula(scores: Matrix, follows: Sequence[bool]) -> DayCopula:
    """Correlations of the scores of past days.

    Parameters
    ----------
    scores : array, shape (days, quantities)
    follows : sequence of bool
        Whether a day is the one after the row before it.
    """
    count = scores.shape[1]
    rows = np.flatnonzero(np.asarray(follows))
    same = shrunk_correlation(scores)
    if len(rows) < 2:
        return DayCopula(same, np.zeros((count, count)))
    pairs = shrunk_correlation(np.hstack([scores[rows - 1], scores[rows]]))
    joint = np.block([[same, pairs[:count, count:]], [pairs[:count, count:].T, same]])
    joint = _positive(joint)
    return DayCopula((joint[:count, :count] + joint[count:, count:]) / 2.0, joint[:count, count:])


def shrunk_correlation(sample: Matrix) -> Matrix:
    """Correlation matrix of a sample, rows its members, shrunk by Ledoit and Wolf's rule."""
    from sklearn.covariance import ledoit_wolf

    deviation = sample.std(axis=0)
    standard = (sample - sample.mean(axis=0)) / np.where(deviation > 0.0, deviation, 1.0)
    covariance, _ = ledoit_wolf(standard, assume_centered=True)
    return _unit_diagonal(np.asarray(covariance, dtype=float))


def _unit_diagonal(covariance: Matrix) -> Matrix:
    scale = np.sqrt(np.diag(covariance))
    scale = np.where(scale > 0.0, scale, 1.0)
    found = np.asarray(covariance / np.outer(scale, scale), dtype=float)
    np.fill_diagonal(found, 1.0)
    return found


def _positive(correlation: Matrix) -> Matrix:
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2.0)
    return _unit_diagonal((vectors * np.maximum(values, _LEAST_EIGENVALUE)) @ vectors.T)


def _regression(joint: Matrix, own: NDArray[np.intp], known: NDArray[np.intp]) -> tuple[Matrix, Matrix]:
    """Slope on what is known, and a root of what is left of the covariance."""
    inner = joint[np.ix_(own, known)]
    slope = inner @ np.linalg.pinv(joint[np.ix_(known, known)], hermitian=True) if len(known) else inner
    left = joint[np.ix_(own, own)] - slope @ inner.T
    return slope, root_of(left)


def root_of(covariance: Matrix) -> Matrix:
    """A matrix whose product with its transpose is a covariance, of any rank."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2.0)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))
