"""A connection to a public network in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.grid_connection.hub_charges import add_fixed_cost, charge_hub_import
from mes_stoch.components.shared.hub_context import HubContext, Numbers


def build(context: HubContext, name: str, spec: GridConnection) -> None:
    """Two flows, ``import`` that feeds the node and ``export`` that draws from it; none where its limit is 0.

    Equations
    ---------
    ::

        0 <= import[t] <= import_available[t] import_max,    0 <= export[t] <= export_available[t] export_max
        cost = h (import_price[t] import[t] - export_price[t] export[t])
        import_price and export_price with CO2 at its price

    Other charges: :mod:`mes_stoch.components.grid_connection.hub_charges`.
    """
    if spec.import_max_mw != 0:
        most: Numbers = np.inf
        if spec.import_max_mw is not None:
            most = spec.import_max_mw * context.values(spec.import_available_per_unit)
        emitted = context.co2_eur_per_kg * context.values(spec.import_emission_kg_per_mwh)
        paid = (context.values(spec.import_price_eur_per_mwh) + emitted) * context.hours
        withdrawn = context.columns(name, "import", "MW", "flow", upper=most, cost=paid)
        context.arc(name, "import", spec.node, withdrawn, 1.0, 1)
        charge_hub_import(context, name, spec, withdrawn)
    if spec.export_max_mw > 0:
        credited = context.co2_eur_per_kg * context.values(spec.export_emission_kg_per_mwh)
        received = (context.values(spec.export_price_eur_per_mwh) + credited) * context.hours
        most = spec.export_max_mw * context.values(spec.export_available_per_unit)
        injected = context.columns(name, "export", "MW", "flow", upper=most, cost=-received)
        context.arc(name, "export", spec.node, injected, 1.0, -1)
    add_fixed_cost(context, name, spec)
