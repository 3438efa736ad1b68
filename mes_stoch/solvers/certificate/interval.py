"""The certified interval as it closes, with the trace a user sees."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.certificate.proven import Proven
from mes_stoch.solvers.certificate.result import ScenarioSolution, TraceCallback, TracePoint
from mes_stoch.solvers.parallel.original_output import original_output
from mes_stoch.solvers.proofs.safe_bounds import BoundKind, TraceKind


@dataclass
class Interval(Proven):
    """The state of a solve as a user sees it, with its trace.

    Parameters
    ----------
    progress : callable or None
        Called with every new point of the trace.
    start : float
        Clock at the beginning.
    before_s : float
        Time that earlier runs, with which this one goes on, have taken.
    """

    progress: TraceCallback | None = None
    start: float = field(default_factory=time.perf_counter)
    iteration: int = 0
    trace: list[TracePoint] = field(default_factory=list)
    before_s: float = 0.0

    @property
    def wall_time_s(self) -> float:
        """Time since the beginning of the first of the runs."""
        return self.before_s + time.perf_counter() - self.start

    def raise_lower(self, lower: float, kind: BoundKind = "solver") -> bool:
        risen = super().raise_lower(lower, kind)
        if risen:
            self.note()
        return risen

    def drop_upper(self, upper: float, root: FloatArray, scenarios: list[ScenarioSolution]) -> bool:
        dropped = super().drop_upper(upper, root, scenarios)
        if dropped:
            self.note()
        return dropped

    def note(self, kind: TraceKind | None = None) -> None:
        """Add a point to the trace, of the bound's own kind unless another is said."""
        point = TracePoint(self.wall_time_s, self.iteration, self.lower, self.upper, kind or self.kind, self.gap_floor)
        self.trace.append(point)
        if self.progress is not None:
            with original_output():
                self.progress(point)
