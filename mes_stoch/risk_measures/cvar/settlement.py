"""The conditional value-at-risk of settled profits: the share ``1 - alpha`` is filled from the lowest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes_stoch.risk_measures.cvar.format import ConditionalValueAtRiskTerms

#: Probability that counts as filled.
_FILLED = 1e-12


def measured(
    terms: ConditionalValueAtRiskTerms, profits: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> tuple[float, float]:
    """The measure, and the value at risk: the last profit that counts."""
    ordered = [(float(profits[k]), float(probabilities[k])) for k in np.argsort(profits) if probabilities[k] > 0]
    left = share = 1.0 - terms.alpha
    total, last = 0.0, ordered[0][0]
    for profit, probability in ordered:
        if left <= _FILLED:
            break
        taken = min(left, probability)
        total += taken * profit
        left -= taken
        last = profit
    return total / (share - left), last
