"""What is left of a program once columns have been decided, and a good point of it.

Equations
---------
With the decided columns ``D`` at ``v``, of ``minimise c'x + o`` with ``l <= A x <= u`` remains

    minimise c_F'x_F + o + c_D'v    with   l - A_D v <= A_F x_F <= u - A_D v   in rows with a column of ``F``

Rows on decided columns alone lie behind: they were kept when the last of their columns was decided.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import BoolArray, FloatArray, LinearProgram
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, HighsModel, OptionValue, Solution
from mes_stoch.solvers.subproblems.dive import dive, one_opt

#: A search that has branched this often has a point good enough for a plan that is made anew in the next period.
_NODES = 200


def rest_of(program: LinearProgram, decided: BoolArray, values: FloatArray) -> LinearProgram:
    """The program of the columns that are not ``decided``, the others being at their ``values``."""
    matrix, free = program.matrix, ~decided
    is_free_entry = np.repeat(free, np.diff(matrix.indptr))
    rows = np.bincount(matrix.indices[is_free_entry], minlength=matrix.shape[0]) > 0
    moved = matrix @ np.where(decided, values, 0.0)
    return LinearProgram(
        matrix=_part(matrix, free, is_free_entry, rows),
        cost=program.cost[free],
        offset=program.offset + float(program.cost[decided] @ values[decided]),
        row_lower=(program.row_lower - moved)[rows],
        row_upper=(program.row_upper - moved)[rows],
        column_lower=program.column_lower[free],
        column_upper=program.column_upper[free],
        integer=program.integer[free],
    )


def _part(matrix: sp.csc_array, columns: BoolArray, entries: BoolArray, rows: BoolArray) -> sp.csc_array:
    """Some rows and columns; ``entries`` are those of the columns, none of which is outside the rows."""
    place = np.cumsum(rows) - 1
    pointers = np.concatenate([[0], np.cumsum(np.diff(matrix.indptr)[columns])]).astype(np.int32)
    indices = place[matrix.indices[entries]].astype(np.int32)
    return sp.csc_array((matrix.data[entries], indices, pointers), shape=(int(rows.sum()), int(columns.sum())))


def good_point(program: LinearProgram, gap_rel: float, floor: float) -> FloatArray | None:
    """A point with whole integers and a cost within ``gap_rel`` of the least, or near it; ``None`` where there is none.

    A dive from the relaxation, single moves of integers, and a search where that is too far from the relaxation, cut
    off by its nodes and not by the clock: the same point on any machine.

    Parameters
    ----------
    floor : float
        Money below which an objective is nothing.
    """
    model = HighsModel(program, relax=True)
    relaxed = model.run()
    if relaxed.status != "optimal" or relaxed.values is None:
        return None
    columns = np.flatnonzero(program.integer).astype(np.int32)
    if not len(columns):
        return relaxed.values
    allowed = gap_rel * max(abs(relaxed.objective), floor)
    found = dive(model, program, columns, relaxed)
    if found is not None and found.values is not None and found.objective - relaxed.objective > allowed:
        found = one_opt(model, program, columns, found.values, allowed) or found
    if found is None or found.values is None or found.objective - relaxed.objective > allowed:
        found = _searched(program, found, allowed)
    return None if found is None else found.values


def _searched(program: LinearProgram, known: Solution | None, allowed: float) -> Solution | None:
    options: dict[str, OptionValue] = {
        **SCENARIO_MIP_OPTIONS,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": allowed,
    }
    if known is not None and known.values is not None:
        options["mip_max_nodes"] = _NODES
    model = HighsModel(program, options=options)
    if known is not None and known.values is not None:
        model.set_start(np.arange(len(known.values), dtype=np.int32), known.values)
    found = model.run()
    return found if found.values is not None else known
