"""Which probabilities the kept scenarios get, and how far the reduced tree is from the sample.

Equations
---------
With ``J`` the scenarios left out, the best probabilities of the others move that of each scenario left out to the
nearest one that is kept::

    q_j = p_j + sum of p_i over i in J with j(i) = j        j(i) = argmin_{j not in J} c(i, j)
    D_r^r = sum_{i in J} p_i min_{j not in J} c(i, j)

``D_r`` is then the Wasserstein distance of order ``r`` between both distributions: no other probabilities on the same
scenarios are nearer, and no transport is cheaper.

Source
------
Dupacova, Groewe-Kuska, Roemisch (2003), theorem 2, DOI 10.1007/s10107-002-0331-0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, IndexArray


@dataclass(frozen=True)
class Redistribution:
    """Kept scenarios, their probabilities, and what it costs to move the others to them.

    Parameters
    ----------
    kept : array of int
        Positions in the sample, ascending.
    nearest : array of int, shape (scenarios,)
        Position in ``kept`` of the one that stands for each scenario.
    probabilities : array, shape (kept,)
    cost : float
        ``D_r^r``.
    """

    kept: IndexArray
    nearest: IndexArray
    probabilities: FloatArray
    cost: float


def redistribute(cost: CostMatrix, probabilities: FloatArray, kept: IndexArray) -> Redistribution:
    """Move the probability of every scenario to the nearest kept one; of several as near, to the first.

    Parameters
    ----------
    cost : array, shape (scenarios, scenarios)
    kept : array of int
    """
    kept = np.sort(kept)
    to_kept = cost[:, kept].astype(np.float64)
    nearest = np.asarray(np.argmin(to_kept, axis=1), dtype=np.intp)
    # one that is kept stands for itself, whatever others are at the same point
    nearest[kept] = np.arange(len(kept))
    moved = to_kept[np.arange(len(cost)), nearest]
    weights: FloatArray = np.bincount(nearest, weights=probabilities, minlength=len(kept)).astype(np.float64)
    return Redistribution(kept, nearest, weights, float(probabilities @ moved))
