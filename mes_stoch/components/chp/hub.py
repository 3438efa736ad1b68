"""Combined heat and power in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.chp.format import Chp
from mes_stoch.components.shared.hub_context import HubContext
from mes_stoch.components.shared.hub_on_off import build_hub_on_off
from mes_stoch.components.shared.hub_ramp import limit_unit_ramp


def build(context: HubContext, name: str, spec: Chp) -> None:
    """A branch for each point of the region, in the proportions of that point; their shares add up to one.

    Equations
    ---------
    With ``P_j`` the power made at point ``j`` of ``(p_j, q_j, f_j)``, and ``y`` the state (1 where standstill is a
    point, which needs no column)::

        C[power, P_j] = 1,    C[heat, P_j] = q_j / p_j,    C[fuel, P_j] = -f_j / p_j
        sum_j P_j[t] / p_j - y[t] = 0    (<= 1 with standstill)                                            (weights)
        P[t] - sum_j P_j[t] = 0,    0 <= P[t] <= available[t] p_max                                          (power)
        P[t] - p_max y[t] + (p_max - P_start) u[t] + (p_max - P_stop) w[t+1] <= 0                          (maximum)

    Source
    ------
    Convex combinations of extreme points: Lahdelma and Hakonen, European J. Oper. Res. 148(1), 2003,
    doi 10.1016/S0377-2217(02)00460-5.
    """
    available = context.values(spec.available_per_unit)
    cost = spec.cost_eur_per_mwh * context.hours
    power = context.columns(name, "power", "MW", "auxiliary", upper=spec.power_max_mw * available, cost=cost)
    state = build_hub_on_off(context, name, spec, available) if spec.can_be_off else None
    least, most = (-np.inf, 1.0) if state is None else (0.0, 0.0)
    weights = context.rows(name, "weights", "1", context.steps, lower=least, upper=most)
    if state is not None:
        weights.add(state.on, -1.0)
    adding_up = context.rows(name, "power", "MW", context.steps, lower=0.0, upper=0.0).add(power)
    for number, point in enumerate(spec.points, 1):
        if point.power_mw == 0:
            continue
        branch = f"point_{number}"
        part = context.columns(name, branch, "MW", "flow", upper=point.power_mw)
        context.arc(name, branch, spec.power_node, part, 1.0, 1, is_reference=True)
        context.arc(name, branch, spec.heat_node, part, point.heat_mw / point.power_mw, 1)
        context.arc(name, branch, spec.fuel_node, part, point.fuel_mw / point.power_mw, -1)
        weights.add(part, 1.0 / point.power_mw)
        adding_up.add(part, -1.0)
    if state is not None:
        for row in state.ceilings(context, name, spec):
            row.add(power)
        idle = spec.least_point
        state.tell_kept_on(context, spec.power_node, 1, idle.power_mw)
        state.tell_kept_on(context, spec.heat_node, 1, idle.heat_mw)
        state.tell_kept_on(context, spec.fuel_node, -1, idle.fuel_mw)
    limit_unit_ramp(context, name, spec, power, state)
