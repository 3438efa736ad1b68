"""Settlement of positions on energy markets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.rules.calendar import in_windows
from mes_stoch.schema.products import EnergyMarket
from mes_stoch.settlement.books import Array, Books
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def settle_energy(books: Books, product_id: str, market: EnergyMarket) -> Iterator[CashFlow]:
    """Each market's position at its own price, and what trading costs per MWh either way."""
    sold = position(books, product_id, market)
    price = books.data(market.price_eur_per_mwh)
    for item, quantity in (("energy sold", np.maximum(sold, 0.0)), ("energy bought", np.minimum(sold, 0.0))):
        yield cash_flow(books, product_id, f"energy.{product_id}", item, quantity, price, "MWh")
    for name, item, cost in (
        ("fee", "fee of the market", market.fee_eur_per_mwh),
        ("half_spread", "half of the spread", market.half_spread_eur_per_mwh),
    ):
        yield cash_flow(books, product_id, f"energy.{product_id}_{name}", item, -np.abs(sold), cost, "MWh")


def has_market(books: Books, connection: str) -> bool:
    """Whether energy is traded over a connection."""
    products = books.instance.products.values()
    return any(isinstance(product, EnergyMarket) and product.connection == connection for product in products)


def nominated_at(books: Books, connection: str) -> Array:
    """Positions on the markets of a connection, MW; positive is sold."""
    total = np.zeros((len(books.scenarios), len(books.time)))
    for product_id, product in books.instance.products.items():
        if isinstance(product, EnergyMarket) and product.connection == connection:
            total = total + position(books, product_id, product)
    return total


def position(books: Books, product_id: str, market: EnergyMarket) -> Array:
    """Position on a market by period, MW; positive is sold. Nothing is traded outside the market's calendar."""
    spans = books.spans(market.settlement_period_h)
    if market.calendar:
        inside = in_windows(market.calendar, (), books.time)
        spans = [span for span in spans if inside[span[0]]]
    total = np.zeros((len(books.scenarios), len(books.time)))
    if not spans:
        return total
    if books.has(f"{product_id}.position_mw"):
        traded = books.decided(f"{product_id}.position_mw")
    else:
        traded = books.decided(f"{product_id}.sold_mw") - books.decided(f"{product_id}.bought_mw")
    for k, span in enumerate(spans):
        total[:, span] = traded[:, [k]]
    return total
