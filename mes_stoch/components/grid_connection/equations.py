"""Exchange with a public network."""

from __future__ import annotations

from mes_stoch.components.grid_connection.equations_charges import build_charges
from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.shared.context import ModelContext, Network


def build(context: ModelContext, name: str, spec: GridConnection) -> None:
    """Metered flow of a connection, with its tariff.

    Equations
    ---------
    ::

        0 <= import[t] <= import_max,   0 <= export[t] <= export_max
        import[t] <= import_available[t] import_max       (import_available; where less can be available)
        export[t] <= export_available[t] export_max       (export_available; likewise)
        profit += h (export_price[t] export[t] - import_price[t] import[t])            (tariff.<name>)

    Other charges: :mod:`mes_stoch.components.grid_connection.equations_charges`.

    Symbols
    -------
    ``import_mw``, ``export_mw`` : MW, (periods,), realtime; the called operation (metering).

    Market positions are the products' part (:mod:`mes_stoch.products.energy.equations`,
    :mod:`mes_stoch.products.imbalance.equations`), and schedule and reserve together stay within the same limits, as
    far as they are available (``headroom_*`` in :mod:`mes_stoch.model.site_model`). What calls delivered at another
    node change here is limited in :mod:`mes_stoch.model.deliverability`.
    """
    withdrawn = context.variable(name, "import_mw", "MW", "realtime", upper=spec.import_max_mw)
    injected = context.variable(name, "export_mw", "MW", "realtime", upper=spec.export_max_mw)
    context.inject(spec.node, name, lambda t: withdrawn[t] - injected[t])
    can_import = context.quantity(spec.import_available_per_unit)
    can_export = context.quantity(spec.export_available_per_unit)
    network = Network(
        name, lambda t: withdrawn[t] - injected[t], spec.import_max_mw, spec.export_max_mw, can_import, can_export
    )
    context.network(spec.node, network)
    for flow, share, limit, way in (
        (withdrawn, spec.import_available_per_unit, network.import_limit, "import"),
        (injected, spec.export_available_per_unit, network.export_limit, "export"),
    ):
        if share != 1 and limit is not None:
            context.constraint(
                name,
                f"{way}_available",
                f"{name} carries no more {way} than is available",
                lambda t, flow=flow, limit=limit: flow[t] <= limit(t),  # type: ignore[misc]
                role="headroom",
            )
    import_price = context.quantity(spec.import_price_eur_per_mwh)
    export_price = context.quantity(spec.export_price_eur_per_mwh)
    context.earn(
        f"tariff.{name}",
        sum(
            context.lengths_h[t] * (export_price(t) * injected[t] - import_price(t) * withdrawn[t])
            for t in context.periods
        ),
    )
    build_charges(context, name, spec, withdrawn)
    if spec.emissions():
        emitted = context.quantity(spec.import_emission_kg_per_mwh)
        credited = context.quantity(spec.export_emission_kg_per_mwh)
        context.emit(name, lambda t: emitted(t) * withdrawn[t] - credited(t) * injected[t])
