"""What every method hands back, in minimisation form; the caller turns cost into profit once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, TraceKind

#: Money below which an optimum is nothing, where nothing is known of a program.
GAP_FLOOR = 1e-9

Status = Literal["optimal", "gap_reached", "limit", "interrupted"]


@dataclass(frozen=True)
class SolveOptions:
    """Options common to all methods.

    Parameters
    ----------
    gap_rel : float
        Relative gap to reach, ``(upper - lower) / max(|upper|, |lower|, gap_floor)``.
    time_limit_s : float
        Wall time after which the best certified interval so far is returned.
    iteration_limit : int
        Iterations of progressive hedging.
    rho_factor : float
        Multiplies the penalties of the rule.
    rho_rule : str
        How progressive hedging chooses its penalties (:mod:`mes_stoch.solvers.hedging.rho`).
    cold_start : bool
        Hedge from zero multipliers instead of those of the linear relaxation.
    gap_floor : float
        Money below which an optimum is nothing, so that the gap is relative to this; every engine works it out from its
        program (:func:`mes_stoch.solvers.certificate.gap_floor`).
    threads : int
        Threads of one HiGHS solve (extensive form only; every MPI rank uses one).
    """

    gap_rel: float = 1e-3
    time_limit_s: float = 3600.0
    iteration_limit: int = 100
    rho_factor: float = 1.0
    rho_rule: str = "price"
    cold_start: bool = False
    gap_floor: float = GAP_FLOOR
    threads: int = 1


@dataclass(frozen=True)
class TracePoint:
    """Bounds on the expected cost at one moment; ``+-inf`` where none is known yet.

    ``kind`` is that of ``lower``; of kind ``search`` neither is proven. ``gap_floor`` is what gaps are relative to at
    least, ``method`` the one that :func:`mes_stoch.solvers.auto.solve_by` runs.
    """

    time_s: float
    iteration: int
    lower: float
    upper: float
    kind: TraceKind = "solver"
    gap_floor: float = GAP_FLOOR
    method: str = ""


TraceCallback = Callable[[TracePoint], object]


@dataclass(frozen=True)
class ScenarioSolution:
    """Dispatch of one scenario with the commitment fixed.

    ``cost`` is the objective of a feasible point; ``row_dual`` and ``column_dual`` are present where the recourse is
    a linear program (cost per unit of right-hand side, per unit of a column's bound).
    """

    index: int
    cost: float
    values: FloatArray
    row_dual: FloatArray | None = None
    column_dual: FloatArray | None = None


@dataclass(frozen=True)
class EngineResult:
    """A commitment with a certified interval on its optimal expected cost.

    ``lower`` comes from dual bounds of subproblems (or of the extensive form), ``upper`` from evaluating ``root`` in
    every scenario. Both are recomputed by this project's own solves, never taken over from a library's report.
    ``bound_kind`` says what ``lower`` rests on: ``safe`` on row duals by outward rounding, ``solver`` on a branch and
    bound, less a stated allowance, or on columns without any bound (``docs/certificates.md``).
    """

    method: str
    status: Status
    root: FloatArray
    lower: float
    upper: float
    iterations: int
    ranks: int
    wall_time_s: float
    trace: tuple[TracePoint, ...]
    scenarios: tuple[ScenarioSolution, ...]
    details: dict[str, str | float | int] = field(default_factory=dict)
    bound_kind: BoundKind = "solver"
    gap_floor: float = GAP_FLOOR

    @property
    def gap_rel(self) -> float:
        return (self.upper - self.lower) / max(abs(self.upper), abs(self.lower), self.gap_floor)
