"""Frequency control ancillary services (FCAS) of the Australian National Electricity Market.

Ten services, each a product: regulation raise and lower, and for contingencies raise and lower within 1 s, 6 s, 60 s
and 5 min. A unit offers a service inside a trapezium over its own energy.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive, Quantity
from mes_stoch.schema.data_rules import DataRule, NumberRule
from mes_stoch.schema.flexibility import Direction, EnergyPayment, Flexibility


class FcasUnit(Model):
    """What one unit can offer of one service.

    Energy counts in the unit's own direction: injection of a generator or source, from -charge to +discharge of a
    storage, consumption of a load. Without the four energy limits the service does not depend on energy (a provider
    that is not dispatched for energy).
    """

    max_available_mw: NonNegative = Field(description="Most that can be enabled, at any energy.")
    en_min_mw: float | None = Field(default=None, description="Least energy at which the service can be enabled.")
    low_breakpoint_mw: float | None = Field(default=None, description="Least energy at which all of it is available.")
    high_breakpoint_mw: float | None = Field(default=None, description="Largest energy at which all is available.")
    en_max_mw: float | None = Field(default=None, description="Largest energy at which it can be enabled.")
    initial_mw: float | None = Field(default=None, description="Energy just before the horizon; null: any.")
    agc_min_mw: float | None = Field(default=None, description="Least energy under automatic control; regulation only.")
    agc_max_mw: float | None = Field(default=None, description="Largest energy under automatic control, likewise.")
    agc_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed under automatic control, in the direction the service moves the unit."
    )
    agc_on: bool = Field(default=True, description="Whether the unit follows automatic control; regulation only.")

    @property
    def energy_limits(self) -> tuple[float, float, float, float] | None:
        """``en_min``, low and high break point, ``en_max``; ``None`` where the service does not depend on energy."""
        limits = (self.en_min_mw, self.low_breakpoint_mw, self.high_breakpoint_mw, self.en_max_mw)
        given = [limit for limit in limits if limit is not None]
        return (given[0], given[1], given[2], given[3]) if len(given) == len(limits) else None

    @property
    def automatic_control_fields(self) -> tuple[str, ...]:
        """The fields given that make sense for regulation alone."""
        names = ("agc_min_mw", "agc_max_mw", "agc_ramp_mw_per_min")
        given = [name for name in names if getattr(self, name) is not None]
        return (*given, *(() if self.agc_on else ("agc_on",)))


class FcasService(Flexibility):
    """One FCAS market: capability offered in blocks, enabled every dispatch interval, paid for being enabled.

    The offered capability is the commitment; how much of it is enabled is decided period by period. Contingency
    services may be enabled with the same MW; regulation shares with all of them.
    """

    payment: ClassVar[str] = "enablement"
    needs_schedule: ClassVar[bool] = False
    is_enabled_by_market: ClassVar[bool] = True

    family: Literal["fcas"]
    service: Literal["regulation", "contingency"] = Field(
        description="regulation: follows automatic control; contingency: answers a deviation of frequency."
    )
    direction: Direction = Field(description="up: raise (more injection or less load); down: lower.")
    units: dict[Identifier, FcasUnit] = Field(description="The trapezium of every unit that provides the service.")
    enablement_price_eur_per_mw_h: Quantity = Field(description="Price received per MW enabled and hour.")
    enablement_cost_eur_per_mw_h: NonNegative = Field(
        default=0.0, description="What being enabled costs the site: the price it would offer at."
    )
    offer_cost_eur_per_mw_h: NonNegative = Field(
        default=0.0, description="What it costs to keep a MW of capability on offer, enabled or not."
    )
    activation_per_unit: Quantity | None = Field(
        default=None, description="Share of the enabled power that automatic control calls; regulation only."
    )
    energy_price_eur_per_mwh: Quantity | None = Field(
        default=None, description="Spot price at which energy called by regulation is settled; null: not paid."
    )
    energy_settlement: Literal["delivered"] = Field(
        default="delivered", description="Energy is metered, and settled as delivered."
    )
    call: Literal["continuous"] = Field(
        default="continuous", description="Calls follow the system from moment to moment."
    )
    shortfall_penalty_eur_per_mw_h: Literal[0] = Field(
        default=0, description="There is none: no more is enabled than can be held."
    )
    missed_penalty_eur_per_mwh: Literal[0] = Field(
        default=0, description="There is none: what is enabled is delivered."
    )

    @property
    def is_regulation(self) -> bool:
        return self.service == "regulation"

    @property
    def capacity_price(self) -> Quantity:
        return self.enablement_price_eur_per_mw_h

    def activation(self, direction: Direction) -> Quantity | None:
        return self.activation_per_unit

    def energy_payments(self, direction: Direction) -> tuple[EnergyPayment, ...]:
        """Energy that regulation moves is metered, and settled at the spot price like any other."""
        if self.energy_price_eur_per_mwh is None:
            return ()
        return (EnergyPayment("energy", self.energy_price_eur_per_mwh, 1 if direction == "up" else -1),)

    def data_rules(self) -> Iterator[DataRule]:
        yield from super().data_rules()
        if self.energy_price_eur_per_mwh is not None:
            yield NumberRule("energy_price_eur_per_mwh", self.energy_price_eur_per_mwh, "present")

    def _readiness_rule(self) -> DataRule:
        expected = "a price of enablement of 0 or more"
        return NumberRule("enablement_price_eur_per_mw_h", self.capacity_price, "not_negative", expected)


KINDS = (FcasService,)
