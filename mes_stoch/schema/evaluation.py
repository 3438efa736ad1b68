"""The format of ``evaluation.json``: what was found out about a finished run beside its own account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative

Share = Annotated[float, Field(ge=0, le=1)]


class StressReading(Model):
    """One limit under one set of full calls, at its worst start."""

    calls: str = Field(description="The products called in full together, in words.")
    products: list[str] = Field(description="Their ids.")
    direction: Literal["up", "down", "both"] = Field(
        description="Of the calls; both: what the leaf itself calls, either way."
    )
    call_start: str = Field(description="Local time at which the calls begin (ISO 8601).")
    at: str = Field(description="Local time at which the limit has the least room.")
    place: str = Field(description="The device, connection or node whose limit it is.")
    limit: str = Field(description="The limit in words.")
    unit: Literal["MW", "MWh"]
    room: float = Field(description="Limit less what the calls ask of it; below zero something is missing.")
    missing: NonNegative = Field(description="What is missing; 0 within the tolerance.")
    size: NonNegative = Field(description="Largest value met in this limit, over all leaves.")


class StressedLeaf(Model):
    """One leaf in detail."""

    leaf: str
    probability: Share
    tightest: StressReading | None = Field(description="The limit with the least room as a share of its size.")
    misses: list[StressReading] = Field(description="Every limit in which something is missing, worst first.")


class StressResult(Model):
    """What the stress test found; all leaves are tested, the worst are told in detail."""

    passed: bool = Field(description="Whether everything that is held can be delivered, whatever is called.")
    leaves_tested: Annotated[int, Field(ge=0)]
    calls_tested: Annotated[int, Field(ge=0)] = Field(
        description="Starts of full calls: leaves x periods x sets of products, where a call may begin."
    )
    leaves_with_a_miss: Annotated[int, Field(ge=0)]
    probability_of_a_leaf_with_a_miss: Share
    largest_miss_mw: NonNegative
    largest_miss_mwh: NonNegative
    tolerance_rel: NonNegative = Field(description="Share of its size by which a limit may be missed.")
    tolerance_smallest: NonNegative = Field(description="Least tolerance, MW or MWh.")
    leaves: list[StressedLeaf] = Field(description="The worst leaves first.")


class ConfidenceInterval(Model):
    """Where the mean over days not drawn lies, with a probability."""

    level: Share
    lower: float
    upper: float


class ExpectedShortfall(Model):
    """What of a promise, or of the demand, is not served: a slack of the model."""

    name: str = Field(description="Owner and quantity, as in solution.nc.")
    expected_mwh: NonNegative = Field(description="Over the horizon, expected; MW h of capacity that is not held.")
    probability: Share = Field(description="Of a scenario in which it is not zero.")
    most_mwh: NonNegative = Field(description="In the worst scenario.")


class CommitmentResult(Model):
    """What a commitment that is given earns over a tree."""

    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None = Field(description="Of a drawn tree; null: scenarios are not independent draws.")
    currency: str
    profit_mean: float = Field(description="Expected profit of feasible dispatches.")
    bound_upper: float = Field(description="No dispatch of this commitment earns more, on the mean.")
    bound_kind: Literal["safe", "solver"] = Field(description="What that bound rests on: docs/certificates.md.")
    standard_error: NonNegative | None = Field(description="Of the mean, over independent draws.")
    confidence: ConfidenceInterval | None = Field(description="Of the mean, by Student's t.")
    profit_least: float
    profit_most: float
    profit_quantiles: dict[str, float] = Field(description="Profit that a share of the probability does not exceed.")
    profit_cvar: dict[str, float] = Field(description="Mean of the worst 1 - alpha of the probability, by alpha.")
    streams: dict[str, float] = Field(description="Expected profit by stream; they add up to profit_mean.")
    shortfalls: list[ExpectedShortfall]


class BracketResult(Model):
    """Two ends that hold a number by proof; null: nothing is known on that side."""

    value: Literal["between", "minus infinity", "infinity"] = Field(
        default="between", description="Where a scenario has no dispatch at all, a profit is minus infinity."
    )
    lower: float | None
    upper: float | None


class ValuesResult(Model):
    """Values of information and of the stochastic model, each a bracket of expected profit."""

    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    values: dict[str, BracketResult] = Field(
        description="WS wait-and-see, RP stochastic program, EEV first stage of the mean scenario, EV mean scenario, "
        "EVPI = WS - RP, VSS = RP - EEV; *_day_ahead: day-ahead decisions of the mean scenario fixed as well."
    )


class ProductValueResult(Model):
    """What a product is worth."""

    beside_others: BracketResult = Field(description="Lost by not offering it, everything else being offered.")
    alone: BracketResult = Field(description="Earned by offering nothing else.")


class ProductValuesResult(Model):
    """What committed products are worth, each a bracket of expected profit."""

    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    recourse: BracketResult = Field(description="RP with all products.")
    without_any: BracketResult = Field(description="RP with energy markets and no committed product.")
    together: BracketResult = Field(description="Value of all products.")
    products: dict[str, ProductValueResult]


class OptimalityGapResult(Model):
    """How far a commitment may be from the best one over all days, from independent samples."""

    method: Literal["multiple replications", "averaged two-replication"]
    currency: str
    replications: Annotated[int, Field(ge=2)]
    scenarios: Annotated[int, Field(ge=1)] = Field(description="Of each sample.")
    seeds: list[int | None]
    bound_kind: Literal["safe", "solver"] = Field(description="What the bounds of the samples rest on.")
    profit_mean: float = Field(description="Expected profit of the commitment, over all samples.")
    gap_mean: NonNegative = Field(description="Mean gap of the samples, biased upward.")
    sampling_error: NonNegative
    gap_upper: NonNegative = Field(description="gap_mean plus sampling_error: the gap is at most this.")
    confidence: Share


class ForesightBiasResult(Model):
    """By how much a model with foresight overstates what is earned without."""

    stages: Literal[2, 3] = Field(description="2: a day is known from its beginning; 3: after the day-ahead market.")
    planned: BracketResult = Field(description="Expected profit with that foresight.")
    bias: BracketResult = Field(description="The same less the profit without, over the same scenarios.")
    standard_error: NonNegative | None = Field(description="Of the bias, over independent draws.")
    confidence: ConfidenceInterval | None = Field(description="Of the bias on days not drawn, by Student's t.")


class RollingResult(Model):
    """A commitment operated period by period with what is known by then."""

    operated: CommitmentResult = Field(
        description="What was earned; bound_upper is what is earned at most with the whole day known."
    )
    slack_penalties: float = Field(description="Expected penalties of slack, part of the profit; not above 0.")
    forecast_scenarios: int | None = Field(description="null: those of the tree's other day-ahead nodes.")
    forecast_seed: int | None
    fan: Annotated[int, Field(ge=1)] = Field(description="Courses a step is planned for; 1: for their mean.")
    foresight_bias: list[ForesightBiasResult]
    settled_difference: NonNegative | None = Field(
        description="Largest difference of a scenario's profit from that of the ledger."
    )


class EvaluationDocument(Model):
    """``evaluation.json``; each kind of evaluation has a part of its own."""

    format: Literal[1] = 1
    instance: str
    mes_stoch_version: str
    stress: StressResult | None = Field(default=None, description="Absent where the stress test was not asked for.")
    commitment: CommitmentResult | None = Field(
        default=None, description="What the commitment earns; absent where it was not asked for."
    )
    optimality_gap: OptimalityGapResult | None = Field(
        default=None, description="Of the true problem; absent where it was not asked for."
    )
    product_values: ProductValuesResult | None = Field(
        default=None, description="Absent where they were not asked for."
    )
    values: ValuesResult | None = Field(default=None, description="Absent where they were not asked for.")
    rolling: RollingResult | None = Field(
        default=None, description="What is earned without foresight; absent where it was not asked for."
    )
