"""Settlement of positions on energy markets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.schema.products import EnergyMarket
from mes_stoch.settle.books import Array, Books
from mes_stoch.settle.ledger import CashFlow, cash_flow


def settle_energy(books: Books, product_id: str, market: EnergyMarket) -> Iterator[CashFlow]:
    """Each market's position at its own price, and what trading costs per MWh either way."""
    sold = position(books, product_id, market)
    price = books.data(market.price_eur_per_mwh)
    for item, quantity in (("energy sold", np.maximum(sold, 0.0)), ("energy bought", np.minimum(sold, 0.0))):
        yield cash_flow(books, product_id, f"energy.{product_id}", item, quantity, price, "MWh")
    stream = f"energy.{product_id}_fee"
    yield cash_flow(books, product_id, stream, "fee of the market", -np.abs(sold), market.fee_eur_per_mwh, "MWh")


def position(books: Books, product_id: str, market: EnergyMarket) -> Array:
    """Position on a market by period, MW; positive is sold."""
    if books.has(f"{product_id}.position_mw"):
        traded = books.decided(f"{product_id}.position_mw")
    else:
        traded = books.decided(f"{product_id}.sold_mw") - books.decided(f"{product_id}.bought_mw")
    return books.by_period(traded, books.spans(market.settlement_period_h))
