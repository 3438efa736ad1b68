"""Exchange with a public network."""

from __future__ import annotations

from mes_stoch.components.context import ModelContext
from mes_stoch.schema.components import GridConnection


def build_grid_connection(context: ModelContext, name: str, spec: GridConnection) -> None:
    """Metered flow of a connection, with its tariff.

    Equations
    ---------
    ::

        0 <= import[t] <= import_max,   0 <= export[t] <= export_max
        profit += h (export_price[t] export[t] - import_price[t] import[t])

    Symbols
    -------
    ``import_mw``, ``export_mw`` : MW, (periods,), realtime; the called operation (metering).

    Market positions and the reserve held at the connection are the products' part
    (:mod:`mes_stoch.products.settlement`).
    """
    withdrawn = context.variable(name, "import_mw", "MW", "realtime", upper=spec.import_max_mw)
    injected = context.variable(name, "export_mw", "MW", "realtime", upper=spec.export_max_mw)
    context.inject(spec.node, name, lambda t: withdrawn[t] - injected[t])
    import_price = context.quantity(spec.import_price_eur_per_mwh)
    export_price = context.quantity(spec.export_price_eur_per_mwh)
    context.earn(
        f"tariff.{name}",
        sum(
            context.period_h * (export_price(t) * injected[t] - import_price(t) * withdrawn[t]) for t in context.periods
        ),
    )
