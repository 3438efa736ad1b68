"""The measures of risk that an instance can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mes_stoch.model.risk.measure import RiskMeasure
from mes_stoch.model.risk.tail import ConditionalValueAtRisk, WorstCase
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.risk import ConditionalValueAtRiskTerms, Risk


def _conditional_value_at_risk(risk: Risk) -> RiskMeasure:
    if not isinstance(risk, ConditionalValueAtRiskTerms):  # pragma: no cover - chosen by its name
        raise ModelError(f"{risk.measure} has no alpha")
    return ConditionalValueAtRisk(risk.alpha)


#: What makes a measure of an instance's terms, by the name of the measure.
MEASURES: Mapping[str, Callable[[Risk], RiskMeasure]] = {
    "cvar": _conditional_value_at_risk,
    "worst_case": lambda _: WorstCase(),
}


def measure_of(risk: Risk) -> RiskMeasure:
    """The measure that an instance names."""
    return MEASURES[risk.measure](risk)
