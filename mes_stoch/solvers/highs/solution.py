"""What one run of a solver proved and found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mes_stoch.model.program import FloatArray

SolutionStatus = Literal["optimal", "infeasible", "unbounded", "time_limit"]


@dataclass(frozen=True)
class Solution:
    """What one run of HiGHS proved and found.

    Parameters
    ----------
    status : str
        ``optimal`` within the tolerances (and, for a mixed-integer program, the gap) asked for.
    objective : float
        Cost of ``values``; ``nan`` where no feasible point is known.
    dual_bound : float
        Lower bound on the optimal cost by the solver's word: of a linear program its objective, of a mixed-integer one
        its search's bound; ``-inf`` where none is known. What is printed as proven is worked out from the duals, or has
        an allowance taken off (:mod:`mes_stoch.solvers.proofs.safe_bounds`,
        :mod:`mes_stoch.solvers.proofs.search_bounds`).
    values : array or None
        Primal values per column, ``None`` where no feasible point is known.
    row_dual, column_dual : array or None
        Cost per unit of a row's right-hand side and of a column's bound; linear programs at their optimum only.
    mip_gap : float
        Relative gap reported; 0 for a linear program.
    simplex_iterations, nodes : int
        Work done in this run.
    ray : array or None
        Direction of unbounded improvement.
    """

    status: SolutionStatus
    objective: float
    dual_bound: float
    values: FloatArray | None
    row_dual: FloatArray | None
    column_dual: FloatArray | None
    mip_gap: float
    simplex_iterations: int
    nodes: int
    ray: FloatArray | None = None
