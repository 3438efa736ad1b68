"""The voltage service: reactive power held ready beside the active power of each unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mes_stoch.components.shared.context import Expression, OfPeriod
from mes_stoch.products.shared.context import MarketContext
from mes_stoch.products.voltage.format import VoltageService
from mes_stoch.products.voltage.format_capability import Edge, polygon_edges

#: Sines and cosines below this are rounding of 0.
_ROUNDING = 1e-12


def build(context: MarketContext, products: Mapping[str, VoltageService]) -> None:
    """Add voltage services."""
    for product_id, product in products.items():
        build_voltage(context, product_id, product)


def build_voltage(context: MarketContext, product_id: str, product: VoltageService) -> None:
    """Reactive power of one contract, shared out over its units, each within its capability.

    Equations
    ---------
    ``Q`` is the volume of a block, ``q[u,t]`` what unit ``u`` keeps ready, ``P_low`` and ``P_high`` the least and
    largest active power that it may inject, whatever is called of the reserve it holds; ``y`` 1 where it is on. The
    capability of ``u`` is ``a_k P + b_k Q <= c_k`` over the edges ``k`` of a convex polygon::

        sum_u q[u,t] + short[t] = Q[b(t)]                                                   (coverage)
        a_k P_k[u,t] + beta_k q[u,t] <= c_k y[u,t]                                          (<unit>_edge<k>)

        P_k = P_high where a_k > 0, else P_low
        beta_k = |b_k| (both), max(b_k, 0) (injection), max(-b_k, 0) (absorption)

        profit += sum_t h price[t] (Q[b(t)] - short[t])                                     (capacity.<product>)
                - sum_t h penalty short[t]                                        (penalty.shortfall_<product>)

    The rows hold for every active power between ``P_low`` and ``P_high`` and every reactive power from nothing to
    ``q`` in the direction, since the polygon is convex. So reactive power takes from the range of active power, and
    from the reserve that can be held in it. Edges that give the same row, as above and below the axis of a symmetric
    capability, give it once. An off unit (``y = 0``) has no reactive power.

    The circle ``P^2 + Q^2 <= S^2`` of a converter is replaced by the regular polygon with its corners on it: never
    outside, and inside by no more than ``1 - cos(pi / sides)`` of ``S``. Reactive power moves no active energy and
    losses are left out; what is called of it is paid nothing, for the payment is one for being available.

    Symbols
    -------
    ``volume_mvar`` (Q) : Mvar, (blocks,), commit.
    ``<unit>_held_mvar`` (q), ``short_mvar`` : Mvar, (periods,), realtime.

    Source
    ------
    ``schema/catalogue/fr_voltage.yaml``; the physics are those of the apparent power of a converter and of the
    capability curve of a synchronous machine.
    """
    spans = context.spans(product.block_h)
    block = {int(t): b for b, span in enumerate(spans) for t in span}
    volume = context.variable(
        product_id,
        "volume_mvar",
        "Mvar",
        product.stage,
        upper=product.volume_max_mvar,
        spans=spans,
        dimension=f"block_{product_id}",
        role="commitment",
    )
    held = [_hold(context, product_id, product, unit) for unit in product.units]
    short = context.variable(product_id, "short_mvar", "Mvar", "realtime", role="shortfall")
    context.constraint(
        product_id,
        "coverage",
        f"the units keep ready what is committed to {product_id}, or it is short",
        lambda t: sum(q[t] for q in held) + short[t] == volume[block[t]],
        unit="Mvar",
    )
    price, h = context.quantity(product.price_eur_per_mvar_h), context.lengths_h
    paid: Expression = sum(h[t] * price(t) * (volume[block[t]] - short[t]) for t in context.periods)
    context.earn(f"capacity.{product_id}", paid)
    penalty = product.shortfall_penalty_eur_per_mvar_h
    context.earn(f"penalty.shortfall_{product_id}", -penalty * sum(h[t] * short[t] for t in context.periods))


def _hold(context: MarketContext, product_id: str, product: VoltageService, unit: str) -> Any:
    """What one unit keeps ready, Mvar, within its capability."""
    held = context.variable(product_id, f"{unit}_held_mvar", "Mvar", "realtime")
    node = context.connection(str(product.connection)).node
    low, high = context.injection_range(unit, node)
    running = context.running(unit)
    for number, edge in enumerate(_edges_held(product, unit), 1):
        context.constraint(
            product_id,
            f"{unit}_edge{number}",
            f"active and reactive power of {unit} stay within what it can run at together",
            _row(edge, high if edge.active > 0 else low, held, running),
            unit="MVA",
        )
    return held


def _edges_held(product: VoltageService, unit: str) -> list[Edge]:
    """Edges that bind what a unit holds in the direction of a product, each once."""
    strictest: dict[tuple[float, float], Edge] = {}
    for edge in polygon_edges(product.units[unit].corners):
        reactive = {
            "both": abs(edge.reactive),
            "injection": max(edge.reactive, 0.0),
            "absorption": max(-edge.reactive, 0.0),
        }[product.direction]
        if max(abs(edge.active), reactive) < _ROUNDING:
            continue
        # the digits of a corner on the circle differ above and below the axis
        key = (round(edge.active, 12), round(edge.limit_mva, 12))
        if key not in strictest or reactive > strictest[key].reactive:
            strictest[key] = Edge(edge.active, reactive, edge.limit_mva)
    return list(strictest.values())


def _row(edge: Edge, power: OfPeriod, held: Any, running: OfPeriod) -> OfPeriod:
    active, reactive = (0.0 if abs(value) < _ROUNDING else value for value in (edge.active, edge.reactive))
    return lambda t: active * power(t) + reactive * held[t] <= edge.limit_mva * running(t)
