"""What the extensive form's solution proves, and a second opinion on small mixed-integer ones.

A linear extensive form is proven by its row duals. A mixed-integer one rests on HiGHS' search, less an allowance; where
it is small, a search by linear programs with safe bounds (:mod:`mes_stoch.solvers.subproblems.branching`) often proves
as much, and finds a cheaper point if the solver's integers were not whole.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cached_property

import numpy as np

from mes_stoch.model.merge import Merged
from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.highs.model import HighsModel
from mes_stoch.solvers.highs.solution import Solution
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.proofs.interior_dual import interior_dual
from mes_stoch.solvers.proofs.outward import EPSILON, TINY
from mes_stoch.solvers.proofs.program_proof import ProgramProof
from mes_stoch.solvers.proofs.propagation import Box
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, SafeBounds
from mes_stoch.solvers.proofs.search_bounds import SearchBounds
from mes_stoch.solvers.subproblems.branching import Branched, search

_MOST_ENTRIES = 20_000
_ENTRIES_TIMES_SOLVES = 2_000_000
_MOST_SOLVES = 1_500
_GREAT = 1e300
_MISSING_COUNTED = "columns_without_bound"


class ExtensiveProof:
    """Bounds of one extensive form.

    Parameters
    ----------
    merged : Merged
        As it was handed to HiGHS, and what putting it together may have changed.
    cost : array, optional
        In place of its costs, where shared columns are priced.
    price_rounding : array, optional
        By how much ``cost`` may be off what is meant, beyond its last rounding.
    weight_rounding : float
        By what share the members' weights may be off.

    Attributes
    ----------
    missing : int array
        Columns without a finite bound that the last bound rests on.
    """

    def __init__(
        self,
        merged: Merged,
        cost: FloatArray | None = None,
        price_rounding: FloatArray | None = None,
        weight_rounding: float = 0.0,
    ) -> None:
        self.program = merged.program if cost is None else replace(merged.program, cost=cost)
        sizes = np.maximum(np.abs(merged.program.cost), merged.cost_rounding / EPSILON)
        self.rounding = merged.cost_rounding + weight_rounding * sizes
        if cost is not None:
            self.rounding += EPSILON * np.abs(cost) * (cost != merged.program.cost)
        if price_rounding is not None:
            self.rounding += price_rounding
        size = max(abs(merged.program.offset), merged.offset_rounding / EPSILON)
        self._offset = merged.program.offset - merged.offset_rounding - weight_rounding * size
        self.safe = SafeBounds(interior=interior_dual)
        self.missing = np.empty(0, dtype=np.int32)
        self._own_cost = merged.own_cost
        self._details: dict[str, float | int] = {}

    def bound(self, model: HighsModel, solution: Solution) -> tuple[float, BoundKind]:
        """What HiGHS' solution proves, and what that rests on."""
        if solution.row_dual is not None:
            found = self.safe.bound(
                self.program,
                solution.row_dual,
                cost=self.program.cost,
                offset=self._offset,
                box=self.box,
                point=solution.values,
                cost_error=self.rounding,
            )
            if len(found.missing):
                self.missing = found.missing
                self._details[_MISSING_COUNTED] = len(found.missing)
                self._details["bound_allowance"] = found.assumed
            return found.offset, found.kind
        if not math.isfinite(solution.dual_bound):
            return solution.dual_bound, "solver"
        taken = SearchBounds().allowance(self.program, solution, model, self.safe.box(self.program))
        if not math.isfinite(taken):
            return -math.inf, "solver"
        self._details["bound_allowance"] = taken
        return solution.dual_bound - taken, "solver"

    @cached_property
    def box(self) -> Box:
        """Bounds of all columns, derived where they have none."""
        return self.safe.box(replace(self.program, cost=self._signs()))

    def _signs(self) -> FloatArray:
        """Costs that say what a column may do without loss: of the blocks as the members state them, exactly.

        Shared columns, whose costs are sums, count as next to nothing where they surely cost something, as a great
        gain where they surely earn, and as nothing known where rounding decides.
        """
        shared = len(self.program.cost) - len(self._own_cost)
        cost, rounding = self.program.cost[:shared], self.rounding[:shared]
        unsure = np.where((cost == 0) & (rounding == 0), 0.0, np.nan)
        signs = np.where(cost > rounding, TINY, np.where(cost < -rounding, -_GREAT, unsure))
        return np.concatenate([signs, self._own_cost])

    def details(self, scale: float) -> dict[str, float | int]:
        """Allowance and missing bounds, for a run's summary; money is divided by ``scale``."""
        return {name: value if name == _MISSING_COUNTED else value / scale for name, value in self._details.items()}


def second_opinion(proof: ExtensiveProof, upper: float, gap_rel: float, stop: Stop) -> Branched:
    """A search by linear programs alone, where the program is small.

    Parameters
    ----------
    upper : float
        Cost of the commitment known, in the extensive form's money: no bound within the gap of it is raised further.
    stop : Stop
        No branch is begun once it says so.
    """
    program = proof.program
    entries = max(int(program.matrix.nnz), 1)
    if not program.integer.any() or entries > _MOST_ENTRIES:
        return Branched(-math.inf, "solver", None)
    model = HighsModel(program, relax=True)
    check = ProgramProof(proof.safe, program, proof.box, cost_error=proof.rounding)
    return search(
        model,
        program,
        min(_MOST_SOLVES, _ENTRIES_TIMES_SOLVES // entries),
        upper - 0.5 * gap_rel * abs(upper),
        proof=check,
        points=True,
        stop=stop,
    )
