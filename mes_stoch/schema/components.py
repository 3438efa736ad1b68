"""What a user may write about the devices of a site.

Powers are in MW at the port named, energies in MWh, money in EUR. A field typed :data:`Quantity` takes a number or the
name of a series. ``provides`` lists the reserve products a device takes part in.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import AUTO, Derived, Efficiency, Identifier, Model, NonNegative, Positive, Quantity


class ReserveProvider(Model):
    """A device that can hold reserve: which products, and how fast it moves."""

    provides: list[Identifier] = Field(
        default_factory=list, description="Ids of the reserve products this device takes part in."
    )
    ramp_mw_per_min: Positive | None = Field(
        default=None,
        description="Speed of its electrical power; limits reserve by full-activation time. None: no limit.",
    )


class GridConnection(Model):
    """Exchange with a public network; positive power is export.

    Prices here are tariffs on the metered flow. Market positions (``da``, ``id``, imbalance) come on top, for the
    connection the products name.
    """

    type: Literal["grid_connection"]
    node: Identifier
    import_max_mw: NonNegative | None = Field(description="Largest withdrawal; null for no limit (gas mains).")
    export_max_mw: NonNegative = Field(default=0.0, description="Largest injection.")
    import_price_eur_per_mwh: Quantity = Field(default=0.0, description="Paid per MWh withdrawn.")
    export_price_eur_per_mwh: Quantity = Field(default=0.0, description="Received per MWh injected.")
    schedule_penalty_eur_per_mwh: Positive | Derived | None = Field(
        default=AUTO,
        description="Cost of a position that the site does not plan to keep, on top of imbalance; auto: above what "
        "prices can pay; null forbids it.",
    )


class Demand(Model):
    """A fixed demand."""

    type: Literal["demand"]
    node: Identifier
    demand_mw: Quantity
    share_per_unit: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="Takes this share of demand_mw, so that one series can be divided among nodes."
    )


class Source(ReserveProvider):
    """PV, wind or any source that follows an availability series."""

    type: Literal["source"]
    node: Identifier
    available_mw: Quantity = Field(description="What weather allows.")
    curtailable: bool = True
    cost_eur_per_mwh: NonNegative = 0.0


class Port(Model):
    """One flow of a converter in proportion to its reference flow."""

    node: Identifier
    ratio_per_unit: Quantity = Field(description="MWh at this port per MWh at the reference port; a COP, 1/efficiency.")
    no_load_mw: NonNegative = Field(default=0.0, description="Extra flow whenever the unit is on (needs power_min_mw).")


class Converter(ReserveProvider):
    """Turns carriers into others in fixed proportions: CHP, boiler, heat pump, chiller, electrolyser.

    The reference port has ratio 1 and carries the limits. ``power_min_mw > 0`` makes the unit either off or between
    minimum and maximum (one binary per period), and gives sense to the fields about starts and stops.
    """

    type: Literal["converter"]
    reference: Identifier = Field(description="Node of the reference port.")
    power_max_mw: Positive = Field(description="Largest flow at the reference port.")
    power_min_mw: NonNegative = Field(default=0.0, description="Smallest flow when on; 0: no on/off decision.")
    state_block_h: Positive | None = Field(
        default=None, description="The on/off state is constant over blocks of so many local hours; null: a period."
    )
    inputs: Annotated[list[Port], Field(min_length=1)]
    outputs: Annotated[list[Port], Field(min_length=1)]
    cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Operation and wear per MWh at the reference port.")
    energy_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed at which its schedule may change between periods; null: no limit."
    )
    minimum_up_h: NonNegative = Field(
        default=0.0, description="Least time on after a start, a multiple of the state block (of the period)."
    )
    minimum_down_h: NonNegative = Field(default=0.0, description="Least time off after a stop, likewise.")
    start_cost_eur: NonNegative = Field(default=0.0, description="Fuel and wear of one start.")
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
            "starts_max_per_day": self.starts_max_per_day is not None,
            "start_power_max_mw": self.start_power_max_mw is not None,
            "stop_power_max_mw": self.stop_power_max_mw is not None,
        }
        return tuple(name for name, is_given in given.items() if is_given)


class Storage(ReserveProvider):
    """Battery, heat store, cold store, gas or hydrogen tank."""

    type: Literal["storage"]
    node: Identifier
    energy_max_mwh: Positive
    energy_min_mwh: NonNegative = 0.0
    charge_max_mw: NonNegative
    discharge_max_mw: NonNegative
    charge_efficiency_per_unit: Efficiency = 1.0
    discharge_efficiency_per_unit: Efficiency = 1.0
    standing_loss_per_h: Annotated[float, Field(ge=0, lt=1)] = Field(
        default=0.0, description="Share of the level lost in an hour."
    )
    initial_mwh: NonNegative
    terminal_mwh: NonNegative | None = Field(
        default=None, description="Level to hold at the end of the horizon; null for the initial level."
    )
    terminal_penalty_eur_per_mwh: NonNegative | Derived | None = Field(
        default=AUTO, description="Cost of ending below the terminal level; auto: from prices; null forbids it."
    )
    energy_ramp_mw_per_min: Positive | None = Field(
        default=None, description="Speed at which its schedule may change between periods; null: no limit."
    )
    throughput_cost_eur_per_mwh: NonNegative = Field(default=0.0, description="Wear per MWh discharged.")


class SheddableDemand(ReserveProvider):
    """A demand of which a share can be left unserved for a price."""

    type: Literal["sheddable_demand"]
    node: Identifier
    demand_mw: Quantity
    shed_max_per_unit: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0, description="Share of the demand that can be shed."
    )
    shed_cost_eur_per_mwh: NonNegative


Component = Annotated[
    GridConnection | Demand | Source | Converter | Storage | SheddableDemand, Field(discriminator="type")
]
