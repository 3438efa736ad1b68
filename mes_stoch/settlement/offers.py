"""What the market accepted of volumes that were offered at prices, worked out from the offers and the prices alone."""

from __future__ import annotations

import numpy as np

from mes_stoch.schema.base import Quantity
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.schema.price_offers import PRICE_TOLERANCE, PriceOffers, PriceStep
from mes_stoch.settlement.data import Array, SettlementData, Span


def volume(data: SettlementData, product_id: str, product: Flexibility, inside: Array) -> Array:
    """Volume of each block that obliges, MW, shape (scenarios, blocks): as committed, or what was accepted of offers.

    Parameters
    ----------
    inside : array, shape (scenarios, periods)
        Share of the volume that is obliged.
    """
    offers = product.price_offers()
    if offers is None:
        return data.decided(f"{product_id}.volume_mw")
    spans = data.spans(product.block_h)
    clearing = block_price(data, offers.clearing_price, inside, spans)
    parts = accepted(data, product_id, offers, clearing)
    return np.asarray(sum(parts.values(), np.zeros((len(data.scenarios), len(spans)))))


def accepted(data: SettlementData, product_id: str, offers: PriceOffers, clearing: Array) -> dict[PriceStep, Array]:
    """What is accepted at each price, MW, shape (scenarios, blocks).

    Rules
    -----
    What is offered for sale is accepted where the clearing price is at least its own, what is offered to buy where it
    is at most its own.
    """
    return {step: _is_accepted(step, clearing) * data.decided(f"{product_id}.{step.quantity}") for step in offers.steps}


def block_price(data: SettlementData, price: Quantity, inside: Array, spans: list[Span]) -> Array:
    """Mean price over what is obliged of each block, shape (scenarios, blocks); 0 where nothing is."""
    values, inside = data.values(price), inside * data.lengths_h
    weight = np.stack([inside[:, span].sum(axis=1) for span in spans], axis=1)
    total = np.stack([(inside[:, span] * values[:, span]).sum(axis=1) for span in spans], axis=1)
    return np.asarray(np.divide(total, weight, out=np.zeros_like(total), where=weight > 0), dtype=float)


def _is_accepted(step: PriceStep, clearing: Array) -> Array:
    # means over a block are rounded
    slack = PRICE_TOLERANCE * np.maximum(np.abs(clearing), abs(step.price))
    if step.side == "sell":
        return (clearing >= step.price - slack).astype(float)
    return (clearing <= step.price + slack).astype(float)
