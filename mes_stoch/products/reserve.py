"""Reserve products: what is committed, held, called, missed, and what that earns and costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.context import Expression, Leg, ModelContext, OfPeriod
from mes_stoch.products.bids import Span, build_volume
from mes_stoch.products.context import MarketContext
from mes_stoch.schema.products import Reserve


def make_legs(context: ModelContext, reserves: dict[str, Reserve]) -> list[Leg]:
    """Split products into directions and read what is called in each.

    Equations
    ---------
    For discrete calls the time still to hold shrinks with the running call, so that it is not counted twice::

        remaining[t] = max(0, sustain - sum of a[k] h over the unbroken run of calls that ends just before t)

    Continuous products hold their full sustain time always.
    """
    legs = []
    for product_id, product in reserves.items():
        for direction, activation in (
            ("up", product.activation_up_per_unit),
            ("down", product.activation_down_per_unit),
        ):
            if product.direction not in (direction, "symmetric"):
                continue
            share: float | str = 0.0 if activation is None else activation
            remaining: float | str = product.sustain_h
            # a constant share is one call that never ends, and reads the same as a series of it
            if product.call == "discrete" and share != 0:
                remaining = f"{product_id}.{direction}.remaining_h"
                context.derived(
                    remaining,
                    [share],
                    lambda a, sustain_h=product.sustain_h: remaining_time(a, sustain_h, context.period_h),
                )
            legs.append(
                Leg(
                    product_id,
                    product,
                    "up" if direction == "up" else "down",
                    share,
                    remaining,
                    context.quantity(share),
                    context.quantity(remaining),
                )
            )
    return legs


def remaining_time(activation: NDArray[np.float64], sustain_h: float, period_h: float) -> NDArray[np.float64]:
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


def build_reserve(context: MarketContext, product_id: str, product: Reserve) -> None:
    """Commitment, coverage, delivery and settlement of one reserve product.

    Equations
    ---------
    ``r[b]`` is the committed volume of block ``b`` under the rules of :mod:`mes_stoch.products.bids`, ``a[t]`` the
    called share (data), and for each direction::

        sum_u held[u,t] + short[t]  = r[b(t)]                                         (coverage)
        sum_u e[u,t]   + missed[t]  = a[t] r[b(t)],   0 <= e <= held                  (delivery, within_held)
        missed[t] <= a[t] worst[b(t)]                                                 (worst_miss)
        unheld[t] >= short[t]                                                         (unheld)
        lost[b] >= sum_t h unheld[t],   lost[b] >= theta h_b worst[b]                 (forfeiture, clawback)

        profit += sum_b price_b (h_b r[b] - lost[b])                                  (capacity.<product>)
                - h sum_t penalty_short short[t]                                      (penalty.shortfall_<product>)
                - h sum_t penalty_missed missed[t]                                    (penalty.missed_<product>)
                +- h sum_t price_energy[t] (a[t] r or sum_u e[u,t])                   (activation.<product>)

    Continuous products (frequency response, secondary control) follow one signal in proportion to what each device
    holds: ``e[u,t] = a[t] held[u,t]`` and ``missed[t] = a[t] short[t]``, with no delivery left to decide. Discrete
    calls are shared out freely.

    A symmetric product is one volume held both ways, so a period is not paid for what is short in the worse of the two:
    ``unheld`` is one for both directions. A product of one direction has no need of it: ``unheld = short``.

    ``price_b`` is the mean over the block. The payment lost is the larger of forfeiture and clawback, not both. The
    shortfall penalty is strictly positive, so that capacity without plant behind it never pays. ``missed`` also
    appears in the imbalance (:mod:`mes_stoch.products.imbalance`).

    Symbols
    -------
    ``volume_mw`` (r) : MW, (blocks,), commit.
    ``short_*_mw``, ``missed_*_mw``, ``unheld_mw`` : MW, (periods,), realtime.
    ``worst_*_mw`` : MW, ``lost_mw_h`` : MW h, (blocks,), realtime.

    Source
    ------
    French and ENTSO-E rules per product in ``schema/catalogue/fr_reserves.yaml``; forfeiture and clawback in
    proportion to the unavailable MW as on regelleistung.net for German mFRR.
    """
    spans = context.spans(product.block_h)
    block = {int(t): b for b, span in enumerate(spans) for t in span}
    dimension = f"block_{product_id}"
    volume = build_volume(context, product_id, product, spans, dimension)
    lost = context.variable(product_id, "lost_mw_h", "MW h", "realtime", spans=spans, dimension=dimension)
    shorts: dict[str, OfPeriod] = {}
    for leg in [leg for leg in context.legs if leg.product_id == product_id]:
        short, missed = _hold_and_deliver(context, leg, volume, block)
        shorts[leg.direction] = short
        context.register_missed(leg, missed)
        _clawback(context, leg, missed, lost, spans, block)
        context.earn(
            f"penalty.shortfall_{product_id}",
            -context.period_h * product.shortfall_penalty_eur_per_mw_h * sum(short(t) for t in context.periods),
        )
        context.earn(
            f"penalty.missed_{product_id}",
            -context.period_h * product.missed_penalty_eur_per_mwh * sum(missed(t) for t in context.periods),
        )
        _activation_energy(context, leg, volume, block)
    _forfeiture(context, product_id, shorts, lost, spans)
    price = context.quantity(product.capacity_price_eur_per_mw_h)
    for b, span in enumerate(spans):
        hours = context.period_h * len(span)
        mean_price = sum(price(int(t)) for t in span) * (1.0 / len(span))
        context.earn(f"capacity.{product_id}", mean_price * (hours * volume[b] - lost[b]))


def _hold_and_deliver(
    context: MarketContext, leg: Leg, volume: Any, block: dict[int, int]
) -> tuple[OfPeriod, OfPeriod]:
    """Short and missed power of a leg by period, MW."""
    owner = leg.product_id
    short = context.variable(owner, f"short_{leg.direction}_mw", "MW", "realtime")
    context.constraint(
        owner,
        f"coverage_{leg.direction}",
        f"the devices hold what is committed to {owner} ({leg.direction}), or it is short",
        lambda t: context.held(leg, t) + short[t] == volume[block[t]],
    )
    if leg.is_pro_rata:
        # all that is held follows the signal, so what is missed is the called share of what is not held
        return _read(short), lambda t: leg.share(t) * short[t]
    missed = context.variable(owner, f"missed_{leg.direction}_mw", "MW", "realtime")
    called = context.called(leg)
    context.constraint(
        owner,
        f"delivery_{leg.direction}",
        f"the devices deliver what {owner} calls ({leg.direction}), or it is missed",
        lambda t: called(t) + missed[t] == leg.share(t) * volume[block[t]],
    )
    return _read(short), _read(missed)


def _read(variable: Any) -> OfPeriod:
    return lambda t: variable[t]


def _forfeiture(
    context: MarketContext, product_id: str, shorts: dict[str, OfPeriod], lost: Any, spans: Sequence[Span]
) -> None:
    name, unheld = "forfeiture", next(iter(shorts.values()))
    if len(shorts) == 1:
        name += f"_{next(iter(shorts))}"
    else:
        worse = context.variable(product_id, "unheld_mw", "MW", "realtime")
        for direction, short in shorts.items():
            context.constraint(
                product_id,
                f"unheld_{direction}",
                f"{product_id} is held both ways or not at all",
                lambda t, short=short: worse[t] >= short(t),  # type: ignore[misc]
            )
        unheld = _read(worse)
    context.constraint(
        product_id,
        name,
        f"capacity of {product_id} that is not held is not paid",
        lambda b: lost[b] >= sum(context.period_h * unheld(int(t)) for t in spans[b]),
        unit="MW h",
        spans=spans,
        dimension=f"block_{product_id}",
    )


def _clawback(
    context: MarketContext,
    leg: Leg,
    missed: OfPeriod,
    lost: Any,
    spans: Sequence[Span],
    block: dict[int, int],
) -> None:
    owner, dimension = leg.product_id, f"block_{leg.product_id}"
    theta = leg.product.clawback_per_unit
    if theta == 0:
        return
    worst = context.variable(owner, f"worst_{leg.direction}_mw", "MW", "realtime", spans=spans, dimension=dimension)
    context.constraint(
        owner,
        f"worst_miss_{leg.direction}",
        f"the worst miss of a block is at least every miss of {owner} in it",
        lambda t: missed(t) <= leg.share(t) * worst[block[t]],
    )
    context.constraint(
        owner,
        f"clawback_{leg.direction}",
        f"payment for {owner} is lost in proportion to the worst miss of the block",
        lambda b: lost[b] >= theta * context.period_h * len(spans[b]) * worst[b],
        unit="MW h",
        spans=spans,
        dimension=dimension,
    )


def _activation_energy(context: MarketContext, leg: Leg, volume: Any, block: dict[int, int]) -> None:
    product = leg.product
    price = product.energy_price_up_eur_per_mwh if leg.direction == "up" else product.energy_price_down_eur_per_mwh
    if price is None or product.energy_settlement == "uncorrected":
        return
    stream = f"activation.{leg.product_id}"
    h = context.period_h
    if product.energy_settlement == "delivered":
        paid = context.called(leg, price)
        context.earn(stream, sum(leg.sign * h * paid(t) for t in context.periods))
        return
    value = context.product(price, leg.activation)
    total: Expression = sum(leg.sign * h * value(t) * volume[block[t]] for t in context.periods)
    context.earn(stream, total)
