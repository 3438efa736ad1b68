"""Settlement of positions on energy markets."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np

from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.rules.volume_blocks import traded_periods
from mes_stoch.schema.price_offers import PriceOffers
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow
from mes_stoch.settlement.positions import accepted_orders, position


def cash_flows(data: SettlementData, product_id: str, market: EnergyMarket) -> Iterator[CashFlow]:
    """Each market's position at its own price, and what trading costs per MWh either way.

    Rules
    -----
    What was offered at limit prices is settled where the price keeps the limit: at the price, or as bid at the limit.
    """
    offers = market.price_offers()
    if offers is None:
        traded = yield from _position(data, product_id, market)
    else:
        traded = yield from _orders(data, product_id, market, offers)
    for name, item, cost in (
        ("fee", "fee of the market", market.fee_eur_per_mwh),
        ("half_spread", "half of the spread", market.half_spread_eur_per_mwh),
    ):
        yield cash_flow(data, product_id, f"energy.{product_id}_{name}", item, -traded, cost, "MWh")


def _position(data: SettlementData, product_id: str, market: EnergyMarket) -> Generator[CashFlow, None, Array]:
    """A position at the price; returns what is traded either way, MW by period."""
    sold = position(data, product_id, market)
    price = data.values(market.price_eur_per_mwh)
    for item, quantity in (("energy sold", np.maximum(sold, 0.0)), ("energy bought", np.minimum(sold, 0.0))):
        yield cash_flow(data, product_id, f"energy.{product_id}", item, quantity, price, "MWh")
    return np.abs(sold)


def _orders(
    data: SettlementData, product_id: str, market: EnergyMarket, offers: PriceOffers
) -> Generator[CashFlow, None, Array]:
    """Orders that were accepted; returns what is traded either way, MW by period."""
    price = data.values(market.price_eur_per_mwh)
    traded = np.zeros((len(data.scenarios), len(data.time)))
    spans = traded_periods(market, data.time, data.period_h)
    for step, accepted in accepted_orders(data, product_id, market).items():
        quantity = np.zeros_like(traded)
        for number, span in enumerate(spans):
            quantity[:, span] = accepted[:, [number]]
        traded += quantity
        item = f"energy {'sold' if step.side == 'sell' else 'bought'} at a limit of {step.price:g}"
        paid = step.price if offers.is_paid_as_bid else price
        yield cash_flow(data, product_id, f"energy.{product_id}", item, step.sign * quantity, paid, "MWh")
    return traded
