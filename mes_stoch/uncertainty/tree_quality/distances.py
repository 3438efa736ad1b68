"""How far the scenarios of a tree are from those of a larger sample, or from days of the past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import wasserstein_distance

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.tree_quality.courses import Array, Courses


def series_distances(tree: Courses, source: Courses) -> pd.Series[float]:
    """Wasserstein distance of order 1 between the values of each series, over the source's standard deviation.

    ``W1 = integral of |F(x) - G(x)| dx`` with the distribution functions of all values, whatever period they are of. 0
    where neither varies.

    Source
    ------
    Villani (2009), Optimal Transport: Old and New, section 6, doi:10.1007/978-3-540-71050-9.
    """
    found = {}
    for name in source.series:
        mine, theirs = tree.of(name), source.of(name)
        weight, other = tree.each, source.each
        deviation = _deviation(theirs.ravel(), other)
        apart = float(wasserstein_distance(mine.ravel(), theirs.ravel(), weight, other))
        found[name] = 0.0 if apart == 0.0 else apart / deviation if deviation > 0 else float("inf")
    return pd.Series(found, name="wasserstein", dtype=float)


def transport_distance(tree: Courses, source: Courses) -> float:
    """Wasserstein distance of order 2 between the scenarios as whole courses, as a share of the source's spread.

    Equations
    ---------
    Every series is divided by its standard deviation in the source, periods count by their length, a case is the
    vector of all its periods and series, and ``c[i, j]`` the squared Euclidean distance between case ``i`` of one
    and ``j`` of the other::

        W2^2 = min sum c[i, j] f[i, j]   over  f >= 0, sum_j f[i, j] = p[i], sum_i f[i, j] = q[j]
        distance = sqrt(W2^2 / sum_j q[j] |x[j] - mean|^2)

    1 is what the single case at the mean of the source has; two samples of the source are above 0 as well, the farther
    the smaller they are.

    Raises
    ------
    UsageError
        The package POT, which solves the transport, is not installed.
    """
    try:
        import ot
    except ModuleNotFoundError:
        raise UsageError("the distance of whole courses needs POT: pip install 'mes_stoch[fit]'") from None
    scale = np.array([_deviation(source.of(name).ravel(), source.each) for name in source.series])
    scale[scale == 0.0] = 1.0
    scale = scale / np.sqrt(source.shares * len(source.shares))[:, None]
    mine, theirs = ((c.values / scale).reshape(c.cases, -1) for c in (_in_order(tree, source), source))
    cost = np.maximum((mine**2).sum(axis=1)[:, None] + (theirs**2).sum(axis=1)[None, :] - 2.0 * mine @ theirs.T, 0.0)
    p, q = tree.weights / tree.weights.sum(), source.weights / source.weights.sum()
    spread = float(q @ ((theirs - q @ theirs) ** 2).sum(axis=1))
    moved = float(ot.emd2(p, q, cost, numItermax=5_000_000))
    return float(np.sqrt(max(moved, 0.0) / spread)) if spread > 0 else 0.0


def _in_order(tree: Courses, source: Courses) -> Courses:
    places = [tree.series.index(name) for name in source.series]
    return replace(tree, series=source.series, values=tree.values[:, :, places])


def _deviation(values: Array, weights: Array) -> float:
    mean = float(weights @ values)
    return float(np.sqrt(max(float(weights @ (values - mean) ** 2), 0.0)))
