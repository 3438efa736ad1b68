"""The capacity mechanism: certified level, what counts in critical hours, and what a shortfall costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Availability, Expression, OfPeriod
from mes_stoch.products.capacity.format import CapacityMechanism
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span, build_volume
from mes_stoch.rules.calendar import can_be_critical


def build(context: MarketContext, products: Mapping[str, CapacityMechanism]) -> None:
    """Add capacity mechanisms."""
    for product_id, product in products.items():
        build_capacity(context, product_id, product)


def build_capacity(context: MarketContext, product_id: str, product: CapacityMechanism) -> None:
    """Certified level of one entity, counted hour by hour in the critical hours of the scenario.

    Equations
    ---------
    ``C`` is the certified level, one for the horizon (bid rules of :mod:`mes_stoch.products.shared.equations_bids`),
    ``w[t]`` 1 in the critical hours of the scenario and 0 outside, ``f[t]`` 1 in the first critical hour of each day
    (both data), ``c[u,t]`` what device ``u`` counts, ``H`` the critical hours of a year, ``delta`` the share of a year
    that the horizon stands for (its days over ``days_per_year``, so that the year in the report earns the yearly price
    once)::

        C <= Kj Kh available                                                              (bound of C)
        c[u,t] <= power[u,t]                                                              (<unit>_power)
        sum_{t in day d} h w[t] c[u,t] <= sum_{t in day d} f[t] energy[u,t]               (<unit>_energy)
        short[t] >= w[t] (C - sum_u c[u,t])                                               (shortfall)

        profit += delta price C                                                           (capacity.<product>)
                - sum_t h / H shortfall_price short[t]                         (capacity_settlement.<product>)
                - sum_t h / H_o obligation_price o[t] import[t]                (capacity_obligation.<product>)

    ``power``: the maximum of a converter (times its on/off state where ``converters_count`` says `running`), the
    discharge limit of a storage, what is available of a source, the share of a demand that can be shed. ``energy``,
    for storages: the level before the day's first critical hour, above the minimum, through the discharge efficiency;
    recharging between two critical hours of a day counts for nothing. Counted MW may be those of other services,
    so nothing is taken from headroom.

    The last line is the other side of the decentralised mechanism: suppliers are obliged for what their customers
    draw in peak hours (PP1; ``o[t]``, data, inside the same calendar), ``H_o`` hours a year, and pass that on. So a
    site earns by certifying, and saves by not drawing: ``import`` is the metered withdrawal, calls included.

    With ``h_s`` the critical hours of scenario ``s`` the effective level is the mean of ``min(sum_u c, C)`` over them,
    and the second line of the profit is ``h_s / H`` times the shortfall ``C - effective``, times the price of the
    regime: the reference price (decentralised), or the penalty (centralised).

    **Each day is settled by itself.** The mechanism nets over the year: its effective level is one mean over all
    critical hours, and days above the certified level make up for days below. Here they do not, so the shortfall is
    never understated: netting would lower the cost or leave it, and could only raise the best level. The expectation is
    the year's if the scenarios hold, on average, ``delta H`` critical hours.

    Where the reference price is below the price of the certificates, shortfall costs less than certifying earns;
    ``Kj Kh available`` is then what keeps the level honest, as certification does in the mechanism. What stands in the
    way between device and market, such as a small export limit, is to be deducted from ``available_mw``.

    Symbols
    -------
    ``volume_mw`` (C) : MW, (horizon,), commit.
    ``counted_<unit>_mw`` (c), ``short_mw`` : MW, (periods the calendar lets be critical,), realtime.

    Source
    ------
    ``schema/catalogue/fr_capacity.yaml``.
    """
    horizon = context.spans(None)
    level = build_volume(context, product_id, product, horizon, f"block_{product_id}")[0]
    price = context.quantity(product.price_eur_per_mw_year)
    whole_h = context.hours_of(horizon[0])
    mean_price = sum(price(t) * (context.lengths_h[t] / whole_h) for t in context.periods)
    context.earn(f"capacity.{product_id}", context.year_share * mean_price * level)

    _obligation(context, product_id, product)
    hours = _critical_hours(context, product_id, product)
    if not hours.spans:
        return
    counted = [
        _count(context, product_id, product, unit, availability, hours)
        for unit, availability in context.providers(product_id).items()
    ]
    short = context.variable(
        product_id,
        "short_mw",
        "MW",
        "realtime",
        spans=hours.spans,
        dimension=f"critical_{product_id}",
        role="shortfall",
    )
    context.constraint(
        product_id,
        "shortfall",
        f"what {product_id} does not count of its certified level in a critical hour is short",
        lambda k: short[k] >= hours.weight(hours.period(k)) * (level - sum(c[k] for c in counted)),
        spans=hours.spans,
        dimension=f"critical_{product_id}",
    )
    cost = context.quantity(product.shortfall_price)
    of_year = 1.0 / product.critical_hours_per_year
    h = context.lengths_h
    context.earn(
        f"capacity_settlement.{product_id}",
        sum(-h[hours.period(k)] * of_year * cost(hours.period(k)) * short[k] for k in range(len(hours.spans))),
    )


def _obligation(context: MarketContext, product_id: str, product: CapacityMechanism) -> None:
    """What the supplier passes on for power drawn in hours of obligation."""
    price = product.obligation_price_eur_per_mw_year
    drawn = context.declared(str(product.connection), "import_mw")
    if price is None or drawn is None:
        return
    inside = can_be_critical(product, context.time)
    rate = context.derived(
        f"{product_id}.obligation_eur_per_mw_h",
        [price, product.obligation_per_unit],
        lambda p, o: np.where(inside, p * o, 0.0) / product.obligation_hours_per_year,
    )
    cost: Expression = sum(-context.lengths_h[t] * rate(t) * drawn[t] for t in context.periods)
    context.earn(f"capacity_obligation.{product_id}", cost)


@dataclass(frozen=True)
class _CriticalHours:
    """Periods the calendar lets be critical, and what the scenario makes of them: data.

    ``weight`` is 1 in a critical period, ``is_first`` 1 in the first of a day.
    """

    spans: list[Span]
    weight: OfPeriod
    is_first: OfPeriod

    def period(self, k: int) -> int:
        return int(self.spans[k][0])


def _critical_hours(context: MarketContext, product_id: str, product: CapacityMechanism) -> _CriticalHours:
    possible = can_be_critical(product, context.time)
    weight = f"{product_id}.critical_per_unit"
    days = context.spans(24.0)
    return _CriticalHours(
        spans=[np.asarray([t], dtype=np.int64) for t in np.flatnonzero(possible)],
        weight=context.derived(weight, [product.critical_per_unit], lambda w: np.where(possible, w, 0.0)),
        is_first=context.derived(f"{product_id}.first_critical", [weight], lambda w: first_of_days(w, days)),
    )


def first_of_days(weights: NDArray[np.float64], days: Sequence[Span]) -> NDArray[np.float64]:
    """1 in the first period of each day that has a weight, 0 elsewhere.

    >>> first_of_days(np.array([0.0, 1.0, 1.0, 0.0]), [np.array([0, 1, 2]), np.array([3])]).tolist()
    [0.0, 1.0, 0.0, 0.0]
    """
    first = np.zeros_like(weights)
    for day in days:
        critical = day[weights[day] > 0]
        first[critical[:1]] = 1.0
    return first


def _count(
    context: MarketContext,
    product_id: str,
    product: CapacityMechanism,
    unit: str,
    availability: Availability,
    hours: _CriticalHours,
) -> Any:
    """What one device counts in each hour that can be critical, MW."""
    dimension = f"critical_{product_id}"
    counted = context.variable(
        product_id, f"counted_{unit}_mw", "MW", "realtime", spans=hours.spans, dimension=dimension
    )
    context.constraint(
        product_id,
        f"{unit}_power",
        f"{unit} counts no more than it could bring",
        lambda k: counted[k] <= _power(product, availability, hours.period(k)),
        spans=hours.spans,
        dimension=dimension,
    )
    if availability.energy is not None:
        _limit_energy(context, product_id, unit, availability.energy, counted, hours)
    return counted


def _power(product: CapacityMechanism, availability: Availability, t: int) -> Expression:
    power = availability.power(t)
    return power * availability.state(t) if product.converters_count == "running" else power


def _limit_energy(
    context: MarketContext, product_id: str, unit: str, energy: OfPeriod, counted: Any, hours: _CriticalHours
) -> None:
    """One stock a day: what is counted over the critical hours of a day is there before the first of them."""
    place = {hours.period(k): k for k in range(len(hours.spans))}
    inside = [np.asarray([t for t in day if int(t) in place], dtype=np.int64) for day in context.spans(24.0)]
    days = [day for day in inside if len(day)]

    def row(d: int) -> Expression:
        periods = [int(t) for t in days[d]]
        asked = sum(context.lengths_h[t] * hours.weight(t) * counted[place[t]] for t in periods)
        return asked <= sum(hours.is_first(t) * energy(t) for t in periods)

    context.constraint(
        product_id,
        f"{unit}_energy",
        f"{unit} counts over the critical hours of a day no more energy than it holds before them",
        row,
        unit="MWh",
        spans=days,
        dimension=f"day_{product_id}",
        role="energy",
    )
