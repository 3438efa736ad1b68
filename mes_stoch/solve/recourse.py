"""What one scenario costs with a commitment, and at least costs with multipliers: the integer side of decomposition."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.solve.branching import branch
from mes_stoch.solve.dive import dive, polish
from mes_stoch.solve.highs import SCENARIO_MIP_OPTIONS, HighsModel, OptionValue, Solution
from mes_stoch.solve.relaxation import Answer, ScenarioRelaxations
from mes_stoch.solve.result import ScenarioSolution

_SMALLEST_GAP = 1e-9
_BRANCHED_SOLVES = 21
_NOTHING = Answer("unknown")


@dataclass(frozen=True)
class Dispatch:
    """What came of dispatching a commitment: a solution, where there is one, and what its relaxation said."""

    solution: ScenarioSolution | None
    relaxed: Answer = _NOTHING


class Recourse:
    """Feasible dispatches by diving, and mixed-integer solves where a dive is not good enough.

    Parameters
    ----------
    program : StochasticProgram
    relaxations : ScenarioRelaxations
        Shared with the passes, so that a dive starts from the last basis.
    """

    def __init__(self, program: StochasticProgram, relaxations: ScenarioRelaxations) -> None:
        self._program = program
        self._relaxations = relaxations
        self.root_columns = relaxations.root_columns
        self.consensus_columns = relaxations.consensus_columns
        self.mip_solves = 0
        self.mip_time_s = 0.0

    def dispatch(self, index: int, root: FloatArray, gap_abs: float, deadline: float) -> Dispatch:
        """A feasible dispatch with all root columns at ``root``, where there is one.

        A dive that loses more than ``gap_abs`` is polished; one that finds no way down is followed by a mixed-integer
        solve to ``gap_abs``.
        """
        solved = self._relaxations.solve_with_root(index, root)
        if solved is None or solved[1].status != "optimal":
            return Dispatch(None)
        scenario, relaxed = solved
        columns = self._integer_recourse(scenario)
        found = dive(self._relaxations.model, scenario, columns, relaxed)
        if found is None or found.values is None:
            found = self._run(index, root, None, None, gap_abs, deadline)
            if found.values is None:
                return Dispatch(None)
        elif found.objective - relaxed.objective > gap_abs:
            found = polish(self._relaxations.model, scenario, columns, found.values, gap_abs) or found
        return Dispatch(_as_solution(index, found), self._relaxations.priced(scenario, relaxed))

    def polish(self, known: ScenarioSolution, root: FloatArray, worth: float) -> ScenarioSolution:
        """A dispatch at least as good as ``known``, by moving single integers."""
        scenario = self._relaxations.load_with_root(known.index, root)
        if scenario is None:  # pragma: no cover - it has been dispatched with this root
            return known
        columns = self._integer_recourse(scenario)
        found = polish(self._relaxations.model, scenario, columns, known.values, worth)
        if found is None or not found.objective < known.cost:
            return known
        return _as_solution(known.index, found)

    def improve(
        self, index: int, root: FloatArray, known: ScenarioSolution, gap_abs: float, deadline: float
    ) -> ScenarioSolution:
        """The best dispatch within ``gap_abs`` of the optimum; ``known`` itself where none better was found in time."""
        found = self._run(index, root, None, known.values, gap_abs, deadline)
        if found.values is None or not found.objective < known.cost:
            return known
        return _as_solution(index, found)

    def branched(self, index: int, multipliers: FloatArray, enough: float) -> float:
        """Proven lower bound on ``min c_s' x + W_s' x[consensus]`` by a few branches; no more than ``enough``."""
        scenario = self._relaxations.load_priced(index, multipliers)
        return branch(self._relaxations.model, scenario, _BRANCHED_SOLVES, enough)

    def least_cost(
        self, index: int, multipliers: FloatArray, known: FloatArray, gap_abs: float, deadline: float
    ) -> float:
        """Proven lower bound on ``min c_s' x + W_s' x[consensus]``, within ``gap_abs`` of it where time allows.

        Parameters
        ----------
        known : array
            A feasible point to start from.
        """
        return self._run(index, None, multipliers, known, gap_abs, deadline).dual_bound

    def _integer_recourse(self, scenario: LinearProgram) -> IndexArray:
        """Integer columns that a dispatch decides; those of the root stay where the commitment has them."""
        integer = scenario.integer.copy()
        integer[self.root_columns] = False
        return np.flatnonzero(integer).astype(np.int32)

    def _run(
        self,
        index: int,
        root: FloatArray | None,
        multipliers: FloatArray | None,
        known: FloatArray | None,
        gap_abs: float,
        deadline: float,
    ) -> Solution:
        started = time.perf_counter()
        scenario = self._program.scenario(index)
        options: dict[str, OptionValue] = {**SCENARIO_MIP_OPTIONS, "mip_rel_gap": _SMALLEST_GAP, "mip_abs_gap": gap_abs}
        model = HighsModel(scenario, options=options)
        if root is not None:
            model.change_column_bounds(self.root_columns, root, root)
        if multipliers is not None:
            columns = self.consensus_columns
            model.change_costs(columns, scenario.cost[columns] + multipliers)
        if known is not None and model.is_mip:
            model.set_start(np.arange(len(known), dtype=np.int32), known)
        left = max(deadline - started, 0.0) if math.isfinite(deadline) else math.inf
        solution = model.run(left)
        self.mip_solves += 1
        self.mip_time_s += time.perf_counter() - started
        return solution


def _as_solution(index: int, solution: Solution) -> ScenarioSolution:
    if solution.values is None:  # pragma: no cover - callers have checked
        raise ValueError("a scenario without values")
    return ScenarioSolution(index, solution.objective, solution.values, solution.row_dual, solution.column_dual)
