"""Terms of the worst case."""

from __future__ import annotations

from typing import Literal

from mes_stoch.schema.risk import Risk


class WorstCaseTerms(Risk):
    """Least profit of any scenario that has a probability."""

    measure: Literal["worst_case"]


KINDS = (WorstCaseTerms,)
