"""Settlement of the imbalance: what meters read beyond positions and corrected calls."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.products.imbalance.format import Imbalance
from mes_stoch.products.imbalance.settlement_missed_calls import settle_missed_calls
from mes_stoch.settlement.calls import Call, calls
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow
from mes_stoch.settlement.positions import has_market, nominated_at


def cash_flows(data: SettlementData, product_id: str, product: Imbalance) -> Iterator[CashFlow]:
    """Surplus at the long price, deficit at the short price, netted within the settlement period.

    Rules
    -----
    ``imbalance = metered - nominated - corrected`` at the traded connections: the meter's reading (export positive),
    the positions on the markets (the schedule, at a connection without markets), and what the operator takes out of
    the balance for calls: as ordered, as delivered, or nothing, as each product says.

    Source
    ------
    RTE, rules on balance responsible parties (clients.rte-france.com, dispositif de prix).
    """
    hours = data.period_h if product.settlement_period_h is None else product.settlement_period_h
    spans = data.spans(hours)
    imbalance = data.means(metered(data) - nominated(data) - corrected(data), spans)
    long, short = (data.means(price, spans) for price in prices(data, product))
    yield from settle_missed_calls(data, long, short, spans)
    for item, quantity, price in (
        ("imbalance: long", np.maximum(imbalance, 0.0), long),
        ("imbalance: short", np.minimum(imbalance, 0.0), short),
    ):
        yield cash_flow(data, product_id, "imbalance", item, quantity, price, "MWh", spans=spans)


def prices(data: SettlementData, product: Imbalance) -> tuple[Array, Array]:
    """What a MWh long receives and a MWh short pays: as given, or the price of balancing energy less and more k."""
    if product.price_long_eur_per_mwh is not None and product.price_short_eur_per_mwh is not None:
        return data.values(product.price_long_eur_per_mwh), data.values(product.price_short_eur_per_mwh)
    up, down, trend = (
        data.values(0.0 if value is None else value)
        for value in (product.vwap_up_eur_per_mwh, product.vwap_down_eur_per_mwh, product.system_trend_per_unit)
    )
    price = np.where(trend < 0, down, up)
    # a spread about the price, whatever its sign
    spread = (product.k_per_unit or 0.0) * np.abs(price)
    return price - spread, price + spread


def metered(data: SettlementData) -> Array:
    """Export less import at the traded connections, MW."""
    total = _nothing(data)
    for name in traded_connections(data):
        # a connection brings into its node what it draws from the network
        total = total - data.metered(name, data.instance.connections()[name].node)
    return total


def nominated(data: SettlementData) -> Array:
    """Positions on the markets of the traded connections, MW; the schedule where a connection has no market."""
    total = _nothing(data)
    for name in traded_connections(data):
        if has_market(data, name):
            total = total + nominated_at(data, name)
        else:
            total = total + data.decided(f"{name}.scheduled_mw")
    return total


def corrected(data: SettlementData) -> Array:
    """What the operator takes out of the balance for calls, MW of injection."""
    total = _nothing(data)
    for product_id, product in data.instance.called_products().items():
        if product.energy_settlement != "uncorrected":
            for call in calls(data, product_id, product):
                total = total + call.sign * _taken_out(call)
    return total


def _taken_out(call: Call) -> Array:
    return call.ordered if call.product.energy_settlement == "ordered" else call.delivered


def traded_connections(data: SettlementData) -> list[str]:
    """Connections whose balance is settled, sorted."""
    return sorted(data.instance.traded_connections() & data.instance.connections().keys())


def _nothing(data: SettlementData) -> Array:
    return np.zeros((len(data.scenarios), len(data.time)))
