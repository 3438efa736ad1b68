"""Settlement of the imbalance that missed or uncorrected activations leave."""

from __future__ import annotations

from mes_stoch.components.context import Expression
from mes_stoch.products.context import MarketContext
from mes_stoch.schema.products import Imbalance


def build_imbalance(context: MarketContext, product_id: str, product: Imbalance) -> None:
    """What metering shows beyond positions and corrected activations, at two prices.

    Equations
    ---------
    ``metered - positions - A`` with ``A`` the activation the operator takes out of the balance perimeter: ordered
    energy, delivered energy or nothing, as each product says. The schedule equals the positions, so what remains of
    it is::

        long[t] - short[t] = sum over legs of sign *  ( sum_u e[u,t] - a[t] r   ordered
                                                       | 0                       delivered
                                                       | sum_u e[u,t]            uncorrected )              (balance)
        profit += h sum_t (price_long[t] long[t] - price_short[t] short[t])                                 (imbalance)

    ``price_long <= price_short`` is required of the data, which keeps this convex without a binary.

    Symbols
    -------
    ``long_mw``, ``short_mw`` : MW, (periods,), realtime.

    Source
    ------
    RTE, imbalance settlement price (clients.rte-france.com, dispositif de prix): the two prices are the larger and
    smaller of VWAP (1 +- k).
    """
    long = context.variable(product_id, "long_mw", "MW", "realtime")
    short = context.variable(product_id, "short_mw", "MW", "realtime")

    uncorrected = [
        (leg.sign, context.called(leg)) for leg in context.legs if leg.product.energy_settlement == "uncorrected"
    ]
    ordered = [leg for leg in context.legs if leg.product.energy_settlement == "ordered"]

    def deviation(t: int) -> Expression:
        # ordered legs: sum e - a r = -missed
        missed = sum(leg.sign * context.missed(leg, t) for leg in ordered)
        return sum(sign * called(t) for sign, called in uncorrected) - missed

    context.constraint(
        product_id,
        "balance",
        "the imbalance is what metering shows beyond positions and corrected activations",
        lambda t: long[t] - short[t] == deviation(t),
    )
    price_long = context.quantity(product.price_long_eur_per_mwh)
    price_short = context.quantity(product.price_short_eur_per_mwh)
    context.earn(
        "imbalance",
        sum(context.period_h * (price_long(t) * long[t] - price_short(t) * short[t]) for t in context.periods),
    )
