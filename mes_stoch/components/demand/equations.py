"""A fixed demand."""

from __future__ import annotations

from mes_stoch.components.demand.format import Demand
from mes_stoch.components.shared.context import ModelContext


def build(context: ModelContext, name: str, spec: Demand) -> None:
    """Takes ``share demand[t]`` from its node, whatever happens; as much may be left unserved, for a penalty."""
    demand = context.product(spec.share_per_unit, spec.demand_mw)
    context.inject(spec.node, name, lambda t: -demand(t))
    context.firm(spec.node, "demand", demand)
