"""Positions on the markets of a connection."""

from __future__ import annotations

import numpy as np

from mes_stoch.rules.calendar import in_windows
from mes_stoch.schema.product import Market
from mes_stoch.settlement.data import Array, SettlementData


def has_market(data: SettlementData, connection: str) -> bool:
    """Whether energy is traded over a connection."""
    return any(market.connection == connection for market in data.instance.markets().values())


def nominated_at(data: SettlementData, connection: str) -> Array:
    """Positions on the markets of a connection, MW; positive is sold."""
    total = np.zeros((len(data.scenarios), len(data.time)))
    for product_id, market in data.instance.markets().items():
        if market.connection == connection:
            total = total + position(data, product_id, market)
    return total


def position(data: SettlementData, product_id: str, market: Market) -> Array:
    """Position on a market by period, MW; positive is sold. Nothing is traded outside the market's calendar."""
    spans = data.spans(market.settlement_period_h)
    if market.calendar:
        inside = in_windows(market.calendar, (), data.time)
        spans = [span for span in spans if inside[span[0]]]
    total = np.zeros((len(data.scenarios), len(data.time)))
    if not spans:
        return total
    if data.has(f"{product_id}.position_mw"):
        traded = data.decided(f"{product_id}.position_mw")
    else:
        traded = data.decided(f"{product_id}.sold_mw") - data.decided(f"{product_id}.bought_mw")
    for k, span in enumerate(spans):
        total[:, span] = traded[:, [k]]
    return total
