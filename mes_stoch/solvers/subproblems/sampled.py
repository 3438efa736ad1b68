"""The linear relaxation over a few scenarios, asked again and again with other bounds and costs.

For questions after a solve (why is this volume zero?) that a bound does not answer: what would it cost to force a
column, how far could it go, which rows stand in its way. Answers are indications: whole units may run in parts, and a
few scenarios stand for all, but that costs of the first stage are the mean over all of them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mes_stoch.model.merge import Merged, Merger
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.schema.errors import SolveError
from mes_stoch.solvers.highs.model import HighsModel, Solution

#: Matrix entries of the merged relaxation from which no further scenario is taken.
_MOST_ENTRIES = 40_000
_MOST_SCENARIOS = 24
#: Scenarios whose first-stage costs are averaged.
_MOST_COSTS = 1000


@dataclass(frozen=True)
class Question:
    """Changes to the relaxation.

    Parameters
    ----------
    bounds : dict of int to (float, float)
        New bounds by merged column.
    free_rows : int array
        Merged rows that hold no longer.
    maximise : int, optional
        Merged column to make as large as can be, in the place of the cost.
    """

    bounds: Mapping[int, tuple[float, float]]
    free_rows: IndexArray | Sequence[int] = ()
    maximise: int | None = None


class SampledRelaxation:
    """The relaxation over the most probable scenarios, in one solver object; questions are asked one after another.

    Parameters
    ----------
    program : StochasticProgram
    budget_s : float
        Seconds for all questions together; later ones get no answer.
    """

    def __init__(self, program: StochasticProgram, budget_s: float) -> None:
        self._end = time.monotonic() + budget_s
        chosen: list[int] = []
        programs: list[LinearProgram] = []
        entries = 0
        for index in np.argsort(-program.probabilities, kind="stable")[:_MOST_SCENARIOS]:
            one = program.scenario(int(index))
            entries += one.matrix.nnz
            if programs and entries > _MOST_ENTRIES:
                break
            chosen.append(int(index))
            programs.append(one)
        weights = program.probabilities[chosen]
        self.scenarios = tuple(chosen)
        self._root = np.asarray(program.root.columns)
        self._merged: Merged = Merger(program.root.columns).merge(programs, weights / weights.sum())
        self._linear = replace(self._merged.program, cost=self._with_mean_root_costs(program))
        self._own = np.setdiff1d(np.arange(len(programs[0].cost)), self._root)
        self._model = HighsModel(self._linear, relax=True)

    def _with_mean_root_costs(self, program: StochasticProgram) -> FloatArray:
        """Costs in which those of the first stage are the mean over all scenarios, not over the few that are solved."""
        cost = self._merged.program.cost.copy()
        count = len(program.scenario_names)
        if count <= _MOST_COSTS:
            own = [program.scenario(index).cost[self._root] for index in range(count)]
            cost[: len(self._root)] = program.probabilities @ np.array(own)
        return cost

    @property
    def cost(self) -> FloatArray:
        """Cost of each merged column, its scenario's weight included."""
        return self._linear.cost

    def root_columns(self, columns: IndexArray) -> list[int]:
        """Merged columns of columns of the first stage."""
        return [int(position) for position in np.searchsorted(self._root, columns)]

    def own_columns(self, columns: IndexArray) -> list[int]:
        """Merged columns of columns of a scenario, in every scenario taken."""
        place = np.searchsorted(self._own, columns)
        return [int(start + k) for start in self._merged.block_starts[: len(self.scenarios)] for k in place]

    def rows(self, rows: IndexArray) -> IndexArray:
        """Merged rows of rows of a scenario, in every scenario taken."""
        members = [self._merged.rows_of(member)[rows] for member in range(len(self.scenarios))]
        return np.unique(np.concatenate(members)).astype(np.int32)

    def ask(self, question: Question) -> Solution | None:
        """The optimum under a question's changes, which are taken back; ``None`` if there is none or time is up."""
        left = self._end - time.monotonic()
        if left <= 0:
            return None
        columns = np.array(sorted(question.bounds), dtype=np.int32)
        rows = np.asarray(question.free_rows, dtype=np.int32)
        everything = np.arange(len(self.cost), dtype=np.int32)
        if columns.size:
            lower = np.array([question.bounds[int(column)][0] for column in columns])
            upper = np.array([question.bounds[int(column)][1] for column in columns])
            self._model.change_column_bounds(columns, lower, upper)
        if rows.size:
            none = np.full(len(rows), np.inf)
            self._model.change_row_bounds(rows, -none, none)
        if question.maximise is not None:
            goal = np.zeros(len(self.cost))
            goal[question.maximise] = -1.0
            self._model.change_costs(everything, goal)
        try:
            solution = self._model.run(left)
        except SolveError:
            # a question without answer is no reason to lose a finished solve
            return None
        finally:
            linear = self._linear
            if columns.size:
                self._model.change_column_bounds(columns, linear.column_lower[columns], linear.column_upper[columns])
            if rows.size:
                self._model.change_row_bounds(rows, linear.row_lower[rows], linear.row_upper[rows])
            if question.maximise is not None:
                self._model.change_costs(everything, linear.cost)
        return solution if solution.status == "optimal" else None
