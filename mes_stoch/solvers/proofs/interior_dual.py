"""A dual point in the interior, for columns that have no bound: a linear program, or two.

Equations
---------
*Near the optimum.* The program with the costs of the columns without an upper bound lowered by a millionth (then a
thousandth) of what their reduced costs are made of, ``|c_j| + |a_j|'|y|``, and of those without a lower bound raised:
its optimal duals leave these columns that much, and are the best ones that do. Where it has no optimum,

*anywhere*::

    maximise    t
    subject to  c_j - a_j'y >= t w    for columns without an upper bound
                c_j - a_j'y <= -t w   for columns without a lower bound
                y of the sign its row allows, |y| <= Y,  t <= 1

with ``w`` the largest cost. Such a point may lie far out and make a poor bound.
Any ``y`` with ``t > 0`` will do; it is checked by whoever asks.

Source
------
Steffy & Wolter (2013), Valid linear programming bounds for exact mixed-integer programming,
DOI 10.1287/ijoc.1120.0501.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.proofs.propagation import INFINITE, Box

_MARGINS = (1e-6, 1e-3)
_LARGEST_DUAL = 1e6
_LARGEST_PROGRAM = 200_000


def interior_dual(
    program: LinearProgram, cost: FloatArray, box: Box, columns: IndexArray, duals: FloatArray
) -> FloatArray | None:
    """The dual point, or ``None`` where there is none (some of ``columns`` may grow at no cost) or looking is dear.

    Parameters
    ----------
    cost : array
        Of all columns.
    box : Box
        Says on which side each of ``columns`` has no bound.
    duals : array
        What the solver found for these costs, or nearly so.
    """
    up, down = np.isinf(box.upper[columns]), np.isinf(box.lower[columns])
    if np.any(up & down) or program.matrix.nnz > _LARGEST_PROGRAM:
        return None
    sign = np.where(up, 1.0, -1.0)
    try:
        near = _near(program, cost, columns, sign, duals)
        return _anywhere(program, cost, columns, sign) if near is None else near
    except SolveError:
        return None


def _near(
    program: LinearProgram, cost: FloatArray, columns: IndexArray, sign: FloatArray, duals: FloatArray
) -> FloatArray | None:
    own = program.matrix[:, columns]
    size = np.abs(cost[columns]) + abs(own).T @ np.abs(duals)
    for share in _MARGINS:
        wanted = cost.copy()
        wanted[columns] -= sign * share * size
        found = HighsModel(replace(program, cost=wanted), relax=True).run()
        if found.row_dual is None:
            return None
        if np.all(sign * (cost[columns] - own.T @ found.row_dual) > 0):
            return found.row_dual
    return None


def _anywhere(program: LinearProgram, cost: FloatArray, columns: IndexArray, sign: FloatArray) -> FloatArray | None:
    rows = program.matrix.shape[0]
    size = float(np.abs(cost).max(initial=0.0)) or 1.0
    turned = sp.csc_array(program.matrix[:, columns] * sign).T
    matrix = sp.csc_array(sp.hstack([turned, sp.csc_array(np.ones((len(columns), 1)))], format="csc"))
    matrix.sort_indices()
    largest = np.full(rows, _LARGEST_DUAL)
    found = HighsModel(
        LinearProgram(
            matrix=matrix,
            cost=np.concatenate([np.zeros(rows), [-1.0]]),
            offset=0.0,
            row_lower=np.full(len(columns), -np.inf),
            row_upper=sign * cost[columns] / size,
            column_lower=np.concatenate([np.where(program.row_upper >= INFINITE, 0.0, -largest), [0.0]]),
            column_upper=np.concatenate([np.where(program.row_lower <= -INFINITE, 0.0, largest), [1.0]]),
            integer=np.zeros(rows + 1, dtype=np.bool_),
        )
    ).run()
    if found.values is None or not found.values[-1] > 0:
        return None
    return found.values[:-1] * size
