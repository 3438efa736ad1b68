"""Settlement of Australian frequency control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mes_stoch.products.fcas.format import FcasService
from mes_stoch.products.flexibility.settlement import energy
from mes_stoch.schema.flexibility import Direction
from mes_stoch.settlement.calls import CallPayment, calls
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def call_payments(product: FcasService, direction: Direction) -> Sequence[CallPayment]:
    """Energy that regulation moves is metered, and settled at the spot price like any other."""
    if product.energy_price_eur_per_mwh is None:
        return ()
    return (CallPayment("energy", product.energy_price_eur_per_mwh, {"up": 1, "down": -1}[direction]),)


def cash_flows(data: SettlementData, product_id: str, product: FcasService) -> Iterator[CashFlow]:
    """Enablement at the price of the interval, energy moved by regulation at spot, and what offers cost the site.

    Source
    ------
    ``schema/catalogue/au_fcas.yaml``.
    """
    hourly = "MW/h"
    for call in calls(data, product_id, product):
        price = data.values(product.enablement_price_eur_per_mw_h)
        yield cash_flow(data, product_id, f"enablement.{product_id}", "enabled", call.held, price, hourly)
        cost = product.enablement_cost_eur_per_mw_h
        yield cash_flow(data, product_id, f"operation.{product_id}", "cost of being enabled", -call.held, cost, hourly)
        if product.activation(call.direction) is not None:
            yield from energy(data, call)
    yield cash_flow(
        data,
        product_id,
        f"offer.{product_id}",
        "cost of the offer",
        -data.decided(f"{product_id}.volume_mw"),
        product.offer_cost_eur_per_mw_h,
        hourly,
        spans=data.spans(product.block_h),
    )
