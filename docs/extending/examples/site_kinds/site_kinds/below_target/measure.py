"""Expected shortfall below a target, for the optimiser.

Equations
---------
``measure = -sum_s p_s max(target - profit_s, 0)``, as a linear program with one column and one row a scenario::

    max  -sum_s p_s below_s    subject to  below_s + profit_s >= target,   below_s >= 0

It falls nowhere where profits rise, and is concave in them.

Source
------
Expected downside: Fishburn (1977), Mean-risk analysis with risk associated with below-target returns,
American Economic Review 67(2), 116-126.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mes_stoch.extend import AddedColumns, Array, ProfitSurvey, RiskTerms
from site_kinds.below_target.format import BelowTargetTerms


@dataclass(frozen=True)
class BelowTarget:
    """Shortfall below ``target_eur``, with its sign turned: the larger the better."""

    target_eur: float

    def terms(self, probabilities: Array, survey: ProfitSurvey) -> RiskTerms:
        nothing, one = np.empty(0), np.ones(1)
        return RiskTerms(
            root=AddedColumns((), nothing, nothing, nothing),
            leaf=AddedColumns(("below_target",), np.zeros(1), np.full(1, np.inf), -one),
            row_names=("below_target",),
            root_matrix=np.empty((1, 0)),
            leaf_matrix=np.ones((1, 1)),
            profit_coefficient=one,
            row_lower=one * self.target_eur,
            row_upper=np.full(1, np.inf),
            root_scale=nothing,
        )

    def value(self, profits: Array, probabilities: Array) -> float:
        return -float(probabilities @ np.maximum(self.target_eur - profits, 0.0))


def measure(terms: BelowTargetTerms) -> BelowTarget:
    """What the optimiser maximises."""
    return BelowTarget(terms.target_eur)
