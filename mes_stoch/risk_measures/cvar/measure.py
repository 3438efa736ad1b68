"""The conditional value-at-risk of an instance's terms."""

from __future__ import annotations

from mes_stoch.model.risk.measure import RiskMeasure
from mes_stoch.model.risk.tail import ConditionalValueAtRisk
from mes_stoch.risk_measures.cvar.format import ConditionalValueAtRiskTerms


def measure(terms: ConditionalValueAtRiskTerms) -> RiskMeasure:
    """What the optimiser maximises."""
    return ConditionalValueAtRisk(terms.alpha)
