"""The two linear programs that a scenario without an optimum at a commitment is asked instead.

Equations
---------
*Nearest*: how far the commitment ``p`` lies from one that the scenario can answer,

    minimise    sum_j (s_j + t_j) / scale_j
    subject to  l <= A x <= u,  lo <= x <= up,   x[consensus]_j + s_j - t_j = p_j,   s, t >= 0

Its optimum is 0 where ``p`` can be answered, and there is none where nothing can. The duals ``z`` of the last rows are
the slope of a feasibility cut through the nearest commitment (:mod:`mes_stoch.solvers.proofs.safe_bounds`, with ``g =
z``); since ``|z_j| scale_j <= 1``, cuts of all scenarios have one size, whatever the units of their rows.

*Recession*: what a step far out along ``d`` costs a unit of length, everything finite left behind,

    minimise    c' x
    subject to  l0 <= A x <= u0,  lo0 <= x <= up0,   x[consensus] = d

with finite limits replaced by 0. Its row duals are duals of the scenario as well.

Source
------
Rockafellar (1970), Convex Analysis, section 8, for recession functions; Fischetti, Salvagnin, Zanette (2010), A note on
the selection of Benders' cuts, DOI 10.1007/s10107-010-0365-7, for why a cut's normalisation matters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram


def nearest_program(
    scenario: LinearProgram, consensus: IndexArray, point: FloatArray, scale: FloatArray
) -> LinearProgram:
    """The first of the two; the added rows and the two added columns of each stand last.

    Parameters
    ----------
    scenario : LinearProgram
    consensus : int array
        Columns that carry the commitment.
    point : array
        Where they should be.
    scale : array
        Positive size of each, its own unit.
    """
    rows, columns = scenario.matrix.shape
    width = len(consensus)
    chosen = sp.csc_array((np.ones(width), (np.arange(width), consensus)), shape=(width, columns))
    identity, none = sp.eye_array(width, format="csc"), sp.csc_array((rows, width))
    matrix = sp.block_array([[scenario.matrix, none, none], [chosen, identity, -identity]], format="csc")
    matrix.sort_indices()
    return LinearProgram(
        matrix=sp.csc_array(matrix),
        cost=np.concatenate([np.zeros(columns), 1.0 / scale, 1.0 / scale]),
        offset=0.0,
        row_lower=np.concatenate([scenario.row_lower, point]),
        row_upper=np.concatenate([scenario.row_upper, point]),
        column_lower=np.concatenate([scenario.column_lower, np.zeros(2 * width)]),
        column_upper=np.concatenate([scenario.column_upper, np.full(2 * width, np.inf)]),
        integer=np.zeros(columns + 2 * width, dtype=bool),
    )


def recession_program(scenario: LinearProgram, consensus: IndexArray, direction: FloatArray | None) -> LinearProgram:
    """The second; integrality left out. Without a direction every one that the scenario's bounds allow."""
    lower, upper = _cone(scenario.column_lower), _cone(scenario.column_upper)
    if direction is not None:
        lower[consensus] = upper[consensus] = direction
    return replace(
        scenario,
        offset=0.0,
        row_lower=_cone(scenario.row_lower),
        row_upper=_cone(scenario.row_upper),
        column_lower=lower,
        column_upper=upper,
        integer=np.zeros(len(scenario.cost), dtype=bool),
    )


def _cone(limit: FloatArray) -> FloatArray:
    return np.where(np.isfinite(limit), 0.0, limit)
