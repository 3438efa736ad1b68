"""The first stage by itself: what every scenario says of root columns alone."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import BoolArray, IndexArray, LinearProgram


def root_rows(scenario: LinearProgram, columns: IndexArray) -> BoolArray:
    """Rows of a scenario that hold root columns only, shape (rows,)."""
    in_root = np.zeros(len(scenario.cost), dtype=bool)
    in_root[columns] = True
    rows: BoolArray = np.bincount(scenario.matrix[:, ~in_root].indices, minlength=scenario.matrix.shape[0]) == 0
    return rows


def root_program(scenario: LinearProgram, columns: IndexArray) -> LinearProgram:
    """Rows, bounds and integrality of the root alone, without costs.

    Parameters
    ----------
    scenario : LinearProgram
        Any: its root-only rows hold for all.
    columns : int array
        Root columns; the columns of the result, in this order.
    """
    own = root_rows(scenario, columns)
    matrix = sp.csc_array(sp.csc_array(scenario.matrix[:, columns])[own, :])
    matrix.sort_indices()
    return LinearProgram(
        matrix=matrix,
        cost=np.zeros(len(columns)),
        offset=0.0,
        row_lower=scenario.row_lower[own],
        row_upper=scenario.row_upper[own],
        column_lower=scenario.column_lower[columns].copy(),
        column_upper=scenario.column_upper[columns].copy(),
        integer=scenario.integer[columns],
    )
