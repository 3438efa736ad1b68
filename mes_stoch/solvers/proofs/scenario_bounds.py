"""Safe bounds of the scenarios of one program, with their derived column bounds worked out once.

A derived bound multiplies round-off, so it need not be tight: one box that holds for all scenarios seen so far is kept,
instead of one a scenario, and each scenario is propagated once.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, StochasticProgram
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.proofs.interior_dual import interior_dual
from mes_stoch.solvers.proofs.program_proof import ProgramProof
from mes_stoch.solvers.proofs.propagation import Box, own_box
from mes_stoch.solvers.proofs.safe_bounds import Minorant, SafeBounds
from mes_stoch.solvers.proofs.search_bounds import SearchBounds


class ScenarioBounds:
    """Cuts and bounds of scenarios, from whatever row duals a solver gave.

    Parameters
    ----------
    program : StochasticProgram
        The costs of its root columns may change from call to call (multipliers), those of others may not.
    """

    def __init__(self, program: StochasticProgram) -> None:
        root = np.asarray(program.root.columns, dtype=np.int32)
        self._safe = SafeBounds(root, interior_dual)
        self._search = SearchBounds(root)
        self._consensus = np.asarray(program.root.columns, dtype=np.int32)[program.root.consensus]
        self._seen: set[int] = set()
        self._common: Box | None = None

    def box(self, index: int, scenario: LinearProgram) -> Box:
        """Bounds of all columns of a scenario; its own where it has them."""
        own = own_box(scenario)
        common = self._common
        if index in self._seen and common is not None:
            return Box(
                np.where(np.isinf(own.lower), common.lower, own.lower),
                np.where(np.isinf(own.upper), common.upper, own.upper),
            )
        box = self._safe.box(scenario)
        if common is None:
            common = self._common = Box(np.full(len(own.lower), np.inf), np.full(len(own.upper), -np.inf))
        if box.open_sides == 0 and len(common.lower) == len(own.lower):
            np.minimum(common.lower, box.lower, out=common.lower)
            np.maximum(common.upper, box.upper, out=common.upper)
            self._seen.add(index)
        return box

    def proof(self, index: int, scenario: LinearProgram, cost: FloatArray) -> ProgramProof:
        """What branching a scenario needs proven, at these costs."""
        return ProgramProof(self._safe, scenario, self.box(index, scenario), cost)

    def is_bounded(self, index: int, scenario: LinearProgram, multipliers: FloatArray) -> bool:
        """Whether the relaxation has an optimum; a search may take an unbounded program for a bounded one."""
        if not self.box(index, scenario).open_sides:
            return True
        cost = scenario.cost.copy()
        cost[self._consensus] += multipliers
        return HighsModel(replace(scenario, cost=cost), relax=True).run().status == "optimal"

    def of_search(self, index: int, scenario: LinearProgram, solution: Solution, model: HighsModel) -> float:
        """What a search of the scenario, with the costs given, is worth as a bound."""
        return self._search.bound(scenario, solution, model, self.box(index, scenario))

    def cut(
        self,
        index: int,
        scenario: LinearProgram,
        row_dual: FloatArray,
        kept: IndexArray,
        *,
        gradient: FloatArray | None = None,
        cost: FloatArray | None = None,
        offset: float | None = None,
        point: FloatArray | None = None,
    ) -> Minorant:
        """As :meth:`SafeBounds.cut`."""
        box = self.box(index, scenario)
        return self._safe.cut(
            scenario, row_dual, kept, gradient=gradient, cost=cost, offset=offset, box=box, point=point
        )

    def bound(
        self,
        index: int,
        scenario: LinearProgram,
        row_dual: FloatArray,
        *,
        cost: FloatArray | None = None,
        offset: float | None = None,
        point: FloatArray | None = None,
        box: Box | None = None,
        cost_error: FloatArray | None = None,
    ) -> Minorant:
        """As :meth:`SafeBounds.bound`; ``box`` where a branch has narrowed it."""
        box = self.box(index, scenario) if box is None else box
        return self._safe.bound(
            scenario, row_dual, cost=cost, offset=offset, box=box, point=point, cost_error=cost_error
        )
