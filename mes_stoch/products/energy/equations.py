"""Positions on the day-ahead and intraday markets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mes_stoch.components.shared.context import Expression, OfPeriod
from mes_stoch.io.validation.penalties import amount
from mes_stoch.products.energy.equations_orders import build_orders
from mes_stoch.products.energy.format import EnergyMarket
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.rules.volume_blocks import traded_periods
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.price_offers import Side


def build(context: MarketContext, markets: Mapping[str, EnergyMarket]) -> None:
    """Positions that add up to the schedule at the connection: there is a duty of balance, imbalance is no market.

    Equations
    ---------
    With ``m(t)`` the settlement period of period ``t``::

        scheduled[t] + schedule_short[t] - schedule_long[t] = sum_p q[p, m(t)]      (schedule; markets of a connection)
        q = sold - bought where trading costs;  |q_id| <= liquidity;  q = 0 outside the market's calendar
        q >= 0 where a market only buys of the site (sides: sell),  q <= 0 where it only sells to it (sides: buy)
        q = what is accepted of orders at limit prices (:mod:`mes_stoch.products.energy.equations_orders`), which are
            paid for there
        profit += h sum_t price_da[t] sum_p q[p, m(t)]                               (energy.da)
                + h sum_t (price_id[t] - price_da[t]) q_id[m(t)]                     (energy.id_spread)
                - h sum_t fee (sold + bought)                                        (energy.<product>_fee)
                - h sum_t half_spread (sold + bought)                                (energy.<product>_half_spread)
                - h sum_t S (schedule_short + schedule_long)                         (slack.schedule_<connection>)

    The first two lines are ``price_da q_da + price_id q_id``, written so that what trading between the two markets
    earns stands apart from what the energy itself earns. A position of a settlement period longer than the model's is
    so settled at the mean price of its periods.

    Positions taken before the day is known stay feasible whatever comes: what the site does not plan to keep is settled
    as imbalance and costs the penalty ``S`` on top, which no price pays (:mod:`mes_stoch.io.validation.penalties`).

    Symbols
    -------
    ``schedule_short_mw``, ``schedule_long_mw`` : MW, (periods,), realtime; positions beyond the plan, and plan beyond
    positions.
    ``position_mw`` (or ``sold_mw``, ``bought_mw``) : MW, (settlement periods,), stage of the product; positive is sold.
    """
    if not markets:
        return
    orders: dict[str, OfPeriod] = {}
    positions: dict[str, OfPeriod] = {
        product_id: _position(context, product_id, market, orders) for product_id, market in markets.items()
    }
    for connection in dict.fromkeys(_connection(market) for market in markets.values()):
        own = {product_id: market for product_id, market in markets.items() if market.connection == connection}
        _schedule(context, connection, [positions[product_id] for product_id in own])
        _revenue(context, own, positions, orders)


def _schedule(context: MarketContext, connection: str, positions: Sequence[OfPeriod]) -> None:
    slack = _schedule_slack(context, connection)
    context.constraint(
        connection,
        "schedule",
        "market positions add up to what the site schedules at its connection",
        lambda t: context.scheduled(connection, t) - slack(t) == sum(position(t) for position in positions),
    )


def _schedule_slack(context: MarketContext, connection: str) -> OfPeriod:
    """What the site plans beyond its positions, MW: positive is long; 0 where the instance forbids it."""
    penalty = amount(context.connection(connection).schedule_penalty_eur_per_mwh)
    if penalty is None:
        return lambda t: 0.0
    short = context.variable(connection, "schedule_short_mw", "MW", "realtime", role="slack")
    long = context.variable(connection, "schedule_long_mw", "MW", "realtime", role="slack")
    context.earn(
        f"slack.schedule_{connection}",
        _total(context, lambda t: -penalty * (short[t] + long[t])),
    )

    def slack(t: int) -> Expression:
        return long[t] - short[t]

    context.register_unscheduled(slack)
    return slack


def _connection(market: EnergyMarket) -> str:
    if market.connection is None:
        raise ModelError("an energy market must name its grid connection")
    return market.connection


def _position(context: MarketContext, product_id: str, market: EnergyMarket, orders: dict[str, OfPeriod]) -> OfPeriod:
    """Position on a market by period, MW; what orders at limit prices earn on it is noted in ``orders``."""
    spec = context.connection(_connection(market))
    if spec.import_max_mw is None:
        raise ModelError(f"connection {market.connection} of {product_id} needs a finite import_max_mw")
    lower, upper = -spec.import_max_mw, spec.export_max_mw
    if market.liquidity_mw is not None:
        lower, upper = -market.liquidity_mw, market.liquidity_mw
    lower, upper = lower if market.can_buy else 0.0, upper if market.can_sell else 0.0
    spans = traded_periods(market, context.time, context.period_h)
    of_period = {int(t): k for k, span in enumerate(spans) for t in span}
    if not spans:
        return lambda t: 0.0

    def variable(name: str, low: float, high: float) -> Any:
        return context.variable(
            product_id,
            name,
            "MW",
            market.stage,
            lower=low,
            upper=high,
            spans=spans,
            dimension=f"period_{product_id}",
            role="position",
        )

    offers = market.price_offers()
    if offers is not None:
        most: dict[Side, float] = {"sell": max(upper, 0.0), "buy": max(-lower, 0.0)}
        accepted = build_orders(context, product_id, market, offers, spans, most)
        orders[product_id] = accepted.revenue_eur_per_h
        return _sold_less_bought(context, product_id, market, accepted.sold_mw, accepted.bought_mw, of_period)
    if market.trading_cost_eur_per_mwh == 0:
        position = variable("position_mw", lower, upper)
        return lambda t: position[of_period[t]] if t in of_period else 0.0
    sold, bought = variable("sold_mw", 0.0, max(upper, 0.0)), variable("bought_mw", 0.0, max(-lower, 0.0))
    return _sold_less_bought(context, product_id, market, sold, bought, of_period)


def _sold_less_bought(
    context: MarketContext, product_id: str, market: EnergyMarket, sold: Any, bought: Any, of_period: dict[int, int]
) -> OfPeriod:
    """The position of two columns, after what trading costs."""
    for name, cost in (("fee", market.fee_eur_per_mwh), ("half_spread", market.half_spread_eur_per_mwh)):
        if cost:
            context.earn(
                f"energy.{product_id}_{name}",
                sum(-context.lengths_h[t] * cost * (sold[k] + bought[k]) for t, k in of_period.items()),
            )
    return lambda t: sold[of_period[t]] - bought[of_period[t]] if t in of_period else 0.0


def _revenue(
    context: MarketContext,
    markets: Mapping[str, EnergyMarket],
    positions: dict[str, OfPeriod],
    orders: Mapping[str, OfPeriod],
) -> None:
    """What the markets of one connection earn; positions are told as at the first of them."""
    plain = {product_id: positions[product_id] for product_id in markets if product_id not in orders}
    reference = "da" if "da" in markets else next(iter(markets))
    reference_price = context.quantity(markets[reference].price_eur_per_mwh)
    if plain:
        context.earn(
            f"energy.{reference}",
            _total(context, lambda t: reference_price(t) * sum(position(t) for position in plain.values())),
        )
    for product_id, market in markets.items():
        if product_id in orders:
            context.earn(f"energy.{product_id}", _total(context, orders[product_id]))
        elif product_id != reference:
            price = context.quantity(market.price_eur_per_mwh)
            context.earn(
                f"energy.{product_id}_spread",
                _total(context, lambda t, p=price, q=plain[product_id]: (p(t) - reference_price(t)) * q(t)),  # type: ignore[misc]
            )


def _total(context: MarketContext, rate_eur_per_h: OfPeriod) -> Expression:
    return sum(context.lengths_h[t] * rate_eur_per_h(t) for t in context.periods)
