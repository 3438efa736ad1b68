"""What a distribution of settled profits is worth with risk, found by sorting and apart from the optimiser.

Equations
---------
``worth = (1 - beta) E[profit] + beta measure``, with the measure as its folder's ``settlement`` works it out
(:mod:`mes_stoch.risk_measures`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.registry import RISK_MEASURES, kind
from mes_stoch.schema.risk import Risk, own_terms

Array = NDArray[np.float64]


def is_averse(risk: Risk | None) -> bool:
    """Whether a measure counts beside the expected profit."""
    return risk is not None and risk.beta > 0


def worth(risk: Risk | None, profits: Array, probabilities: Array) -> float:
    """What the objective of a plan with these profits is."""
    expected = float(probabilities @ profits)
    if risk is None or not is_averse(risk):
        return expected
    return (1.0 - risk.beta) * expected + risk.beta * measured(risk, profits, probabilities)[0]


def measured(risk: Risk, profits: Array, probabilities: Array) -> tuple[float, float | None]:
    """The measure, and the value at risk of one that has such a number.

    Raises
    ------
    ExtensionError
        The measure of an installed package cannot be used.
    """
    found = kind(RISK_MEASURES, risk.measure)
    with found.errors_named("what settlement.measured gives"):
        value, at_risk = found.function("settlement", "measured")(risk, profits, probabilities)
        return float(value), None if at_risk is None else float(at_risk)


def risk_differences(
    risk: Risk | None, profits: Array, probabilities: Array, summary: Mapping[str, Any], tolerance: float
) -> Iterator[str]:
    """What of a summary's risk is not that of the settled profits under the instance's terms."""
    told = summary.get("risk")
    if risk is None or told is None:
        if (risk is None) != (told is None):
            yield f"summary.json: risk is {told}, in the instance {risk}"
        return
    for key in ("measure", "alpha", "beta", "of_single_days", *own_terms(risk)):
        own = getattr(risk, key, None)
        if told.get(key) != own:
            yield f"summary.json: risk.{key} is {told.get(key)}, in the instance {own}"
    value, at_risk = measured(risk, profits, probabilities)
    for name, stated, settled in (
        ("expected_profit", summary.get("expected_profit"), float(probabilities @ profits)),
        ("risk.value", told.get("value"), value),
        ("risk.value_at_risk", told.get("value_at_risk"), at_risk),
    ):
        if stated is None and settled is None:
            continue
        if stated is None or settled is None or not abs(float(stated) - settled) <= tolerance:
            yield f"summary.json: {name} is {stated}, settled {'nothing' if settled is None else f'{settled:.6f}'}"
