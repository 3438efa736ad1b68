"""Linear relaxations of scenarios, stamped, handed over and solved one after another in a single HiGHS object.

What is kept of a scenario between its solves is its basis, ten kilobytes where a model held by HiGHS takes megabytes:
ten thousand scenarios need no more memory than a hundred, and cost the same each. Stamping and handing over takes about
a millisecond, a re-solve from the basis five to fifteen.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.solve.highs import HighsModel, OptionValue, Solution

#: Devex pricing: a re-solve from a basis takes about as many iterations as with steepest edge, whose weights have to be
#: set up for every basis handed over; a third of the time of a warm solve on a hospital day.
_OPTIONS: dict[str, OptionValue] = {"simplex_dual_edge_weight_strategy": 1}

_TOLERANCE = 1e-6
_OUT_OF_BOUNDS = Solution("infeasible", math.nan, math.inf, None, None, None, 0.0, 0, 0)


class ScenarioRelaxations:
    """Solves the linear relaxation of one scenario at a time.

    Parameters
    ----------
    program : StochasticProgram
    """

    def __init__(self, program: StochasticProgram) -> None:
        self.program = program
        self.root_columns: IndexArray = np.asarray(program.root.columns, dtype=np.int32)
        self.consensus_columns: IndexArray = self.root_columns[program.root.consensus]
        self._model: HighsModel | None = None
        self._bases: dict[int, Any] = {}
        self.solves = 0

    @property
    def model(self) -> HighsModel:
        """The model of the scenario solved last, for a caller that goes on from there."""
        if self._model is None:
            raise RuntimeError("no scenario has been solved yet")
        return self._model

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
        scenario = self._load(index)
        return self._run(index) if self._fix(scenario, self.consensus_columns, consensus) else _OUT_OF_BOUNDS

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
        if np.any(np.abs(inside - values) > _TOLERANCE * np.maximum(1.0, np.abs(values))):
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
        solution = self.model.run()
        self.solves += 1
        if solution.status == "optimal":
            self._bases[index] = self.model.basis()
        return solution
