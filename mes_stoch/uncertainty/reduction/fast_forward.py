"""Fast forward selection: scenarios are added one by one, each the one after which the rest is nearest.

Equations
---------
With ``K`` the scenarios chosen so far, the next one is::

    argmin over u of  z(u) = sum_i p_i min( min_{j in K} c(i, j),  c(i, u) )

It is exact for one scenario, and a heuristic beyond. ``z`` is not worked out anew: choosing ``u`` changes only the
terms of scenarios that are nearer to ``u`` than to all chosen before, and there are fewer and fewer of them. For
``n`` scenarios of which ``k`` are kept this is about ``n^2 log k`` work in place of ``n^2 k``.

Source
------
Heitsch, Roemisch (2003), Scenario reduction algorithms in stochastic programming, Computational Optimization and
Applications 24, algorithm 2.4, DOI 10.1023/A:1021805924152.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, IndexArray, blocks, in_precision_of


def fast_forward(cost: CostMatrix, probabilities: FloatArray, count: int, always: Sequence[int] = ()) -> IndexArray:
    """Positions of the chosen scenarios, in the order they are chosen.

    Parameters
    ----------
    cost : array, shape (scenarios, scenarios)
        Symmetric.
    count : int
        How many to choose.
    always : sequence of int
        Chosen before all others.

    >>> cost = np.abs(np.subtract.outer([0.0, 1.0, 10.0], [0.0, 1.0, 10.0]))
    >>> fast_forward(cost, np.full(3, 1 / 3), 2).tolist()
    [1, 2]
    """
    weights = in_precision_of(cost, probabilities)
    chosen = list(always)
    is_free = np.ones(len(cost), dtype=bool)
    if not chosen:
        chosen.append(int(np.argmin(weights @ cost)))
    is_free[chosen] = False
    nearest = cost[:, chosen].min(axis=1)
    totals = np.zeros(len(cost))
    for rows in blocks(len(cost)):
        totals += weights[rows] @ np.minimum(cost[rows], nearest[rows, None])
    while len(chosen) < count:
        best = int(np.argmin(np.where(is_free, totals, np.inf)))
        chosen.append(best)
        is_free[best] = False
        nearer = np.flatnonzero(cost[best] < nearest)
        for rows in blocks(len(nearer)):
            changed = nearer[rows]
            now = cost[best, changed]
            # what min(nearest, c) falls by, wherever the new one is nearer than c
            falls = np.minimum(cost[changed], nearest[changed, None])
            falls -= now[:, None]
            np.maximum(falls, 0.0, out=falls)
            totals -= weights[changed] @ falls
        nearest[nearer] = cost[best, nearer]
    return np.array(chosen[:count], dtype=np.intp)
