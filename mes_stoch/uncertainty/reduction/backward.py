"""Simultaneous backward reduction: scenarios are taken out one by one, each the one whose loss costs least.

Equations
---------
With ``J`` the scenarios taken out so far, the next one is::

    argmin over l of  sum_{i in J + l} p_i min_{j not in J + l} c(i, j)

so that what became of those taken out before is looked at again. It is exact where one scenario is taken out, and a
heuristic beyond. Kept are the nearest and the second nearest remaining scenario of each: taking out ``l`` costs
``p_i (second - nearest)`` for every ``i`` that ``l`` stands for.

Source
------
Heitsch, Roemisch (2003), algorithm 2.2, DOI 10.1023/A:1021805924152.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, IndexArray
from mes_stoch.uncertainty.reduction.nearest import two_nearest


def backward(cost: CostMatrix, probabilities: FloatArray, count: int, always: Sequence[int] = ()) -> IndexArray:
    """Positions of the scenarios that remain, ascending.

    Parameters
    ----------
    cost : array, shape (scenarios, scenarios)
        Symmetric.
    count : int
        How many remain.
    always : sequence of int
        Not taken out.

    >>> cost = np.abs(np.subtract.outer([0.0, 1.0, 10.0], [0.0, 1.0, 10.0]))
    >>> backward(cost, np.array([0.5, 0.2, 0.3]), 2).tolist()
    [0, 2]
    """
    total = len(cost)
    is_left = np.ones(total, dtype=bool)
    if count == total:
        return np.arange(total, dtype=np.intp)
    near, second, to_near, to_second = two_nearest(cost, np.arange(total))
    for _ in range(total - count):
        losses = np.bincount(near, weights=probabilities * (to_second - to_near), minlength=total)
        losses[~is_left] = np.inf
        losses[list(always)] = np.inf
        out = int(np.argmin(losses))
        is_left[out] = False
        stale = np.flatnonzero((near == out) | (second == out))
        left = np.flatnonzero(is_left)
        if len(left) == 1:
            break
        for values, found in zip((near, second, to_near, to_second), two_nearest(cost, left, stale), strict=True):
            values[stale] = found
    return np.flatnonzero(is_left)
