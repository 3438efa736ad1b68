"""Programs in units a solver with absolute tolerances can work in: exact scaling by powers of two.

HiGHS accepts a row or a reduced cost that is off by 1e-7, drops coefficients below 1e-12 and refuses those above 1e15,
whatever the program's units. A program whose numbers lie far from one is therefore handed over with rows, columns and
costs multiplied by powers of two, which changes no digit, and what comes back is divided by them. Programs in common
units are left as they are.

Equations
---------
::

    x = C x',   A' = R A C,   row limits' = R row limits,   bounds' = bounds / C,   c' = s C c,   y = R y' / s

``C`` is one for integer columns. ``R`` and ``C`` bring the geometric mean of the smallest and the largest entry of each
row and column, in turns, near one; ``s`` brings the median cost there. A column that costs next to nothing, and may be
so large that it matters, is scaled with its cost as one more entry.

What is still smaller than HiGHS takes is moved into the row's limits with its column's bounds, outward: the solver then
has a relaxation, whose bound holds, and points are checked in the original numbers
(:mod:`mes_stoch.solvers.proofs.primal_check`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram

SMALLEST_ENTRY = 1e-12  # the least HiGHS takes for its option small_matrix_value
_SMALL_ENTRY, _LARGE_ENTRY = 1e-7, 1e8
_SMALL_COST, _LARGE_COST = 1e-3, 1e6
_LOST_COST, _LONG_RANGE = 1e-5, 1e5
_LARGEST_COST = 2.0**33
_ROUNDS = 4
_LARGEST_POWER = 100
_NOISE_POWER = 24


@dataclass(frozen=True)
class Scaling:
    """Factors of a program; ``None`` where all are one.

    Parameters
    ----------
    cost : float
        ``s``.
    rows, columns : array or None
        Diagonals of ``R`` and ``C``.
    """

    cost: float = 1.0
    rows: FloatArray | None = None
    columns: FloatArray | None = None

    @property
    def is_none(self) -> bool:
        """Whether nothing changes."""
        return self.cost == 1.0 and self.rows is None

    def of_columns(self, columns: IndexArray | slice) -> FloatArray | float:
        """Factors ``C`` of some columns."""
        return 1.0 if self.columns is None else self.columns[columns]

    def of_rows(self, rows: IndexArray | slice) -> FloatArray | float:
        """Factors ``R`` of some rows."""
        return 1.0 if self.rows is None else self.rows[rows]

    def with_columns(self, count: int) -> Scaling:
        """After so many columns have been added, in their own units."""
        return self if self.columns is None else replace(self, columns=np.append(self.columns, np.ones(count)))

    def with_rows(self, factors: FloatArray, before: int) -> Scaling:
        """After rows with these factors have been added to ``before`` rows."""
        if self.rows is None and np.all(factors == 1.0):
            return self
        rows = np.ones(before) if self.rows is None else self.rows
        return replace(self, rows=np.append(rows, factors))

    def apply(self, program: LinearProgram) -> LinearProgram:
        """The program the solver gets."""
        if self.is_none:
            return program
        cost, rows, columns = self.cost, self.of_rows(slice(None)), self.of_columns(slice(None))
        matrix = program.matrix
        if self.rows is not None and self.columns is not None:
            entries = matrix.data * self.rows[matrix.indices] * np.repeat(self.columns, np.diff(matrix.indptr))
            matrix = sp.csc_array((entries, matrix.indices, matrix.indptr), shape=matrix.shape)
        return LinearProgram(
            matrix=matrix,
            cost=program.cost * columns * cost,
            offset=program.offset * cost,
            row_lower=program.row_lower * rows,
            row_upper=program.row_upper * rows,
            column_lower=program.column_lower / columns,
            column_upper=program.column_upper / columns,
            integer=program.integer,
        )


def scaling_for(program: LinearProgram) -> Scaling:
    """Factors that bring the program's numbers near one; none where they are near enough."""
    lost = _lost_costs(program)
    rows, columns = _equilibrated(program, lost) if lost.any() or _is_far_off(program) else (None, None)
    costs = np.abs(program.cost if columns is None else program.cost * columns)
    return Scaling(cost_factor(costs), rows, columns)


def row_factors(starts: IndexArray, values: FloatArray) -> FloatArray:
    """Factors for rows to be added: one, but where a row's largest entry is far from it."""
    if not len(values):
        return np.ones(len(starts))
    sizes = np.abs(values)
    if sizes.min(initial=1.0, where=sizes > 0) > _SMALL_ENTRY and sizes.max() < _LARGE_ENTRY:
        return np.ones(len(starts))
    counts = np.diff(np.append(starts, len(values)))
    largest = np.array([sizes[a : a + n].max(initial=0.0) for a, n in zip(starts, counts, strict=True)])
    far = (largest > 0) & ((largest < _SMALL_ENTRY) | (largest > _LARGE_ENTRY))
    return np.where(far, _power_of_two(1.0 / np.where(far, largest, 1.0)), 1.0)


def without_dropped(program: LinearProgram) -> LinearProgram:
    """The program without entries that HiGHS would drop, its row limits eased by what they can amount to.

    An entry whose column has no bound on the side that counts takes the limit with it.
    """
    matrix = program.matrix
    gone = (matrix.data != 0) & (np.abs(matrix.data) <= SMALLEST_ENTRY)
    if not gone.any():
        return program
    columns = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))[gone]
    rows, entries = matrix.indices[gone], matrix.data[gone]
    low, high = eased(entries, program.column_lower[columns], program.column_upper[columns])
    row_lower, row_upper = program.row_lower.copy(), program.row_upper.copy()
    np.subtract.at(row_lower, rows, high)
    np.subtract.at(row_upper, rows, low)
    data = np.where(gone, 0.0, matrix.data)
    return replace(
        program,
        matrix=sp.csc_array((data, matrix.indices, matrix.indptr), shape=matrix.shape),
        row_lower=np.nextafter(row_lower, -np.inf),
        row_upper=np.nextafter(row_upper, np.inf),
    )


def eased(entries: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least and largest value of entries times their columns, a hair outward."""
    ends = entries * lower, entries * upper
    low, high = np.minimum(*ends), np.maximum(*ends)
    return low - 1e-15 * np.abs(low), high + 1e-15 * np.abs(high)


def _is_far_off(program: LinearProgram) -> bool:
    sizes = np.abs(program.matrix.data)
    if not len(sizes):
        return False
    return bool(sizes.min(initial=1.0, where=sizes > 0) < _SMALL_ENTRY or sizes.max() > _LARGE_ENTRY)


def _lost_costs(program: LinearProgram) -> BoolArray:
    """Continuous columns whose cost is near what a solver takes for zero, with a range that makes it count."""
    cost = np.abs(program.cost) * cost_factor(np.abs(program.cost))
    reach = program.column_upper - program.column_lower
    long = np.isfinite(reach) & (reach > _LONG_RANGE)
    return np.asarray((cost > 0) & (cost < _LOST_COST) & long & ~program.integer)


def _equilibrated(program: LinearProgram, costed: BoolArray) -> tuple[FloatArray, FloatArray]:
    matrix = program.matrix
    owner = np.repeat(np.arange(matrix.shape[1]), np.diff(matrix.indptr))
    real = matrix.data != 0
    logs = np.log2(np.abs(np.where(real, matrix.data, 1.0)))
    whole = program.integer
    rows = np.zeros(matrix.shape[0])
    columns = np.zeros(matrix.shape[1])
    own = np.flatnonzero(costed)
    costs = np.log2(np.abs(program.cost[own]) * cost_factor(np.abs(program.cost)))
    for _ in range(_ROUNDS):
        rows = -_middle(logs[real] + columns[owner[real]], matrix.indices[real], matrix.shape[0])
        sizes = np.concatenate([logs[real] + rows[matrix.indices[real]], costs])
        columns = np.where(whole, 0.0, -_middle(sizes, np.concatenate([owner[real], own]), matrix.shape[1]))
    rows = -_middle(logs[real] + columns[owner[real]], matrix.indices[real], matrix.shape[0])
    return _whole_power(rows), _whole_power(columns)


def _whole_power(logs: FloatArray) -> FloatArray:
    return np.asarray(2.0 ** np.round(np.clip(logs, -_LARGEST_POWER, _LARGEST_POWER)))


def _middle(logs: FloatArray, place: IndexArray, count: int) -> FloatArray:
    """Between the smallest and the largest of every group, noise left out; 0 for an empty one."""
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, place, logs)
    np.maximum.at(high, place, logs)
    empty = np.isinf(low)
    low[empty] = high[empty] = 0.0
    return np.asarray(0.5 * (np.maximum(low, high - _NOISE_POWER) + high))


def cost_factor(costs: FloatArray) -> float:
    """Power of two that brings the median of the sizes of costs near one; one where most are in common units."""
    present = costs[(costs > 0) & np.isfinite(costs)]
    common = np.count_nonzero((present >= _SMALL_COST) & (present <= _LARGE_COST))
    if 2 * common > len(present) or not len(present):
        return 1.0
    typical, largest = float(np.median(present)), float(present.max())
    if _SMALL_COST <= typical <= _LARGE_COST:
        return 1.0
    return float(_power_of_two(np.array(min(1.0 / typical, _LARGEST_COST / largest))))


def _power_of_two(values: FloatArray) -> FloatArray:
    return np.asarray(2.0 ** np.floor(np.log2(values)))
