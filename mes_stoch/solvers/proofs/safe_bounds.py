"""Rigorous lower bounds of linear programs from any row duals.

Equations
---------
For ``min {c'x + o : row_lower <= A x <= row_upper, lower <= x <= upper}`` and **any** ``y``, with ``d = c - A'y``,

    optimum >= o + sum_i min_{row_i} y_i a_i + sum_j min_{lower_j <= x_j <= upper_j} d_j x_j

The first sum takes the row's lower limit where ``y_i > 0`` and its upper one where ``y_i < 0``; duals of the wrong sign
are set to zero. ``d`` is known to within ``e_j = gamma (|c| + |A|'|y|)_j``, every rounding goes outward, and the bounds
of columns without their own are derived (:mod:`mes_stoch.solvers.proofs.propagation`). Nothing is asked of ``y``: a
poor one gives a poor bound, never a wrong one.

A *cut* keeps some columns ``r`` (the first stage) out of the last sum:

    optimum given r >= offset + g'r    for all r in their box,    g = d[r] as stored

with ``e[r]`` times the size of the box taken off the offset. With zero cost and an unbounded dual direction as ``y`` it
says where there is no feasible point at all: ``0 >= offset + g'r``.

A column that has no finite bound on the side its reduced cost asks for makes the bound minus infinity. Then ``y`` is
drawn, as little as need be, towards a dual point in the interior, which is ``(1 - t) y + t y_0`` with ``y_0 = 0`` where
the costs themselves have the right sign on all such columns, and otherwise the solution of a small linear program. What
is left (columns that are unbounded at no cost) is listed, and the bound says ``solver``: it then holds for
points whose coordinates are at most ``ASSUMED_REACH`` times the largest the solver saw.

Source
------
Neumaier & Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming,
DOI 10.1007/s10107-003-0433-3; interior dual points as in Steffy & Wolter (2013), Valid linear programming bounds for
exact mixed-integer programming, DOI 10.1287/ijoc.1120.0501.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.proofs.outward import EPSILON, TINY, error_factor, total_down
from mes_stoch.solvers.proofs.propagation import INFINITE, Box, Propagation

BoundKind = Literal["safe", "solver"]
#: ``search``: what HiGHS says of itself while it searches, before allowance and check. Only a trace shows it.
TraceKind = Literal["safe", "solver", "search"]

ASSUMED_REACH = 1e3
_REPAIRS = 8
_SMALL = 1e-150
_MOST_EXACT = 200
_NONE = np.empty(0, dtype=np.int32)

#: Finds a dual point that leaves every column of a list a reduced cost of the right sign, if there is one; near the
#: duals given, if it can.
InteriorFinder = Callable[[LinearProgram, FloatArray, Box, IndexArray, FloatArray], FloatArray | None]


@dataclass(frozen=True)
class Minorant:
    """``offset + gradient' x[columns]``, below the optimum for all values of these columns in their box.

    Parameters
    ----------
    offset : float
        ``-inf`` where nothing is proven.
    gradient : array, shape (kept columns,)
    kind : str
        ``safe``, or ``solver`` where ``missing`` is not empty.
    missing : int array
        Columns without a finite bound that the proof would have needed.
    assumed : float
        What the offset allows for in these columns, from where they were seen to as far as they are taken to reach.
    """

    offset: float
    gradient: FloatArray
    kind: BoundKind = "safe"
    missing: IndexArray = field(default_factory=lambda: _NONE)
    assumed: float = 0.0

    @property
    def says_something(self) -> bool:
        """Whether the estimate is finite."""
        return math.isfinite(self.offset) and bool(np.isfinite(self.gradient).all())

    def at(self, values: FloatArray) -> float:
        """Value for these values of the kept columns."""
        return float(self.offset + self.gradient @ values)


def weaker(*kinds: BoundKind) -> BoundKind:
    """What a bound that rests on all of these is."""
    return "solver" if "solver" in kinds else "safe"


class SafeBounds:
    """Proves bounds of programs of one sparsity pattern at a time.

    Parameters
    ----------
    settled : int array, optional
        Columns another program decides; needed for :meth:`cut`, whose kept columns must be among them.
    interior : callable, optional
        Where the interior dual point comes from if zero is none.
    """

    def __init__(self, settled: IndexArray | None = None, interior: InteriorFinder | None = None) -> None:
        self._propagation = Propagation(settled)
        self._interior = interior
        self._centre: FloatArray | None = None
        self._pattern: tuple[IndexArray, IndexArray] | None = None
        self._columns: IndexArray = _NONE
        self._factor: FloatArray = np.empty(0)

    def box(self, program: LinearProgram) -> Box:
        """Bounds of all columns, derived where they have none."""
        return self._propagation.box(program)

    def bound(
        self,
        program: LinearProgram,
        row_dual: FloatArray,
        *,
        cost: FloatArray | None = None,
        offset: float | None = None,
        box: Box | None = None,
        point: FloatArray | None = None,
        cost_error: FloatArray | None = None,
    ) -> Minorant:
        """A lower bound on the optimum (``gradient`` is empty); parameters as for :meth:`cut`."""
        return self.cut(program, row_dual, _NONE, cost=cost, offset=offset, box=box, point=point, cost_error=cost_error)

    def cut(
        self,
        program: LinearProgram,
        row_dual: FloatArray,
        kept: IndexArray,
        *,
        gradient: FloatArray | None = None,
        cost: FloatArray | None = None,
        offset: float | None = None,
        box: Box | None = None,
        point: FloatArray | None = None,
        cost_error: FloatArray | None = None,
    ) -> Minorant:
        """A lower bound as an affine function of the columns ``kept``, for all their values in the box.

        Parameters
        ----------
        program : LinearProgram
            Integrality is left out.
        row_dual : array
            Any numbers; best those of a solver, cost per unit of a row's right-hand side.
        kept : int array
        gradient : array, optional
            The slope wanted; default the one that the duals imply.
        cost : array, optional
            In place of the program's. With zeros, ``offset + gradient' x[kept] <= 0`` holds wherever there is a
            feasible point.
        offset : float, optional
            Constant that goes with ``cost``; default 0 for a cost given, the program's otherwise.
        box : Box, optional
            As :meth:`box` gives it, or narrower (a branch).
        point : array, optional
            What the solver found; tells how large values are, should a column have no bound.
        cost_error : array, optional
            By how much the costs may be off those that are meant.
        """
        box = self._propagation.box(program) if box is None else box
        constant = (program.offset if cost is None else 0.0) if offset is None else offset
        duals = _of_valid_sign(program, np.asarray(row_dual, dtype=np.float64))
        if not np.isfinite(duals).all():
            return Minorant(-math.inf, np.zeros(len(kept)))
        self._look_at(program)
        task = _Task(program, program.cost if cost is None else cost, constant, kept, gradient, box, cost_error)
        found = self._evaluate(task, duals)
        if len(task.lone(found.missing)):
            duals, found = self._repaired(task, duals, found)
        if len(found.missing):
            found = self._assuming(task, duals, point)
        return found

    # -- arithmetic -------------------------------------------------------------------------------------------------

    def _look_at(self, program: LinearProgram) -> None:
        """Column and error factor of every entry, kept while the pattern is the same."""
        matrix = program.matrix
        if self._pattern is not None and (matrix.indptr is self._pattern[0] or _same(matrix.indptr, self._pattern[0])):
            return
        counts = np.diff(matrix.indptr)
        self._pattern = matrix.indptr, matrix.indices
        self._columns = np.repeat(np.arange(matrix.shape[1], dtype=np.int32), counts)
        self._factor = error_factor(counts + 1)

    def _reduced_costs(
        self, program: LinearProgram, cost: FloatArray, duals: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """``c - A'y`` and how far it may be from the exact one."""
        matrix = program.matrix
        products = matrix.data * duals[matrix.indices]
        width = matrix.shape[1]
        priced = np.bincount(self._columns, weights=products, minlength=width)
        sizes = np.bincount(self._columns, weights=np.abs(products), minlength=width)
        errors = self._factor * (sizes + np.abs(cost)) + TINY
        if np.abs(matrix.data).min(initial=1.0, where=matrix.data != 0) > _SMALL:
            # exact where nothing was added; no product has vanished, since duals are not that small either
            errors[sizes == 0] = 0.0
        return cost - priced, errors

    def _evaluate(self, task: _Task, duals: FloatArray) -> Minorant:
        program, kept, box = task.program, task.kept, task.box
        reduced, errors = self._reduced_costs(program, task.cost, duals)
        if task.cost_error is not None:
            errors += task.cost_error
        gradient = reduced[kept].copy() if task.gradient is None else task.gradient
        errors[kept] += 2 * EPSILON * (np.abs(reduced[kept]) + np.abs(gradient)) * (task.gradient is not None)
        reduced[kept] -= gradient
        needs_upper, needs_lower = reduced - errors < 0, reduced + errors > 0
        missing = (needs_upper & np.isinf(box.upper)) | (needs_lower & np.isinf(box.lower))
        if missing.any():
            self._look_closely(task, duals, gradient, missing, needs_upper, needs_lower)
            missing = (needs_upper & np.isinf(box.upper)) | (needs_lower & np.isinf(box.lower))
        if missing.any():
            return Minorant(-math.inf, gradient, "solver", np.flatnonzero(missing).astype(np.int32))
        lower, upper = np.where(needs_lower, box.lower, 0.0), np.where(needs_upper, box.upper, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            least = reduced * np.where(reduced > 0, lower, upper)
            reach = errors * np.maximum(np.abs(lower), np.abs(upper)) * (1 + 4 * EPSILON) + np.where(
                errors > 0, TINY, 0
            )
            rows = duals * np.where(duals > 0, program.row_lower, np.where(duals < 0, program.row_upper, 0.0))
        return Minorant(total_down(np.concatenate([[task.constant], rows, least, -reach])), gradient)

    @staticmethod
    def _look_closely(
        task: _Task,
        duals: FloatArray,
        gradient: FloatArray,
        missing: BoolArray,
        needs_upper: BoolArray,
        needs_lower: BoolArray,
    ) -> None:
        """Signs of reduced costs by fractions, which are exact: zero is zero then."""
        columns = np.flatnonzero(missing)
        if len(columns) > _MOST_EXACT or (task.cost_error is not None and task.cost_error[columns].any()):
            return
        matrix = task.program.matrix
        slope = dict(zip(task.kept.tolist(), gradient.tolist(), strict=True))
        for column in columns.tolist():
            span = slice(matrix.indptr[column], matrix.indptr[column + 1])
            entries = zip(matrix.data[span].tolist(), duals[matrix.indices[span]].tolist(), strict=True)
            exact = Fraction(float(task.cost[column])) - Fraction(slope.get(column, 0.0))
            exact -= sum((Fraction(entry) * Fraction(dual) for entry, dual in entries), Fraction(0))
            needs_upper[column], needs_lower[column] = exact < 0, exact > 0

    # -- columns without bounds -------------------------------------------------------------------------------------

    def _repaired(self, task: _Task, duals: FloatArray, found: Minorant) -> tuple[FloatArray, Minorant]:
        """With the duals drawn towards the interior, until no column is missing but those kept."""
        centre = self._centre_for(task, duals)
        if centre is None:
            return duals, found
        share = self._least_share(task, duals, centre, task.lone(found.missing))
        for _ in range(_REPAIRS):
            drawn = _of_valid_sign(task.program, (1.0 - share) * duals + share * centre)
            better = self._evaluate(task, drawn)
            if not len(task.lone(better.missing)):
                return drawn, better
            if share >= 1.0:
                break
            share = min(1.0, 8.0 * share)
        return duals, found

    def _centre_for(self, task: _Task, duals: FloatArray) -> FloatArray | None:
        """A dual point that leaves all columns without bounds a reduced cost of the right sign: 0, the last, a new one.

        Columns with a slope of their own need none; those whose slope is given do.
        """
        lone = task.lone(task.box.unbounded)
        rows = task.program.matrix.shape[0]
        known = [np.zeros(rows)]
        if self._centre is not None and len(self._centre) == rows:
            known.append(_of_valid_sign(task.program, self._centre))
        for centre in known:
            if self._is_interior(task, centre, lone):
                return centre
        if self._interior is None:
            return None
        found = self._interior(task.program, task.net_cost, task.box, lone, duals)
        if found is None:
            return None
        self._centre = _of_valid_sign(task.program, found)
        return self._centre if self._is_interior(task, self._centre, lone) else None

    def _is_interior(self, task: _Task, centre: FloatArray, lone: IndexArray) -> bool:
        reduced, errors = self._reduced_costs(task.program, task.net_cost, centre)
        low = np.isfinite(task.box.upper[lone]) | (reduced[lone] > 2 * errors[lone])
        high = np.isfinite(task.box.lower[lone]) | (reduced[lone] < -2 * errors[lone])
        return bool(np.all(low & high))

    def _least_share(self, task: _Task, duals: FloatArray, centre: FloatArray, missing: IndexArray) -> float:
        here, errors = self._reduced_costs(task.program, task.net_cost, duals)
        there, _ = self._reduced_costs(task.program, task.net_cost, centre)
        sign = np.where(np.isinf(task.box.upper[missing]), 1.0, -1.0)
        lacks = 4 * errors[missing] - sign * here[missing]
        gains = sign * (there[missing] - here[missing])
        with np.errstate(all="ignore"):
            share = float(np.max(np.where(gains > 0, lacks / gains, 1.0), initial=EPSILON))
        return min(1.0, max(share, EPSILON)) if math.isfinite(share) else 1.0

    def _assuming(self, task: _Task, duals: FloatArray, point: FloatArray | None) -> Minorant:
        """What holds for points no larger than ``ASSUMED_REACH`` times what has been seen.

        Or, with costs taken as they are, for all.
        """
        if task.cost_error is not None:
            missing = self._evaluate(task, duals).missing
            plain = self._evaluate(replace(task, cost_error=None), duals)
            if not len(plain.missing):
                return replace(plain, kind="solver", missing=missing)
        box = task.box
        known = np.concatenate([box.lower, box.upper]) if point is None else np.asarray(point)
        sizes = np.abs(known[np.isfinite(known)])
        reach = ASSUMED_REACH * float(sizes.max(initial=0.0)) or ASSUMED_REACH
        narrow = Box(
            np.where(np.isinf(box.lower), np.minimum(-reach, box.upper), box.lower),
            np.where(np.isinf(box.upper), np.maximum(reach, box.lower), box.upper),
        )
        missing = self._evaluate(task, duals).missing
        found = self._evaluate(replace(task, box=narrow), duals)
        seen = np.clip(0.0 if point is None else point, narrow.lower, narrow.upper)
        lower, upper = narrow.lower.copy(), narrow.upper.copy()
        lower[missing] = upper[missing] = seen[missing]
        still = self._evaluate(replace(task, box=Box(lower, upper)), duals)
        assumed = still.offset - found.offset
        return replace(found, kind="solver", missing=missing, assumed=max(assumed, 0.0) if assumed < math.inf else 0.0)


@dataclass(frozen=True)
class _Task:
    program: LinearProgram
    cost: FloatArray
    constant: float
    kept: IndexArray
    gradient: FloatArray | None
    box: Box
    cost_error: FloatArray | None = None

    def lone(self, columns: IndexArray) -> IndexArray:
        """Those of some columns whose reduced cost must have a sign: all but kept ones, which have a slope instead."""
        if self.gradient is not None or not len(self.kept):
            return columns
        return np.setdiff1d(columns, self.kept).astype(np.int32)

    @property
    def net_cost(self) -> FloatArray:
        """What the columns cost beyond a slope that is given."""
        if self.gradient is None:
            return self.cost
        net = self.cost.copy()
        net[self.kept] -= self.gradient
        return net


def _of_valid_sign(program: LinearProgram, duals: FloatArray) -> FloatArray:
    """Zero where a dual asks for a limit the row has not, or is next to nothing."""
    no_lower, no_upper = program.row_lower <= -INFINITE, program.row_upper >= INFINITE
    vanish = (no_lower & (duals > 0)) | (no_upper & (duals < 0)) | (np.abs(duals) < _SMALL)
    return np.where(vanish, 0.0, duals)


def _same(one: IndexArray, other: IndexArray) -> bool:
    return np.array_equal(one, other)
