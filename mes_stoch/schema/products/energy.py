"""Energy markets and the settlement of imbalance."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.products.base import MarketProduct, Stage, TradedProduct


class EnergyMarket(TradedProduct):
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
    stage: Stage = Field(
        default="day_ahead", description="When the position is decided; `commit` makes it first-stage."
    )


class Imbalance(MarketProduct):
    """Settlement of what metering shows beyond positions and ordered activations; positive is long."""

    family: Literal["imbalance"]
    price_long_eur_per_mwh: Quantity = Field(description="Received per MWh long; never above the short price.")
    price_short_eur_per_mwh: Quantity = Field(description="Paid per MWh short.")
