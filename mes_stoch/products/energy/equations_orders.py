"""Orders at limit prices: volumes that are offered on a market before its price is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression, OfPeriod
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span
from mes_stoch.products.shared.equations_offers import accepts
from mes_stoch.products.shared.equations_windows import block_mean
from mes_stoch.schema.price_offers import PriceOffers, PriceStep, Side

Values = NDArray[np.float64]

_ACCEPTED: dict[Side, str] = {"sell": "sold_mw", "buy": "bought_mw"}
_WORDS: dict[Side, str] = {"sell": "sold", "buy": "bought"}


@dataclass(frozen=True)
class Orders:
    """What is accepted of the orders on a market in each settlement period, MW, and what it earns, money an hour."""

    sold_mw: Any
    bought_mw: Any
    revenue_eur_per_h: OfPeriod


def build_orders(
    context: MarketContext,
    product_id: str,
    market: EnergyMarket,
    offers: PriceOffers,
    spans: Sequence[Span],
    most_mw: dict[Side, float],
) -> Orders:
    """Orders to sell and to buy at limit prices, decided at the root, and what each scenario accepts of them.

    Equations
    ---------
    ``x[g,m]`` is offered for sale in settlement period ``m`` at the limit ``o[g]``, ``y[g,m]`` to buy at ``b[g]``;
    ``c[m]`` is the mean price of the period. Whether a limit is kept is data of the scenario::

        sold[m]   = sum_g [c[m] >= o[g]] x[g,m]                                     (acceptance_sell)
        bought[m] = sum_g [c[m] <= b[g]] y[g,m]                                     (acceptance_buy)
        sum_g x[g,m] <= export_max or liquidity,  sum_g y[g,m] <= import_max or liquidity
                                                                                    (offered_maximum_sell, _buy)
        position  = sold - bought
        profit   += h sum_t c[t] position[m(t)]                                     paid as cleared   (energy.<product>)
                    h sum_t (sum_g o[g] [..] x - sum_g b[g] [..] y)                 paid as bid

    An order whatever the price is one at the limit of the market.

    Symbols
    -------
    ``sell_<g>_mw`` (x), ``buy_<g>_mw`` (y) : MW, (settlement periods,), commit.
    ``sold_mw``, ``bought_mw`` : MW, (settlement periods,), realtime; the same in all leaves of a day-ahead node.

    Source
    ------
    Fleten & Kristoffersen (2007), European Journal of Operational Research 181, 916-928, DOI
    10.1016/j.ejor.2006.08.023: prices fixed in advance keep the choice of a bid curve linear.
    """
    of_period = {int(t): k for k, span in enumerate(spans) for t in span}
    hours = np.asarray(context.lengths_h)
    sold = _side(context, product_id, offers, "sell", spans, most_mw["sell"])
    bought = _side(context, product_id, offers, "buy", spans, most_mw["buy"])
    rates = [
        (
            step.sign,
            context.derived(
                f"{product_id}.{step.name}_paid_eur_per_mwh",
                [offers.clearing_price],
                partial(_payment, step, offers.is_paid_as_bid, spans, hours),
            ),
            context.declared(product_id, step.quantity),
        )
        for step in offers.steps
    ]

    def revenue(t: int) -> Expression:
        if t not in of_period:
            return 0.0
        return sum(sign * rate(t) * order[of_period[t]] for sign, rate, order in rates if order is not None)

    return Orders(sold, bought, revenue)


def _side(
    context: MarketContext, product_id: str, offers: PriceOffers, side: Side, spans: Sequence[Span], most_mw: float
) -> Any:
    """Orders of one side, and the columns of what is accepted of them."""
    dimension = f"period_{product_id}"
    steps = [step for step in offers.steps if step.side == side]
    orders, shares, hours = [], [], np.asarray(context.lengths_h)
    for step in steps:
        orders.append(
            context.variable(
                product_id,
                step.quantity,
                "MW",
                "commit",
                upper=most_mw,
                spans=spans,
                dimension=dimension,
                role="commitment",
            )
        )
        name = f"{product_id}.{step.name}_accepted_per_unit"
        shares.append(context.derived(name, [offers.clearing_price], partial(_acceptance, step, spans, hours)))
    if len(orders) > 1:
        context.constraint(
            product_id,
            f"offered_maximum_{side}",
            f"what is to be {_WORDS[side]} on {product_id} at all prices is at most {most_mw:g} MW",
            lambda k: sum(order[k] for order in orders) <= most_mw,
            spans=spans,
            dimension=dimension,
            stage="commit",
        )
    accepted = context.variable(
        product_id,
        _ACCEPTED[side],
        "MW",
        "realtime",
        upper=most_mw if steps else 0.0,
        spans=spans,
        dimension=dimension,
        role="position",
    )
    if steps:
        context.constraint(
            product_id,
            f"acceptance_{side}",
            f"what is {_WORDS[side]} on {product_id} is what is offered at limits that the price keeps",
            lambda k: (
                accepted[k] == sum(share(int(spans[k][0])) * x[k] for share, x in zip(shares, orders, strict=True))
            ),
            spans=spans,
            dimension=dimension,
        )
    return accepted


def _acceptance(step: PriceStep, spans: Sequence[Span], hours: Values, price: Values) -> Values:
    return accepts(step, block_mean(price, hours, spans))


def _payment(step: PriceStep, is_bid: bool, spans: Sequence[Span], hours: Values, price: Values) -> Values:
    paid = np.full_like(price, step.price) if is_bid else price
    return np.asarray(paid * _acceptance(step, spans, hours, price))
