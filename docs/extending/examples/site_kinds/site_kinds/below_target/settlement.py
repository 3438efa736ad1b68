"""Expected shortfall below a target once more, from profits that were settled."""

from __future__ import annotations

from mes_stoch.extend import Array
from site_kinds.below_target.format import BelowTargetTerms


def measured(terms: BelowTargetTerms, profits: Array, probabilities: Array) -> tuple[float, None]:
    """The measure; it has no value at risk."""
    missing = [p * (terms.target_eur - profit) for profit, p in zip(profits, probabilities, strict=True)]
    return -sum(max(amount, 0.0) for amount in missing), None
