"""Positions on the markets of a connection."""

from __future__ import annotations

import numpy as np

from mes_stoch.rules.calendar import in_windows
from mes_stoch.schema.product import Market
from mes_stoch.settlement.books import Array, Books


def has_market(books: Books, connection: str) -> bool:
    """Whether energy is traded over a connection."""
    return any(market.connection == connection for market in books.instance.markets().values())


def nominated_at(books: Books, connection: str) -> Array:
    """Positions on the markets of a connection, MW; positive is sold."""
    total = np.zeros((len(books.scenarios), len(books.time)))
    for product_id, market in books.instance.markets().items():
        if market.connection == connection:
            total = total + position(books, product_id, market)
    return total


def position(books: Books, product_id: str, market: Market) -> Array:
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
