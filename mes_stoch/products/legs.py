"""Directions of the products that are called, with what the data say of their calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.context import Leg, ModelContext
from mes_stoch.products.windows import window_share
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.products import DemandReduction, Flexibility, FreeOffer, Reserve
from mes_stoch.schema.products.flexibility import Direction

Values = NDArray[np.float64]


def make_legs(context: ModelContext, products: Mapping[str, Flexibility]) -> list[Leg]:
    """Split products into directions and read what is called in each.

    Equations
    ---------
    For discrete calls the time still to hold shrinks with the running call, so that it is not counted twice::

        remaining[t] = max(0, sustain - sum of a[k] h over the unbroken run of calls that ends just before t)

    and nothing need be held for calls that the product's limits exclude: ``remaining[t] = 0`` between calls once
    ``calls_max_per_day`` have begun on the local day, or ``calls_max`` in the horizon.

    Continuous products hold their full sustain time always.
    """
    legs = []
    for product_id, product in products.items():
        for direction in product.directions:
            share = called_share(context, product_id, product, direction)
            remaining: float | str = product.sustain_h
            # a constant share is one call that never ends, and reads the same as a series of it
            if product.call == "discrete" and share != 0 and product.sustain_h > 0:
                remaining = f"{product_id}.{direction}.remaining_h"
                context.derived(remaining, [share], _time_to_hold(context, product))
            read = context.quantity
            legs.append(Leg(product_id, product, direction, share, remaining, read(share), read(remaining)))
    return legs


def _time_to_hold(context: ModelContext, product: Flexibility) -> Callable[[Values], Values]:
    days = context.spans(24.0)

    def rule(activation: Values) -> Values:
        remaining = remaining_time(activation, product.sustain_h, context.period_h)
        over = calls_used_up(activation, days, product.calls_max_per_day, product.calls_max)
        return np.where(over, 0.0, remaining)

    return rule


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
    if isinstance(product, Reserve | FreeOffer):
        share = _in_merit(context, product_id, product, direction, share)
    if not product.has_window or not isinstance(product, FreeOffer | DemandReduction):
        return share
    name = f"{product_id}.{direction}.offered_per_unit"
    context.derived(name, [share, window_share(context, product_id, product)], np.minimum)
    return name


def _in_merit(
    context: ModelContext, product_id: str, product: Reserve | FreeOffer, direction: Direction, share: Quantity
) -> Quantity:
    offer, marginal = product.offer_price_eur_per_mwh, product.marginal_price_eur_per_mwh
    if offer is None or marginal is None:
        return share
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


def remaining_time(activation: Values, sustain_h: float, period_h: float) -> Values:
    """Hours a call must still be held at the start of each period.

    >>> remaining_time(np.array([0.0, 1.0, 1.0, 0.0, 0.5]), 1.0, 0.5).tolist()
    [1.0, 1.0, 0.5, 0.0, 1.0]
    """
    remaining = np.empty_like(activation)
    used_h = 0.0
    for t, share in enumerate(activation):
        remaining[t] = max(0.0, sustain_h - used_h)
        used_h = used_h + share * period_h if share > 0 else 0.0
    return remaining


def calls_used_up(
    activation: Values, days: Sequence[NDArray[np.int64]], most_a_day: int | None, most: int | None
) -> NDArray[np.bool_]:
    """Whether no call is running into a period, and none may begin in it.

    >>> day = [np.arange(6)]
    >>> calls_used_up(np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0]), day, 2, None).tolist()
    [False, False, False, False, False, True]
    """
    called = activation > 0
    begins = called & ~np.concatenate([[False], called[:-1]])
    before = np.cumsum(begins) - begins
    used_up = np.zeros(len(called), dtype=bool) if most is None else before >= most
    if most_a_day is not None:
        for day in days:
            used_up[day] |= before[day] - before[day[0]] >= most_a_day
    running = np.concatenate([[False], called[:-1]])
    return np.asarray(used_up & ~running, dtype=bool)
