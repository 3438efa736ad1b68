"""Settlement of Australian frequency control."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.schema.products import FcasService
from mes_stoch.settlement.books import Books
from mes_stoch.settlement.calls import calls
from mes_stoch.settlement.flexibility import energy
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def settle_fcas(books: Books, product_id: str, product: FcasService) -> Iterator[CashFlow]:
    """Enablement at the price of the interval, energy moved by regulation at spot, and what offers cost the site.

    Source
    ------
    ``schema/catalogue/au_fcas.yaml``.
    """
    hourly = "MW/h"
    for call in calls(books, product_id, product):
        price = books.data(product.enablement_price_eur_per_mw_h)
        yield cash_flow(books, product_id, f"enablement.{product_id}", "enabled", call.held, price, hourly)
        cost = product.enablement_cost_eur_per_mw_h
        yield cash_flow(books, product_id, f"operation.{product_id}", "cost of being enabled", -call.held, cost, hourly)
        if product.activation(call.direction) is not None:
            yield from energy(books, call)
    yield cash_flow(
        books,
        product_id,
        f"offer.{product_id}",
        "cost of the offer",
        -books.decided(f"{product_id}.volume_mw"),
        product.offer_cost_eur_per_mw_h,
        hourly,
        spans=books.spans(product.block_h),
    )
