"""Terms of the conditional value-at-risk."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.risk import Risk


class ConditionalValueAtRiskTerms(Risk):
    """Mean profit of the worst `1 - alpha` of the probability."""

    measure: Literal["cvar"]
    alpha: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.95, description="Share of the probability that does not count; 0.95: the worst 5 % count."
    )


KINDS = (ConditionalValueAtRiskTerms,)
