"""Brackets in tables: two ends, or what stands in their place."""

from __future__ import annotations

import math

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.report.amounts import amount

#: Share of two profits that is rounding where one is taken from the other.
ROUNDING = 1e-10


def bracket_ends(bracket: Bracket, of: Bracket | None = None) -> tuple[str, str]:
    """At least and at most.

    Parameters
    ----------
    of : Bracket, optional
        Of a difference: one of the profits that it is of. What their difference leaves by rounding is nothing.
    """
    if bracket.upper == -math.inf:
        return "no dispatch", "no dispatch"
    if bracket.lower == math.inf:
        return "infinite", "infinite"
    known = () if of is None else (of.lower, of.upper)
    noise = ROUNDING * max((abs(end) for end in known if math.isfinite(end)), default=0.0)
    return _end(bracket.lower, noise), _end(bracket.upper, noise)


def _end(value: float, noise: float) -> str:
    if not math.isfinite(value):
        return "unknown"
    return amount(0.0 if abs(value) <= noise else value)
