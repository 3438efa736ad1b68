"""FCAS markets: capability offered, MW enabled, what that earns, and what it asks of every unit."""

from __future__ import annotations

from collections.abc import Mapping

from mes_stoch.components.shared.context import DirectedProduct
from mes_stoch.products.fcas.equations_rows import build_unit_rows
from mes_stoch.products.fcas.equations_unit import Enablement, Unit, make_enablement, make_unit
from mes_stoch.products.fcas.format import FcasService
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.shared.equations_bids import build_volume
from mes_stoch.products.shared.equations_windows import make_window


def build(context: MarketContext, services: Mapping[str, FcasService]) -> None:
    """All FCAS services of a site, unit by unit.

    Equations
    ---------
    ``r[b]`` is the capability offered in block ``b`` (stage of the product, bid rules of
    :mod:`mes_stoch.products.shared.equations_bids`), ``w[t]`` the share of it that counts in period ``t``, ``F[u,t]``
    the MW enabled of unit ``u``, and ``a[t]`` the share of regulation that automatic control calls::

        sum_u F[u,t] <= w[t] r[b(t)]                                                    (offered)
        profit += sum_t h price[t] sum_u F[u,t]                                         (enablement.<product>)
                - sum_t h enablement_cost sum_u F[u,t]                                  (operation.<product>)
                - sum_b h_b offer_cost r[b]                                             (offer.<product>)
                +- sum_t h spot[t] a[t] sum_u F[u,t]                                    (energy.<product>)

    In a 5-minute interval ``h = 1/12``. What enabling asks of the units stands in
    :mod:`mes_stoch.products.fcas.equations_rows`; power and energy behind the enabled MW are held by the components, as
    for any other product: contingency services share the same MW and the same energy, regulation adds to each.

    Symbols
    -------
    ``volume_mw`` (r) : MW, (blocks,), stage of the product.
    ``<unit>.<service>_<direction>_held_mw`` (F) : MW, (periods,), realtime; a variable of the unit.

    Source
    ------
    AEMO, "FCAS Model in NEMDE", May 2017. Payment for enablement at the price of the interval, price / 12 per MW and
    interval: general knowledge, see ``schema/catalogue/au_fcas.yaml``.
    """
    units: dict[str, Unit] = {}
    enablements: dict[str, list[Enablement]] = {}
    for directed in context.directed_products:
        product = services.get(directed.product_id)
        if product is None:
            continue
        _offer(context, directed, product)
        _pay(context, directed, product)
        for name in product.units:
            if name not in units:
                units[name] = make_unit(context, name, str(product.connection))
            own = make_enablement(context, units[name], directed, product)
            enablements.setdefault(name, []).append(own)
    for name, unit in units.items():
        build_unit_rows(context, unit, enablements[name])


def _offer(context: MarketContext, directed: DirectedProduct, product: FcasService) -> None:
    spans = context.spans(product.block_h)
    block = {int(t): b for b, span in enumerate(spans) for t in span}
    volume = build_volume(context, directed.product_id, product, spans, f"block_{directed.product_id}")
    window = make_window(context, directed.product_id, product, spans)
    context.constraint(
        directed.product_id,
        "offered",
        f"no more {directed.product_id} is enabled than is offered",
        lambda t: context.held(directed, t) <= window.obliged_mw(t, volume[block[t]]),
    )
    if product.offer_cost_eur_per_mw_h:
        hours = [context.hours_of(span) for span in spans]
        context.earn(
            f"offer.{directed.product_id}",
            sum(-product.offer_cost_eur_per_mw_h * hours[b] * volume[b] for b in range(len(spans))),
        )


def _pay(context: MarketContext, directed: DirectedProduct, product: FcasService) -> None:
    h = context.lengths_h
    price = context.quantity(product.enablement_price_eur_per_mw_h)
    context.earn(
        f"enablement.{directed.product_id}", sum(h[t] * price(t) * context.held(directed, t) for t in context.periods)
    )
    if product.enablement_cost_eur_per_mw_h:
        cost = product.enablement_cost_eur_per_mw_h
        context.earn(
            f"operation.{directed.product_id}", sum(-h[t] * cost * context.held(directed, t) for t in context.periods)
        )
    if product.activation(directed.direction) is None:
        return
    for payment in product.energy_payments(directed.direction):
        moved = context.called(directed, payment.price)
        context.earn(
            f"{payment.stream}.{directed.product_id}", sum(payment.sign * h[t] * moved(t) for t in context.periods)
        )
