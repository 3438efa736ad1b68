"""Brackets in tables: two ends, or what stands in their place."""

from __future__ import annotations

import math

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.report.amounts import amount


def bracket_ends(bracket: Bracket) -> tuple[str, str]:
    """At least and at most."""
    if bracket.upper == -math.inf:
        return "no dispatch", "no dispatch"
    if bracket.lower == math.inf:
        return "infinite", "infinite"
    return _end(bracket.lower), _end(bracket.upper)


def _end(value: float) -> str:
    return amount(value) if math.isfinite(value) else "unknown"
