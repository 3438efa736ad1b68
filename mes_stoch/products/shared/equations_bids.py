"""Bid rules: the smallest volume a market accepts, and the step of volumes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.products.shared.context import MarketContext
from mes_stoch.schema.product import BidRules

Span = NDArray[np.int64]


def largest_volume_mw(product: BidRules, *, steps: bool, minimum: bool) -> float:
    """Largest volume the bid rules allow, MW; 0 where no bid can be made."""
    # a volume written as a multiple of the step must not lose one to rounding
    return _largest_bid_mw(product.volume_max_mw, product, steps=steps, minimum=minimum)


def nearest_bid_mw(volume_mw: float, product: BidRules, *, steps: bool, minimum: bool) -> float:
    """Volume nearest to ``volume_mw`` that the bid rules allow.

    A volume below half the smallest bid becomes no bid.
    """
    largest = largest_volume_mw(product, steps=steps, minimum=minimum)
    volume = min(max(volume_mw, 0.0), largest)
    step = product.bid_step_mw if steps else 0.0
    smallest = product.minimum_bid_mw if minimum else 0.0
    if step > 0:
        smallest = step * math.ceil(smallest / step - 1e-9)
        volume = min(step * round(volume / step), largest)
    if volume < smallest:
        volume = smallest if volume >= smallest / 2 and smallest <= largest else 0.0
    return volume


def nearest_bids_mw(
    volumes_mw: NDArray[np.float64], product: BidRules, *, steps: bool, minimum: bool
) -> NDArray[np.float64]:
    """Volumes near to ``volumes_mw`` that the bid rules allow, shape (prices at which it is offered, blocks).

    Each keeps the rules of a bid. What together is more than the largest volume is offered at the lower prices.
    """
    largest = largest_volume_mw(product, steps=steps, minimum=minimum)
    found = np.zeros_like(volumes_mw)
    for block, volumes in enumerate(volumes_mw.T):
        left = largest
        for step, volume in enumerate(volumes):
            bid = nearest_bid_mw(volume, product, steps=steps, minimum=minimum)
            if bid > left + 1e-9:
                bid = _largest_bid_mw(left, product, steps=steps, minimum=minimum)
            found[step, block] = bid
            left -= bid
    return found


def _largest_bid_mw(most_mw: float, product: BidRules, *, steps: bool, minimum: bool) -> float:
    """Largest bid of at most ``most_mw``; 0 where there is none."""
    bid = most_mw
    if steps and product.bid_step_mw > 0:
        bid = product.bid_step_mw * math.floor(most_mw / product.bid_step_mw + 1e-9)
    return 0.0 if minimum and bid < product.minimum_bid_mw - 1e-9 else max(bid, 0.0)


def build_volume(
    context: MarketContext,
    product_id: str,
    product: BidRules,
    spans: Sequence[Span],
    dimension: str,
    *,
    offer: int | None = None,
) -> Any:
    """The committed volume of each block, MW, at the stage of the product, with its bid rules.

    ``offer`` is the number of the price at which it is offered, where it is: each price has a volume with bid rules of
    its own (:mod:`mes_stoch.products.shared.equations_offers`).

    Equations
    ---------
    With ``z`` (``bid``) and ``n`` (``bid_steps``) integer, where the rules are switched on::

        r_min z[b] <= r[b] <= r_max z[b]                                            (bid_minimum, bid_maximum)
        r[b] = step n[b]                                                            (bid_step)
    """
    steps, minimum = context.bids.steps, context.bids.minimum
    largest = largest_volume_mw(product, steps=steps, minimum=minimum)
    prefix = "" if offer is None else f"offer_{offer}_"
    quantity = "volume_mw" if offer is None else f"{prefix}mw"
    volume = context.variable(
        product_id, quantity, "MW", product.stage, upper=largest, spans=spans, dimension=dimension, role="commitment"
    )
    if minimum and product.minimum_bid_mw > 0 and largest > 0:
        bid = _bid_variable(context, product_id, product, spans, dimension, prefix)
        context.constraint(
            product_id,
            f"{prefix}bid_minimum",
            f"a bid for {product_id} is at least {product.minimum_bid_mw:g} MW",
            lambda b: volume[b] >= product.minimum_bid_mw * bid[b],
            spans=spans,
            dimension=dimension,
            role="bid",
        )
        _bid_maximum(context, product_id, volume, bid, largest, spans, dimension, prefix)
    if steps and product.bid_step_mw > 0 and largest > 0:
        count = context.variable(
            product_id,
            f"{prefix}bid_steps",
            "1",
            product.stage,
            upper=round(largest / product.bid_step_mw),
            integer=True,
            spans=spans,
            dimension=dimension,
            role="bid",
        )
        context.constraint(
            product_id,
            f"{prefix}bid_step",
            f"bids for {product_id} are multiples of {product.bid_step_mw:g} MW",
            lambda b: volume[b] == product.bid_step_mw * count[b],
            spans=spans,
            dimension=dimension,
            role="bid",
        )
    return volume


def declare_bid(
    context: MarketContext,
    product_id: str,
    product: BidRules,
    volume: Any,
    largest: float,
    spans: Sequence[Span],
    dimension: str,
) -> Any:
    """The binary that is 1 in blocks with a volume above 0, for products whose minimum bid has not brought it."""
    bid = _bid_variable(context, product_id, product, spans, dimension)
    _bid_maximum(context, product_id, volume, bid, largest, spans, dimension)
    return bid


def _bid_variable(
    context: MarketContext,
    product_id: str,
    product: BidRules,
    spans: Sequence[Span],
    dimension: str,
    prefix: str = "",
) -> Any:
    name, stage = f"{prefix}bid", product.stage
    return context.variable(
        product_id, name, "1", stage, upper=1.0, integer=True, spans=spans, dimension=dimension, role="bid"
    )


def _bid_maximum(
    context: MarketContext,
    product_id: str,
    volume: Any,
    bid: Any,
    largest: float,
    spans: Sequence[Span],
    dimension: str,
    prefix: str = "",
) -> None:
    context.constraint(
        product_id,
        f"{prefix}bid_maximum",
        f"{product_id} is committed only where a bid is made",
        lambda b: volume[b] <= largest * bid[b],
        spans=spans,
        dimension=dimension,
        role="bid",
    )
