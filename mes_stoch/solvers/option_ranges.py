"""Which values of a solve's options make sense: what lies outside would hang, overflow or mean nothing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.solvers.certificate.result import SolveOptions


@dataclass(frozen=True)
class Range:
    """Smallest and largest value, and what it is counted in."""

    lowest: float
    highest: float
    unit: str = ""

    def complaint(self, value: float) -> str | None:
        """What is wrong with a value; ``None`` where nothing is. Not a number is outside of everything."""
        if self.lowest <= value <= self.highest:
            return None
        return f"{value:g} is not between {self.lowest:g} and {self.highest:,.12g}{self.unit}"


RANGES = {
    "gap_rel": Range(1e-12, 1.0, " (0.005 for 0.5 %)"),
    "time_limit_s": Range(1e-3, 1e9, " seconds"),
    "iteration_limit": Range(1, 1e9),
    "rho_factor": Range(1e-9, 1e9),
    "threads": Range(1, 1024),
}


def require_sensible(options: SolveOptions) -> None:
    """Refuse values outside their ranges, all of them at once.

    Raises
    ------
    UsageError
    """
    problems = []
    for name, allowed in RANGES.items():
        value = getattr(options, name)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        complaint = allowed.complaint(value) if is_number else f"{value!r} is not a number"
        if complaint is None and isinstance(allowed.lowest, int) and not float(value).is_integer():
            complaint = f"{value:g} is not a whole number"
        if complaint is not None:
            problems.append(f"{name}: {complaint}")
    if problems:
        raise UsageError("; ".join(problems))


def largest(name: str) -> int:
    """The largest value of an option that counts something."""
    return math.floor(RANGES[name].highest)
