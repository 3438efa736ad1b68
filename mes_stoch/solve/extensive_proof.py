"""What the extensive form's solution proves, and a second opinion on small mixed-integer ones.

A linear extensive form is proven by its row duals. A mixed-integer one rests on HiGHS' search, less an allowance; where
it is small, a search by linear programs with safe bounds (:mod:`mes_stoch.solve.branching`) often proves as much, and
finds a cheaper point if the solver's integers were not whole.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from mes_stoch.model.merge import Merged
from mes_stoch.model.program import FloatArray
from mes_stoch.solve.branching import Branched, search
from mes_stoch.solve.highs import HighsModel
from mes_stoch.solve.interior_dual import interior_dual
from mes_stoch.solve.outward import EPSILON
from mes_stoch.solve.program_proof import ProgramProof
from mes_stoch.solve.safe_bounds import BoundKind, SafeBounds
from mes_stoch.solve.search_bounds import allowance
from mes_stoch.solve.solution import Solution
from mes_stoch.solve.stop import Stop

_MOST_ENTRIES = 20_000
_ENTRIES_TIMES_SOLVES = 2_000_000
_MOST_SOLVES = 1_500
_MISSING_COUNTED = "columns_without_bound"


class ExtensiveProof:
    """Bounds of one extensive form.

    Parameters
    ----------
    merged : Merged
        As it was handed to HiGHS, and what putting it together may have changed.
    cost : array, optional
        In place of its costs, where columns are priced.

    Attributes
    ----------
    missing : int array
        Columns without a finite bound that the last bound rests on.
    """

    def __init__(self, merged: Merged, cost: FloatArray | None = None) -> None:
        self.program = merged.program if cost is None else replace(merged.program, cost=cost)
        self.rounding = merged.cost_rounding + (0.0 if cost is None else EPSILON * np.abs(cost))
        self._offset = merged.program.offset - merged.offset_rounding
        self.safe = SafeBounds(interior=interior_dual)
        self.missing = np.empty(0, dtype=np.int32)
        self._details: dict[str, float | int] = {}

    def bound(self, model: HighsModel, solution: Solution) -> tuple[float, BoundKind]:
        """What HiGHS' solution proves, and what that rests on."""
        if solution.row_dual is not None:
            found = self.safe.bound(
                self.program,
                solution.row_dual,
                cost=self.program.cost,
                offset=self._offset,
                point=solution.values,
                cost_error=self.rounding,
            )
            if len(found.missing):
                self.missing = found.missing
                self._details[_MISSING_COUNTED] = len(found.missing)
            return found.offset, found.kind
        if not math.isfinite(solution.dual_bound):
            return solution.dual_bound, "solver"
        taken = allowance(self.program, solution, model.proof_slack)
        self._details["bound_allowance"] = taken
        return solution.dual_bound - taken, "solver"

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
    check = ProgramProof(proof.safe, program, proof.safe.box(program), cost_error=proof.rounding)
    return search(
        model,
        program,
        min(_MOST_SOLVES, _ENTRIES_TIMES_SOLVES // entries),
        upper - 0.5 * gap_rel * abs(upper),
        proof=check,
        points=True,
        stop=stop,
    )
