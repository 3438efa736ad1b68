"""What one scenario costs with a commitment, and at least costs with multipliers: the integer side of decomposition."""

from __future__ import annotations

import logging
import math
import time
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.model.phases import phase
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.highs.model import SCENARIO_MIP_OPTIONS, HighsModel, OptionValue, Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.outward import EPSILON
from mes_stoch.solvers.subproblems.branching import search
from mes_stoch.solvers.subproblems.dive import dive, one_opt
from mes_stoch.solvers.subproblems.pool import with_fixed
from mes_stoch.solvers.subproblems.relaxation import Answer, ScenarioRelaxations
from mes_stoch.solvers.subproblems.whole import with_whole_integers

logger = logging.getLogger("mes_stoch.solvers.decomposition.recourse")

_SMALLEST_GAP = 1e-9
_BRANCHED_SOLVES, _MOST_BRANCHED_SOLVES, _ENTRIES_TIMES_SOLVES = 21, 200, 40_000
_NOTHING = Answer("unknown")
_UNPROVEN = bounds.Proven(-math.inf, "solver")


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
        self._searched: HighsModel | None = None
        self.mip_solves = 0
        self.mip_time_s = 0.0

    @phase("bounds")
    def dispatch(self, index: int, root: FloatArray, gap_abs: float, stop: Stop) -> Dispatch:
        """A feasible dispatch with all root columns at ``root``, where there is one.

        A dive that loses more than ``gap_abs`` is improved by one-opt; one that finds no way down is followed by a
        mixed-integer solve to ``gap_abs``.
        """
        solved = self._relaxations.solve_with_root(index, root)
        if solved is None or solved[1].status != "optimal":
            return Dispatch(None)
        scenario, relaxed = solved
        columns = self._integer_recourse(scenario)
        found = dive(self._relaxations.model, scenario, columns, relaxed)
        if found is None or found.values is None:
            found = self._run(index, root, None, None, gap_abs, stop)
            if found.values is None:
                return Dispatch(None)
        elif found.objective - relaxed.objective > gap_abs:
            found = one_opt(self._relaxations.model, scenario, columns, found.values, gap_abs) or found
        return Dispatch(self._counted(index, scenario, found, root), self._relaxations.priced(index, scenario, relaxed))

    @phase("bounds")
    def one_opt(self, known: ScenarioSolution, root: FloatArray, worth: float) -> ScenarioSolution:
        """A dispatch at least as good as ``known``, by moving single integers."""
        scenario = self._relaxations.load_with_root(known.index, root)
        if scenario is None:  # pragma: no cover - it has been dispatched with this root
            return known
        columns = self._integer_recourse(scenario)
        found = one_opt(self._relaxations.model, scenario, columns, known.values, worth)
        if found is None or not found.objective < known.cost:
            return known
        return self._counted(known.index, scenario, found, root) or known

    @phase("bounds")
    def improve(
        self, index: int, root: FloatArray, known: ScenarioSolution, gap_abs: float, stop: Stop
    ) -> ScenarioSolution:
        """The best dispatch within ``gap_abs`` of the optimum; ``known`` itself where none better was found in time."""
        found = self._run(index, root, None, known.values, gap_abs, stop)
        if found.values is None or not found.objective < known.cost:
            return known
        return self._counted(index, self._program.scenario(index), found, root) or known

    @phase("bounds")
    def branched(self, index: int, multipliers: FloatArray, enough: float) -> bounds.Proven:
        """Proven lower bound on ``min c_s' x + W_s' x[consensus]`` by a few branches; no more than ``enough``.

        Minus infinity, like that of :meth:`least_cost`, where the solver fails.
        """
        scenario = self._relaxations.load_priced(index, multipliers)
        cost, lost = self._priced_cost(scenario, multipliers)
        proof = self._relaxations.bounds.proof(index, scenario, cost)
        solves = max(_BRANCHED_SOLVES, min(_MOST_BRANCHED_SOLVES, _ENTRIES_TIMES_SOLVES // max(scenario.matrix.nnz, 1)))
        try:
            found = search(self._relaxations.model, scenario, solves, enough, proof=proof)
        except SolveError as error:
            logger.debug("no bound of scenario %d: %s", index, error)
            return _UNPROVEN
        return bounds.Proven(found.bound - lost, found.kind)

    def _priced_cost(self, scenario: LinearProgram, multipliers: FloatArray) -> tuple[FloatArray, float]:
        """Costs with multipliers, and what rounding them can be worth."""
        columns = self.consensus_columns
        cost = scenario.cost.copy()
        cost[columns] += multipliers
        reach = np.maximum(np.abs(scenario.column_lower[columns]), np.abs(scenario.column_upper[columns]))
        lost = EPSILON * (np.abs(scenario.cost[columns]) + np.abs(multipliers)) * np.where(np.isfinite(reach), reach, 0)
        return cost, float(lost.sum())

    @phase("bounds")
    def least_cost(
        self, index: int, multipliers: FloatArray, known: FloatArray, gap_abs: float, stop: Stop
    ) -> bounds.Proven:
        """Proven lower bound on ``min c_s' x + W_s' x[consensus]``, within ``gap_abs`` of it where time allows.

        Parameters
        ----------
        known : array
            A feasible point to start from.
        """
        scenario = self._program.scenario(index)
        try:
            found = self._run(index, None, multipliers, known, gap_abs, stop)
            bounded = self._relaxations.bounds.is_bounded(index, scenario, multipliers)
        except SolveError as error:
            logger.debug("no bound of scenario %d: %s", index, error)
            return _UNPROVEN
        if not math.isfinite(found.dual_bound) or not bounded or self._searched is None:
            return _UNPROVEN
        cost, lost = self._priced_cost(scenario, multipliers)
        priced = replace(scenario, cost=cost)
        return bounds.Proven(self._relaxations.bounds.of_search(index, priced, found, self._searched) - lost, "solver")

    def _counted(
        self, index: int, scenario: LinearProgram, found: Solution, root: FloatArray
    ) -> ScenarioSolution | None:
        return bounds.scenario_solution(index, scenario, found, self.root_columns, root)

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
        stop: Stop,
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
        model.end_when(stop)
        solution = model.run(stop.seconds_left())
        self._searched = model
        if root is not None and model.is_mip:
            fixed = with_fixed(scenario, self.root_columns, root)
            solution = with_whole_integers(model, fixed, solution, 0.0, scenario, stop)
        self.mip_solves += 1
        self.mip_time_s += time.perf_counter() - started
        return solution
