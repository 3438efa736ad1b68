"""Scenario programs held by HiGHS, one object a scenario while memory lasts, re-solved warm.

A pool serves one purpose (pricing the commitment, or fixing it), because a basis that suits one suits the other badly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.model.program import BoolArray, FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import InfeasibleError, SolveError, UnboundedError
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, HighsModel, OptionValue, Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.outward import rounding_of_sum
from mes_stoch.solvers.proofs.safe_bounds import BoundKind
from mes_stoch.solvers.proofs.scenario_bounds import ScenarioBounds
from mes_stoch.solvers.subproblems.explain import explain_infeasible, explain_unbounded
from mes_stoch.solvers.subproblems.whole import with_whole_integers

_MEMORY_BUDGET_BYTES = 1_500_000_000
_BYTES_PER_ENTRY = 160  # of a held model with its factorisation; measured on programs of 3,000 columns
_ROOT_TOLERANCE = 1e-6
_INTEGER_TOLERANCE = 1e-5
_NOTHING = Solution("infeasible", math.nan, math.inf, None, None, None, 0.0, 0, 0)


@dataclass
class _Held:
    model: HighsModel
    program: LinearProgram

    def of_root(self, columns: IndexArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Cost, lower and upper bounds of root columns."""
        program = self.program
        return program.cost[columns], program.column_lower[columns], program.column_upper[columns]


class ScenarioPool:
    """Solves scenarios of a program with the commitment priced or fixed.

    Parameters
    ----------
    program : StochasticProgram
    gap_rel : float
        Relative gap of every mixed-integer solve.
    relax : bool
        Price linear relaxations: cheaper bounds, as valid and at most as good.
    memory_budget_bytes : int
        Models are kept, with their basis, until this is used up; scenarios beyond it are handed over anew each time.
    """

    def __init__(
        self,
        program: StochasticProgram,
        *,
        gap_rel: float = 1e-4,
        relax: bool = False,
        memory_budget_bytes: int = _MEMORY_BUDGET_BYTES,
    ) -> None:
        self.program = program
        self.root_columns: IndexArray = np.asarray(program.root.columns, dtype=np.int32)
        self.consensus_columns: IndexArray = self.root_columns[program.root.consensus]
        self._options: dict[str, OptionValue] = {**SCENARIO_MIP_OPTIONS, "mip_rel_gap": gap_rel}
        self._gap_rel = gap_rel
        self._bounds = ScenarioBounds(program)
        self._last: tuple[int, _Held] | None = None
        self._held: dict[int, _Held] = {}
        self._last_values: dict[int, FloatArray] = {}
        self._bytes_left = memory_budget_bytes
        self._purpose: str | None = None
        self._relax = relax

    def solve_priced(self, index: int, multipliers: FloatArray, time_limit_s: float = math.inf) -> Solution:
        """Minimise ``c_s x + W_s x[consensus]`` with the commitment free."""
        self._serve("priced")
        held = self._take(index, relax=self._relax)
        held.model.change_costs(self.consensus_columns, held.program.cost[self.consensus_columns] + multipliers)
        if held.model.is_mip and index in self._last_values:
            # The cost alone has changed, so the last point is feasible still: the search starts with an incumbent.
            values = self._last_values[index]
            held.model.set_start(np.arange(len(values), dtype=np.int32), values)
        solution = held.model.run(time_limit_s)
        if held.model.is_mip and solution.values is not None:
            self._last_values[index] = solution.values
        return solution

    def scenario(self, index: int) -> LinearProgram:
        """The scenario solved last, or any other, stamped."""
        if self._last is not None and self._last[0] == index:
            return self._last[1].program
        return self.program.scenario(index)

    def proven_bound(self, index: int, multipliers: FloatArray, solution: Solution) -> tuple[float, BoundKind]:
        """What :meth:`solve_priced` has just proven of a scenario, and what it rests on."""
        scenario = self.scenario(index)
        cost = scenario.cost.copy()
        cost[self.consensus_columns] += multipliers
        if solution.row_dual is not None:
            rounding = np.zeros(len(cost))
            rounding[self.consensus_columns] = rounding_of_sum(scenario.cost[self.consensus_columns], multipliers)
            found = self._bounds.bound(
                index,
                scenario,
                solution.row_dual,
                cost=cost,
                offset=scenario.offset,
                point=solution.values,
                cost_error=rounding,
            )
            return found.offset, found.kind
        if not math.isfinite(solution.dual_bound) or self._last is None:
            return solution.dual_bound, "solver"
        if not self._bounds.is_bounded(index, scenario, multipliers):
            return -math.inf, "solver"
        priced = replace(scenario, cost=cost)
        return self._bounds.of_search(index, priced, solution, self._last[1].model), "solver"

    def solve_fixed(self, index: int, root: FloatArray, stop: Stop | None = None) -> Solution:
        """Minimise with **all** root columns at ``root``; status ``infeasible`` also where a root bound forbids it.

        Integers are whole, and the rest is optimal given them.
        """
        stop = stop or Stop()
        self._serve("fixed")
        held = self._take(index, relax=self.recourse_is_continuous(index))
        point = self._round_root(root, held)
        if point is None:
            return _NOTHING
        held.model.change_column_bounds(self.root_columns, point, point)
        solution = held.model.run(stop.seconds_left())
        if not held.model.is_mip:
            return solution
        fixed = with_fixed(held.program, self.root_columns, point)
        return with_whole_integers(held.model, fixed, solution, self._gap_rel, held.program, stop)

    def solve_relaxed(self, index: int, consensus: FloatArray, *, fixed: bool) -> Solution:
        """The linear relaxation, with the consensus columns alone fixed, or left free."""
        self._serve("relaxed")
        held = self._take(index, relax=True)
        columns = self.consensus_columns
        _, lower, upper = held.of_root(columns)
        if fixed:
            point = np.clip(consensus, lower, upper)
            if np.any(np.abs(point - consensus) > _ROOT_TOLERANCE * _sizes(consensus, lower, upper)):
                return _NOTHING
            lower = upper = point
        held.model.change_column_bounds(columns, lower, upper)
        return held.model.run()

    def recourse_is_continuous(self, index: int) -> bool:
        """Whether integer columns stand in the root alone, so that fixing it leaves a linear program with duals."""
        if not hasattr(self, "_continuous"):
            integer = self.program.scenario(index).integer.copy()
            self._integer_root: BoolArray = integer[self.root_columns]
            integer[self.root_columns] = False
            self._continuous = not integer.any()
        return self._continuous

    def _serve(self, purpose: str) -> None:
        if self._purpose not in (None, purpose):
            raise SolveError(f"a pool that has {self._purpose} the commitment cannot be used for it {purpose}")
        self._purpose = purpose

    def _take(self, index: int, *, relax: bool) -> _Held:
        held = self._held.get(index)
        if held is None:
            program = self.program.scenario(index)
            held = _Held(HighsModel(program, relax=relax, options=self._options), program)
            size = _held_bytes(program)
            if size <= self._bytes_left:
                self._bytes_left -= size
                self._held[index] = held
        self._last = index, held
        return held

    def _round_root(self, root: FloatArray, held: _Held) -> FloatArray | None:
        """``root`` with round-off removed, or ``None`` where it breaks a bound or an integrality of the root."""
        point = np.array(root, dtype=np.float64)
        rounded = np.round(point[self._integer_root])
        if np.any(np.abs(point[self._integer_root] - rounded) > _INTEGER_TOLERANCE):
            return None
        point[self._integer_root] = rounded
        _, lower, upper = held.of_root(self.root_columns)
        slack = _ROOT_TOLERANCE * _sizes(point, lower, upper)
        if np.any(point < lower - slack) or np.any(point > upper + slack):
            return None
        return np.clip(point, lower, upper)


def with_fixed(program: LinearProgram, columns: IndexArray, values: FloatArray) -> LinearProgram:
    """The program with some columns at given values."""
    lower, upper = program.column_lower.copy(), program.column_upper.copy()
    lower[columns] = upper[columns] = values
    return replace(program, column_lower=lower, column_upper=upper)


def _sizes(point: FloatArray, lower: FloatArray, upper: FloatArray) -> FloatArray:
    """What an error of a root column is relative to: its own size or its range's, in its own unit."""
    finite = np.isfinite(lower) & np.isfinite(upper)
    span = np.where(finite, np.where(finite, upper, 0.0) - np.where(finite, lower, 0.0), 1.0)
    return np.maximum(np.abs(point), span)


def require_bounded(program: StochasticProgram, index: int, solution: Solution) -> None:
    """Raise the error a user can act on where a scenario has no optimum.

    Raises
    ------
    InfeasibleError, UnboundedError
    """
    name = program.scenario_names[index]
    if solution.status == "infeasible":
        repair = explain_infeasible(program, index)
        raise InfeasibleError(
            f"{program.name}: scenario {name!r} has no solution."
            + (f" The least that would have to give way:\n{repair}" if repair else "")
        )
    if solution.status == "unbounded":
        where = f" along\n{explain_unbounded(program, solution.ray)}" if solution.ray is not None else ""
        raise UnboundedError(f"{program.name}: the profit of scenario {name!r} increases without bound{where}")


def _held_bytes(program: LinearProgram) -> int:
    rows, columns = program.matrix.shape
    return _BYTES_PER_ENTRY * (int(program.matrix.nnz) + rows + columns)
