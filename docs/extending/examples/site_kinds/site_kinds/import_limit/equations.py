"""Variables, rows and money of an import limit."""

from __future__ import annotations

from collections.abc import Mapping

from mes_stoch.extend import MarketContext, build_volume
from site_kinds.import_limit.format import ImportLimit


def build(context: MarketContext, products: Mapping[str, ImportLimit]) -> None:
    """Add import limits.

    Equations
    ---------
    With ``r[b]`` the reduction of block ``b`` and ``import`` what the meter reads::

        excess[t] >= import[t] - (limit - r[b(t)])                                           (excess)

        profit += sum_t h price[t] r[b(t)]                                                   (capacity.<product>)
                - sum_t h penalty excess[t]                                                  (penalty.excess_<product>)

    Symbols
    -------
    ``volume_mw`` (r) : MW, (blocks,), commit. ``excess_mw`` : MW, (periods,), realtime.
    """
    for name, product in products.items():
        _limit(context, name, product)


def _limit(context: MarketContext, name: str, product: ImportLimit) -> None:
    spans, h = context.spans(product.block_h), context.period_h
    block = {int(t): b for b, span in enumerate(spans) for t in span}
    volume = build_volume(context, name, product, spans, f"block_{name}")
    drawn = context.declared(str(product.connection), "import_mw")
    excess = context.variable(name, "excess_mw", "MW", "realtime")
    context.constraint(
        name,
        "excess",
        f"what {product.connection} draws beyond the limit of {name} is excess",
        lambda t: excess[t] >= drawn[t] - (product.limit_mw - volume[block[t]]),
    )
    price = context.quantity(product.price_eur_per_mw_h)
    context.earn(f"capacity.{name}", sum(h * price(t) * volume[block[t]] for t in context.periods))
    penalty = product.excess_penalty_eur_per_mwh
    context.earn(f"penalty.excess_{name}", -h * penalty * sum(excess[t] for t in context.periods))
