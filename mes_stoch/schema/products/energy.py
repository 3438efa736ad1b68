"""Energy markets and the settlement of imbalance."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.products.base import MarketProduct, Stage, TradedProduct
from mes_stoch.schema.products.calendar import CalendarWindow

#: What tells the prices of imbalance: both of the first, or all of the second.
GIVEN_PRICES = ("price_long_eur_per_mwh", "price_short_eur_per_mwh")
SYSTEM_PRICES = ("vwap_up_eur_per_mwh", "vwap_down_eur_per_mwh", "system_trend_per_unit", "k_per_unit")


class EnergyMarket(TradedProduct):
    """A position on an energy market, positive when sold.

    ``da`` is bounded by the connection, intraday markets by ``liquidity_mw`` either way. A position is constant over a
    settlement period and settled at the mean of the prices in it.
    """

    payment: ClassVar[str] = "energy"

    family: Literal["energy"]
    price_eur_per_mwh: Quantity
    settlement_period_h: Positive = Field(default=0.25, description="Positions are constant over this span.")
    fee_eur_per_mwh: NonNegative = Field(default=0.0, description="Fee per MWh traded, either way.")
    half_spread_eur_per_mwh: NonNegative = Field(
        default=0.0, description="What a sale earns less, and a purchase costs more, than the price."
    )
    liquidity_mw: Positive | None = Field(
        default=None, description="Largest position either way; null: the connection."
    )
    price_minimum_eur_per_mwh: float | None = Field(
        default=None, description="Least price the market takes; lower ones in the data are mistakes. null: no limit."
    )
    price_maximum_eur_per_mwh: float | None = Field(default=None, description="Largest price the market takes.")
    calendar: list[CalendarWindow] = Field(
        default_factory=list, description="Hours of delivery that are traded; none listed: all."
    )
    stage: Stage = Field(
        default="day_ahead", description="When the position is decided; `commit` makes it first-stage."
    )

    @property
    def trading_cost_eur_per_mwh(self) -> float:
        """What a MWh traded costs beside its price, either way."""
        return self.fee_eur_per_mwh + self.half_spread_eur_per_mwh


class Imbalance(MarketProduct):
    """Settlement of what metering shows beyond positions and ordered activations; positive is long.

    Two prices are given, or follow from the system by the French rule: with ``v`` the volume-weighted price of upward
    balancing energy where the system is short or balanced and of downward where it is long, a long imbalance receives
    ``min(v (1 - k), v (1 + k))`` and a short one pays ``max(v (1 - k), v (1 + k))``.
    """

    payment: ClassVar[str] = "imbalance"

    family: Literal["imbalance"]
    price_long_eur_per_mwh: Quantity | None = Field(
        default=None, description="Received per MWh long; never above the short price. Or give vwap_*."
    )
    price_short_eur_per_mwh: Quantity | None = Field(default=None, description="Paid per MWh short. Or give vwap_*.")
    vwap_up_eur_per_mwh: Quantity | None = Field(
        default=None, description="Volume-weighted average price of upward balancing energy."
    )
    vwap_down_eur_per_mwh: Quantity | None = Field(
        default=None, description="Volume-weighted average price of downward balancing energy."
    )
    system_trend_per_unit: Quantity | None = Field(
        default=None, description="Above 0 where the system is short, 0 where it is balanced, below 0 where it is long."
    )
    k_per_unit: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        default=None, description="Widens the two prices about the balancing price."
    )
    price_limit_eur_per_mwh: Positive | None = Field(
        default=None,
        description="Largest price of an imbalance, of either sign; null: as drawn prices of balancing energy.",
    )
    settlement_period_h: Positive | None = Field(
        default=None,
        description="The imbalance of so many hours is netted and then priced, at the mean price; null: each period.",
    )

    @property
    def follows_system(self) -> bool:
        """Whether prices follow from those of balancing energy."""
        return self.vwap_up_eur_per_mwh is not None
