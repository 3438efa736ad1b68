"""Positions on the markets of a connection."""

from __future__ import annotations

import numpy as np

from mes_stoch.rules.volume_blocks import traded_periods
from mes_stoch.schema.price_offers import PriceStep
from mes_stoch.schema.product import Market
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.offers import accepted, block_price


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


def accepted_orders(data: SettlementData, product_id: str, market: Market) -> dict[PriceStep, Array]:
    """What is accepted at each limit price of a market, MW, shape (scenarios, settlement periods that are traded)."""
    offers = data.instance.products[product_id].price_offers()
    if offers is None:
        return {}
    spans = traded_periods(market, data.time, data.period_h)
    every = np.ones((len(data.scenarios), len(data.time)))
    return accepted(data, product_id, offers, block_price(data, offers.clearing_price, every, spans))


def position(data: SettlementData, product_id: str, market: Market) -> Array:
    """Position on a market by period, MW; positive is sold. Nothing is traded outside the market's calendar."""
    spans = traded_periods(market, data.time, data.period_h)
    total = np.zeros((len(data.scenarios), len(data.time)))
    if not spans:
        return total
    if data.instance.products[product_id].price_offers() is not None:
        orders = accepted_orders(data, product_id, market)
        traded = sum((step.sign * volume for step, volume in orders.items()), np.zeros((len(total), len(spans))))
    elif data.has(f"{product_id}.position_mw"):
        traded = data.decided(f"{product_id}.position_mw")
    else:
        traded = data.decided(f"{product_id}.sold_mw") - data.decided(f"{product_id}.bought_mw")
    for k, span in enumerate(spans):
        total[:, span] = traded[:, [k]]
    return total
