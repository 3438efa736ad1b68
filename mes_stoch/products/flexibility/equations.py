"""Products held ready and called: what is committed, held, called, missed, and what that earns and costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mes_stoch.components.shared.context import DirectedProduct, Expression, OfPeriod, Weighted
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import Span, build_volume
from mes_stoch.products.shared.equations_offers import build_offers
from mes_stoch.products.shared.equations_windows import Window, make_window
from mes_stoch.schema.flexibility import Flexibility


def build(context: MarketContext, products: Mapping[str, Flexibility]) -> None:
    """Add products that are held ready and called."""
    for product_id, product in products.items():
        build_flexibility(context, product_id, product)


def build_flexibility(context: MarketContext, product_id: str, product: Flexibility) -> None:
    """Commitment, coverage, delivery and settlement of one product that is held ready and called.

    Equations
    ---------
    ``r[b]`` is the committed volume of block ``b`` (of the whole contract where there are no blocks) under the rules of
    :mod:`mes_stoch.products.shared.equations_bids`, ``a[t]`` the called share and ``w[t]`` the obliged share (data; 1
    but for products with a window, :mod:`mes_stoch.products.shared.equations_windows`), ``delta`` the tolerance of
    delivery, and for each direction::

        sum_u held[u,t] + short[t]  = w[t] r[b(t)]                                    (coverage)
        sum_u e[u,t]   + missed[t]  = a[t] r[b(t)],   0 <= e <= held                  (delivery, within_held)
        penalised[t] >= missed[t] - delta a[t] r[b(t)]                                (tolerance)
        penalised[t] <= a[t] worst[b(t)]                                              (worst_miss)
        unheld[t] >= short[t]                                                         (unheld)
        lost[b] >= sum_t h unheld[t],   lost[b] >= theta h_b worst[b]                 (forfeiture, clawback)

        profit += sum_b price_b (h_b r[b] - lost[b])                                  (capacity.<product>)
                - h sum_t penalty_short short[t]                                      (penalty.shortfall_<product>)
                - h sum_t penalty_missed penalised[t]                                 (penalty.missed_<product>)
                +- h sum_t price_energy[t] (a[t] r or sum_u e[u,t])                   (activation.<product>)

    Of a product that is offered at prices ``r`` is what the scenario accepts, and the first line of the profit pays it
    as cleared or as bid (:mod:`mes_stoch.products.shared.equations_offers`); what is lost of it is lost at the clearing
    price, at which it has to be replaced.

    Without tolerance ``penalised = missed``. ``h_b`` and ``price_b`` are the obliged hours of the block and the mean
    price over them.

    Continuous products (frequency response, secondary control) follow one signal in proportion to what each device
    holds: ``e[u,t] = a[t] held[u,t]`` and ``missed[t] = a[t] short[t]``, with no delivery left to decide. Discrete
    calls are shared out freely.

    A symmetric product is one volume held both ways, so a period is not paid for what is short in the worse of the two:
    ``unheld`` is one for both directions. A product of one direction has no need of it: ``unheld = short``.

    The payment lost is the larger of forfeiture and clawback, not both. The shortfall penalty of a reserve is strictly
    positive, so that capacity without plant behind it never pays. ``missed`` also appears in the imbalance
    (:mod:`mes_stoch.products.imbalance.equations`).

    Symbols
    -------
    ``volume_mw`` (r) : MW, (blocks,), stage of the product.
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
    offers = product.price_offers()
    if offers is None:
        offered, volume = None, build_volume(context, product_id, product, spans, dimension)
    else:
        offered = build_offers(context, product_id, product, offers, spans, dimension)
        volume = offered.accepted_mw
    window = make_window(context, product_id, product, spans)
    directed_products = [directed for directed in context.directed_products if directed.product_id == product_id]
    shorts: dict[str, OfPeriod] = {}
    worst_misses: dict[str, OfPeriod] = {}
    for directed in directed_products:
        short, weighted = _hold_and_deliver(context, directed, volume, block, window)
        shorts[directed.direction] = short
        context.register_missed(directed, weighted)
        missed = weighted(1.0)
        penalised = _beyond_tolerance(context, directed, missed, volume, block)
        worst_misses[directed.direction] = penalised
        _penalties(context, directed, short, penalised)
        _activation_energy(context, directed, volume, block)
    if not product.is_paid_for_readiness:
        return
    lost = context.variable(product_id, "lost_mw_h", "MW h", "realtime", spans=spans, dimension=dimension)
    for directed in directed_products:
        _clawback(context, directed, worst_misses[directed.direction], _Loss(lost, spans, block, window))
    _forfeiture(context, product_id, shorts, lost, spans)
    for b in range(len(spans)):
        payment = window.value_eur_per_mw(b) * volume[b] if offered is None else offered.payment_eur(b)
        context.earn(f"capacity.{product_id}", payment - window.price_eur_per_mw_h(b) * lost[b])


@dataclass(frozen=True)
class _Loss:
    """Payment lost by block, and what it is reckoned over."""

    lost_mw_h: Any
    spans: Sequence[Span]
    block: dict[int, int]
    window: Window


def _penalties(context: MarketContext, directed: DirectedProduct, short: OfPeriod, penalised: OfPeriod) -> None:
    owner, product, h = directed.product_id, directed.product, context.lengths_h
    for name, penalty, power in (
        ("shortfall", product.shortfall_penalty_eur_per_mw_h, short),
        ("missed", product.missed_penalty_eur_per_mwh, penalised),
    ):
        context.earn(f"penalty.{name}_{owner}", -penalty * sum(h[t] * power(t) for t in context.periods))


def _hold_and_deliver(
    context: MarketContext, directed: DirectedProduct, volume: Any, block: dict[int, int], window: Window
) -> tuple[OfPeriod, Weighted]:
    """Short and (times a weight) missed power of a directed product by period, MW."""
    owner = directed.product_id
    short = context.variable(owner, f"short_{directed.direction}_mw", "MW", "realtime", role="shortfall")
    context.constraint(
        owner,
        f"coverage_{directed.direction}",
        f"the devices hold what is committed to {owner} ({directed.direction}), or it is short",
        lambda t: context.held(directed, t) + short[t] == window.obliged_mw(t, volume[block[t]]),
    )
    if directed.is_pro_rata:
        # all that is held follows the signal, so what is missed is the called share of what is not held
        def called_of_short(weight: float | str) -> OfPeriod:
            share = context.product(directed.activation, weight)
            return lambda t: share(t) * short[t]

        return _read(short), called_of_short
    missed = context.variable(owner, f"missed_{directed.direction}_mw", "MW", "realtime", role="missed")
    called = context.called(directed)
    context.constraint(
        owner,
        f"delivery_{directed.direction}",
        f"the devices deliver what {owner} calls ({directed.direction}), or it is missed",
        lambda t: called(t) + missed[t] == directed.share(t) * volume[block[t]],
    )

    def as_decided(weight: float | str) -> OfPeriod:
        factor = context.quantity(weight)
        return lambda t: factor(t) * missed[t]

    return _read(short), as_decided


def _beyond_tolerance(
    context: MarketContext, directed: DirectedProduct, missed: OfPeriod, volume: Any, block: dict[int, int]
) -> OfPeriod:
    """What of the missed power is penalised, MW."""
    tolerance = directed.product.delivery_tolerance_per_unit
    if tolerance == 0:
        return missed
    owner = directed.product_id
    penalised = context.variable(owner, f"penalised_{directed.direction}_mw", "MW", "realtime")
    context.constraint(
        owner,
        f"tolerance_{directed.direction}",
        f"what {owner} misses beyond {tolerance:g} of a call is penalised",
        lambda t: penalised[t] >= missed(t) - tolerance * directed.share(t) * volume[block[t]],
    )
    return _read(penalised)


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
        lambda b: lost[b] >= sum(context.lengths_h[int(t)] * unheld(int(t)) for t in spans[b]),
        unit="MW h",
        spans=spans,
        dimension=f"block_{product_id}",
    )


def _clawback(context: MarketContext, directed: DirectedProduct, penalised: OfPeriod, loss: _Loss) -> None:
    owner, dimension = directed.product_id, f"block_{directed.product_id}"
    theta = directed.product.clawback_per_unit
    if theta == 0:
        return
    worst = context.variable(
        owner, f"worst_{directed.direction}_mw", "MW", "realtime", spans=loss.spans, dimension=dimension
    )
    context.constraint(
        owner,
        f"worst_miss_{directed.direction}",
        f"the worst miss of a block is at least every miss of {owner} in it",
        lambda t: penalised(t) <= directed.share(t) * worst[loss.block[t]],
    )
    context.constraint(
        owner,
        f"clawback_{directed.direction}",
        f"payment for {owner} is lost in proportion to the worst miss of the block",
        lambda b: loss.lost_mw_h[b] >= theta * loss.window.hours(b) * worst[b],
        unit="MW h",
        spans=loss.spans,
        dimension=dimension,
    )


def _activation_energy(context: MarketContext, directed: DirectedProduct, volume: Any, block: dict[int, int]) -> None:
    h = context.lengths_h
    for payment in directed.product.energy_payments(directed.direction):
        stream = f"{payment.stream}.{directed.product_id}"
        if directed.product.energy_settlement == "delivered":
            paid = context.called(directed, payment.price)
            context.earn(stream, sum(payment.sign * h[t] * paid(t) for t in context.periods))
            continue
        value = context.product(payment.price, directed.activation)
        total: Expression = sum(payment.sign * h[t] * value(t) * volume[block[t]] for t in context.periods)
        context.earn(stream, total)
