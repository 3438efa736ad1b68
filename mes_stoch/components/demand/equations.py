"""A fixed demand."""

from __future__ import annotations

from mes_stoch.components.demand.format import Demand
from mes_stoch.components.shared.context import ModelContext


def build(context: ModelContext, name: str, spec: Demand) -> None:
    """Demand that must be met; what its node leaves unserved costs the node's penalty.

    Equations
    ---------
    With ``share`` and ``demand`` data::

        flow[t] = -share[t] demand[t]
    """
    demand = context.product(spec.share_per_unit, spec.demand_mw)
    context.inject(spec.node, name, lambda t: -demand(t))
    context.firm(spec.node, "demand", demand)
