"""Volumes that are offered at prices: a bid curve at the root, and what of it a scenario accepts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span, build_volume, largest_volume_mw
from mes_stoch.products.shared.equations_windows import block_mean, window_share
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.schema.price_offers import PRICE_TOLERANCE, PriceOffers, PriceStep

Values = NDArray[np.float64]


@dataclass(frozen=True)
class OfferedVolume:
    """What of an offer is accepted in each block, MW, and what that earns if nothing is lost, in money."""

    accepted_mw: Any
    payment_eur: Callable[[int], Expression]


def build_offers(
    context: MarketContext,
    product_id: str,
    product: Flexibility,
    offers: PriceOffers,
    spans: Sequence[Span],
    dimension: str,
) -> OfferedVolume:
    """Volumes offered at each price, decided at the root, and what each scenario accepts of them.

    Equations
    ---------
    ``x[g,b]`` is offered in block ``b`` at the price ``o[g]``, ``o[1] < ... < o[G]``; ``c[b]`` is the clearing price,
    the mean over the obliged hours of the block. Whether it reaches a price is data of the scenario::

        accept[g,b] = 1 if c[b] >= o[g] else 0
        accepted[b] = sum_g accept[g,b] x[g,b]                                      (acceptance)
        sum_g x[g,b] <= r_max                                                       (offered_maximum)

        profit += sum_b h_b c[b] sum_g accept[g,b] x[g,b]                           paid as cleared
                  sum_b h_b sum_g o[g] accept[g,b] x[g,b]                           paid as bid

    ``x`` is what a price adds, so the volume that is accepted rises with the price by itself. Smallest bid and step
    hold for each ``x`` (:func:`~mes_stoch.products.shared.equations_bids.build_volume`): a bid is a price and a volume,
    and the rules of the market are about bids. So every volume that can be accepted keeps them too. Coverage, delivery
    and energy follow from ``accepted``; what excludes other products, and the largest volume, is ``sum_g x``, since
    nobody knows at the root what will be accepted.

    In a mean of scenarios ``accept`` is the share of them that accepts, and ``c accept`` the mean of the payment;
    neither is worked out anew from mean prices.

    Symbols
    -------
    ``offer_<g>_mw`` (x) : MW, (blocks,), commit.
    ``accepted_mw`` : MW, (blocks,), realtime; the same in all leaves of a day-ahead node, whose price it follows from.

    Source
    ------
    Fleten & Kristoffersen (2007), Stochastic programming for optimizing bidding strategies of a Nordic hydropower
    producer, European Journal of Operational Research 181, 916-928, DOI 10.1016/j.ejor.2006.08.023: prices fixed in
    advance keep the choice of a bid curve linear.
    """
    weight = window_share(context, product_id, product) if product.has_window else 1.0
    data, hours = [offers.clearing_price, weight], np.asarray(context.lengths_h)
    numbers = range(1, len(offers.steps) + 1)
    offered = [build_volume(context, product_id, product, spans, dimension, offer=number) for number in numbers]
    largest = largest_volume_mw(product, steps=context.bids.steps, minimum=context.bids.minimum)
    if len(offered) > 1:
        context.constraint(
            product_id,
            "offered_maximum",
            f"what is offered of {product_id} at all prices is at most {largest:g} MW",
            lambda b: sum(volume[b] for volume in offered) <= largest,
            spans=spans,
            dimension=dimension,
            stage="commit",
            role="bid",
        )
    shares, rates = [], []
    for step in offers.steps:
        name = f"{product_id}.{step.name}"
        shares.append(context.derived(f"{name}_accepted_per_unit", data, partial(_acceptance, step, spans, hours)))
        rates.append(
            context.derived(
                f"{name}_earned_eur_per_mw_h", data, partial(_payment, step, offers.is_paid_as_bid, spans, hours)
            )
        )
    accepted = context.variable(
        product_id, "accepted_mw", "MW", "realtime", upper=largest, spans=spans, dimension=dimension
    )
    context.constraint(
        product_id,
        "acceptance",
        f"what is accepted of {product_id} is what is offered at prices that the market reaches",
        lambda b: accepted[b] == sum(share(int(spans[b][0])) * x[b] for share, x in zip(shares, offered, strict=True)),
        spans=spans,
        dimension=dimension,
    )

    def payment(b: int) -> Expression:
        h = context.lengths_h
        return sum(h[int(t)] * rate(int(t)) * x[b] for rate, x in zip(rates, offered, strict=True) for t in spans[b])

    return OfferedVolume(accepted, payment)


def accepts(step: PriceStep, clearing: Values) -> Values:
    """1 where a step is accepted at a clearing price, else 0.

    >>> accepts(PriceStep("offer_1", 20.0, "eur_per_mw_h", "up"), np.array([19.0, 20.0, 21.0])).tolist()
    [0.0, 1.0, 1.0]
    >>> accepts(PriceStep("buy_1", 20.0, "eur_per_mwh", "buy", "buy"), np.array([19.0, 20.0, 21.0])).tolist()
    [1.0, 1.0, 0.0]
    """
    slack = PRICE_TOLERANCE * np.maximum(np.abs(clearing), abs(step.price))
    above = clearing - step.price if step.side == "sell" else step.price - clearing
    return np.asarray(above >= -slack, dtype=np.float64)


def _acceptance(step: PriceStep, spans: Sequence[Span], hours: Values, price: Values, weight: Values) -> Values:
    return accepts(step, block_mean(price, hours * weight, spans))


def _payment(
    step: PriceStep, is_bid: bool, spans: Sequence[Span], hours: Values, price: Values, weight: Values
) -> Values:
    paid = np.full_like(price, step.price) if is_bid else price
    return paid * weight * _acceptance(step, spans, hours, price, weight)


def offered_volume(context: MarketContext, product_id: str, product: Flexibility, count: int) -> Any:
    """What is offered in each block at all prices, MW; the volume itself where there are none."""
    offers = product.price_offers()
    if offers is None:
        return context.declared(product_id, "volume_mw")
    parts = [context.declared(product_id, step.quantity) for step in offers.steps]
    return [sum(part[b] for part in parts if part is not None) for b in range(count)]
