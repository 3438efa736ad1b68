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


class EvaluationDocument(Model):
    """``evaluation.json`` of a run folder; each kind of evaluation has a part of its own."""

    format: Literal[1] = 1
    instance: str
    mes_stoch_version: str
    stress: StressResult | None = Field(default=None, description="Absent where the stress test was not asked for.")
