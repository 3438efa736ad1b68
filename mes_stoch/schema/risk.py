"""How much a plan weighs bad outcomes beside the expected profit: the contract of the terms of a measure of risk.

A measure is a model of what a user may write below ``risk``, found by its ``measure``
(:mod:`mes_stoch.registry`). What it is worth is worked out twice, by the ``measure`` and by the ``settlement`` of its
folder, which share nothing.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from mes_stoch.schema.base import Model


class Risk(Model):
    """Terms of a measure of risk; a measure overrides ``measure`` with its tag and adds what it needs to know."""

    measure: str
    beta: Annotated[float, Field(ge=0, le=1)] = Field(
        description="Weight of the measure; the expected profit has 1 - beta. 0: the measure is only reported."
    )
    of_single_days: bool = Field(
        default=False,
        description="Take the measure over single days though volumes are committed for a contract that is longer: "
        "bad days of a year, not bad years.",
    )


def own_terms(risk: Risk) -> dict[str, Any]:
    """What a measure asks for beyond its name, its weight and the days, by key."""
    return {key: getattr(risk, key) for key in type(risk).model_fields if key not in Risk.model_fields}
