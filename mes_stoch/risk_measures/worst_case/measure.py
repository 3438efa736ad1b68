"""The worst case as the optimiser takes it."""

from __future__ import annotations

from mes_stoch.model.risk.measure import RiskMeasure
from mes_stoch.model.risk.tail import WorstCase
from mes_stoch.risk_measures.worst_case.format import WorstCaseTerms


def measure(_: WorstCaseTerms) -> RiskMeasure:
    """What the optimiser maximises."""
    return WorstCase()
