"""The nearest and the second nearest of some scenarios, for every scenario."""

from __future__ import annotations

import numpy as np

from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray, IndexArray


def two_nearest(
    cost: CostMatrix, kept: IndexArray, rows: IndexArray | None = None
) -> tuple[IndexArray, IndexArray, FloatArray, FloatArray]:
    """Nearest and second nearest of ``kept``, as positions among all scenarios, and what they cost.

    A kept scenario is nearest to itself. Of a single kept scenario the second costs infinitely much.

    Parameters
    ----------
    kept : array of int
    rows : array of int, optional
        Scenarios that are asked for; default all.
    """
    rows = np.arange(len(cost)) if rows is None else rows
    to_kept = cost[np.ix_(rows, kept)].astype(np.float64)
    own = np.full(len(cost), -1)
    own[kept] = np.arange(len(kept))
    is_kept = own[rows] >= 0
    # below every cost, so that no scenario at the same point comes first
    to_kept[np.flatnonzero(is_kept), own[rows[is_kept]]] = -1.0
    everyone = np.arange(len(rows))
    first = np.argmin(to_kept, axis=1)
    to_first = np.maximum(to_kept[everyone, first], 0.0)
    to_kept[everyone, first] = np.inf
    second = np.argmin(to_kept, axis=1)
    return kept[first], kept[second], to_first, to_kept[everyone, second]
