"""A demand that can be shed, in the energy hub."""

from __future__ import annotations

from mes_stoch.components.shared.hub_context import HubContext
from mes_stoch.components.sheddable_demand.format import SheddableDemand


def build(context: HubContext, name: str, spec: SheddableDemand) -> None:
    """A load, and what is shed of it as an input.

    Equations
    ---------
    ::

        L[t] = demand[t],     0 <= P[t] <= available[t] shed_max demand[t]
    """
    demand = context.values(spec.demand_mw)
    context.load(name, spec.node, demand)
    most = spec.shed_max_per_unit * context.values(spec.available_per_unit) * demand
    cost = spec.shed_cost_eur_per_mwh * context.hours
    shed = context.columns(name, "shed", "MW", "flow", upper=most, cost=cost)
    context.arc(name, "shed", spec.node, shed, 1.0, 1)
    if spec.shed_max_per_unit < 1 or spec.available_per_unit != 1:
        context.firm(spec.node, "demand", demand - most)
