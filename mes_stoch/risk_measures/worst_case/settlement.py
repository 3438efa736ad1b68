"""The worst case of settled profits."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes_stoch.risk_measures.worst_case.format import WorstCaseTerms


def measured(
    _: WorstCaseTerms, profits: NDArray[np.float64], probabilities: NDArray[np.float64]
) -> tuple[float, float]:
    """The lowest profit of a scenario that has a probability, which is the value at risk as well."""
    lowest = float(profits[probabilities > 0].min())
    return lowest, lowest
