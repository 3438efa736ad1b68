"""What a user may write about a fleet of electric vehicles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.arc import Arc, LinearQuantity
from mes_stoch.schema.base import AUTO, Derived, Efficiency, Identifier, NonNegative, Positive, Quantity
from mes_stoch.schema.component import Port, ReserveProvider, SlackPenalty
from mes_stoch.schema.data_rules import DataRule, NumberRule


class EvFleet(ReserveProvider):
    """Vehicles that come, are charged and leave, seen as one battery that grows and shrinks with those plugged in."""

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"(availability|plugged|connected|parked)(_.*)?", "write plugged_in_per_unit, a number or a series"),
        (r"eta|efficiency(_per_unit)?", "write charge_efficiency_per_unit and discharge_efficiency_per_unit"),
        (r"(battery_)?(capacity|size|energy)(_mwh)?|e_nom(_mwh)?", "write energy_max_mwh, of one vehicle"),
        (r"(charger_)?(power|capacity)(_max)?_mw|p_nom(_mw)?", "write charge_max_mw, of one vehicle"),
        (r"v2g(_.*)?", "write discharge_max_mw, of one vehicle; 0 for no vehicle-to-grid"),
        (r"(trips?|driving|mobility)_.*", "write departure_mwh and arrival_mwh, the energy that leaves and comes back"),
        (r"(initial_)?soc.*", "write initial_mwh, in MWh of all vehicles plugged in"),
    )

    type: Literal["ev_fleet"]
    node: Identifier = Field(description="Electric node it is charged from.")
    vehicles: Positive = Field(default=1.0, description="How many there are; limits are those of one vehicle.")
    energy_max_mwh: Positive = Field(description="Capacity of the battery of one vehicle.")
    charge_max_mw: Positive = Field(description="Largest charging power of one vehicle.")
    discharge_max_mw: NonNegative = Field(
        default=0.0, description="Largest power of one vehicle to the grid; 0: no vehicle-to-grid."
    )
    charge_efficiency_per_unit: Efficiency = Field(
        default=1.0, description="Energy that reaches the battery per MWh charged, more than 0 to 1."
    )
    discharge_efficiency_per_unit: Efficiency = Field(
        default=1.0, description="Energy that reaches the site per MWh out of the battery, more than 0 to 1."
    )
    charge_min_per_unit: Annotated[float, Field(ge=0, le=1)] = Field(
        default=0.0, description="Least power while the fleet charges, as a share of what is plugged in; 0: any."
    )
    plugged_in_per_unit: Quantity = Field(
        description="Share of the vehicles that are plugged in over a period, 0 to 1."
    )
    leaving_per_unit: Quantity | None = Field(
        default=None,
        description="Share of the vehicles that leave at the end of a period; null: as many as are then missing.",
    )
    arrival_mwh: Quantity = Field(
        default=0.0, description="Energy in the batteries that arrive at the start of a period, of all of them."
    )
    departure_mwh: Quantity = Field(
        default=0.0, description="Energy that must be in those that leave at the end of a period, of all of them."
    )
    initial_mwh: NonNegative = Field(default=0.0, description="Energy in those that are plugged in at the start.")
    terminal_mwh: NonNegative | None = Field(
        default=None,
        description="Energy to hold at the end of the horizon; null: the initial one, or what fits those plugged in.",
    )
    departure_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of energy missing in those that leave; auto: from prices; null forbids it."
    )
    terminal_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of ending below the terminal energy, likewise."
    )
    throughput_cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Wear per MWh discharged to the site.")

    @property
    def fleet_energy_mwh(self) -> float:
        """Of all batteries."""
        return self.vehicles * self.energy_max_mwh

    @property
    def fleet_charge_mw(self) -> float:
        """Of all vehicles."""
        return self.vehicles * self.charge_max_mw

    @property
    def fleet_discharge_mw(self) -> float:
        """Of all vehicles."""
        return self.vehicles * self.discharge_max_mw

    def ports(self) -> Sequence[Port]:
        return (Port(self.node, ("node",), supplies=self.discharge_max_mw > 0, takes=True),)

    def arcs(self) -> Sequence[Arc]:
        plugged = LinearQuantity.of(self.plugged_in_per_unit)
        found = [Arc(self.node, False, power_max_mw=plugged.scaled(self.fleet_charge_mw))]
        if self.discharge_max_mw > 0:
            found.append(Arc(self.node, True, power_max_mw=plugged.scaled(self.fleet_discharge_mw)))
        return tuple(found)

    @property
    def can_be_off(self) -> bool:
        return self.charge_min_per_unit > 0

    def cost_at(self, node: str) -> float:
        return self.throughput_cost_eur_per_mwh if node == self.node else 0.0

    def returned_per_unit(self, node: str, hours: float) -> float | None:
        if node != self.node or self.discharge_max_mw == 0:
            return None
        return float(self.charge_efficiency_per_unit * self.discharge_efficiency_per_unit)

    def data_rules(self) -> Iterator[DataRule]:
        yield NumberRule("plugged_in_per_unit", self.plugged_in_per_unit, "share", "a share between 0 and 1")
        if self.leaving_per_unit is not None:
            yield NumberRule("leaving_per_unit", self.leaving_per_unit, "share", "a share between 0 and 1")
        for key in ("arrival_mwh", "departure_mwh"):
            yield NumberRule(key, getattr(self, key), "not_negative", "an energy of 0 or more")

    def known_ahead(self, period_h: float) -> Iterator[tuple[Quantity, int]]:
        # who leaves at the end of a period is known in it
        yield self.plugged_in_per_unit, 1

    def slack_penalties(self) -> Sequence[SlackPenalty]:
        into = self.charge_efficiency_per_unit
        return (
            SlackPenalty(
                "departure_penalty_eur_per_mwh",
                ("departure_short_mwh",),
                self.node,
                made_good_per_mwh=into,
                spared_per_mwh=1.0 / into,
                is_possible=self.departure_mwh != 0,
                hint="set departure_mwh to what vehicles can leave with",
            ),
            SlackPenalty(
                "terminal_penalty_eur_per_mwh",
                ("terminal_short_mwh",),
                self.node,
                made_good_per_mwh=into,
                spared_per_mwh=1.0 / into,
                is_possible=self.terminal_mwh != 0 and (self.terminal_mwh is not None or self.initial_mwh > 0),
                hint="set terminal_mwh to what may be left behind",
            ),
        )


KINDS = (EvFleet,)
