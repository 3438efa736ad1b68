"""Brackets: numbers that are known to lie between two others."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mes_stoch.schema.evaluation_shared import BracketResult


@dataclass(frozen=True)
class Bracket:
    """An interval that holds a number, by proof.

    >>> Bracket(10.0, 11.0) - Bracket(3.0, 4.0)
    Bracket(lower=6.0, upper=8.0)
    """

    lower: float
    upper: float

    def __sub__(self, other: Bracket) -> Bracket:
        """Bracket of the difference: no end is ever taken for closer than it is."""
        return Bracket(_difference(self.lower, other.upper), _difference(self.upper, other.lower))

    @property
    def width(self) -> float:
        return self.upper - self.lower


def bracket_result(bracket: Bracket) -> BracketResult:
    """As it is written: JSON has no infinite numbers."""
    if bracket.upper == -math.inf:
        return BracketResult(value="minus infinity", lower=None, upper=None)
    if bracket.lower == math.inf:
        return BracketResult(value="infinity", lower=None, upper=None)
    ends = [end if math.isfinite(end) else None for end in (bracket.lower, bracket.upper)]
    return BracketResult(lower=ends[0], upper=ends[1])


def _difference(one: float, other: float) -> float:
    """``one - other``, where minus infinity less minus infinity is not known to be anything better."""
    return -math.inf if math.isinf(one) and one < 0 else one - other
