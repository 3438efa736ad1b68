"""Exchange with a public network."""

from __future__ import annotations

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.shared.context import ModelContext, Network


def build(context: ModelContext, name: str, spec: GridConnection) -> None:
    """Metered flow of a connection, with its tariff.

    Equations
    ---------
    ::

        0 <= import[t] <= import_max,   0 <= export[t] <= export_max
        profit += h (export_price[t] export[t] - import_price[t] import[t])

    Symbols
    -------
    ``import_mw``, ``export_mw`` : MW, (periods,), realtime; the called operation (metering).

    Market positions are the products' part (:mod:`mes_stoch.products.energy.equations`,
    :mod:`mes_stoch.products.imbalance.equations`), and schedule and reserve together stay within the same limits
    (``headroom_*`` in :mod:`mes_stoch.model.site_model`). What calls delivered at another node change here is limited
    in :mod:`mes_stoch.model.deliverability`.
    """
    withdrawn = context.variable(name, "import_mw", "MW", "realtime", upper=spec.import_max_mw)
    injected = context.variable(name, "export_mw", "MW", "realtime", upper=spec.export_max_mw)
    context.inject(spec.node, name, lambda t: withdrawn[t] - injected[t])
    context.network(
        spec.node,
        Network(name, lambda t: withdrawn[t] - injected[t], spec.import_max_mw, spec.export_max_mw),
    )
    import_price = context.quantity(spec.import_price_eur_per_mwh)
    export_price = context.quantity(spec.export_price_eur_per_mwh)
    context.earn(
        f"tariff.{name}",
        sum(
            context.period_h * (export_price(t) * injected[t] - import_price(t) * withdrawn[t]) for t in context.periods
        ),
    )
