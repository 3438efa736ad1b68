"""Payment that is taken back for calls that were ordered, paid and missed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.settlement.calls import Call, calls, payments
from mes_stoch.settlement.data import Array, SettlementData, Span
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def settle_missed_calls(data: SettlementData, long: Array, short: Array, spans: list[Span]) -> Iterator[CashFlow]:
    """What a missed call would earn by its payment, its penalty and its imbalance.

    Rules
    -----
    Calls that net off in a settlement period are reckoned at one price: the highest at which no missed call down earns,
    between those of a long and of a short imbalance. What a missed MWh earns at it is taken back.

    Parameters
    ----------
    long, short : array, shape (scenarios, settlement periods)
        Prices of imbalance.
    """
    called = [
        (call, data.values(_price(call)), _penalty(call))
        for product_id, product in data.instance.called_products().items()
        if product.energy_settlement == "ordered"
        for call in calls(data, product_id, product)
    ]
    if not called:
        return
    common = np.empty(called[0][1].shape)
    for m, span in enumerate(spans):
        down = [np.full((len(common), 1), np.inf)]
        for call, price, penalty in called:
            if call.sign < 0:
                down.append(np.where(call.share[:, span] > 0, price[:, span] + penalty, np.inf))
        highest = np.minimum(short[:, m], np.concatenate(down, axis=1).min(axis=1))
        common[:, span] = np.maximum(long[:, m], highest)[:, None]
    for call, price, penalty in called:
        back = np.maximum(0.0, call.sign * (price - common) - penalty)
        item = f"energy called {call.direction} and missed: taken back"
        yield cash_flow(data, call.product_id, f"activation.{call.product_id}", item, -call.missed, back, "MWh")


def _price(call: Call) -> float | str:
    for payment in payments(call.product, call.direction):
        if payment.stream == "activation":
            return payment.price
    return 0.0


def _penalty(call: Call) -> float:
    return 0.0 if call.product.delivery_tolerance_per_unit > 0 else call.product.missed_penalty_eur_per_mwh
