"""The fields of units that are on or off, and of their starts and stops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.component import ReserveProvider
from mes_stoch.schema.data_rules import DataRule, NumberRule
from mes_stoch.schema.on_off import StartCost, start_costs_of


class UnitWithStarts(ReserveProvider):
    """A unit that is on or off. A kind says what its least and its largest power are, as fields or as properties."""

    if TYPE_CHECKING:

        @property
        def power_min_mw(self) -> float: ...
        @property
        def power_max_mw(self) -> float: ...

    available_per_unit: Quantity = Field(
        default=1.0,
        description="Share of its largest power that can be used, 0 to 1: derating, outage. Below the least it is off.",
    )
    state_block_h: Positive | None = Field(
        default=None, description="The on/off state is constant over blocks of so many local hours; null: a period."
    )
    minimum_up_h: NonNegative = Field(
        default=0.0, description="Least time on after a start, a multiple of the state block (of the period)."
    )
    minimum_down_h: NonNegative = Field(default=0.0, description="Least time off after a stop, likewise.")
    start_cost_eur: NonNegative = Field(default=0.0, description="Fuel and wear of one start.")
    start_costs: list[StartCost] = Field(
        default_factory=list, description="In its place, costs of a start that rise with the time off: hot, warm, cold."
    )
    starts_max_per_day: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="Most starts in a local day; null: no limit."
    )
    start_power_max_mw: Positive | None = Field(
        default=None,
        description="Largest flow at the reference port in the first period of a start; null: no limit.",
    )
    stop_power_max_mw: Positive | None = Field(
        default=None, description="Largest flow there in the last period before a stop; null: no limit."
    )
    initial_on: bool | None = Field(
        default=None,
        description="State just before the horizon; null: the first state is free, and being on in it is no start.",
    )
    initial_state_h: NonNegative | None = Field(
        default=None, description="How long it has been in initial_on by then; null: longer than its minimum time."
    )

    @property
    def start_stop_fields(self) -> tuple[str, ...]:
        """The fields given that need starts and stops as variables."""
        given = {
            "minimum_up_h": self.minimum_up_h > 0,
            "minimum_down_h": self.minimum_down_h > 0,
            "start_cost_eur": self.start_cost_eur > 0,
            "start_costs": bool(self.start_costs),
            "starts_max_per_day": self.starts_max_per_day is not None,
            "start_power_max_mw": self.start_power_max_mw is not None,
            "stop_power_max_mw": self.stop_power_max_mw is not None,
        }
        return tuple(name for name, is_given in given.items() if is_given)

    @property
    def dearest_start_eur(self) -> float:
        """What a start costs at most; nothing where there are none."""
        return max(one.cost_eur for one in start_costs_of(self)) if self.can_be_off else 0.0

    @property
    def can_be_off(self) -> bool:
        return self.power_min_mw > 0

    @property
    def is_dispatchable(self) -> bool:
        return True

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("available_per_unit", self.available_per_unit, "share", "a share between 0 and 1")
