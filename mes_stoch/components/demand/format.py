"""What a user may write about a fixed demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.arc import Arc, LinearQuantity
from mes_stoch.schema.base import Identifier, Quantity
from mes_stoch.schema.component import Component, Port
from mes_stoch.schema.data_rules import DataRule, NumberRule


class Demand(Component):
    """A fixed demand."""

    type: Literal["demand"]
    node: Identifier = Field(description="Node it draws from.")
    demand_mw: Quantity = Field(
        description="Power drawn, 0 or more; what cannot be served is penalised slack of the node."
    )
    share_per_unit: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Takes this share of demand_mw, so that one series can be divided among nodes."
    )

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=False, takes=True),)

    def arcs(self) -> Sequence[Arc]:
        return (Arc(self.node, False, power_max_mw=LinearQuantity.of(self.demand_mw).scaled(self.share_per_unit)),)

    @property
    def has_fixed_demand(self) -> bool:
        return True

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("demand_mw", self.demand_mw, "not_negative", "a demand of 0 or more")


KINDS = (Demand,)
