"""A dual point in the interior, for columns that have no bound: one small linear program.

Equations
---------
::

    maximise    t
    subject to  c_j - a_j'y >= t w    for columns without an upper bound
                c_j - a_j'y <= -t w   for columns without a lower bound
                y of the sign its row allows, |y| <= Y,  t <= 1

with ``w`` the largest cost. Any ``y`` with ``t > 0`` will do; it is checked by whoever asks.

Source
------
Steffy & Wolter (2013), Valid linear programming bounds for exact mixed-integer programming,
DOI 10.1287/ijoc.1120.0501.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solve.highs import HighsModel
from mes_stoch.solve.propagation import INFINITE, Box

_LARGEST_DUAL = 1e6
_LARGEST_PROGRAM = 200_000


def interior_dual(program: LinearProgram, cost: FloatArray, box: Box, columns: IndexArray) -> FloatArray | None:
    """The dual point, or ``None`` where there is none (some of ``columns`` may grow at no cost) or looking is dear.

    Parameters
    ----------
    cost : array
        Of all columns.
    box : Box
        Says on which side each of ``columns`` has no bound.
    """
    up, down = np.isinf(box.upper[columns]), np.isinf(box.lower[columns])
    if np.any(up & down) or program.matrix.nnz > _LARGEST_PROGRAM:
        return None
    rows = program.matrix.shape[0]
    size = float(np.abs(cost).max(initial=0.0)) or 1.0
    turned = sp.csc_array(program.matrix[:, columns] * np.where(up, 1.0, -1.0)).T
    matrix = sp.csc_array(sp.hstack([turned, sp.csc_array(np.ones((len(columns), 1)))], format="csc"))
    matrix.sort_indices()
    largest = np.full(rows, _LARGEST_DUAL)
    try:
        found = HighsModel(
            LinearProgram(
                matrix=matrix,
                cost=np.concatenate([np.zeros(rows), [-1.0]]),
                offset=0.0,
                row_lower=np.full(len(columns), -np.inf),
                row_upper=np.where(up, cost[columns], -cost[columns]) / size,
                column_lower=np.concatenate([np.where(program.row_upper >= INFINITE, 0.0, -largest), [0.0]]),
                column_upper=np.concatenate([np.where(program.row_lower <= -INFINITE, 0.0, largest), [1.0]]),
                integer=np.zeros(rows + 1, dtype=np.bool_),
            )
        ).run()
    except SolveError:
        return None
    if found.values is None or not found.values[-1] > 0:
        return None
    return found.values[:-1] * size
