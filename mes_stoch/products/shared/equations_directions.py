"""Directions of the products that are called, with what the data say of their calls."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import DirectedProduct, ModelContext
from mes_stoch.products.shared.equations_call_rules import CallRules, open_shares
from mes_stoch.products.shared.equations_windows import window_share
from mes_stoch.rules.call_history import CallHistory
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.calls_before import NO_CALLS_BEFORE, CallsBefore
from mes_stoch.schema.flexibility import Direction, Flexibility

Values = NDArray[np.float64]


def directed_products_of(
    context: ModelContext, product_id: str, product: Flexibility, before: Mapping[Direction, CallsBefore]
) -> list[DirectedProduct]:
    """The directions of a product, with what is called in each, and when a call may run at all.

    ``before`` are the calls before the horizon, where they are known.
    """
    directed_products = []
    for direction in product.directions:
        share = called_share(context, product_id, product, direction)
        given = before.get(direction, NO_CALLS_BEFORE)
        may_run = _open_share(context, product_id, product, direction, share, CallHistory.of(given, context.time))
        directed_products.append(
            DirectedProduct(product_id, product, direction, share, may_run, context.quantity(share), given)
        )
    return directed_products


def _open_share(
    context: ModelContext,
    product_id: str,
    product: Flexibility,
    direction: Direction,
    share: Quantity,
    before: CallHistory,
) -> Quantity:
    """1 where a full call may run, 0 where the limits of the product exclude it."""
    rules = CallRules.of(product, before)
    never_called = not isinstance(share, str) and share == 0
    if product.sustain_h == 0 or rules.allow_everything(is_ever_called=not never_called):
        return 1.0
    days = context.spans(24.0)
    window = window_share(context, product_id, product) if product.has_window else 1.0
    name = f"{product_id}.{direction}.open_per_unit"
    context.derived(name, [share, window], open_shares(rules, days, context.period_h, context.begun_h))
    return name


def called_share(context: ModelContext, product_id: str, product: Flexibility, direction: Direction) -> Quantity:
    """Called share of the volume: the product's activation, in merit order where it is an offer at a price.

    Equations
    ---------
    For energy offered at price ``o`` with ``m`` the marginal price of its direction::

        called up:    a[t] = activation[t] if m[t] >= o[t] else 0
        called down:  a[t] = activation[t] if m[t] <= o[t] else 0

    What a site offers by itself (free offers, demand reduction) exists in its window alone: ``a[t] <= w[t]``. Where an
    operator calls on a contract, calls outside the window are mistakes in the data.
    """
    stated = product.activation(direction)
    share: Quantity = 0.0 if stated is None else stated
    share = _in_merit(context, product_id, product, direction, share)
    if not product.has_window or not product.is_own_offer:
        return share
    name = f"{product_id}.{direction}.offered_per_unit"
    context.derived(name, [share, window_share(context, product_id, product)], np.minimum)
    return name


def _in_merit(
    context: ModelContext, product_id: str, product: Flexibility, direction: Direction, share: Quantity
) -> Quantity:
    prices = product.merit_order()
    if prices is None:
        return share
    offer, marginal = prices
    name = f"{product_id}.{direction}.in_merit_per_unit"
    context.derived(name, [share, offer, marginal], in_merit_up if direction == "up" else in_merit_down)
    return name


def in_merit_up(activation: Values, offer: Values, marginal: Values) -> Values:
    """Called share of an upward offer.

    >>> in_merit_up(np.array([1.0, 1.0]), np.array([80.0, 80.0]), np.array([80.0, 79.0])).tolist()
    [1.0, 0.0]
    """
    return np.where(marginal >= offer, activation, 0.0)


def in_merit_down(activation: Values, offer: Values, marginal: Values) -> Values:
    """Called share of a downward offer."""
    return np.where(marginal <= offer, activation, 0.0)
