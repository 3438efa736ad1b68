"""How a large sample is reduced to few scenarios: what an instance, a command or a call may say of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Model, NonNegative

ReductionMethod = Literal["fast_forward", "backward", "k_medoids"]
Moment = Literal["mean", "variance", "correlation"]


class ReductionRule(Model):
    """By which method scenarios are chosen, how far apart two of them are, and what is kept beside the choice."""

    method: ReductionMethod = Field(
        default="fast_forward",
        description="fast_forward: scenarios are added one by one, each the best addition; k_medoids: exchanged until "
        "no exchange is better; backward: taken out one by one, for samples of up to some 2,000.",
    )
    order: Literal[1, 2] = Field(
        default=1,
        description="Order r of the Wasserstein distance that is kept small: what moves by a distance d costs d^r.",
    )
    series_weights: dict[str, NonNegative] = Field(
        default_factory=dict,
        description="By series: its weight in the squared distance (1 where not named), after each series has been "
        "divided by its own spread; 0 leaves it out.",
    )
    event_weight: NonNegative = Field(
        default=1.0,
        description="Weight of series of called shares beside their own: above 1 tells days with calls apart more "
        "sharply than days of other prices.",
    )
    event_series: list[str] = Field(
        default_factory=list,
        description="Series of called shares besides `*activation*_per_unit` and those that products of the instance "
        "are called by: of these, what has been called so far is compared in place of single periods.",
    )
    keep_extremes: bool | list[str] = Field(
        default=False,
        description="Series of which the scenarios with the least and the largest mean over the horizon (of "
        "activations: the most called) are kept whatever the distance; true: all series.",
    )
    match_moments: list[Moment] = Field(
        default_factory=list,
        description="Moments over the whole sample that the probabilities of the kept scenarios are adjusted to: mean, "
        "variance, correlation of the series. What cannot be met is told.",
    )
    seed: Annotated[int, Field(ge=0)] = Field(default=0, description="Seed of the starts of k_medoids.")
    starts: Annotated[int, Field(ge=1)] = Field(
        default=1, description="Of k_medoids: starts, of which the best result is taken."
    )


class Reduction(ReductionRule):
    """Draw more scenarios than are planned over, and reduce them to as many."""

    from_scenarios: Annotated[int, Field(ge=2)] = Field(
        description="Scenarios that are drawn, of which as many as `scenarios` says are kept."
    )
    from_leaves_per_day_ahead_node: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Of them, scenarios below each day-ahead node; null: as many as are kept below each "
        "(`leaves_per_day_ahead_node`).",
    )
    clustering: bool = Field(
        default=False,
        description="Draw paths with a day-ahead node each, and make the nodes of a three-stage tree by clustering "
        "them: the day-ahead data of a node are those of one of its paths, and its leaves are others of them.",
    )
