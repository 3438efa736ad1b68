"""Settlement of the imbalance: what meters read beyond positions and corrected calls."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.products.imbalance.format import Imbalance
from mes_stoch.products.imbalance.settlement_missed_calls import settle_missed_calls
from mes_stoch.settlement.books import Array, Books, Span
from mes_stoch.settlement.calls import Call, calls
from mes_stoch.settlement.ledger import CashFlow, cash_flow
from mes_stoch.settlement.positions import has_market, nominated_at


def cash_flows(books: Books, product_id: str, product: Imbalance) -> Iterator[CashFlow]:
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
    hours = books.period_h if product.settlement_period_h is None else product.settlement_period_h
    spans = books.spans(hours)
    imbalance = _means(metered(books) - nominated(books) - corrected(books), spans)
    long, short = (_means(price, spans) for price in prices(books, product))
    yield from settle_missed_calls(books, long, short, spans)
    for item, quantity, price in (
        ("imbalance: long", np.maximum(imbalance, 0.0), long),
        ("imbalance: short", np.minimum(imbalance, 0.0), short),
    ):
        yield cash_flow(books, product_id, "imbalance", item, quantity, price, "MWh", spans=spans)


def prices(books: Books, product: Imbalance) -> tuple[Array, Array]:
    """What a MWh long receives and a MWh short pays: as given, or the price of balancing energy less and more k."""
    if product.price_long_eur_per_mwh is not None and product.price_short_eur_per_mwh is not None:
        return books.data(product.price_long_eur_per_mwh), books.data(product.price_short_eur_per_mwh)
    up, down, trend = (
        books.data(0.0 if value is None else value)
        for value in (product.vwap_up_eur_per_mwh, product.vwap_down_eur_per_mwh, product.system_trend_per_unit)
    )
    price = np.where(trend < 0, down, up)
    # a spread about the price, whatever its sign
    spread = (product.k_per_unit or 0.0) * np.abs(price)
    return price - spread, price + spread


def _means(values: Array, spans: list[Span]) -> Array:
    return np.stack([values[:, span].mean(axis=1) for span in spans], axis=1)


def metered(books: Books) -> Array:
    """Export less import at the traded connections, MW."""
    total = _nothing(books)
    for name in traded_connections(books):
        # a connection brings into its node what it draws from the network
        total = total - books.metered(name, books.instance.connections()[name].node)
    return total


def nominated(books: Books) -> Array:
    """Positions on the markets of the traded connections, MW; the schedule where a connection has no market."""
    total = _nothing(books)
    for name in traded_connections(books):
        if has_market(books, name):
            total = total + nominated_at(books, name)
        else:
            total = total + books.decided(f"{name}.scheduled_mw")
    return total


def corrected(books: Books) -> Array:
    """What the operator takes out of the balance for calls, MW of injection."""
    total = _nothing(books)
    for product_id, product in books.instance.called_products().items():
        if product.energy_settlement != "uncorrected":
            for call in calls(books, product_id, product):
                total = total + call.sign * _taken_out(call)
    return total


def _taken_out(call: Call) -> Array:
    return call.ordered if call.product.energy_settlement == "ordered" else call.delivered


def traded_connections(books: Books) -> list[str]:
    return sorted(books.instance.traded_connections() & books.instance.connections().keys())


def _nothing(books: Books) -> Array:
    return np.zeros((len(books.scenarios), len(books.time)))
