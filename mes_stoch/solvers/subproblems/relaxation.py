"""Linear relaxations of scenarios, stamped, handed over and solved one after another in a single HiGHS object.

What is kept of a scenario between its solves is its basis, ten kilobytes where a model held by HiGHS takes megabytes:
ten thousand scenarios need no more memory than a hundred, and cost the same each. Stamping and handing over takes about
a millisecond, a re-solve from the basis five to fifteen.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.solvers.highs import calls as highs_calls
from mes_stoch.solvers.highs import model as highs
from mes_stoch.solvers.highs.model import HighsModel, OptionValue, Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.safe_bounds import Minorant
from mes_stoch.solvers.proofs.scenario_bounds import ScenarioBounds
from mes_stoch.solvers.subproblems.phase_one import nearest_program, recession_program

#: Devex pricing: a re-solve from a basis takes about as many iterations as with steepest edge, whose weights have to be
#: set up for every basis handed over; a third of the time of a warm solve on a hospital day.
_OPTIONS: dict[str, OptionValue] = {"simplex_dual_edge_weight_strategy": 1}

_TOLERANCE = 1e-6

#: How far, in units of its own size, a commitment may lie from one that a scenario can answer and count as that one.
_NEAREST_TOLERANCE = 1e-8

#: What a solve begun before the end may take beyond it.
_BLINK_S = 0.5

_OUT_OF_BOUNDS = Solution("infeasible", math.nan, math.inf, None, None, None, 0.0, 0, 0)


@dataclass(frozen=True)
class Answer:
    """What a scenario's relaxation says of a commitment, or of a direction.

    Parameters
    ----------
    kind : str
        ``optimal``: it costs ``value``, and ``minorant`` is a lower estimate of the cost. ``infeasible``: it cannot be
        answered, ``minorant`` is a feasibility cut, and ``nearby``, where it is known, an estimate of the cost from the
        nearest commitment that can. ``never``: no commitment can be answered. ``unbounded``: the
        cost falls without limit. ``unknown``: there was no time, or no proof.
    """

    kind: Literal["optimal", "infeasible", "never", "unbounded", "unknown"]
    value: float = math.nan
    minorant: Minorant | None = None
    nearby: Minorant | None = None


class ScenarioRelaxations:
    """Solves the linear relaxation of one scenario at a time.

    Parameters
    ----------
    program : StochasticProgram
    stop : Stop, optional
        Once it says so no solve takes longer than a blink.
    """

    def __init__(self, program: StochasticProgram, stop: Stop | None = None) -> None:
        self.program = program
        self._stop = stop or Stop()
        self.root_columns: IndexArray = np.asarray(program.root.columns, dtype=np.int32)
        self.consensus_columns: IndexArray = self.root_columns[program.root.consensus]
        self.bounds = ScenarioBounds(program)
        self._model: HighsModel | None = None
        self._bases: dict[int, Any] = {}
        self.solves = 0
        self._cold_solves, self._cold_time_s = 0, 0.0

    @property
    def model(self) -> HighsModel:
        """The model of the scenario solved last, for a caller that goes on from there.

        Raises
        ------
        RuntimeError
            If no scenario has been solved yet.
        """
        if self._model is None:
            raise RuntimeError("no scenario has been solved yet")
        return self._model

    @property
    def cold_time_s(self) -> float:
        """What the first solve of a scenario has taken on the mean."""
        return self._cold_time_s / max(self._cold_solves, 1)

    @property
    def solved(self) -> list[int]:
        """Scenarios that have been solved, in that order."""
        return list(self._bases)

    def basis_of(self, index: int) -> tuple[IndexArray, IndexArray]:
        """Basic columns and deciding rows at the last optimum of a scenario."""
        return highs_calls.deciding(self._bases[index])

    def solve_priced(self, index: int, multipliers: FloatArray | None = None) -> Solution:
        """The commitment free, at its own cost plus ``multipliers``."""
        self.load_priced(index, multipliers)
        return self._run(index)

    def load_priced(self, index: int, multipliers: FloatArray | None = None) -> LinearProgram:
        """The same, not yet solved: :attr:`model` is left for the caller to go on with."""
        scenario = self._load(index)
        if multipliers is not None:
            columns = self.consensus_columns
            self.model.change_costs(columns, scenario.cost[columns] + multipliers)
        return scenario

    def solve_at(self, index: int, consensus: FloatArray) -> Solution:
        """The consensus columns fixed; their reduced costs are a subgradient of the scenario's cost.

        Infeasible where the scenario has narrower bounds of its own.
        """
        return self._solve_at(index, self._load(index), consensus)

    def _solve_at(self, index: int, scenario: LinearProgram, consensus: FloatArray) -> Solution:
        return self._run(index) if self._fix(scenario, self.consensus_columns, consensus) else _OUT_OF_BOUNDS

    def answer_at(self, index: int, point: FloatArray, scale: FloatArray) -> Answer:
        """What the scenario says of a commitment; ``scale`` is the size of each consensus column."""
        scenario = self._load(index)
        solution = self._solve_at(index, scenario, point)
        if solution.status != "infeasible":
            return self.priced(index, scenario, solution)
        columns = self.consensus_columns
        found, cut = self._nearest(index, scenario, point, scale)
        if found.status == "infeasible":
            return Answer("never")
        if found.values is None or cut is None:
            return Answer("unknown")
        if cut.says_something and cut.at(point) > _NEAREST_TOLERANCE:
            there = self.priced(index, scenario, self.solve_at(index, found.values[columns]))
            return Answer("infeasible", found.objective, cut, there.minorant if there.kind == "optimal" else None)
        # The solver's tolerance alone lies between the two: the nearest commitment stands for the one asked.
        near = found.values[columns]
        room = _NEAREST_TOLERANCE * scale
        self._load(index)
        lower = np.maximum(np.minimum(point, near) - room, scenario.column_lower[columns])
        upper = np.minimum(np.maximum(point, near) + room, scenario.column_upper[columns])
        self.model.change_column_bounds(columns, np.minimum(lower, upper), upper)
        return self.priced(index, scenario, self._run(index))

    def answer_along(self, index: int, direction: FloatArray, scale: FloatArray) -> Answer:
        """What the scenario says of commitments far out in a direction: cost and estimate of the step alone.

        The estimate, or the feasibility cut, holds for all commitments.
        """
        scenario = self.program.scenario(index)
        program = recession_program(scenario, self.consensus_columns, direction)
        solution = highs.solve(program, time_limit_s=self._seconds_left())
        self.solves += 1
        if solution.status != "infeasible":
            return self.priced(index, scenario, solution)
        free = recession_program(scenario, self.consensus_columns, None)
        found, cut = self._nearest(index, free, direction, scale, scenario)
        if found.values is None or cut is None or not cut.says_something:
            return Answer("unknown")
        return Answer("infeasible", found.objective, cut)

    def alone(self, index: int) -> tuple[Solution, Minorant | None]:
        """The scenario's own optimum, and an estimate without slope from its duals."""
        scenario = self._load(index)
        solution = self._run(index)
        if solution.status != "optimal" or solution.row_dual is None:
            return solution, None
        found = self.bounds.bound(index, scenario, solution.row_dual, point=solution.values)
        flat = replace(found, gradient=np.zeros(len(self.consensus_columns)))
        return solution, flat if flat.says_something else None

    def priced(self, index: int, scenario: LinearProgram, solution: Solution) -> Answer:
        """A solution with the commitment fixed, and the estimate that its duals make."""
        if solution.status == "unbounded":
            return Answer("unbounded")
        if solution.status != "optimal" or solution.row_dual is None:
            return Answer("unknown")
        minorant = self.bounds.cut(index, scenario, solution.row_dual, self.consensus_columns, point=solution.values)
        if not minorant.says_something:
            return Answer("unknown", solution.objective)
        return Answer("optimal", solution.objective, minorant)

    def _nearest(
        self,
        index: int,
        asked: LinearProgram,
        point: FloatArray,
        scale: FloatArray,
        scenario: LinearProgram | None = None,
    ) -> tuple[Solution, Minorant | None]:
        """The nearest commitment that ``asked`` can answer, and the cut of ``scenario`` that its duals make."""
        found = highs.solve(
            nearest_program(asked, self.consensus_columns, point, scale), time_limit_s=self._seconds_left()
        )
        self.solves += 1
        if found.row_dual is None:
            return found, None
        rows = asked.matrix.shape[0]
        scenario = asked if scenario is None else scenario
        cut = self.bounds.cut(
            index,
            scenario,
            found.row_dual[:rows],
            self.consensus_columns,
            gradient=found.row_dual[rows:],
            cost=np.zeros(len(scenario.cost)),
        )
        return found, cut

    def _seconds_left(self) -> float:
        return max(self._stop.seconds_left(), _BLINK_S)

    def load_with_root(self, index: int, root: FloatArray) -> LinearProgram | None:
        """All root columns fixed; :attr:`model` is left for the caller to go on with. ``None`` outside their bounds."""
        scenario = self._load(index)
        return scenario if self._fix(scenario, self.root_columns, root) else None

    def solve_with_root(self, index: int, root: FloatArray) -> tuple[LinearProgram, Solution] | None:
        """The same, solved."""
        scenario = self.load_with_root(index, root)
        return None if scenario is None else (scenario, self._run(index))

    def _fix(self, scenario: LinearProgram, columns: IndexArray, values: FloatArray) -> bool:
        """Fix columns, but not outside the bounds the scenario states; whether it could be done."""
        inside = np.clip(values, scenario.column_lower[columns], scenario.column_upper[columns])
        if np.any(np.abs(inside - values) > _TOLERANCE * _sizes(values, inside, scenario, columns)):
            return False
        self.model.change_column_bounds(columns, inside, inside)
        return True

    def _load(self, index: int) -> LinearProgram:
        scenario = self.program.scenario(index)
        if self._model is None:
            self._model = HighsModel(scenario, relax=True, options=_OPTIONS)
        else:
            self._model.pass_program(scenario, relax=True)
        basis = self._bases.get(index)
        if basis is not None:
            self._model.set_basis(basis)
        return scenario

    def _run(self, index: int) -> Solution:
        started = time.perf_counter()
        solution = self.model.run(self._seconds_left())
        self.solves += 1
        if index not in self._bases:
            self._cold_solves += 1
            self._cold_time_s += time.perf_counter() - started
        if solution.status == "optimal":
            self._bases[index] = self.model.basis()
        return solution


def _sizes(values: FloatArray, inside: FloatArray, scenario: LinearProgram, columns: IndexArray) -> FloatArray:
    """What an error of a root column is relative to: its own size or its range's, in its own unit."""
    span = scenario.column_upper[columns] - scenario.column_lower[columns]
    return np.maximum(np.maximum(np.abs(values), np.abs(inside)), np.where(np.isfinite(span), span, 1.0))
