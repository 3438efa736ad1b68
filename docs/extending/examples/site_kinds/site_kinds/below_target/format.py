"""Expected shortfall of the profit below a target: what a user may write."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mes_stoch.extend import Risk

EXTENDS = 1


class BelowTargetTerms(Risk):
    """What the profit misses of a target, on the mean, as a loss."""

    measure: Literal["below_target"]
    target_eur: float = Field(description="Profit over the horizon below which every euro counts.")


KINDS = (BelowTargetTerms,)
