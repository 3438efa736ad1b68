"""What a user may write about products; the catalogue fills what is left out.

Every product id has an entry in ``mes_stoch/schema/catalogue/*.yaml`` with its market rules and their sources. An
instance overrides any of them and adds what no catalogue can know: prices, volumes, activations.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mes_stoch.schema.base import Identifier, Model, NonNegative, Positive, Quantity


class EnergyMarket(Model):
    """A position on an energy market, positive when sold.

    ``da`` is bounded by the connection, ``id`` by ``liquidity_mw`` either way.
    """

    family: Literal["energy"]
    price_eur_per_mwh: Quantity
    settlement_period_h: Positive = Field(default=0.25, description="Positions are constant over this span.")
    fee_eur_per_mwh: NonNegative = Field(default=0.0, description="Fee and half-spread per MWh traded, either way.")
    liquidity_mw: Positive | None = Field(
        default=None, description="Largest position either way; null: the connection."
    )
    stage: Literal["commit", "day_ahead", "realtime"] = Field(
        default="day_ahead", description="When the position is decided; `commit` makes it first-stage."
    )
    connection: Identifier | None = Field(default=None, description="Grid connection; null: the only one that can be.")
    source: str = ""


class Imbalance(Model):
    """Settlement of what metering shows beyond positions and ordered activations; positive is long."""

    family: Literal["imbalance"]
    price_long_eur_per_mwh: Quantity = Field(description="Received per MWh long; never above the short price.")
    price_short_eur_per_mwh: Quantity = Field(description="Paid per MWh short.")
    source: str = ""


class Reserve(Model):
    """Capacity held ready, called by the system operator.

    Symmetric products have one volume and both directions; the others one.
    """

    family: Literal["reserve"]
    direction: Literal["up", "down", "symmetric"]
    block_h: Positive = Field(description="The committed volume is constant over a block of local clock hours.")
    volume_max_mw: NonNegative = Field(description="Largest volume that can be committed in a block.")
    minimum_bid_mw: NonNegative = Field(default=0.0, description="Smallest volume that is not zero.")
    bid_step_mw: NonNegative = Field(default=0.0, description="Volumes are multiples of this; 0: any volume.")
    full_activation_time_s: Positive = Field(description="Time from the call to full delivery.")
    sustain_h: NonNegative = Field(description="Time a full call must be held.")
    call: Literal["continuous", "discrete"] = Field(
        default="continuous",
        description="Discrete calls begin and end: what a running call has used is no longer held for it.",
    )
    capacity_price_eur_per_mw_h: Quantity
    energy_price_up_eur_per_mwh: Quantity | None = Field(
        default=None, description="Received for energy called up; null: none is paid."
    )
    energy_price_down_eur_per_mwh: Quantity | None = Field(
        default=None, description="Paid by the site for energy called down; null: none is paid."
    )
    activation_up_per_unit: Quantity | None = Field(default=None, description="Called share of the volume, up.")
    activation_down_per_unit: Quantity | None = Field(default=None, description="Called share of the volume, down.")
    energy_settlement: Literal["ordered", "delivered", "uncorrected"] = Field(
        default="ordered",
        description="Energy paid, and taken out of the imbalance, as ordered, as delivered, or not at all.",
    )
    shortfall_penalty_eur_per_mw_h: Positive = Field(
        description="Cost of capacity committed but not held, on top of losing its payment."
    )
    missed_penalty_eur_per_mwh: Positive = Field(description="Cost of energy ordered but not delivered.")
    clawback_per_unit: NonNegative = Field(
        default=1.0, description="Share of a block's payment lost in proportion to its worst miss."
    )
    connection: Identifier | None = None
    source: str = ""


Product = Annotated[EnergyMarket | Imbalance | Reserve, Field(discriminator="family")]
