"""By a rule, which of some scenarios are kept: the one place that knows the methods by their names."""

from __future__ import annotations

from collections.abc import Sequence

from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.uncertainty.reduction.backward import backward
from mes_stoch.uncertainty.reduction.distances import CostMatrix, FloatArray
from mes_stoch.uncertainty.reduction.fast_forward import fast_forward
from mes_stoch.uncertainty.reduction.k_medoids import k_medoids
from mes_stoch.uncertainty.reduction.redistribution import Redistribution, redistribute

#: Scenarios of which backward reduction is done in seconds.
MOST_BACKWARD = 2000


def selected(
    cost: CostMatrix, probabilities: FloatArray, count: int, rule: ReductionRule, always: Sequence[int] = ()
) -> Redistribution:
    """The kept scenarios with their probabilities; all of them where there are no more than asked for.

    Parameters
    ----------
    cost : array, shape (scenarios, scenarios)
    probabilities : array, shape (scenarios,)
        Of any sum: that is kept.
    count : int
    always : sequence of int
        Kept whatever they cost.

    Raises
    ------
    UsageError
        More are kept always than are asked for, or the method is not for so many.
    """
    count = min(count, len(cost))
    if len(always) > count:
        raise UsageError(
            f"{len(always)} scenarios are extreme in the series whose extremes are kept, and {count} are to remain: "
            "keep more, or the extremes of fewer series"
        )
    if rule.method == "backward":
        if len(cost) > MOST_BACKWARD:
            raise UsageError(
                f"backward reduction is for up to {MOST_BACKWARD:,} scenarios, and there are {len(cost):,}: use "
                "fast_forward or k_medoids"
            )
        kept = backward(cost, probabilities, count, always)
    elif rule.method == "k_medoids":
        kept = k_medoids(cost, probabilities, count, always, seed=rule.seed, starts=rule.starts)
    else:
        kept = fast_forward(cost, probabilities, count, always)
    return redistribute(cost, probabilities, kept)
