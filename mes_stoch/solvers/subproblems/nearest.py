"""The nearest root point that satisfies what a scenario says of the root alone.

Equations
---------
::

    minimise    sum_{j in consensus} |r_j - point_j|
    subject to  the rows of one scenario that hold root columns only, the root's bounds and integrality

a linear (mixed-integer) program of the root's size, with ``|.|`` split into two non-negative parts.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.model.root_program import root_program
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs.model import HighsModel


class NearestRoot:
    """Callable that maps any root point to the nearest one allowed, built once from one scenario.

    Parameters
    ----------
    scenario : LinearProgram
        A scenario whose root-only rows hold for all.
    columns : int array
        Root columns.
    consensus : bool array
        Root columns whose distance counts; the others follow from them.
    """

    def __init__(self, scenario: LinearProgram, columns: IndexArray, consensus: BoolArray) -> None:
        count = len(columns)
        root = root_program(scenario, columns)
        identity = sp.eye_array(count, format="csc")
        first = root.matrix.shape[0]
        self._integer, self._lower, self._upper = root.integer, root.column_lower, root.column_upper
        unbounded = np.full(count, np.inf)
        matrix = sp.block_array([[root.matrix, None, None], [identity, -identity, identity]], format="csc")
        matrix.sort_indices()
        nothing = np.zeros(count)
        weight = consensus.astype(np.float64)
        self._model = HighsModel(
            LinearProgram(
                matrix=sp.csc_array(matrix),
                cost=np.concatenate([nothing, weight, weight]),
                offset=0.0,
                row_lower=np.concatenate([root.row_lower, nothing]),
                row_upper=np.concatenate([root.row_upper, nothing]),
                column_lower=np.concatenate([self._lower, nothing, nothing]),
                column_upper=np.concatenate([self._upper, unbounded, unbounded]),
                integer=np.concatenate([self._integer, np.zeros(2 * count, dtype=bool)]),
            )
        )
        self._distance_rows = np.arange(first, first + count, dtype=np.int32)
        self._count = count

    def __call__(self, point: FloatArray) -> FloatArray:
        clipped = np.clip(np.asarray(point, dtype=np.float64), self._lower, self._upper)
        self._model.change_row_bounds(self._distance_rows, clipped, clipped)
        nearest = self._solve()
        if self._integer.any():
            # what follows from integers is off by the solver's tolerance times the step until they are exact
            columns = np.flatnonzero(self._integer).astype(np.int32)
            whole = np.round(nearest[columns])
            self._model.change_column_bounds(columns, whole, whole)
            try:
                nearest = self._solve()
            finally:
                self._model.change_column_bounds(columns, self._lower[columns], self._upper[columns])
            nearest[columns] = whole
        return nearest

    def _solve(self) -> FloatArray:
        solution = self._model.run()
        if solution.values is None:
            raise SolveError(f"no root point satisfies the root's own constraints ({solution.status})")
        return solution.values[: self._count].copy()
