"""Settlement of positions on energy markets."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow
from mes_stoch.settlement.positions import position


def cash_flows(data: SettlementData, product_id: str, market: EnergyMarket) -> Iterator[CashFlow]:
    """Each market's position at its own price, and what trading costs per MWh either way."""
    sold = position(data, product_id, market)
    price = data.values(market.price_eur_per_mwh)
    for item, quantity in (("energy sold", np.maximum(sold, 0.0)), ("energy bought", np.minimum(sold, 0.0))):
        yield cash_flow(data, product_id, f"energy.{product_id}", item, quantity, price, "MWh")
    for name, item, cost in (
        ("fee", "fee of the market", market.fee_eur_per_mwh),
        ("half_spread", "half of the spread", market.half_spread_eur_per_mwh),
    ):
        yield cash_flow(data, product_id, f"energy.{product_id}_{name}", item, -np.abs(sold), cost, "MWh")
