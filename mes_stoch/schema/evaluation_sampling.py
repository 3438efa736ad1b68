"""Parts of ``evaluation.json`` that are about days not drawn: intervals, comparisons, stability, sequential samples."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative
from mes_stoch.schema.evaluation_shared import BracketResult, ConfidenceInterval, Share


class IntervalsResult(Model):
    """Intervals of estimates, by a method that was asked for."""

    method: Literal["t", "bootstrap", "block-bootstrap"]
    draws: Annotated[int, Field(ge=2)] = Field(description="Independent draws, or days that follow each other.")
    block_days: int | None = Field(description="Length of a block of the block bootstrap, in days.")
    resamples: int | None = Field(description="Of a bootstrap.")
    standard_error: NonNegative = Field(description="Of the mean, by the same method.")
    mean: ConfidenceInterval
    cvar_alpha: Share
    cvar: ConfidenceInterval | None = Field(
        description="Of the mean of the worst 1 - cvar_alpha; null: less than one draw lies there."
    )


class ComparisonResult(Model):
    """What a commitment earns more than another one, in the same scenarios."""

    against: str = Field(description="The other commitment.")
    currency: str
    profit_mean_against: float = Field(description="Expected profit of the other commitment.")
    difference: float = Field(description="Of the means of feasible dispatches; an estimate for days not drawn.")
    bracket: BracketResult = Field(description="The difference over these scenarios, proven.")
    standard_error: NonNegative | None = Field(description="Of the difference, by pairs of the same scenario.")
    standard_error_unpaired: NonNegative | None = Field(
        description="What it would be with scenarios of its own for each commitment."
    )
    intervals: IntervalsResult | None = Field(description="Of the difference; null: scenarios are no draws.")
