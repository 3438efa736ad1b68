"""Re-solving a mixed-integer program after a small change, mostly by two warm linear programs.

A scenario's relaxation is nearly as good as the scenario itself, and which units run seldom changes from one iteration
to the next. So the relaxation, warm, gives a bound; the integers of the last solution (or the relaxation's, rounded),
fixed, give a point, warm as well. Where the two lie within the gap asked for, the program is solved, without presolve,
cuts and a cold root. Where they do not, branch and bound runs, from that point. Where solutions steer and prove
nothing, what a search proves beyond the relaxation may be expected of the relaxation in the next few runs too; the
bound reported is the proven one all the same.

Equations
---------
``L = min {c'x : x in relaxation} <= z <= U = min {c'x : x feasible, x[integer] = k}``; accepted if
``U - L - e <= gap |U|``, where ``e = D - L`` of the last search, which proved ``D``, for so many runs as it is trusted,
and 0 otherwise.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.solution import Solution

_INTEGRAL = 1e-6


class IntegerResolve:
    """Solves a model that is held as its linear relaxation, whose costs and continuous columns may be changed at will.

    Parameters
    ----------
    model : HighsModel
        Built with ``relax=True``.
    program : LinearProgram
        What it was built from: integrality, and bounds of the integer columns.
    gap_rel : float
        Relative gap at which a solution is good enough.
    moving : int array
        Columns the costs' changes are meant to move (the first stage): their integers follow the relaxation and are
        never kept from the last run, or small steps would lead nowhere.
    trusted_runs : int
        Runs for which the excess found by a search is expected to last; with 0 every solution is within the gap.
    """

    def __init__(
        self,
        model: HighsModel,
        program: LinearProgram,
        gap_rel: float,
        moving: IndexArray,
        *,
        trusted_runs: int = 0,
    ) -> None:
        self._model = model
        self._gap_rel = gap_rel
        self._columns = np.flatnonzero(program.integer).astype(np.int32)
        self._moving = np.isin(self._columns, moving)
        self._lower = program.column_lower[self._columns].copy()
        self._upper = program.column_upper[self._columns].copy()
        self._last: FloatArray | None = None
        self._excess = 0.0
        self._trust = trusted_runs
        self._trusted_runs = 0
        self.searches = 0

    def change_bounds(self, column: int, lower: float, upper: float) -> None:
        """Note that an integer column's own bounds have changed; other columns are of no concern."""
        place = np.flatnonzero(self._columns == column)
        self._lower[place], self._upper[place] = lower, upper

    def run(self, time_limit_s: float) -> Solution:
        """A solution within the gap, or what there is at the time limit."""
        deadline = time.perf_counter() + time_limit_s
        relaxed = self._model.run(time_limit_s)
        if relaxed.status != "optimal" or relaxed.values is None:
            # Nothing is known of the integers: an unbounded or infeasible relaxation is for the full solver to judge.
            return self._search(None, None, deadline)
        self._trusted_runs -= 1
        excess = self._excess if self._trusted_runs >= 0 else 0.0
        first_stage = relaxed.values[self._columns]
        rounded = np.round(first_stage)
        if np.abs(first_stage - rounded).max(initial=0.0) <= _INTEGRAL:
            self._last = rounded
            return relaxed
        best: Solution | None = None
        kept = rounded if self._last is None else np.where(self._moving, rounded, self._last)
        for integers in (kept,) if np.array_equal(kept, rounded) else (kept, rounded):
            if np.any(integers < self._lower) or np.any(integers > self._upper):
                continue
            found = self._with_integers(integers, deadline - time.perf_counter())
            if found.values is None or (best is not None and not found.objective < best.objective):
                continue
            best, self._last = found, integers
            if best.objective - relaxed.objective - excess <= self._gap_rel * abs(best.objective):
                return replace(best, dual_bound=relaxed.objective, row_dual=None, column_dual=None)
        return self._search(best, relaxed.objective, deadline)

    def _with_integers(self, integers: FloatArray, time_limit_s: float) -> Solution:
        self._model.change_column_bounds(self._columns, integers, integers)
        try:
            return self._model.run(time_limit_s)
        finally:
            self._model.change_column_bounds(self._columns, self._lower, self._upper)

    def _search(self, start: Solution | None, relaxed: float | None, deadline: float) -> Solution:
        """Branch and bound, and how much more it proves than the relaxation does."""
        self.searches += 1
        everything = np.ones(len(self._columns), dtype=np.bool_)
        self._model.change_integrality(self._columns, everything)
        if start is not None and start.values is not None:
            self._model.set_start(np.arange(len(start.values), dtype=np.int32), start.values)
        try:
            solution = self._model.run(deadline - time.perf_counter())
        finally:
            self._model.change_integrality(self._columns, ~everything)
        if solution.values is not None:
            self._last = np.round(solution.values[self._columns])
        if relaxed is not None and solution.status == "optimal":
            self._excess, self._trusted_runs = max(solution.dual_bound - relaxed, 0.0), self._trust
        return solution
