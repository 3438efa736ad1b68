"""Settlement of the imbalance that missed or uncorrected activations leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mes_stoch.components.shared.context import Expression, OfPeriod
from mes_stoch.products.imbalance.equations_missed_calls import build_missed_calls
from mes_stoch.products.imbalance.equations_prices import imbalance_prices
from mes_stoch.products.imbalance.format import SYSTEM_PRICES, Imbalance
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span
from mes_stoch.schema.base import Quantity


def build(context: MarketContext, products: Mapping[str, Imbalance]) -> None:
    """Add the settlement of imbalance, once what is missed and not scheduled is known."""
    for product_id, product in products.items():
        build_imbalance(context, product_id, product)


def build_imbalance(context: MarketContext, product_id: str, product: Imbalance) -> None:
    """What metering shows beyond positions and corrected activations, at two prices.

    Equations
    ---------
    ``metered - positions - A`` with ``A`` the activation the operator takes out of the balance perimeter: ordered
    energy, delivered energy or nothing, as each product says. The schedule equals the positions but for its slack, so
    what remains of it in settlement period ``m``, of ``h_m`` hours within the horizon, is::

        long[m] - short[m] = 1/h_m sum_{t in m} h[t] ( schedule_long[t] - schedule_short[t]
                           + sum over directed products of sign * d[t] )                                  (balance)
        d[t] = sum_u e[u,t] - a[t] r    where energy is paid as ordered
               0                        as delivered
               sum_u e[u,t]             uncorrected
        profit += sum_m sum_{t in m} h[t] (price_long[t] long[m] - price_short[t] short[m])                  (imbalance)

    so the imbalance of a settlement period is netted and priced at the mean of its prices. ``price_long <=
    price_short``, required of given prices and a consequence of the French rule
    (:func:`mes_stoch.products.imbalance.equations_prices.imbalance_prices`), keeps this convex without a binary.

    Symbols
    -------
    ``long_mw``, ``short_mw`` : MW, (settlement periods,), realtime.

    Source
    ------
    RTE, imbalance settlement price (clients.rte-france.com, dispositif de prix); settlement periods of 15 minutes since
    1 January 2025, of 30 minutes before (services-rte.com).
    """
    spans = _settlement_periods(context, product)
    dimension = "time" if spans is None else f"period_{product_id}"
    long = context.variable(product_id, "long_mw", "MW", "realtime", spans=spans, dimension=dimension)
    short = context.variable(product_id, "short_mw", "MW", "realtime", spans=spans, dimension=dimension)
    deviation = _deviation(context)
    inside = [np.asarray([t]) for t in context.periods] if spans is None else spans
    context.constraint(
        product_id,
        "balance",
        "the imbalance is what metering shows beyond positions and corrected activations",
        lambda m: long[m] - short[m] == _mean(context, deviation, inside[m]),
        spans=spans,
        dimension=dimension,
        role="balance",
    )
    names = _prices(context, product_id, product)
    build_missed_calls(context, product_id, *names, inside)
    price_long, price_short = (context.quantity(name) for name in names)
    context.earn(
        "imbalance",
        sum(
            context.lengths_h[int(t)] * (price_long(int(t)) * long[m] - price_short(int(t)) * short[m])
            for m, span in enumerate(inside)
            for t in span
        ),
    )


def _settlement_periods(context: MarketContext, product: Imbalance) -> Sequence[Span] | None:
    """Settlement periods of more than one model period; ``None`` where each period is settled by itself."""
    if product.settlement_period_h is None:
        return None
    spans = context.spans(product.settlement_period_h)
    return None if len(spans) == len(context.periods) else spans


def _mean(context: MarketContext, of_period: OfPeriod, span: Span) -> Expression:
    if len(span) == 1:
        return of_period(int(span[0]))
    hours = context.hours_of(span)
    return sum(of_period(t) * (context.lengths_h[t] / hours) for t in span.tolist())


def _deviation(context: MarketContext) -> OfPeriod:
    uncorrected = [
        (directed.sign, context.called(directed))
        for directed in context.directed_products
        if directed.product.energy_settlement == "uncorrected"
    ]
    ordered = [
        (directed.sign, context.missed(directed))
        for directed in context.directed_products
        if directed.product.energy_settlement == "ordered"
    ]

    def deviation(t: int) -> Expression:
        # ordered directed products: sum e - a r = -missed
        net_missed = sum(sign * missed(t) for sign, missed in ordered)
        return sum(sign * called(t) for sign, called in uncorrected) - net_missed + context.unscheduled(t)

    return deviation


def _prices(context: MarketContext, product_id: str, product: Imbalance) -> tuple[Quantity, Quantity]:
    """Price of a long and of a short imbalance; reading an instance makes sure that they can be told."""
    if not product.follows_system:
        return product.price_long_eur_per_mwh or 0.0, product.price_short_eur_per_mwh or 0.0
    data = [getattr(product, name) or 0.0 for name in SYSTEM_PRICES]
    long, short = f"{product_id}.price_long_eur_per_mwh", f"{product_id}.price_short_eur_per_mwh"
    context.derived(long, data, lambda *v: imbalance_prices(*v).long)
    context.derived(short, data, lambda *v: imbalance_prices(*v).short)
    return long, short
