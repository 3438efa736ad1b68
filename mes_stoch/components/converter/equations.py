"""Converters with fixed proportions: CHP, boiler, heat pump, chiller, electrolyser."""

from __future__ import annotations

from typing import Any

from mes_stoch.components.converter.equations_quick_start import QuickStart, build_quick_start
from mes_stoch.components.converter.equations_standby import Standby, build_standby
from mes_stoch.components.converter.equations_trajectories import Trajectory, build_trajectory
from mes_stoch.components.converter.format import Converter, ConverterPort
from mes_stoch.components.shared.context import (
    Availability,
    CallEffect,
    Effect,
    Expression,
    HeldReserve,
    ModelContext,
    OfPeriod,
)
from mes_stoch.components.shared.equations_kept_on import tell_kept_on
from mes_stoch.components.shared.equations_limits import limit_power
from mes_stoch.components.shared.equations_on_off import OnOff, build_on_off
from mes_stoch.components.shared.equations_ramp import limit_energy_ramp


def build(context: ModelContext, name: str, spec: Converter) -> None:
    """Flows in proportion to one reference flow, with an on/off decision where there is a minimum load.

    Equations
    ---------
    With ``P`` the base flow at the reference port, ``y`` its on/off state (1 where there is no minimum load; starts,
    stops and what follows from them: :mod:`mes_stoch.components.shared.equations_on_off`) and sigma = +1 where that
    port is an output, -1 where it is an input::

        P[t] + held_plus[t]  <= P_max y[t]                 (maximum)
        P[t] + held_plus[t]  <= usable[t] P_max y[t]       (available; where less than all can be available)
        P[t] - held_minus[t] >= P_min y[t]                 (minimum)
        P_called[t] = P[t] + sigma (sum_up e[t] - sum_down e[t])            (e: what is delivered of a call)
        flow[port,t] = ratio[port,t] P_called[t] + no_load[port] y[t]

    A unit that is off and can start in time holds reserve as well, and ``y`` reads otherwise then
    (:mod:`mes_stoch.components.converter.equations_quick_start`). On its way up and down a unit brings less than its
    minimum (:mod:`mes_stoch.components.converter.equations_trajectories`); in stand-by it draws power and makes nothing
    (:mod:`mes_stoch.components.converter.equations_standby`).

    ``usable`` is the share that is available, and 0 in an outage, where that is less than the minimum. Where it falls,
    the schedule may fall as far at once, faster than its ramp. ``held_plus`` is the reserve that raises ``P``: upward
    for a generator, downward for a consumer. A call also moves the other ports: where no unlimited network stands
    behind a node, a full call must find its power and energy there (:mod:`mes_stoch.model.deliverability`): heat that a
    heat pump no longer makes must be backed by other heat, and a CHP that raises output needs room for its heat.

    Symbols
    -------
    ``power_mw`` : MW at the reference port, (periods,), realtime; base schedule.
    ``on`` (y) : binary, (periods,) or (state blocks,), realtime.

    Source
    ------
    Energy-hub coupling in Geidl and Andersson, IEEE Trans. Power Syst. 22(1), 2007, doi 10.1109/TPWRS.2006.888988;
    headroom and energy of a call as in the project's model description (docs/model.md).
    """
    power = context.variable(name, "power_mw", "MW", "realtime", upper=spec.power_max_mw)
    is_kept_warm = spec.standby_input_mw is not None
    on_off = build_on_off(context, name, spec, spec.available_per_unit, pays_for_starts=not is_kept_warm)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
    sigma = 1 if spec.reference_is_output else -1

    quick_start = build_quick_start(context, name, spec, power, on_off, reserve)
    way = build_trajectory(context, name, spec, on_off)
    standby = build_standby(context, name, spec, on_off)

    limit_power(
        context,
        name,
        lambda t: power[t],
        on_off,
        reserve,
        is_generator=sigma > 0,
        standing=quick_start.is_standing,
    )
    limit_energy_ramp(
        context,
        name,
        spec.energy_ramp_mw_per_min,
        lambda t: power[t],
        least_mw=spec.power_min_mw,
        state=on_off.state,
        forced_down=on_off.service.lost_power(),
    )

    for direction, ports in ((-1, spec.inputs), (1, spec.outputs)):
        for port in ports:
            _connect(context, name, spec, port, direction, sigma, power, on_off, quick_start, way, standby, reserve)
    context.availability(name, Availability(power=on_off.service.power_max(), state=on_off.state, counts=sigma > 0))
    if spec.cost_eur_per_mwh:
        change = reserve.net_called()
        context.earn(
            f"operation.{name}",
            sum(
                -context.lengths_h[t] * spec.cost_eur_per_mwh * (power[t] + way.power(t) + sigma * change(t))
                for t in context.periods
            ),
        )


def _connect(
    context: ModelContext,
    name: str,
    spec: Converter,
    port: ConverterPort,
    direction: int,
    sigma: int,
    power: Any,
    on_off: OnOff,
    quick_start: QuickStart,
    way: Trajectory,
    standby: Standby,
    reserve: HeldReserve,
) -> None:
    ratio = context.quantity(port.ratio_per_unit)
    change = reserve.net_called(port.ratio_per_unit)
    least_mw, per_mw, no_load_mw = spec.power_min_mw, port.ratio_per_unit, port.no_load_mw
    tell_kept_on(context, port.node, direction, on_off, least_mw, per_mw, no_load_mw, way.down_before)

    kept_warm_mw = spec.standby_mw(port) if direction < 0 else 0.0

    def base(t: int) -> Expression:
        at_no_load = port.no_load_mw * (on_off.state(t) + way.is_moving(t))
        return direction * (ratio(t) * (power[t] + way.power(t)) + at_no_load + kept_warm_mw * standby.state(t))

    def called(t: int) -> Expression:
        return base(t) + direction * (sigma * change(t) + port.no_load_mw * quick_start.is_called(t))

    context.inject(port.node, name, called, base)
    if port.node == spec.reference:
        return
    for directed in reserve.directed_products:
        effect: Effect = "added" if direction * sigma * directed.sign > 0 else "taken"
        context.call_effect(
            port.node,
            CallEffect(
                device=name,
                directed=directed,
                effect=effect,
                held=_and(_times(ratio, reserve.held[directed.name]), quick_start.held_at_no_load(directed, port)),
                called=_and(
                    reserve.called[directed.name](port.ratio_per_unit), quick_start.called_at_no_load(directed, port)
                ),
                uncalled=_and(
                    reserve.uncalled[directed.name](port.ratio_per_unit),
                    quick_start.uncalled_at_no_load(context, directed, port),
                ),
                lowers_flow=sigma * directed.sign < 0,
            ),
        )


def _and(flow: OfPeriod, more: OfPeriod | None) -> OfPeriod:
    return flow if more is None else lambda t: flow(t) + more(t)


def _times(ratio: OfPeriod, held: Any) -> OfPeriod:
    return lambda t: ratio(t) * held[t]
