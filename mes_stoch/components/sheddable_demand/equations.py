"""A demand of which a share can be left unserved for a price."""

from __future__ import annotations

from mes_stoch.components.shared.context import Availability, Expression, ModelContext
from mes_stoch.components.sheddable_demand.format import SheddableDemand


def build(context: ModelContext, name: str, spec: SheddableDemand) -> None:
    """Demand with a price for leaving part of it unserved, planned or on call.

    Equations
    ---------
    With ``share[t] = available[t] shed_max``::

        shed[t] + sum_up held[t]   <= share[t] demand[t]         (limit)
        shed[t] - sum_down held[t] >= 0                          (floor)
        flow[t] = -demand[t] + shed[t] + sum_up e[t] - sum_down e[t]
        profit -= h shed_cost (shed[t] + sum_up e[t] - sum_down e[t])

    Symbols
    -------
    ``shed_mw`` : MW, (periods,), realtime; planned, before calls.
    """
    demand = context.quantity(spec.demand_mw)
    within_reach = context.product(spec.demand_mw, spec.available_per_unit)

    def most(t: int) -> Expression:
        return spec.shed_max_per_unit * within_reach(t)

    shed = context.variable(name, "shed_mw", "MW", "realtime")
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
    context.constraint(
        name,
        "limit",
        f"shedding and upward reserve of {name} stay within the share that can be shed",
        lambda t: shed[t] + reserve.held_up(t) <= most(t),
        role="headroom",
    )
    if reserve.directed_products:
        context.constraint(
            name,
            "floor",
            f"{name} sheds what its downward reserve would bring back",
            lambda t: shed[t] - reserve.held_down(t) >= 0,
            role="headroom",
        )

    change = reserve.net_called()

    def called(t: int) -> Expression:
        return shed[t] + change(t)

    context.inject(spec.node, name, lambda t: called(t) - demand(t), lambda t: shed[t] - demand(t))
    if spec.shed_max_per_unit < 1 or spec.available_per_unit != 1:
        context.firm(spec.node, "demand", lambda t: demand(t) - most(t))
    context.availability(name, Availability(power=most))
    context.earn(
        f"operation.{name}",
        sum(-context.lengths_h[t] * spec.shed_cost_eur_per_mwh * called(t) for t in context.periods),
    )
