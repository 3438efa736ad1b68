"""A demand in the energy hub."""

from __future__ import annotations

from mes_stoch.components.demand.format import Demand
from mes_stoch.components.shared.hub_context import HubContext


def build(context: HubContext, name: str, spec: Demand) -> None:
    """A load: ``L[t] = share[t] demand[t]``."""
    power = context.values(spec.share_per_unit) * context.values(spec.demand_mw)
    context.load(name, spec.node, power)
    context.firm(spec.node, "demand", power)
