"""The certified interval as it closes, with the trace a user sees."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import GAP_FLOOR, Progress, ScenarioSolution, TracePoint
from mes_stoch.solvers.parallel.original_output import original_output
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, TraceKind


@dataclass
class Interval:
    """Best proven bounds so far and what proves them.

    Parameters
    ----------
    progress : callable or None
        Called with every new point of the trace.
    gap_floor : float
        Money below which an optimum is nothing.
    lower, kind : float, str
        The best lower bound and what it rests on.
    safe_lower : float
        The best that is safe.
    """

    progress: Progress | None = None
    gap_floor: float = GAP_FLOOR
    start: float = field(default_factory=time.perf_counter)
    iteration: int = 0
    lower: float = -math.inf
    kind: BoundKind = "safe"
    safe_lower: float = -math.inf
    upper: float = math.inf
    root: FloatArray | None = None
    multipliers: FloatArray | None = None
    scenarios: list[ScenarioSolution] = field(default_factory=list)
    trace: list[TracePoint] = field(default_factory=list)

    @property
    def gap_rel(self) -> float:
        return bounds.relative_gap(self.lower, self.upper, self.gap_floor)

    def raise_lower(self, lower: float, multipliers: FloatArray | None = None, *, kind: BoundKind = "solver") -> bool:
        """Take a new lower bound where it is better."""
        if kind == "safe":
            self.safe_lower = max(self.safe_lower, lower)
        if not lower > self.lower:
            return False
        self.lower, self.kind = lower, kind
        self.multipliers = None if multipliers is None else multipliers.copy()
        self.note()
        return True

    def drop_upper(self, upper: float, root: FloatArray, scenarios: list[ScenarioSolution]) -> bool:
        """Take a new commitment where it is cheaper."""
        if not upper < self.upper:
            return False
        self.upper, self.root, self.scenarios = upper, root.copy(), scenarios
        self.note()
        return True

    def note(self, kind: TraceKind | None = None) -> None:
        """Add a point to the trace, of the bound's own kind unless another is said."""
        now_s = time.perf_counter() - self.start
        point = TracePoint(now_s, self.iteration, self.lower, self.upper, kind or self.kind, self.gap_floor)
        self.trace.append(point)
        if self.progress is not None:
            with original_output():
                self.progress(point)
