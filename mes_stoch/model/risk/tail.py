"""Conditional value-at-risk and the worst case: means of the worst share of the probability.

Equations
---------
With ``q`` the share of the probability that counts (``1 - alpha``; the least probability of any scenario that has one,
for the worst case)::

    CVaR = max_eta  eta - sum_s p_s z_s / q,    z_s >= eta - profit_s  (shortfall),  z_s >= 0

``eta`` is best at the value-at-risk, which is the profit of some scenario that has a probability.

The worst case is the limit of ``alpha`` to one. It is reached where ``q`` is the least probability: the worst share is
then within the worst scenario. In this form, unlike ``eta <= profit_s``, every ``eta`` can be answered in every
scenario. A smaller ``q`` is the same measure with larger numbers, so ``1 - alpha`` is raised to the least probability.

Source
------
Rockafellar & Uryasev (2002), Conditional value-at-risk for general loss distributions,
DOI 10.1016/S0378-4266(02)00271-6.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.model.program import FloatArray
from mes_stoch.model.risk.measure import AddedColumns, ProfitSurvey, RiskTerms
from mes_stoch.schema.errors import UsageError

#: Shares of probability that differ by less are one.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class ConditionalValueAtRisk:
    """Mean profit of the worst ``1 - alpha`` of the probability; the expectation at ``alpha`` 0.

    Raises
    ------
    UsageError
        ``alpha`` outside [0, 1).

    >>> ConditionalValueAtRisk(0.75).value(np.array([8.0, 0.0, 4.0]), np.array([0.5, 0.125, 0.375]))
    2.0
    """

    alpha: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.alpha < 1.0:
            raise UsageError(f"alpha is at least 0 and below 1; found {self.alpha}")

    def terms(self, probabilities: FloatArray, survey: ProfitSurvey) -> RiskTerms:
        return _tail_terms(max(1.0 - self.alpha, least_probability(probabilities)), survey)

    def value(self, profits: FloatArray, probabilities: FloatArray) -> float:
        return tail_mean(profits, probabilities, 1.0 - self.alpha)

    def value_at_risk(self, profits: FloatArray, probabilities: FloatArray) -> float:
        """Largest profit of the worst share."""
        return value_at_risk(profits, probabilities, 1.0 - self.alpha)


@dataclass(frozen=True)
class WorstCase:
    """Least profit of any scenario that has a probability."""

    def terms(self, probabilities: FloatArray, survey: ProfitSurvey) -> RiskTerms:
        return _tail_terms(least_probability(probabilities), survey)

    def value(self, profits: FloatArray, probabilities: FloatArray) -> float:
        return float(np.min(np.asarray(profits)[np.asarray(probabilities) > 0]))

    def value_at_risk(self, profits: FloatArray, probabilities: FloatArray) -> float:
        """The same."""
        return self.value(profits, probabilities)


def tail_mean(profits: FloatArray, probabilities: FloatArray, share: float) -> float:
    """Mean of the worst ``share`` of the probability, by sorting; a scenario may count in part."""
    order = np.argsort(profits, kind="stable")
    weights = np.asarray(probabilities, dtype=np.float64)[order]
    before = np.cumsum(weights) - weights
    counted = np.clip(share - before, 0.0, weights)
    return float(counted @ np.asarray(profits, dtype=np.float64)[order] / counted.sum())


def value_at_risk(profits: FloatArray, probabilities: FloatArray, share: float) -> float:
    """Largest profit of the worst ``share`` of the probability."""
    order = np.argsort(profits, kind="stable")
    order = order[np.asarray(probabilities)[order] > 0]
    reached = np.cumsum(np.asarray(probabilities, dtype=np.float64)[order]) >= share - _ROUNDING
    return float(np.asarray(profits)[order][int(np.argmax(reached)) if reached.any() else -1])


def least_probability(probabilities: FloatArray) -> float:
    """Of the scenarios that have one."""
    weights = np.asarray(probabilities, dtype=np.float64)
    return float(weights[weights > 0].min())


def _tail_terms(share: float, survey: ProfitSurvey) -> RiskTerms:
    one = np.ones(1)
    return RiskTerms(
        root=AddedColumns(("risk.profit_at_risk",), one * survey.lower, one * survey.upper, one),
        leaf=AddedColumns(("risk.shortfall",), np.zeros(1), np.full(1, np.inf), -one / share),
        row_names=("risk.shortfall",),
        root_matrix=np.array([[-1.0]]),
        leaf_matrix=np.array([[1.0]]),
        profit_coefficient=one,
        row_lower=np.zeros(1),
        row_upper=np.full(1, np.inf),
        root_scale=one * survey.spread,
    )
