"""What a user may write about a demand that can be shed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import Identifier, NonNegative, Quantity
from mes_stoch.schema.component import OperatingRange, Port, ReserveProvider
from mes_stoch.schema.data_rules import DataRule, NumberRule


class SheddableDemand(ReserveProvider):
    """A demand of which a share can be left unserved for a price."""

    has_given_baseline: ClassVar[bool] = True

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"availability(_.*)?|outages?(_.*)?|maintenance(_.*)?|unavailab.*|shed_available.*",
            "write available_per_unit, the share of what can be shed that can be shed then: a number or a series",
        ),
    )

    type: Literal["sheddable_demand"]
    node: Identifier = Field(description="Node it draws from.")
    demand_mw: Quantity = Field(description="Power drawn where nothing is shed, 0 or more.")
    shed_max_per_unit: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0, description="Share of the demand that can be shed."
    )
    available_per_unit: Quantity = Field(
        default=1.0,
        description="Share of what can be shed that can be shed then, 0 to 1; it multiplies the share above.",
    )
    shed_cost_eur_per_mwh: NonNegative = Field(
        description="What a MWh that is not drawn costs the user, in plan or on call."
    )

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=False, takes=True),)

    @property
    def has_fixed_demand(self) -> bool:
        return True

    @property
    def is_dispatchable(self) -> bool:
        return True

    @property
    def counts_for_capacity(self) -> bool:
        return True

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(0.0, self.demand_mw, is_consumption=True)

    def cost_at(self, node: str) -> float:
        return self.shed_cost_eur_per_mwh if node == self.node else 0.0

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("demand_mw", self.demand_mw, "not_negative", "a demand of 0 or more")
        yield NumberRule("available_per_unit", self.available_per_unit, "share", "a share between 0 and 1")


KINDS = (SheddableDemand,)
