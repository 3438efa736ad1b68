"""What a user may write about energy markets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import NonNegative, Positive, Quantity
from mes_stoch.schema.calendar import CalendarWindow
from mes_stoch.schema.data_rules import (
    DataRule,
    LimitRule,
    NodeRule,
    NumberRule,
    PriceOfEnergy,
    known_when_accepted,
)
from mes_stoch.schema.price_offers import PriceOffers, PriceStep, Pricing, Side
from mes_stoch.schema.product import Market, Phase, Stage, TradedProduct


class EnergyMarket(TradedProduct):
    """A position on an energy market, positive when sold.

    ``da`` is bounded by the connection, intraday markets by ``liquidity_mw`` either way. A position is constant over a
    settlement period and settled at the mean of the prices in it.

    A position of the stage ``commit`` is kept whatever the price, or made by orders at limit prices, each accepted in
    the scenarios whose price keeps its limit.
    """

    payment: ClassVar[str] = "energy"
    phase: ClassVar[Phase] = "energy"
    is_provided_by_components: ClassVar[bool] = False
    kind_in_words: ClassVar[str] = "a position on a market"

    other_words: ClassVar[tuple[tuple[str, str], ...]] = (
        (
            r"(direction|side|is_(buy|sell|sale|purchase)_only|(buy|sell|sale|purchase)(s)?_only|one_?sided|allow_(sell|sale|buy|purchase)s?)",
            "write sides: sell, or sides: buy, for a market on which energy is only sold or only bought",
        ),
    )

    family: Literal["energy"]
    price_eur_per_mwh: Quantity = Field(
        description="Price of the market; sales earn it, purchases pay it, and it may be negative."
    )
    settlement_period_h: Positive = Field(default=0.25, description="Positions are constant over this span.")
    sides: Literal["both", "sell", "buy"] = Field(
        default="both", description="Whether energy can be sold and bought, or only the one or the other."
    )
    fee_eur_per_mwh: NonNegative = Field(default=0.0, description="Fee paid per MWh sold or bought.")
    half_spread_eur_per_mwh: NonNegative = Field(
        default=0.0, description="What a sale earns less, and a purchase costs more, than the price."
    )
    liquidity_mw: Positive | None = Field(
        default=None, description="Largest position either way; null: the connection."
    )
    price_minimum_eur_per_mwh: float | None = Field(
        default=None, description="Least price the market takes; lower ones in the data are mistakes. null: no limit."
    )
    price_maximum_eur_per_mwh: float | None = Field(
        default=None, description="Largest price the market takes; null: no limit."
    )
    calendar: list[CalendarWindow] = Field(
        default_factory=list, description="Hours of delivery that are traded; none listed: all."
    )
    stage: Stage = Field(
        default="day_ahead", description="When the position is decided; `commit` makes it first-stage."
    )
    sell_limit_prices_eur_per_mwh: list[float] | None = Field(
        default=None,
        description="With stage `commit`: prices at which energy is offered for sale, one to five, rising; a volume is "
        "decided for each, and sold where the price of the settlement period is at least its limit.",
    )
    buy_limit_prices_eur_per_mwh: list[float] | None = Field(
        default=None,
        description="Likewise to buy, where the price of the settlement period is at most the limit.",
    )
    pricing: Pricing = Field(
        default="cleared",
        description="What energy accepted at a limit price is settled at: the price (cleared), or its limit (bid).",
    )

    @property
    def can_sell(self) -> bool:
        """Whether a position can be sold."""
        return self.sides != "buy"

    @property
    def can_buy(self) -> bool:
        """Whether a position can be bought."""
        return self.sides != "sell"

    @property
    def trading_cost_eur_per_mwh(self) -> float:
        """What a MWh traded costs beside its price, either way."""
        return self.fee_eur_per_mwh + self.half_spread_eur_per_mwh

    @property
    def price_limit_eur_per_mwh(self) -> float | None:
        """Largest size of a price that the market takes; ``None`` where it does not say."""
        least, most = self.price_minimum_eur_per_mwh, self.price_maximum_eur_per_mwh
        return None if least is None or most is None else max(abs(least), abs(most))

    def market(self) -> Market | None:
        return self

    @property
    def decision_stage(self) -> Stage | None:
        return self.stage

    def limit_prices(self) -> dict[Side, list[float]]:
        """Limit prices of each side that is offered at any."""
        stated: dict[Side, list[float] | None] = {
            "sell": self.sell_limit_prices_eur_per_mwh,
            "buy": self.buy_limit_prices_eur_per_mwh,
        }
        return {side: prices for side, prices in stated.items() if prices is not None}

    def price_offers(self) -> PriceOffers | None:
        steps = [
            PriceStep(f"{side}_{number}", price, "eur_per_mwh", side, side)
            for side, prices in self.limit_prices().items()
            for number, price in enumerate(prices, start=1)
        ]
        return PriceOffers(tuple(steps), self.price_eur_per_mwh, self.pricing) if steps else None

    def prices(self) -> Iterator[PriceOfEnergy]:
        key, limit = "price_eur_per_mwh", self.price_limit_eur_per_mwh
        yield PriceOfEnergy(key, self.price_eur_per_mwh, limit, is_market=True)

    def data_rules(self) -> Iterator[DataRule]:
        key, price = "price_eur_per_mwh", self.price_eur_per_mwh
        least, most = self.price_minimum_eur_per_mwh, self.price_maximum_eur_per_mwh
        yield NumberRule(key, price, "present")
        if least is not None or most is not None:
            yield LimitRule(
                key,
                price,
                least,
                most,
                "" if least is None else f"a price of at least {least:g}, the lower limit of the market",
                "" if most is None else f"a price of at most {most:g}, the upper limit of the market",
                "the market takes no such price; override its limits where yours differ",
            )
        if self.limit_prices():
            yield known_when_accepted(key, price)
        if self.stage == "day_ahead":
            yield NodeRule(
                key,
                price,
                "one price in all scenarios of a day-ahead node",
                "the position is decided at that node, when its price is known; give the scenarios nodes of their own, "
                "or decide the position in stage `realtime`",
            )


KINDS = (EnergyMarket,)
