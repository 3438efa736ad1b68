"""Combined heat and power with a feasible operating region."""

from __future__ import annotations

from typing import Any

from mes_stoch.components.chp.format import Chp
from mes_stoch.components.chp.format_region import Edge
from mes_stoch.components.shared.context import (
    Availability,
    DirectedProduct,
    HeldReserve,
    ModelContext,
    OfPeriod,
)
from mes_stoch.components.shared.equations_calls import tell_call
from mes_stoch.components.shared.equations_kept_on import tell_kept_on
from mes_stoch.components.shared.equations_limits import limit_power
from mes_stoch.components.shared.equations_on_off import OnOff, build_on_off
from mes_stoch.components.shared.equations_ramp import limit_energy_ramp


def build(context: ModelContext, name: str, spec: Chp) -> None:
    """Power, heat and fuel as a convex combination of points, on or off, and the reserve it holds.

    Equations
    ---------
    With ``P`` and ``Q`` the base power and heat, ``e`` what is delivered of calls, ``(p_j, q_j, f_j)`` the points,
    ``lambda_j`` their weights in the called operation and ``y`` the state (1 where standstill is one of the points;
    starts, stops and what follows from them: :mod:`mes_stoch.components.shared.equations_on_off`)::

        sum_j lambda_j[t] = y[t]                                                              (weights)
        sum_j lambda_j[t] p_j = P[t] + sum_up e[t] - sum_down e[t]                            (weighted_power)
        sum_j lambda_j[t] q_j = Q[t] + kappa (sum_up e[t] - sum_down e[t])                    (weighted_heat)
        fuel[t] = sum_j lambda_j[t] f_j
        P[t] + up[t]   <= p_max y[t]                                                          (maximum)
        P[t] + up[t]   <= usable[t] p_max y[t]                                                (available)
        P[t] - down[t] >= p_min y[t]                                                          (minimum)
        profit -= h cost sum (P + sum_up e - sum_down e)                                      (operation.<name>)

    **Reserve.** Where the points span a polygon of power and heat, a call moves power at constant heat (``kappa = 0``),
    and both ends of what is held lie in the polygon. With a side of it ``a power + b heat <= c``::

        a (P[t] + up[t]) + b Q[t] <= c y[t]    a > 0;    a (P[t] - down[t]) + b Q[t] <= c y[t]    else    (edge_<k>)

    Since it is convex, so does everything between, and therefore the base schedule and every part of a call. Where the
    points lie on one line (back-pressure), heat follows power with its slope, ``kappa = dq/dp``, and a call changes the
    heat node too: as much of what is held must be taken over there. Fuel counts with its largest slope over power on
    the faces of the hull of the points.

    Fuel need not be the least for its power and heat where more than three points do not lie in one plane: all convex
    combinations are allowed, as in the source. That pays only where fuel is paid for.

    Symbols
    -------
    ``power_mw`` (P), ``heat_mw`` (Q) : MW, (periods,), realtime; base schedule. ``weight_<j>`` (lambda_j) : in [0, 1],
    (periods,), realtime; called operation, points from 1. ``on`` (y) : binary, (periods,) or (state blocks,), realtime.

    Source
    ------
    Convex combinations of extreme points: Lahdelma and Hakonen, European J. Oper. Res. 148(1), 2003,
    doi 10.1016/S0377-2217(02)00460-5. Reserve is this project's (docs/model.md).
    """
    power = context.variable(name, "power_mw", "MW", "realtime", upper=spec.power_max_mw)
    heat = context.variable(name, "heat_mw", "MW", "realtime", upper=max(point.heat_mw for point in spec.points))
    on_off = build_on_off(context, name, spec, spec.available_per_unit)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
    change, kappa = reserve.net_called(), spec.region.heat_per_power
    limit_power(context, name, lambda t: power[t], on_off, reserve, is_generator=True)
    if reserve.directed_products:
        for number, edge in enumerate(spec.region.edges, 1):
            _hold_at_heat(context, name, number, edge, (power, heat), on_off, reserve)
    limit_energy_ramp(
        context,
        name,
        spec.energy_ramp_mw_per_min,
        lambda t: power[t],
        least_mw=spec.power_min_mw,
        state=on_off.state,
        forced_down=on_off.service.lost_power(),
    )
    fuel = _combination(
        context,
        name,
        spec,
        lambda t: power[t] + change(t),
        (lambda t: heat[t] + kappa * change(t)) if kappa else (lambda t: heat[t]),
        on_off,
    )
    _inject(context, name, spec, (power, heat), fuel, reserve)
    least = spec.least_point
    for node, direction, flow_mw in (
        (spec.power_node, 1, least.power_mw),
        (spec.heat_node, 1, least.heat_mw),
        (spec.fuel_node, -1, least.fuel_mw),
    ):
        tell_kept_on(context, node, direction, on_off, flow_mw)
    context.availability(name, Availability(power=on_off.service.power_max(), state=on_off.state))
    if spec.cost_eur_per_mwh:
        made = sum(context.lengths_h[t] * (power[t] + change(t)) for t in context.periods)
        context.earn(f"operation.{name}", -spec.cost_eur_per_mwh * made)


def _hold_at_heat(
    context: ModelContext,
    name: str,
    number: int,
    edge: Edge,
    schedule: tuple[Any, Any],
    on_off: OnOff,
    reserve: HeldReserve,
) -> None:
    """Both ends of what is held on the inner side of an edge of the polygon, at the heat of the schedule."""
    power, heat = schedule

    def end(t: int) -> Any:
        return power[t] + reserve.held_up(t) if edge.power > 0 else power[t] - reserve.held_down(t)

    context.constraint(
        name,
        f"edge_{number}",
        f"{name} can be called up and down at the heat it makes",
        lambda t: edge.power * end(t) + edge.heat * heat[t] <= edge.limit * on_off.state(t),
        role="headroom",
    )


def _combination(
    context: ModelContext, name: str, spec: Chp, power: OfPeriod, heat: OfPeriod, on_off: OnOff
) -> OfPeriod:
    """Weights of the points for an operation, and its fuel."""
    weights = [
        context.variable(name, f"weight_{number}", "1", "realtime", upper=1.0)
        for number in range(1, len(spec.points) + 1)
    ]

    def weighted(amounts: list[float]) -> OfPeriod:
        return lambda t: sum(amount * weight[t] for amount, weight in zip(amounts, weights, strict=True) if amount)

    whole = weighted([1.0] * len(weights))
    of_power = weighted([point.power_mw for point in spec.points])
    of_heat = weighted([point.heat_mw for point in spec.points])
    context.constraint(
        name,
        "weights",
        f"{name} is a convex combination of its points while it is on",
        lambda t: whole(t) == on_off.state(t),
        unit="1",
    )
    context.constraint(
        name, "weighted_power", f"the power of {name} is that of its points", lambda t: of_power(t) == power(t)
    )
    context.constraint(
        name, "weighted_heat", f"the heat of {name} is that of its points", lambda t: of_heat(t) == heat(t)
    )
    return weighted([point.fuel_mw for point in spec.points])


def _inject(
    context: ModelContext, name: str, spec: Chp, schedule: tuple[Any, Any], fuel: OfPeriod, reserve: HeldReserve
) -> None:
    """What flows at the nodes, and what calls change there."""
    power, heat = schedule
    change, kappa = reserve.net_called(), spec.region.heat_per_power
    context.inject(spec.power_node, name, lambda t: power[t] + change(t), lambda t: power[t])
    context.inject(spec.heat_node, name, lambda t: heat[t] + kappa * change(t) if kappa else heat[t])
    context.inject(spec.fuel_node, name, lambda t: -fuel(t))
    for directed in reserve.directed_products:
        _tell_change(context, name, spec.fuel_node, directed, -spec.region.fuel_per_power[1], reserve, is_output=False)
        _tell_change(context, name, spec.heat_node, directed, kappa, reserve, is_output=True)


def _tell_change(
    context: ModelContext,
    name: str,
    node: str,
    directed: DirectedProduct,
    into_node: float,
    reserve: HeldReserve,
    *,
    is_output: bool,
) -> None:
    """What calls of a product change at a node, which gets ``into_node`` MW more for a MW called up."""
    most, added = abs(into_node), directed.sign * into_node
    if not most:
        return
    tell_call(context, name, node, directed, reserve, most, adds=added > 0, lowers_flow=(added < 0) == is_output)
