"""How far a solve is, as a caller is told: in profit form, while engines minimise cost."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mes_stoch.solvers.certificate.result import TracePoint

#: Attributes of former versions, in which callbacks were given the solver's own record of expected *cost*.
_FORMER = {"time_s": "elapsed_s", "kind": "bound_kind", "lower": "-bound_upper", "upper": "-bound_lower"}


@dataclass(frozen=True)
class Progress:
    """Bounds on what is maximised at one moment of a solve: expected profit, or utility where risk has a weight.

    Parameters
    ----------
    method : str
        ``ef``, ``decomposition`` or ``ph``, that is chosen where ``auto`` was asked for.
    elapsed_s : float
        Wall time since the method began, s.
    iteration : int
        Of the method; 0 where it has none.
    bound_lower : float
        What the best commitment so far earns, currency of the run over the horizon; ``-inf`` while there is none.
    bound_upper : float
        No commitment earns more, same unit; ``inf`` while nothing is proven.
    bound_kind : str
        What the upper bound rests on: ``safe``, ``solver`` (``docs/certificates.md``), or ``search``: both bounds are
        HiGHS' own while it searches, not yet proven.
    gap_floor : float
        Money below which an optimum is nothing, so that the gap is relative to this.

    ``lower`` and ``upper`` (bounds on *cost*), ``time_s`` and ``kind`` of former versions are still read, with a
    ``DeprecationWarning``, and go with the next release.

    >>> now = Progress("ef", 2.0, 0, 950.0, 1000.0)
    >>> now.profit, now.gap_rel
    (950.0, 0.05)
    """

    method: str
    elapsed_s: float
    iteration: int
    bound_lower: float
    bound_upper: float
    bound_kind: str = "solver"
    gap_floor: float = 1e-9

    @property
    def profit(self) -> float:
        """What the best commitment so far earns (its utility, where risk has a weight); ``nan`` while there is none."""
        return self.bound_lower if math.isfinite(self.bound_lower) else math.nan

    @property
    def gap_rel(self) -> float:
        """``(upper - lower) / max(|upper|, |lower|, gap_floor)``; ``inf`` while a bound is missing."""
        if not (math.isfinite(self.bound_lower) and math.isfinite(self.bound_upper)):
            return math.inf
        size = max(abs(self.bound_upper), abs(self.bound_lower), self.gap_floor)
        return (self.bound_upper - self.bound_lower) / size

    @property
    def is_proven(self) -> bool:
        """Whether bounds are proven, and not what HiGHS has while it searches."""
        return self.bound_kind != "search"

    def __getattr__(self, name: str) -> float | str:
        if name not in _FORMER:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        warnings.warn(
            f"Progress.{name} goes with the next release: take {_FORMER[name]}, which is of profit",
            DeprecationWarning,
            stacklevel=2,
        )
        former: dict[str, float | str] = {
            "time_s": self.elapsed_s,
            "kind": self.bound_kind,
            "lower": -self.bound_upper,
            "upper": -self.bound_lower,
        }
        return former[name]


def progress_of(point: TracePoint) -> Progress:
    """A point of the solver's trace with the sign of profit: a lower bound on cost is an upper one on profit."""
    return Progress(
        method=point.method,
        elapsed_s=point.time_s,
        iteration=point.iteration,
        bound_lower=-point.upper,
        bound_upper=-point.lower,
        bound_kind=point.kind,
        gap_floor=point.gap_floor,
    )
