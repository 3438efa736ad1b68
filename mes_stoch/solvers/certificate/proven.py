"""The state of a solve: bounds, and the commitment with its dispatch that attains the upper one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mes_stoch.model.program import FloatArray
from mes_stoch.solvers.certificate import bounds
from mes_stoch.solvers.certificate.result import GAP_FLOOR, ScenarioSolution
from mes_stoch.solvers.proofs.safe_bounds import BoundKind


@dataclass(kw_only=True)
class Commitment:
    """A commitment that some process has found, and what it costs in the scenarios that process has dispatched.

    Parameters
    ----------
    root : array or None
        All root columns.
    scenarios : list of ScenarioSolution
    """

    root: FloatArray | None = None
    scenarios: list[ScenarioSolution] = field(default_factory=list)


@dataclass(kw_only=True)
class Proven(Commitment):
    """Bounds on the expected cost, with the commitment that attains the upper one.

    Parameters
    ----------
    lower, upper : float
        Infinite where nothing is known.
    kind : str
        What ``lower`` rests on.
    safe_lower : float
        The best lower bound that is safe.
    gap_floor : float
        Money below which an optimum is nothing.
    """

    lower: float = -math.inf
    kind: BoundKind = "safe"
    safe_lower: float = -math.inf
    upper: float = math.inf
    gap_floor: float = GAP_FLOOR

    @property
    def gap_rel(self) -> float:
        return bounds.relative_gap(self.lower, self.upper, self.gap_floor)

    @property
    def is_interval(self) -> bool:
        """Whether both sides are known."""
        return math.isfinite(self.lower) and math.isfinite(self.upper)

    def raise_lower(self, lower: float, kind: BoundKind) -> bool:
        """Take a better lower bound, and a better safe one; whether the lower bound has risen."""
        if kind == "safe":
            self.safe_lower = max(self.safe_lower, lower)
        if not lower > self.lower:
            return False
        self.lower, self.kind = lower, kind
        return True

    def drop_upper(self, upper: float, root: FloatArray, scenarios: list[ScenarioSolution]) -> bool:
        """Take a cheaper commitment; whether the upper bound has dropped."""
        if not upper < self.upper:
            return False
        self.upper, self.root, self.scenarios = upper, root.copy(), scenarios
        return True
