"""What branching needs proven about one program: bounds of its nodes and their emptiness, by safe arithmetic."""

from __future__ import annotations

import numpy as np

from mes_stoch.model.program import FloatArray, LinearProgram
from mes_stoch.solvers.proofs.propagation import Box
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, SafeBounds


class ProgramProof:
    """A :class:`mes_stoch.solvers.subproblems.branching.Proof` of one program.

    Parameters
    ----------
    safe : SafeBounds
    program : LinearProgram
    box : Box
        Of all its columns.
    cost : array, optional
        In place of the program's, its constant kept (multipliers).
    cost_error : array, optional
        By how much the costs may be off those that are meant.
    """

    def __init__(
        self,
        safe: SafeBounds,
        program: LinearProgram,
        box: Box,
        cost: FloatArray | None = None,
        cost_error: FloatArray | None = None,
    ) -> None:
        self._safe, self._program, self._box = safe, program, box
        self._cost = program.cost if cost is None else cost
        self._cost_error = cost_error
        self._columns = np.flatnonzero(program.integer)

    def bound(self, row_dual: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[float, BoundKind]:
        """A lower bound of the relaxation with these bounds of the integer columns."""
        found = self._safe.bound(
            self._program,
            row_dual,
            cost=self._cost,
            offset=self._program.offset,
            box=self._narrowed(lower, upper),
            cost_error=self._cost_error,
        )
        return found.offset, found.kind

    def is_empty(self, ray: FloatArray | None, lower: FloatArray, upper: FloatArray) -> bool:
        """Whether the ray, taken either way, proves that nothing is feasible."""
        if ray is None:
            return False
        box, nothing = self._narrowed(lower, upper), np.zeros(len(self._cost))
        found = (self._safe.bound(self._program, way, cost=nothing, box=box) for way in (ray, -ray))
        return any(each.kind == "safe" and each.offset > 0.0 for each in found)

    def _narrowed(self, lower: FloatArray, upper: FloatArray) -> Box:
        columns, box = self._columns, Box(self._box.lower.copy(), self._box.upper.copy())
        box.lower[columns] = np.maximum(box.lower[columns], lower)
        box.upper[columns] = np.minimum(box.upper[columns], upper)
        return box
