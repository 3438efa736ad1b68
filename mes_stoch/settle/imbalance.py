"""Settlement of the imbalance: what meters read beyond positions and corrected calls."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.schema.components import GridConnection
from mes_stoch.schema.products import EnergyMarket, Flexibility, Imbalance, TradedProduct
from mes_stoch.settle.books import Array, Books
from mes_stoch.settle.calls import Call, calls
from mes_stoch.settle.energy import position
from mes_stoch.settle.ledger import CashFlow, cash_flow


def settle_imbalance(books: Books, product_id: str, product: Imbalance) -> Iterator[CashFlow]:
    """Surplus at the long price, deficit at the short price.

    Rules
    -----
    ``imbalance = metered - nominated - corrected`` at the traded connections: the meter's reading (export positive),
    the positions on the markets (the schedule, at a connection without markets), and what the operator takes out of
    the balance for calls: as ordered, as delivered, or nothing, as each product says.

    Source
    ------
    RTE, rules on balance responsible parties (clients.rte-france.com, dispositif de prix).
    """
    imbalance = metered(books) - nominated(books) - corrected(books)
    for item, quantity, price in (
        ("imbalance: long", np.maximum(imbalance, 0.0), product.price_long_eur_per_mwh),
        ("imbalance: short", np.minimum(imbalance, 0.0), product.price_short_eur_per_mwh),
    ):
        yield cash_flow(books, product_id, "imbalance", item, quantity, books.data(price), "MWh")


def metered(books: Books) -> Array:
    """Export less import at the traded connections, MW."""
    total = _nothing(books)
    for name in traded_connections(books):
        spec = books.instance.components[name]
        if isinstance(spec, GridConnection):
            # a connection brings into its node what it draws from the network
            total = total - books.metered(name, spec.node)
    return total


def nominated(books: Books) -> Array:
    """Positions on the markets of the traded connections, MW; the schedule where a connection has no market."""
    total = _nothing(books)
    for name in traded_connections(books):
        markets = {
            product_id: product
            for product_id, product in books.instance.products.items()
            if isinstance(product, EnergyMarket) and product.connection == name
        }
        for product_id, market in markets.items():
            total = total + position(books, product_id, market)
        if not markets:
            total = total + books.decided(f"{name}.scheduled_mw")
    return total


def corrected(books: Books) -> Array:
    """What the operator takes out of the balance for calls, MW of injection."""
    total = _nothing(books)
    for product_id, product in books.instance.products.items():
        if isinstance(product, Flexibility) and product.energy_settlement != "uncorrected":
            for call in calls(books, product_id, product):
                total = total + call.sign * _taken_out(call)
    return total


def _taken_out(call: Call) -> Array:
    return call.ordered if call.product.energy_settlement == "ordered" else call.delivered


def traded_connections(books: Books) -> list[str]:
    products = books.instance.products.values()
    return sorted({str(p.connection) for p in products if isinstance(p, TradedProduct) and p.connection is not None})


def _nothing(books: Books) -> Array:
    return np.zeros((len(books.scenarios), len(books.time)))
