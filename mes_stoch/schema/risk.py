"""How much a plan weighs bad outcomes beside the expected profit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model


class _WeighedRisk(Model):
    beta: Annotated[float, Field(ge=0, le=1)] = Field(
        description="Weight of the measure; the expected profit has 1 - beta. 0: the measure is only reported."
    )
    of_single_days: bool = Field(
        default=False,
        description="Take the measure over single days though volumes are committed for a contract that is longer: "
        "bad days of a year, not bad years.",
    )


class ConditionalValueAtRiskTerms(_WeighedRisk):
    """Mean profit of the worst `1 - alpha` of the probability."""

    measure: Literal["cvar"]
    alpha: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.95, description="Share of the probability that does not count; 0.95: the worst 5 % count."
    )


class WorstCaseTerms(_WeighedRisk):
    """Least profit of any scenario that has a probability."""

    measure: Literal["worst_case"]


Risk = Annotated[ConditionalValueAtRiskTerms | WorstCaseTerms, Field(discriminator="measure")]
