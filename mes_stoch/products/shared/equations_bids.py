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
    largest = product.volume_max_mw
    if steps and product.bid_step_mw > 0:
        # a volume written as a multiple of the step must not lose one to rounding
        largest = product.bid_step_mw * math.floor(largest / product.bid_step_mw + 1e-9)
    if minimum and largest < product.minimum_bid_mw - 1e-9:
        return 0.0
    return largest


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


def build_volume(
    context: MarketContext, product_id: str, product: BidRules, spans: Sequence[Span], dimension: str
) -> Any:
    """The committed volume of each block, MW, at the stage of the product, with its bid rules.

    Equations
    ---------
    With ``z`` (``bid``) and ``n`` (``bid_steps``) integer, where the rules are switched on::

        r_min z[b] <= r[b] <= r_max z[b]                                            (bid_minimum, bid_maximum)
        r[b] = step n[b]                                                            (bid_step)
    """
    steps, minimum = context.bids.steps, context.bids.minimum
    largest = largest_volume_mw(product, steps=steps, minimum=minimum)
    volume = context.variable(
        product_id, "volume_mw", "MW", product.stage, upper=largest, spans=spans, dimension=dimension, role="commitment"
    )
    if minimum and product.minimum_bid_mw > 0 and largest > 0:
        bid = _bid_variable(context, product_id, product, spans, dimension)
        context.constraint(
            product_id,
            "bid_minimum",
            f"a bid for {product_id} is at least {product.minimum_bid_mw:g} MW",
            lambda b: volume[b] >= product.minimum_bid_mw * bid[b],
            spans=spans,
            dimension=dimension,
            role="bid",
        )
        _bid_maximum(context, product_id, volume, bid, largest, spans, dimension)
    if steps and product.bid_step_mw > 0 and largest > 0:
        count = context.variable(
            product_id,
            "bid_steps",
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
            "bid_step",
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
    context: MarketContext, product_id: str, product: BidRules, spans: Sequence[Span], dimension: str
) -> Any:
    return context.variable(
        product_id, "bid", "1", product.stage, upper=1.0, integer=True, spans=spans, dimension=dimension, role="bid"
    )


def _bid_maximum(
    context: MarketContext,
    product_id: str,
    volume: Any,
    bid: Any,
    largest: float,
    spans: Sequence[Span],
    dimension: str,
) -> None:
    context.constraint(
        product_id,
        "bid_maximum",
        f"{product_id} is committed only where a bid is made",
        lambda b: volume[b] <= largest * bid[b],
        spans=spans,
        dimension=dimension,
        role="bid",
    )
