"""Whether a solver's point is one, in the program's own numbers, and what it costs.

Equations
---------
Integer columns are whole, columns lie within their bounds, and a row ``l <= a'x <= u`` is off by at most
``TOLERANCE`` of its size

    sum_j |a_j x_j| + |limit| + FLOOR max_j |a_j| range_j

where ``range_j`` is what the bounds of a continuous column allow, no more than the largest value of the point. Integers
are exact and need no such allowance: at ``n = 0`` a row ``u <= M n`` allows no ``u``, however large ``M``. The
tolerance is relative: a row in kW is held as exactly as one in GW. The cost is ``o + sum_j c_j x_j``, added up without
round-off.
"""

from __future__ import annotations

import math

import numpy as np

from mes_stoch.model.program import FloatArray, LinearProgram
from mes_stoch.solvers.proofs.stated_bounds import with_whole_bounds

TOLERANCE = 1e-7
_FLOOR = 1e-3


def settled(program: LinearProgram, values: FloatArray) -> FloatArray:
    """The point with whole integers, moved into the columns' bounds where it lies a hair outside."""
    whole, stated = np.where(program.integer, np.round(values), values), with_whole_bounds(program)
    return np.asarray(np.clip(whole, stated.column_lower, stated.column_upper) + 0.0, dtype=np.float64)


def largest_violation(program: LinearProgram, values: FloatArray, ranges: LinearProgram | None = None) -> float:
    """By how much the worst row is broken, relative to its size.

    ``ranges`` is the program whose column bounds say what is large, where ``program`` has columns fixed: a volume fixed
    at the round-off of a solver, 1e-12 MW, is no scale for the rows it stands in.
    """
    if not program.matrix.shape[0]:
        return 0.0
    activity = program.matrix @ values
    below, above = program.row_lower - activity, activity - program.row_upper
    broken = np.maximum(np.maximum(below, above), 0.0)
    limit = np.where(below > above, program.row_lower, program.row_upper)
    allowed = _row_sizes(program, values, limit, program if ranges is None else ranges)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(broken > 0, broken / allowed, 0.0)
    return float(share.max(initial=0.0)) if not np.isnan(share).any() else math.inf


def _row_sizes(program: LinearProgram, values: FloatArray, limit: FloatArray, ranges: LinearProgram) -> FloatArray:
    matrix = program.matrix
    sizes = np.abs(values)
    entries = np.abs(matrix.data)
    owner = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    spread = np.maximum(np.abs(ranges.column_lower), np.abs(ranges.column_upper))
    reach = np.where(program.integer, 0.0, np.minimum(spread, sizes.max(initial=0.0)))
    scale = np.bincount(matrix.indices, weights=entries * sizes[owner], minlength=matrix.shape[0])
    floor = np.zeros(matrix.shape[0])
    np.maximum.at(floor, matrix.indices, entries * reach[owner])
    return np.asarray(scale + np.where(np.isfinite(limit), np.abs(limit), 0.0) + _FLOOR * floor)


def worth_of_tolerance(program: LinearProgram, values: FloatArray, row_dual: FloatArray) -> float:
    """What rows broken by their whole tolerance save at most, at these duals: ``TOLERANCE sum_i |y_i| size_i``."""
    limit = np.where(row_dual > 0, program.row_lower, program.row_upper)
    return TOLERANCE * float(np.abs(row_dual) @ _row_sizes(program, values, limit, program))


def is_feasible(program: LinearProgram, values: FloatArray, ranges: LinearProgram | None = None) -> bool:
    """Whether every row is kept to within the tolerance; ``ranges`` as in :func:`largest_violation`."""
    return largest_violation(program, values, ranges) <= TOLERANCE


def cost_of(program: LinearProgram, values: FloatArray) -> float:
    """Objective of a point."""
    return math.fsum((program.cost * values).tolist()) + program.offset


def size_of_cost(program: LinearProgram, values: FloatArray) -> float:
    """Sum of the sizes of the objective's terms: what a share of the objective is a share of."""
    return float(np.abs(program.cost * values).sum()) + abs(program.offset)
