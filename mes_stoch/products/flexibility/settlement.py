"""Settlement of products that are held ready and called."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.products.flexibility.settlement_terms import call_payments, readiness_price
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.settlement.calls import Call, calls, payments, volume_blocks, window
from mes_stoch.settlement.data import Array, SettlementData, Span
from mes_stoch.settlement.ledger import CashFlow, cash_flow
from mes_stoch.settlement.offers import accepted

__all__ = ["call_payments", "cash_flows", "energy"]

#: How an amount is called that is not the price of a call.
_ITEMS = {"supplier": "payment to the supplier for {}", "called_energy": "payment for {}"}


def cash_flows(data: SettlementData, product_id: str, product: Flexibility) -> Iterator[CashFlow]:
    """Readiness, energy and penalties of one product.

    Rules
    -----
    Readiness is paid for the hours of obligation at their mean price. A block loses the larger of what was not held
    (power x hours) and the clawback: its volume's payment in proportion to the worst miss of a call in it. Energy is
    paid as ordered or as delivered. Power committed and not held, and energy called and not delivered beyond the
    tolerance, cost their penalties.

    Capacity that was offered at prices is paid where the mean price reaches its own: at the mean price, or as bid at
    its own. What is lost of it is lost at the mean price, at which it has to be replaced.

    Source
    ------
    ``schema/catalogue``; for proportion to the worst miss regelleistung.net, settlement of German mFRR.
    """
    directions = list(calls(data, product_id, product))
    price = readiness_price(product)
    if price != 0:
        yield from _readiness(data, product_id, product, data.values(price), directions)
    for call in directions:
        yield from energy(data, call)
    for call in directions:
        yield cash_flow(
            data,
            product_id,
            f"penalty.shortfall_{product_id}",
            f"penalty: committed {call.direction} and not held",
            -call.short,
            product.shortfall_penalty_eur_per_mw_h,
            "MW/h",
        )
        yield cash_flow(
            data,
            product_id,
            f"penalty.missed_{product_id}",
            f"penalty: called {call.direction} and not delivered",
            -call.penalised,
            product.missed_penalty_eur_per_mwh,
            "MWh",
        )


def energy(data: SettlementData, call: Call) -> Iterator[CashFlow]:
    """Energy of calls at the prices of the product, as ordered or as delivered."""
    product, word = call.product, f"energy called {call.direction}"
    is_delivered = product.energy_settlement == "delivered"
    for payment in payments(product, call.direction):
        item = _ITEMS.get(payment.stream, "{}").format(word)
        quantity = payment.sign * (call.delivered if is_delivered else call.ordered)
        yield cash_flow(
            data,
            call.product_id,
            f"{payment.stream}.{call.product_id}",
            f"{item}, as {'delivered' if is_delivered else 'ordered'}",
            quantity,
            data.values(payment.price),
            "MWh",
        )


def _readiness(
    data: SettlementData, product_id: str, product: Flexibility, price: Array, directions: list[Call]
) -> Iterator[CashFlow]:
    spans = volume_blocks(data, product)
    inside = data.lengths_h * window(data, product)
    hours = np.stack([inside[:, span].sum(axis=1) for span in spans], axis=1)
    value = np.stack([(inside[:, span] * price[:, span]).sum(axis=1) for span in spans], axis=1)
    mean_price = _share(value, hours)
    # symmetric products are held both ways or not at all
    unheld = np.max([call.short for call in directions], axis=0)
    forfeited = np.stack([unheld[:, span] @ data.lengths_h[span] for span in spans], axis=1)
    clawed_back = product.clawback_per_unit * hours * np.max([_worst(call, spans) for call in directions], axis=0)
    is_forfeiture = forfeited >= clawed_back
    for item, quantity, paid in (
        *_accepted(data, product_id, product, mean_price),
        ("capacity not held: payment lost", -_share(np.where(is_forfeiture, forfeited, 0.0), hours), mean_price),
        ("call missed: payment lost", -_share(np.where(is_forfeiture, 0.0, clawed_back), hours), mean_price),
    ):
        yield cash_flow(
            data, product_id, f"capacity.{product_id}", item, quantity, paid, "MW/h", hours=hours, spans=spans
        )


def _accepted(
    data: SettlementData, product_id: str, product: Flexibility, clearing: Array
) -> Iterator[tuple[str, Array, Array | float]]:
    """What is paid for in each block, in words, MW and money per MW and hour."""
    offers = product.price_offers()
    if offers is None:
        yield "capacity committed", data.decided(f"{product_id}.volume_mw"), clearing
        return
    for step, quantity in accepted(data, product_id, offers, clearing).items():
        item = f"capacity offered at {step.price:g} and accepted"
        yield item, quantity, step.price if offers.is_paid_as_bid else clearing


def _worst(call: Call, spans: list[Span]) -> Array:
    """Volume that would have missed the worst call of each block altogether, MW."""
    missed = _share(call.penalised, call.share)
    return np.stack([missed[:, span].max(axis=1) for span in spans], axis=1)


def _share(part: Array, whole: Array) -> Array:
    """Part over whole; 0 where there is nothing to share."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
