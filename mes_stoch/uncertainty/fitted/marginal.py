"""Distributions as quantiles, and the normal scores by which series of different distributions are made comparable."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Series = NDArray[np.float64]

#: Levels at which a distribution is kept, if it has more values than these.
NODES = 101
#: Scores are cut off at this probability from either end: 3.7 deviations.
_END = 1e-4


def quantile_nodes(values: Series, nodes: int = NODES) -> list[float]:
    """Quantiles at equally spaced levels from 0 to 1: the least value, ..., the greatest."""
    count = min(nodes, len(values))
    levels = np.linspace(0.0, 1.0, count) if count > 1 else np.array([0.5])
    return [float(value) for value in np.quantile(values, levels)]


def value_at(nodes: Sequence[float], level: Series) -> Series:
    """Quantiles at levels between 0 and 1, linear between the nodes."""
    return np.asarray(np.interp(level, np.linspace(0.0, 1.0, len(nodes)), nodes))


def mean_of(nodes: Sequence[float]) -> float:
    """Mean of :func:`value_at` over equally likely levels: that of neighbouring nodes, over the pieces between them.

    >>> mean_of([0.0, 0.0, 4.0])
    1.0
    """
    values = np.asarray(nodes, dtype=float)
    return float(values[0] if len(values) == 1 else ((values[:-1] + values[1:]) / 2.0).mean())


def level_of(nodes: Sequence[float], values: Series, share: Series) -> Series:
    """Levels of values: the inverse of :func:`value_at`.

    Where many values are the same (zeros) the level is between those of the first and the last of them.

    Parameters
    ----------
    share : array
        How far it lies between these two, from 0 to 1: uniform random numbers make the levels uniform.
    """
    quantiles = np.asarray(nodes, dtype=float)
    levels = np.linspace(0.0, 1.0, len(quantiles))
    first = np.searchsorted(quantiles, values, side="left")
    last = np.searchsorted(quantiles, values, side="right")
    tied = last - first > 1
    low = levels[np.clip(first, 0, len(levels) - 1)]
    high = levels[np.clip(last - 1, 0, len(levels) - 1)]
    # np.interp wants increasing abscissae, and takes any of the levels of a tie, which the line above has
    plain = np.interp(values, quantiles, levels)
    return np.asarray(np.where(tied, low + share * (high - low), plain))


def scores(level: Series) -> Series:
    """Standard normal quantiles of levels."""
    return np.asarray(ndtri(np.clip(level, _END, 1.0 - _END)))


def levels(score: Series) -> Series:
    """Levels of standard normal scores."""
    return np.asarray(ndtr(score))


def rank_scores(values: Series) -> Series:
    """Normal scores of a sample by rank: ``z[i] = Phi^-1(rank[i] / (n + 1))``, ties at their mean rank."""
    from scipy.stats import rankdata

    return scores(rankdata(values) / (len(values) + 1.0))
