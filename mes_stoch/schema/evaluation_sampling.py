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
    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None = Field(description="Of a drawn tree; null: scenarios are not independent draws.")
    currency: str
    profit_mean_against: float = Field(description="Expected profit of the other commitment.")
    difference: float = Field(description="Of the means of feasible dispatches; an estimate for days not drawn.")
    bracket: BracketResult = Field(description="The difference over these scenarios, proven.")
    standard_error: NonNegative | None = Field(description="Of the difference, by pairs of the same scenario.")
    standard_error_unpaired: NonNegative | None = Field(
        description="What it would be with scenarios of its own for each commitment."
    )
    intervals: IntervalsResult | None = Field(description="Of the difference; null: scenarios are no draws.")


class StabilitySize(Model):
    """Samples of one number of scenarios; amounts of expected profit."""

    scenarios: Annotated[int, Field(ge=2)] = Field(description="Independent draws: day-ahead nodes.")
    samples: Annotated[int, Field(ge=1)]
    in_sample_lower: float = Field(description="Mean of the proven lower ends of the samples' optima.")
    in_sample_upper: float = Field(description="Mean of their upper ends.")
    in_sample_deviation: NonNegative = Field(description="Of the middles, over samples.")
    out_of_sample: float = Field(description="What their commitments earn over the common sample, on the mean.")
    out_of_sample_deviation: NonNegative
    out_of_sample_least: float
    out_of_sample_most: float
    gap: float = Field(description="What a sample promises more than its commitment keeps, on the mean; an estimate.")
    gap_error: NonNegative = Field(description="Standard error of that, over samples.")


class StabilityResult(Model):
    """Samples of several sizes, and how many scenarios they recommend; estimates, but for the brackets."""

    currency: str
    common_scenarios: Annotated[int, Field(ge=2)]
    common_seed: int
    profit_deviation: NonNegative = Field(description="Of profits over the draws of the common sample.")
    sizes: list[StabilitySize]
    wanted_error: float | None = Field(description="Standard error that is wanted.")
    recommended_scenarios: int | None = Field(description="(profit_deviation / wanted_error)^2; an estimate.")
    recommended_scenarios_by_gap: int | None = Field(
        description="From which on the gap is below the wanted error, by its fit; an estimate, null: no fit."
    )
    gap_fit: list[float] | None = Field(description="a and b of a gap of a N^-b.")


class SequentialStep(Model):
    """One look of a sequential sampling."""

    scenarios: Annotated[int, Field(ge=2)] = Field(description="Independent draws of each of its samples.")
    gap_mean: NonNegative
    sampling_error: NonNegative
    inflation: NonNegative = Field(description="What the rule adds against stopping by chance.")
    gap_upper: NonNegative = Field(description="The sum, to be within the wanted gap.")


class SequentialResult(Model):
    """Samples that grow until a commitment is close enough to the best over all days."""

    rule: str
    currency: str
    wanted_gap: float
    is_reached: bool
    candidate: Literal["given", "found"]
    confidence: Share
    profit_mean: float = Field(description="What the last candidate earns in the last samples, on the mean.")
    steps: list[SequentialStep]


class DayAheadInformationResult(Model):
    """What it is worth to know the day-ahead node when its positions are decided; brackets of expected profit."""

    day_ahead_nodes: Annotated[int, Field(ge=1)]
    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    nothing_known: BracketResult = Field(description="One day-ahead position for all nodes.")
    node_known: BracketResult = Field(description="RP: a position for every node.")
    leaf_known: BracketResult = Field(description="A position for every leaf: the two-stage relaxation.")
    value: BracketResult = Field(description="node_known - nothing_known.")
    foresight: BracketResult = Field(description="leaf_known - node_known.")


class DeviceValueResult(Model):
    """What more of one limit of a device is worth."""

    limit: NonNegative
    step: NonNegative
    unit: Literal["MW", "MWh"]
    shadow_price: float | None = Field(
        description="Expected profit per unit more, with the same commitment and whole numbers; not proven."
    )
    step_value: BracketResult = Field(description="Expected profit of the whole step.")


class DeviceValuesResult(Model):
    """What a little more of each device is worth, by dotted path of its limit."""

    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    recourse: BracketResult = Field(description="RP as the site is.")
    devices: dict[str, DeviceValueResult]
