"""Plans of a program with a weight of risk: solved from one compiled program and one survey of its profits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from mes_stoch.evaluation.solves import Solves
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import FloatArray, IndexArray, StochasticProgram
from mes_stoch.model.risk.measure import ProfitSurvey, RiskMeasure
from mes_stoch.model.risk.program import RiskProgram
from mes_stoch.schema.errors import InterruptedRunError, TimeLimitError
from mes_stoch.solvers.best_dispatch import best_dispatches
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.proofs.profit_survey import survey_profits
from mes_stoch.solvers.proofs.safe_bounds import BoundKind


@dataclass(frozen=True)
class Plan:
    """A first stage and what it earns in every leaf.

    Parameters
    ----------
    root : array
        Of the program without risk.
    profits : array, shape (leaves,)
    expected, measured : float
        Mean profit, and the measure of risk of these profits.
    """

    root: FloatArray
    profits: FloatArray
    expected: float
    measured: float

    def worth(self, beta: float) -> float:
        """Utility with a weight of risk."""
        return (1.0 - beta) * self.expected + beta * self.measured


@dataclass(frozen=True)
class SolvedPlan:
    """What a solve has proven for its weight; without a plan where there was time for a bound alone."""

    bound_upper: float
    bound_kind: BoundKind
    plan: Plan | None


@dataclass
class MeanRisk:
    """A program of leaves and a measure of risk, for any weight.

    Parameters
    ----------
    leaves : StochasticProgram
    measure : RiskMeasure
    together : callable
        Makes the program that is solved of one of the leaves, or of the same columns and more: with three stages
        leaves come together in day-ahead nodes.
    shared : int array, optional
        Columns besides the root's that several leaves have in common.
    """

    leaves: StochasticProgram
    measure: RiskMeasure
    together: Callable[[StochasticProgram], StochasticProgram] = field(default=lambda program: program)
    shared: IndexArray | None = None
    _survey: ProfitSurvey | None = None

    def solved(self, beta: float, solves: Solves, near: Plan | None = None) -> SolvedPlan | None:
        """Solve for a weight, from a plan that may be near; ``None`` where there was no time for anything.

        Raises
        ------
        InfeasibleError, UnboundedError, SolveError
        """
        try:
            averse = self._with_risk(beta, solves)
        except (InterruptedRunError, TimeLimitError):
            solves.is_complete = False
            return None
        program = self.together(self.leaves if averse is None else averse)
        result = solves.result_near(program, None if near is None else self._start(near, averse))
        if result is None or not math.isfinite(result.lower):
            return None
        plan = None
        if result.scenarios:
            leaves = self._by_leaf(program, averse, result)
            if beta == 1.0:
                # profits above the threshold count for nothing: any of them is optimal
                leaves = [*best_dispatches(self.leaves.scenario, leaves, self._held(), solves.stop.seconds_left())]
            root = result.root if averse is None else averse.inner_root(result.root)
            plan = self.plan(root, np.array([-leaf.cost for leaf in leaves]))
        return SolvedPlan(-result.lower, result.bound_kind, plan)

    def plan(self, root: FloatArray, profits: FloatArray) -> Plan:
        """A plan by its profits."""
        weights = np.asarray(self.leaves.probabilities, dtype=np.float64)
        return Plan(root, profits, math.fsum(weights * profits), self.measure.value(profits, weights))

    def _with_risk(self, beta: float, solves: Solves) -> RiskProgram[StochasticProgram] | None:
        if beta == 0.0:
            return None
        if self._survey is None:
            self._survey = survey_profits(self.leaves, ScenarioCommunicator(), self.shared, solves.stop)
        return RiskProgram(self.leaves, self.measure, beta, self._survey)

    def _start(self, near: Plan, averse: RiskProgram[StochasticProgram] | None) -> FloatArray:
        """A plan as a point of the root, with the measure's own columns where they are known to be best."""
        if averse is None:
            return near.root
        threshold = getattr(self.measure, "value_at_risk", None)
        at_risk = 0.0 if threshold is None else threshold(near.profits, self.leaves.probabilities)
        return averse.root_near(near.root, at_risk)

    def _by_leaf(
        self, program: StochasticProgram, averse: RiskProgram[StochasticProgram] | None, result: EngineResult
    ) -> list[ScenarioSolution]:
        """Dispatch and own cost of every leaf, in order."""
        found = []
        for one in result.scenarios:
            leaves = [(one.index, one.values)]
            if isinstance(program, BundledProgram):
                parts = program.unbundle(one.index, one.values)
                leaves = list(zip(program.members(one.index), parts, strict=True))
            for index, values in leaves:
                inner, leaf = values if averse is None else averse.inner_values(values), self.leaves.scenario(index)
                found.append(ScenarioSolution(index, float(leaf.cost @ inner) + leaf.offset, inner))
        return sorted(found, key=lambda leaf: leaf.index)

    def _held(self) -> IndexArray:
        extra = np.empty(0, dtype=np.int32) if self.shared is None else self.shared
        return np.union1d(self.leaves.root.columns, extra).astype(np.int32)
