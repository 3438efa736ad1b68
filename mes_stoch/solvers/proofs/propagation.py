"""Finite bounds of columns that have none of their own, derived from rows.

A dual bound by safe arithmetic needs a finite bound wherever a reduced cost is not exactly zero
(:mod:`mes_stoch.solvers.proofs.safe_bounds`). It multiplies round-off, so any bound will do; it need not be tight.

Equations
---------
*Implied.* A row ``a_j x_j + sum_k a_k x_k <= b`` and bounds of its other columns give

    a_j x_j <= b - sum_k min(a_k lower_k, a_k upper_k)

and likewise from a row's lower limit.

*Without loss.* A continuous column with ``c_j >= 0`` may be lowered as long as its rows allow, at no cost:
``x_j <= max(lower_j, max_i sup f_i)`` over the rows ``i`` that ask for ``x_j >= f_i(others)``. Two continuous columns
with opposite entries ``A_j = -A_k`` and ``c_j + c_k >= 0`` may be lowered together until one is at its lower bound, so
that a row bounds each of them with the other one there. (Among the feasible points below a given one that cost no more,
one has the least sum; neither step can be taken there, so it obeys all these bounds at once.) They hold for **some**
optimal point, which is all a lower bound needs.

Everything is rounded outward. Bounds found serve the next round. The first program of a sparsity pattern is searched
round by round. What derives each bound is noted, and later programs of the pattern evaluate these rows alone, whatever
their numbers; where that leaves a bound open (a coefficient that is zero this time), the search is made again, and
what it finds is noted as well.

Source
------
Brearley, Mitra, Williams (1975), Analysis of mathematical programming problems prior to applying the simplex algorithm,
DOI 10.1007/BF01580428; Andersen & Andersen (1995), Presolving in linear programming (dominated columns),
DOI 10.1007/BF01586000; outward rounding as in Neumaier & Shcherbina (2004), DOI 10.1007/s10107-003-0433-3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.proofs.opposite_columns import OppositePairs, opposite_pairs
from mes_stoch.solvers.proofs.outward import EPSILON, TINY

#: Bounds of this size mean "none" to the solver, so they count as none here.
INFINITE = 1e20
_ROUNDS = 200
_ALTERNATIVES = 3


@dataclass(frozen=True)
class Box:
    """Bounds that hold for some optimal point; infinite where none is known.

    Parameters
    ----------
    lower, upper : array, shape (columns,)
    """

    lower: FloatArray
    upper: FloatArray

    @property
    def unbounded(self) -> IndexArray:
        """Columns without a finite bound on at least one side."""
        return np.flatnonzero(np.isinf(self.lower) | np.isinf(self.upper)).astype(np.int32)

    @property
    def open_sides(self) -> int:
        """How many bounds are missing."""
        return int(np.count_nonzero(np.isinf(self.lower)) + np.count_nonzero(np.isinf(self.upper)))


def own_box(program: LinearProgram) -> Box:
    """The columns' own bounds."""
    lower = np.where(program.column_lower <= -INFINITE, -np.inf, program.column_lower)
    upper = np.where(program.column_upper >= INFINITE, np.inf, program.column_upper)
    return Box(lower, upper)


class Propagation:
    """Derives bounds for programs of one sparsity pattern at a time; remembers how.

    Parameters
    ----------
    settled : int array
        Columns that another program decides (the first stage): they get implied bounds alone.
    largest : float
        Derived bounds beyond it are none.
    """

    def __init__(self, settled: IndexArray | None = None, largest: float = INFINITE) -> None:
        self._largest = largest
        self._settled = np.empty(0, dtype=np.int32) if settled is None else settled
        self._pattern: _Pattern | None = None
        self.searches = 0

    def box(self, program: LinearProgram) -> Box:
        """The columns' own bounds, with derived ones where they have none."""
        box = own_box(program)
        if box.open_sides == 0:
            return box
        pattern = self._pattern
        if pattern is None or not pattern.is_that_of(program):
            pattern = self._pattern = _Pattern(program, self._settled, self._largest)
        if not pattern.pairs.hold(program):
            pattern.find_pairs(program)
        for level in pattern.levels:
            level.evaluate(program, box)
        if box.open_sides > pattern.open_sides:
            self.searches += 1
            pattern.search(program, box)
        return box


class _Pattern:
    """A sparsity pattern and what derives its bounds, in order.

    ``open_sides`` is the largest number of bounds a search was left without: more are worth another search.
    """

    def __init__(self, program: LinearProgram, settled: IndexArray, largest: float) -> None:
        matrix = program.matrix
        self.indices, self.pointers, self.shape = matrix.indices, matrix.indptr, matrix.shape
        self.columns = np.repeat(np.arange(matrix.shape[1], dtype=np.int32), np.diff(matrix.indptr))
        self.row_entries = np.argsort(matrix.indices, kind="stable")
        self.row_lengths = np.bincount(matrix.indices, minlength=matrix.shape[0])
        self.row_starts = np.concatenate([[0], np.cumsum(self.row_lengths)[:-1]]).astype(np.int64)
        self.largest = largest
        self.may_move = ~program.integer
        self.may_move[settled] = False
        self.find_pairs(program)

    def find_pairs(self, program: LinearProgram) -> None:
        """Look for opposite columns; what was derived before is forgotten."""
        self.pairs: OppositePairs = opposite_pairs(program, self.may_move)
        self.levels: list[_Level] = []
        self.open_sides = -1

    def is_that_of(self, program: LinearProgram) -> bool:
        matrix = program.matrix
        return matrix.shape == self.shape and (
            (matrix.indices is self.indices and matrix.indptr is self.pointers)
            or (np.array_equal(matrix.indptr, self.pointers) and np.array_equal(matrix.indices, self.indices))
        )

    def search(self, program: LinearProgram, box: Box) -> None:
        """Round after round over all rows; what is found is noted, and stands in ``box``."""
        for _ in range(_ROUNDS):
            before = box.open_sides
            for found in _candidates(self, program, box):
                if len(found.entries):
                    level = _Level(self, found)
                    level.evaluate(program, box)
                    if box.open_sides < before:
                        self.levels.append(level)
                        break
            if box.open_sides == before:
                break
        self.open_sides = max(self.open_sides, box.open_sides)


@dataclass(frozen=True)
class _Targets:
    """Bounds to derive: consecutive ``entries`` of a column, ``side`` 1 for its upper and -1 for its lower bound."""

    entries: IndexArray
    sides: FloatArray
    without_loss: bool


def _candidates(pattern: _Pattern, program: LinearProgram, box: Box) -> tuple[_Targets, _Targets]:
    """What the bounds known suffice for: implied bounds, any row, and those without loss, all rows of a column.

    Only counts of open terms matter here; the level evaluates numbers, outward.
    """
    data, rows, columns = program.matrix.data, pattern.indices, pattern.columns
    open_lower, open_upper = np.isinf(box.lower), np.isinf(box.upper)
    positive = data > 0
    low_open = (data != 0) & np.where(positive, open_lower[columns], open_upper[columns])
    high_open = (data != 0) & np.where(positive, open_upper[columns], open_lower[columns])
    blocked_low = np.bincount(rows, weights=low_open, minlength=pattern.shape[0])[rows] - low_open
    blocked_high = np.bincount(rows, weights=high_open, minlength=pattern.shape[0])[rows] - high_open
    partners = pattern.pairs.open_partners(open_upper)[columns]
    implied, free = [], []
    for side, is_open in ((1.0, open_upper), (-1.0, open_lower)):
        toward = (data * side) > 0
        aside = partners if side > 0 else np.zeros_like(partners)
        known = np.where(toward, blocked_low, blocked_high) == aside
        above = np.abs(np.where(toward, program.row_upper[rows], program.row_lower[rows])) < INFINITE
        below = np.abs(np.where(toward, program.row_lower[rows], program.row_upper[rows])) < INFINITE
        entries = np.flatnonzero((data != 0) & is_open[columns] & known & above).astype(np.int32)
        implied.append((_shortest(entries, pattern), side))
        stuck = np.bincount(columns[(data != 0) & below & ~known], minlength=pattern.shape[1])
        other = open_lower if side > 0 else open_upper
        may = is_open & ~other & pattern.may_move & (side * program.cost >= 0) & (stuck == 0)
        free.append((np.flatnonzero(may[columns]).astype(np.int32), side))
    return _targets(implied, without_loss=False), _targets(free, without_loss=True)


def _shortest(entries: IndexArray, pattern: _Pattern) -> IndexArray:
    """A few entries of each column, in the shortest rows; what is zero in another program has a substitute then."""
    lengths = pattern.row_lengths[pattern.indices[entries]]
    order = entries[np.lexsort((lengths, pattern.columns[entries]))]
    own = pattern.columns[order]
    rank = np.arange(len(order)) - np.searchsorted(own, own)
    return np.asarray(order[rank < _ALTERNATIVES], dtype=np.int32)


def _targets(parts: list[tuple[IndexArray, float]], *, without_loss: bool) -> _Targets:
    return _Targets(
        np.concatenate([entries for entries, _ in parts]),
        np.concatenate([np.full(len(entries), side) for entries, side in parts]),
        without_loss,
    )


class _Level:
    """Bounds that earlier ones suffice for: the rows that derive each, with the entries of their other columns."""

    def __init__(self, pattern: _Pattern, targets: _Targets) -> None:
        self._entries, self._sides, self._without_loss = targets.entries, targets.sides, targets.without_loss
        self._rows, self._columns = pattern.indices[targets.entries], pattern.columns[targets.entries]
        change = (np.diff(self._columns) != 0) | (np.diff(self._sides) != 0)
        self._first = np.flatnonzero(np.concatenate([[True], change]))
        self._target, self._side = self._columns[self._first], self._sides[self._first]
        lengths = pattern.row_lengths[self._rows]
        self._starts = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        self._lengths = lengths
        within = np.arange(int(lengths.sum())) - np.repeat(self._starts, lengths)
        self._others = pattern.row_entries[np.repeat(pattern.row_starts[self._rows], lengths) + within]
        self._other_columns = pattern.columns[self._others]
        self._own = self._others == np.repeat(self._entries, lengths)
        self._aside = pattern.pairs.are_partners(np.repeat(self._columns, lengths), self._other_columns)
        self._aside &= np.repeat(self._sides > 0, lengths)
        self._has_partner = np.logical_or.reduceat(self._aside, self._starts)[self._first]
        self._factor = (lengths + 4) * EPSILON
        self._largest = pattern.largest

    def evaluate(self, program: LinearProgram, box: Box) -> None:
        """Put what follows into ``box``, where it has nothing yet."""
        data = program.matrix.data
        own = data[self._entries]
        # the row, turned so that the target's bound follows from "at most"
        turn = np.sign(own) * self._sides
        slopes = data[self._others] * np.repeat(turn, self._lengths)
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
            lowest = self._aside | (slopes > 0)
            terms = slopes * np.where(lowest, box.lower[self._other_columns], box.upper[self._other_columns])
            terms[self._own | (slopes == 0)] = 0.0
            rest = np.add.reduceat(terms, self._starts)
            sizes = np.add.reduceat(np.abs(terms), self._starts)
            high = (turn > 0) ^ self._without_loss
            limit = turn * np.where(high, program.row_upper[self._rows], program.row_lower[self._rows])
            room = limit - rest + (self._factor * (np.abs(limit) + sizes) + TINY)
            # no limit on this side: nothing implied, nothing that keeps a column from moving
            none = -np.inf if self._without_loss else np.inf
            room = np.where((own == 0) | (np.abs(limit) >= INFINITE), none, room)
            reach = room / np.where(own == 0, 1.0, np.abs(own))
            reach += np.where(np.isfinite(reach), 2 * EPSILON * np.abs(reach) + TINY, 0.0)
        reach = (np.maximum if self._without_loss else np.minimum).reduceat(reach, self._first)
        self._put(program, box, reach)

    def _put(self, program: LinearProgram, box: Box, reach: FloatArray) -> None:
        target, up = self._target, self._side > 0
        other = np.where(up, box.lower[target], -box.upper[target])
        if self._without_loss:
            allowed = self._side * program.cost[target] >= 0
            reach = np.where(allowed, np.maximum(reach, other), np.inf)
        else:
            reach = np.where(self._has_partner, np.maximum(reach, other), reach)
        known = np.abs(reach) < self._largest
        self._fill(box.upper, target, known & up, reach)
        self._fill(box.lower, target, known & ~up, -reach)

    @staticmethod
    def _fill(bounds: FloatArray, target: IndexArray, chosen: BoolArray, values: FloatArray) -> None:
        columns = target[chosen]
        bounds[columns] = np.where(np.isinf(bounds[columns]), values[chosen], bounds[columns])
