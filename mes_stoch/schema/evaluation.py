"""The format of ``evaluation.json``: what was found out about a finished run beside its own account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative
from mes_stoch.schema.evaluation_flexibility import FlexibilityResult
from mes_stoch.schema.evaluation_sampling import (
    ComparisonResult,
    DayAheadInformationResult,
    DeviceValuesResult,
    IntervalsResult,
    SequentialResult,
    StabilityResult,
)
from mes_stoch.schema.evaluation_shared import BracketResult, CommittedVolume, ConfidenceInterval, DecidedNumber, Share


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
    intervals: IntervalsResult | None = Field(default=None, description="By the method that was asked for.")
    profit_least: float
    profit_most: float
    profit_quantiles: dict[str, float] = Field(description="Profit that a share of the probability does not exceed.")
    profit_cvar: dict[str, float] = Field(description="Mean of the worst 1 - alpha of the probability, by alpha.")
    streams: dict[str, float] = Field(description="Expected profit by stream; they add up to profit_mean.")
    shortfalls: list[ExpectedShortfall]


class ValuesResult(Model):
    """Values of information and of the stochastic model, each a bracket of expected profit, or of a utility."""

    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    utility: str | None = Field(
        default=None, description="What is bracketed where the instance weighs risk; null: the expected profit."
    )
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
    scenarios: Annotated[int, Field(ge=1)] = Field(description="Of each sample; day-ahead nodes with three stages.")
    leaves_per_node: Annotated[int, Field(ge=1)] = Field(default=1, description="Leaves below each day-ahead node.")
    policy_leaves: int | None = Field(
        default=None, description="Further leaves by which a node decides day-ahead positions; null: two stages."
    )
    seeds: list[int | None]
    bound_kind: Literal["safe", "solver"] = Field(description="What the bounds of the samples rest on.")
    profit_mean: float = Field(description="Expected profit of the commitment, over all samples.")
    gap_mean: NonNegative = Field(description="Mean gap of the samples, biased upward.")
    sampling_error: NonNegative
    gap_upper: NonNegative = Field(description="gap_mean plus sampling_error: the gap is at most this.")
    confidence: Share


class FrontierPointResult(Model):
    """The best plan known for a weight of risk."""

    weight: Share = Field(description="Of the measure; the expected profit has the rest.")
    profit_mean: float = Field(description="Expected profit of the plan.")
    risk_value: float = Field(description="The measure of the plan's profits.")
    utility: BracketResult = Field(
        description="(1 - weight) x profit_mean + weight x risk_value, and what no plan is worth more than."
    )
    bound_kind: Literal["safe", "solver"] = Field(description="What that bound rests on: docs/certificates.md.")
    is_solved: bool = Field(description="Solved for; false: its bounds follow from plans and bounds of other weights.")
    commitments: list[CommittedVolume]
    site_decisions: list[DecidedNumber] | None = Field(
        default=None, description="Numbers of components that the plan decides with them; null: none."
    )


class FrontierResult(Model):
    """Expected profit against a measure of risk; no plan lies above any line of a weight and its upper utility."""

    measure: str
    alpha: float | None = Field(description="Of cvar.")
    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    solves: Annotated[int, Field(ge=1)] = Field(description="Programs that were solved.")
    points: list[FrontierPointResult] = Field(description="By rising weight.")


class PolicyResult(Model):
    """What a policy commits and earns."""

    brought_by: str = Field(description="mes_stoch, or name and version of the package that brings the policy.")
    note: str
    profit: BracketResult = Field(description="Expected profit.")
    loss: BracketResult = Field(description="RP less that; below zero for a policy that knows the scenario.")
    commitments: list[CommittedVolume] | None = Field(
        description="null: there is no commitment for all scenarios, or nothing could be committed."
    )
    site_decisions: list[DecidedNumber] | None = Field(
        default=None, description="Numbers of components that it decides; null: none, or none for all scenarios."
    )
    evaluated: CommitmentResult | None = Field(
        description="What the commitment earns; null where a scenario has no dispatch with it."
    )


class PoliciesResult(Model):
    """Policies over one tree: all meet the same scenarios."""

    scenarios: Annotated[int, Field(ge=1)]
    seed: int | None
    currency: str
    recourse: BracketResult = Field(description="RP, the stochastic program.")
    value_of_coordination: BracketResult | None = Field(
        description="RP less the profit of two_loop; null where that was not asked for, or not found in time."
    )
    policies: dict[str, PolicyResult]


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
    comparison: ComparisonResult | None = Field(
        default=None, description="With another commitment; absent where it was not asked for."
    )
    stability: StabilityResult | None = Field(default=None, description="Absent where it was not asked for.")
    sequential: SequentialResult | None = Field(default=None, description="Absent where it was not asked for.")
    day_ahead_information: DayAheadInformationResult | None = Field(
        default=None, description="Absent where it was not asked for."
    )
    device_values: DeviceValuesResult | None = Field(default=None, description="Absent where they were not asked for.")
    optimality_gap: OptimalityGapResult | None = Field(
        default=None, description="Of the true problem; absent where it was not asked for."
    )
    product_values: ProductValuesResult | None = Field(
        default=None, description="Absent where they were not asked for."
    )
    values: ValuesResult | None = Field(default=None, description="Absent where they were not asked for.")
    frontier: FrontierResult | None = Field(default=None, description="Absent where it was not asked for.")
    policies: PoliciesResult | None = Field(default=None, description="Absent where they were not asked for.")
    rolling: RollingResult | None = Field(
        default=None, description="What is earned without foresight; absent where it was not asked for."
    )
    flexibility: FlexibilityResult | None = Field(
        default=None, description="What the site can offer; absent where it was not asked for."
    )
