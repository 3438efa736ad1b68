"""A source in the energy hub."""

from __future__ import annotations

from mes_stoch.components.shared.hub_context import HubContext
from mes_stoch.components.source.format import Source


def build(context: HubContext, name: str, spec: Source) -> None:
    """One input ``P`` with the power that weather and outages allow.

    Equations
    ---------
    ::

        0 <= P[t] <= available[t]             (P[t] = available[t] where it cannot be curtailed)
    """
    available = context.values(spec.available_mw) * context.values(spec.available_per_unit)
    emitted = context.co2_eur_per_kg * context.values(spec.emission_kg_per_mwh)
    cost = (spec.cost_eur_per_mwh + emitted) * context.hours
    lower = 0.0 if spec.curtailable else available
    power = context.columns(name, "power", "MW", "flow", lower=lower, upper=available, cost=cost)
    context.arc(name, "power", spec.node, power, 1.0, 1)
    if not spec.curtailable:
        context.firm(spec.node, "supply", available)
