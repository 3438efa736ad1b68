"""What is ordered and missed is not earned: payment as ordered is taken back as far as missing the call would pay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import DirectedProduct
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span
from mes_stoch.schema.base import Quantity

Values = NDArray[np.float64]


def build_missed_calls(
    context: MarketContext, settlement_id: str, price_long: Quantity, price_short: Quantity, spans: Sequence[Span]
) -> None:
    """Take back what a missed call would earn.

    Equations
    ---------
    Where energy is settled as ordered, a MWh called up and missed keeps its payment ``p``, costs the penalty ``c`` and
    leaves the site short. Missed calls up and down net off in a settlement period ``m``, so each must be without profit
    at one price ``pi`` between those of a long and of a short imbalance::

        U[m]  = min( price_short[m], min over calls down in m of (p + c) )
        pi[m] = max( price_long[m], U[m] )
        taken back per MWh missed     up: max(0, p - c - pi),   down: max(0, pi - p - c)       (activation.<product>)

    with ``price_*[m]`` the means over ``m``, only calls that are made counting. ``c`` is 0 where a share of a call may
    be missed without penalty. Whatever is missed, ``profit <= sum (p - c - taken - pi) missed_up + (pi - p - c - taken)
    missed_down <= 0``, since an imbalance earns at most ``pi`` times it. Data at which one price fits all calls, as
    market rules mean them to, take nothing back: that is what a price of 12,000 EUR/MWh for a quarter of an hour beside
    an imbalance at 500 needs.
    """
    ordered = [directed for directed in context.directed_products if directed.product.energy_settlement == "ordered"]
    calls = [directed for directed in ordered if directed.activation != 0]
    if not calls:
        return
    signs = [directed.sign for directed in calls]
    penalties = [_penalty(directed) for directed in calls]

    def rule(long: Values, short: Values, *data: Values) -> Values:
        paid, shares = data[: len(calls)], data[len(calls) :]
        return common_price(long, short, list(zip(signs, paid, shares, penalties, strict=True)), spans)

    name = f"{settlement_id}.common_price_eur_per_mwh"
    data = [_paid(directed) for directed in calls] + [directed.activation for directed in calls]
    context.derived(name, [price_long, price_short, *data], rule)
    for directed, penalty in zip(calls, penalties, strict=True):

        def taken(
            price: Values, common: Values, directed: DirectedProduct = directed, penalty: float = penalty
        ) -> Values:
            return np.maximum(0.0, directed.sign * (price - common) - penalty)

        back = f"{directed.name}.taken_back_eur_per_mwh"
        context.derived(back, [_paid(directed), name], taken)
        missed = context.missed(directed, back)
        context.earn(
            f"activation.{directed.product_id}", -sum(context.lengths_h[t] * missed(t) for t in context.periods)
        )


def common_price(
    long: Values, short: Values, calls: Sequence[tuple[int, Values, Values, float]], spans: Sequence[Span]
) -> Values:
    """The price ``pi`` of each period; see :func:`build_missed_calls`.

    Parameters
    ----------
    long, short : array, shape (periods,)
        Prices of imbalance.
    calls : sequence of tuple
        Sign (+1 up), price of energy, called share and penalty of a miss.
    spans : sequence of int array
        Settlement periods.

    >>> one = np.ones(2)
    >>> common_price(0 * one, 300 * one, [(1, 480 * one, one, 200.0), (-1, -150 * one, one, 200.0)], [np.arange(2)])
    array([50., 50.])
    """
    # settlement periods follow each other without a gap, so that one call of NumPy serves them all
    starts = np.array([int(span[0]) for span in spans])
    lengths = np.array([len(span) for span in spans])
    highest = np.add.reduceat(short, starts) / lengths
    for sign, price, share, penalty in calls:
        if sign < 0:
            limit = np.where(share > 0, price + penalty, np.inf)
            highest = np.minimum(highest, np.minimum.reduceat(limit, starts))
    return np.repeat(np.maximum(highest, np.add.reduceat(long, starts) / lengths), lengths)


def _paid(directed: DirectedProduct) -> Quantity:
    """Price of a called MWh: received up, paid down."""
    payments = [p for p in directed.product.energy_payments(directed.direction) if p.stream == "activation"]
    return payments[0].price if payments else 0.0


def _penalty(directed: DirectedProduct) -> float:
    """Penalty of every missed MWh; 0 where some may be missed without one."""
    return 0.0 if directed.product.delivery_tolerance_per_unit > 0 else directed.product.missed_penalty_eur_per_mwh
