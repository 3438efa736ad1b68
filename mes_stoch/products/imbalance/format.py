"""What a user may write about the settlement of imbalance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mes_stoch.schema.base import Positive, Quantity
from mes_stoch.schema.data_rules import DataRule, NumberRule, OrderRule, PriceOfEnergy
from mes_stoch.schema.product import MarketProduct, Phase

#: What tells the prices of imbalance: both of the first, or all of the second.
GIVEN_PRICES = ("price_long_eur_per_mwh", "price_short_eur_per_mwh")
SYSTEM_PRICES = ("vwap_up_eur_per_mwh", "vwap_down_eur_per_mwh", "system_trend_per_unit", "k_per_unit")


class Imbalance(MarketProduct):
    """Settlement of what metering shows beyond positions and ordered activations; positive is long.

    Two prices are given, or follow from the system by the French rule: with ``v`` the volume-weighted price of upward
    balancing energy where the system is short or balanced and of downward where it is long, a long imbalance receives
    ``min(v (1 - k), v (1 + k))`` and a short one pays ``max(v (1 - k), v (1 + k))``.
    """

    payment: ClassVar[str] = "imbalance"
    phase: ClassVar[Phase] = "imbalance"
    is_provided_by_components: ClassVar[bool] = False
    settles_imbalance: ClassVar[bool] = True
    kind_in_words: ClassVar[str] = "a position on a market"

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

    def prices(self) -> Iterator[PriceOfEnergy]:
        for key in (*GIVEN_PRICES, *SYSTEM_PRICES[:2]):
            value = getattr(self, key)
            if value is not None:
                yield PriceOfEnergy(key, value, self.price_limit_eur_per_mwh, is_imbalance=True, is_balancing=True)

    def data_rules(self) -> Iterator[DataRule]:
        for key in (*GIVEN_PRICES, *SYSTEM_PRICES):
            if getattr(self, key) is not None:
                yield NumberRule(key, getattr(self, key), "present")
        long, short = self.price_long_eur_per_mwh, self.price_short_eur_per_mwh
        if long is not None and short is not None:
            yield OrderRule(
                "",
                (long,),
                short,
                "a price of a long imbalance at or below that of a short one",
                "being long and short at once would earn the difference",
            )


KINDS = (Imbalance,)
