"""What a distribution of settled profits is worth with risk, found by sorting and apart from the optimiser.

Equations
---------
Profits in rising order, with probabilities ``p``: the measure ``cvar`` fills the share ``1 - alpha`` from the lowest,
``worst_case`` takes the lowest profit of a scenario that has a probability; their value at risk is the last profit that
counts. ``worth = (1 - beta) E[profit] + beta measure``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.risk import ConditionalValueAtRiskTerms, Risk

Array = NDArray[np.float64]

#: Probability that counts as filled.
_FILLED = 1e-12


def is_averse(risk: Risk | None) -> bool:
    """Whether a measure counts beside the expected profit."""
    return risk is not None and risk.beta > 0


def worth(risk: Risk | None, profits: Array, probabilities: Array) -> float:
    """What the objective of a plan with these profits is."""
    expected = float(probabilities @ profits)
    if risk is None or not is_averse(risk):
        return expected
    return (1.0 - risk.beta) * expected + risk.beta * measured(risk, profits, probabilities)[0]


def measured(risk: Risk, profits: Array, probabilities: Array) -> tuple[float, float]:
    """The measure, and the value at risk: the last profit that counts."""
    ordered = [(profits[k], probabilities[k]) for k in np.argsort(profits) if probabilities[k] > 0]
    if not isinstance(risk, ConditionalValueAtRiskTerms):
        return float(ordered[0][0]), float(ordered[0][0])
    left = share = 1.0 - risk.alpha
    total, last = 0.0, float(ordered[0][0])
    for profit, probability in ordered:
        if left <= _FILLED:
            break
        taken = min(left, probability)
        total += taken * profit
        left -= taken
        last = float(profit)
    return total / (share - left), last


def risk_differences(
    risk: Risk | None, profits: Array, probabilities: Array, summary: Mapping[str, Any], tolerance: float
) -> Iterator[str]:
    """What of a summary's risk is not that of the settled profits under the instance's terms."""
    told = summary.get("risk")
    if risk is None or told is None:
        if (risk is None) != (told is None):
            yield f"summary.json: risk is {told}, in the instance {risk}"
        return
    for key in ("measure", "alpha", "beta", "of_single_days"):
        own = getattr(risk, key, None)
        if told.get(key) != own:
            yield f"summary.json: risk.{key} is {told.get(key)}, in the instance {own}"
    value, at_risk = measured(risk, profits, probabilities)
    for name, stated, settled in (
        ("expected_profit", summary.get("expected_profit"), float(probabilities @ profits)),
        ("risk.value", told.get("value"), value),
        ("risk.value_at_risk", told.get("value_at_risk"), at_risk),
    ):
        if stated is None or not abs(float(stated) - settled) <= tolerance:
            yield f"summary.json: {name} is {stated}, settled {settled:.6f}"
