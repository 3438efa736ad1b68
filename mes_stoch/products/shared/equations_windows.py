"""The periods in which a product obliges, as data of the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span
from mes_stoch.rules.calendar import obliged
from mes_stoch.schema.flexibility import Flexibility

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Window:
    """What a product obliges to, and what readiness earns.

    ``share`` is the part of the volume to hold in a period (``None``: all); ``hours`` the obliged hours of a block;
    ``value_eur_per_mw`` what one MW earns in it if nothing is lost; ``price_eur_per_mw_h`` what an hour lost costs.
    """

    share: OfPeriod | None
    hours: Callable[[int], Expression]
    value_eur_per_mw: Callable[[int], Expression]
    price_eur_per_mw_h: Callable[[int], Expression]

    def obliged_mw(self, t: int, volume_mw: Expression) -> Expression:
        """What of a volume must be ready in a period, MW."""
        return volume_mw if self.share is None else self.share(t) * volume_mw


def make_window(context: MarketContext, product_id: str, product: Flexibility, spans: Sequence[Span]) -> Window:
    """Window of a product.

    Equations
    ---------
    With ``w[t]`` the share of the volume obliged in period ``t`` and ``c[t]`` the price of readiness, for block ``b``::

        hours[b] = sum_t h w[t]
        value[b] = sum_t h w[t] c[t]
        price[b] = value[b] / hours[b]
    """
    h = context.lengths_h
    price = context.quantity(product.capacity_price)
    if not product.has_window:

        def mean_price(b: int) -> Expression:
            hours = context.hours_of(spans[b])
            return sum(price(int(t)) * (h[int(t)] / hours) for t in spans[b])

        return Window(
            share=None,
            hours=lambda b: context.hours_of(spans[b]),
            value_eur_per_mw=lambda b: mean_price(b) * context.hours_of(spans[b]),
            price_eur_per_mw_h=mean_price,
        )
    weight = window_share(context, product_id, product)
    share = context.quantity(weight)
    value = context.product(product.capacity_price, weight)
    mean = context.derived(
        f"{product_id}.block_price_eur_per_mw_h",
        [product.capacity_price, weight],
        lambda c, w: block_mean(c, w * np.asarray(h), spans),
    )
    return Window(
        share=share,
        hours=lambda b: sum(h[int(t)] * share(int(t)) for t in spans[b]),
        value_eur_per_mw=lambda b: sum(h[int(t)] * value(int(t)) for t in spans[b]),
        price_eur_per_mw_h=lambda b: mean(int(spans[b][0])),
    )


def window_share(context: ModelContext, product_id: str, product: Flexibility) -> str:
    """Name of the data of a product's window: its share of the volume inside contract and calendar, 0 outside."""
    name = f"{product_id}.window_per_unit"
    inside = obliged(product, context.time).astype(float)
    context.derived(name, [product.window_per_unit], lambda w: w * inside)
    return name


def block_mean(values: Values, weights: Values, spans: Sequence[Span]) -> Values:
    """Weighted mean over each block, repeated in its periods; 0 in blocks of no weight.

    >>> block_mean(np.array([10.0, 30.0, 5.0]), np.array([1.0, 3.0, 0.0]), [np.array([0, 1]), np.array([2])]).tolist()
    [25.0, 25.0, 0.0]
    """
    mean = np.zeros_like(values)
    for span in spans:
        total = weights[span].sum()
        if total > 0:
            mean[span] = (values[span] @ weights[span]) / total
    return mean
