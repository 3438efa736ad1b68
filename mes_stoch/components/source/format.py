"""What a user may write about PV, wind and other sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import Identifier, NonNegative, Quantity
from mes_stoch.schema.component import OperatingRange, Port, ReserveProvider
from mes_stoch.schema.data_rules import DataRule, NumberRule
from mes_stoch.schema.emission import Emission


class Source(ReserveProvider):
    """PV, wind or any source that follows an availability series."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"availability(_.*)?|outages?(_.*)?|maintenance(_.*)?|unavailab.*|derating(_.*)?|p_max_pu",
            "write available_per_unit, the share of available_mw that the plant can bring: a number or a series",
        ),
        (
            r"(co2|carbon|emissions?|ghg)(_.*)?|.*_(co2|carbon|emissions?)(_.*)?",
            "write emission_kg_per_mwh; the price of CO2 is price_eur_per_t of the section co2",
        ),
    )

    type: Literal["source"]
    node: Identifier = Field(description="Node it feeds.")
    available_mw: Quantity = Field(description="Power that the weather allows, 0 or more: usually a series.")
    available_per_unit: Quantity = Field(
        default=1.0,
        description="Share of available_mw that the plant can bring, 0 to 1: outage, maintenance, derating.",
    )
    curtailable: bool = Field(
        default=True, description="Whether less than the weather allows can be taken; only then can it hold reserve."
    )
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation and wear per MWh produced.")
    emission_kg_per_mwh: Quantity = Field(default=0.0, description="CO2 of a MWh produced, kg: a factor of its fuel.")

    def emissions(self) -> Sequence[Emission]:
        return () if self.emission_kg_per_mwh == 0 else (Emission(self.node, self.emission_kg_per_mwh),)

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=True, takes=False),)

    @property
    def has_fixed_supply(self) -> bool:
        return not self.curtailable

    @property
    def can_hold(self) -> bool:
        return self.curtailable

    @property
    def power_can_be_limited(self) -> bool:
        return self.curtailable

    @property
    def is_dispatchable(self) -> bool:
        return True

    @property
    def has_reactive_power(self) -> bool:
        return True

    @property
    def counts_for_capacity(self) -> bool:
        return True

    def operating_range(self, node: str) -> OperatingRange | None:
        return OperatingRange(
            0.0, self.available_mw, forecast=self.available_mw, available_per_unit=self.available_per_unit
        )

    def cost_at(self, node: str) -> float:
        return self.cost_eur_per_mwh if node == self.node else 0.0

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("available_mw", self.available_mw, "not_negative", "an availability of 0 or more")
        yield NumberRule("available_per_unit", self.available_per_unit, "share", "a share between 0 and 1")
        yield NumberRule(
            "emission_kg_per_mwh", self.emission_kg_per_mwh, "not_negative", "an emission of 0 kg/MWh or more"
        )


KINDS = (Source,)
