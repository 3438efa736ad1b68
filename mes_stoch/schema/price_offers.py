"""Offers at a price: volumes that are committed before the price is known, and accepted where it is good enough.

A product that is offered at prices has one volume for each of them (a *step*). What is offered is decided at the root;
what is accepted follows from the clearing price of a scenario, so it is data and no decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from mes_stoch.schema.base import Quantity

#: Most steps of one side of a bid curve.
MOST_STEPS = 5

#: Prices that differ by less than this share of them are one price: means over a block are rounded.
PRICE_TOLERANCE = 1e-9

#: Columns of a table of commitments that hold such a price: of capacity, and of energy.
ENERGY_PRICE_COLUMN = "price_eur_per_mwh"
PRICE_COLUMNS = ("price_eur_per_mw_h", ENERGY_PRICE_COLUMN)

Side = Literal["sell", "buy"]
SIDES: tuple[Side, ...] = ("sell", "buy")

#: ``cleared``: what is accepted is paid the clearing price; ``bid``: each step is paid its own.
Pricing = Literal["cleared", "bid"]


class PriceStep(NamedTuple):
    """One price at which a volume is offered.

    ``name`` is that of the step (``offer_1``), ``unit`` that of its price in the format's words (``eur_per_mw_h``),
    ``direction`` what tables say of it. What is offered for sale is accepted where the clearing price is at least its
    own, what is offered to buy where it is at most its own.
    """

    name: str
    price: float
    unit: str
    direction: str
    side: Side = "sell"

    @property
    def quantity(self) -> str:
        """Name of the volume that is offered, MW."""
        return f"{self.name}_mw"

    @property
    def sign(self) -> int:
        """+1 where it is offered for sale."""
        return 1 if self.side == "sell" else -1

    @property
    def price_column(self) -> str:
        """Column of its price in a table of commitments."""
        return f"price_{self.unit}"


@dataclass(frozen=True)
class PriceOffers:
    """The steps of a product, and the price that decides which of them are accepted.

    The clearing price of a block is the mean of ``clearing_price`` over the periods in which the block obliges.
    """

    steps: tuple[PriceStep, ...]
    clearing_price: Quantity
    pricing: Pricing

    @property
    def is_paid_as_bid(self) -> bool:
        return self.pricing == "bid"
