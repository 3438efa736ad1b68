"""A converter in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.hub_context import HubContext
from mes_stoch.components.shared.hub_on_off import HubOnOff, build_hub_on_off, firm
from mes_stoch.components.shared.hub_ramp import limit_unit_ramp


def build(context: HubContext, name: str, spec: Converter) -> None:
    """One branch: a column of the coupling matrix with a ratio for every port.

    Equations
    ---------
    With ``P`` the flow at the reference port and ``y`` its state (1 without a minimum load)::

        C[node, P] = +ratio (outputs), -ratio (inputs),    C[node, y] = +-no_load
        P[t] - P_max y[t] + (P_max - P_start) u[t] + (P_max - P_stop) w[t+1] <= 0         (maximum)
        0 <= P[t] <= available[t] P_max
        P[t] - P_min y[t] >= 0                                                            (minimum)

    ``u``, ``w`` and their rules: :mod:`mes_stoch.components.shared.hub_on_off`.

    Source
    ------
    Coupling matrix: Geidl and Andersson, IEEE Trans. Power Syst. 22(1), 2007, doi 10.1109/TPWRS.2006.888988.
    """
    cost = spec.cost_eur_per_mwh * context.hours
    available = context.values(spec.available_per_unit)
    power = context.columns(name, "power", "MW", "flow", upper=spec.power_max_mw * available, cost=cost)
    is_kept_warm = spec.standby_input_mw is not None
    state = (
        build_hub_on_off(context, name, spec, available, pays_for_starts=not is_kept_warm) if spec.can_be_off else None
    )
    for direction, ports in ((-1, spec.inputs), (1, spec.outputs)):
        for port in ports:
            ratio, is_reference = context.values(port.ratio_per_unit), port.node == spec.reference
            context.arc(name, "power", port.node, power, ratio, direction, is_reference=is_reference)
            if state is None:
                continue
            if port.no_load_mw > 0:
                context.arc(name, "on", port.node, state.on, port.no_load_mw, direction)
            state.tell_kept_on(context, port.node, direction, ratio * spec.power_min_mw + port.no_load_mw)
    if state is not None:
        for row in state.ceilings(context, name, spec):
            row.add(power)
        minimum = context.rows(name, "minimum", "MW", context.steps, lower=0.0)
        minimum.add(power).add(state.on, -spec.power_min_mw)
        _trajectory(context, name, spec, state)
        _way_down_before(context, spec, state)
        if is_kept_warm:
            _standby(context, name, spec, state)
    limit_unit_ramp(context, name, spec, power, state)


def _trajectory(context: HubContext, name: str, spec: Converter, state: HubOnOff) -> None:
    """Flow on the way up and down: a branch of its own, given by starts and stops."""
    up, down = spec.start_up_power_mw, spec.shut_down_power_mw
    if not up and not down:
        return
    cost = spec.cost_eur_per_mwh * context.hours
    flow = context.columns(name, "trajectory", "MW", "flow", upper=spec.power_min_mw, cost=cost)
    moving = context.columns(name, "moving", "1", "state", upper=1.0)
    is_flow = context.rows(name, "trajectory", "MW", context.steps, lower=0.0, upper=0.0).add(flow)
    is_moving = context.rows(name, "moving", "1", context.steps, lower=0.0, upper=0.0).add(moving)
    ways = [
        *((state.start, len(up) - i, mw) for i, mw in enumerate(up)),
        *((state.stop, -j, mw) for j, mw in enumerate(down)),
    ]
    for changes, ahead, mw in ways:
        period = context.period_of_step + ahead
        inside = np.flatnonzero((period >= 0) & (period < len(changes)))
        inside = inside[changes[period[inside]] >= 0]
        is_flow.add(changes[period[inside]], -mw, rows=inside)
        is_moving.add(changes[period[inside]], -1.0, rows=inside)
    early = state.start[: len(up)][state.start[: len(up)] >= 0]
    if len(early):
        context.rows(name, "start_up", "1", len(early), upper=0.0).add(early)
    for direction, ports in ((-1, spec.inputs), (1, spec.outputs)):
        for port in ports:
            ratio, is_reference = context.values(port.ratio_per_unit), port.node == spec.reference
            context.arc(name, "trajectory", port.node, flow, ratio, direction, is_reference=is_reference)
            if port.no_load_mw > 0:
                context.arc(name, "moving", port.node, moving, port.no_load_mw, direction)


def _way_down_before(context: HubContext, spec: Converter, state: HubOnOff) -> None:
    """What a unit that was on before the horizon brings and takes after the earliest stop."""
    if not spec.initial_on:
        return
    first = int(context.period_of_step[state.is_forced_on].max(initial=-1)) + 1
    for direction, ports in ((-1, spec.inputs), (1, spec.outputs)):
        for port in ports:
            for period, mw in enumerate(spec.shut_down_power_mw, first):
                flow = context.values(port.ratio_per_unit) * mw + port.no_load_mw
                context.firm(port.node, firm(direction), np.where(context.period_of_step == period, flow, 0.0))


def _standby(context: HubContext, name: str, spec: Converter, state: HubOnOff) -> None:
    """A second state in which it draws power: starts from off lead into one of the two."""
    count = len(state.states)
    hours = np.array([context.hours_of(own) for own in state.states])
    standby = context.columns(
        name,
        "standby",
        "1",
        "state",
        upper=np.where(state.is_out, 0.0, 1.0),
        cost=spec.standby_cost_eur_per_h * hours,
        is_integer=True,
        spans=state.states,
    )
    place = np.repeat(np.arange(count), [len(own) for own in state.states])[context.period_of_step]
    on = np.array([state.on[np.flatnonzero(place == k)[0]] for k in range(count)])
    context.rows(name, "standby", "1", count, upper=1.0).add(on).add(standby)
    for port in spec.inputs:
        if spec.standby_mw(port) > 0:
            context.arc(name, "standby", port.node, standby[place], spec.standby_mw(port), -1)
    changing = np.flatnonzero(state.start >= 0)
    if not len(changing):
        return
    own = [state.states[int(k)] for k in changing]
    warm_up = context.columns(name, "warm_up", "1", "auxiliary", upper=1.0, cost=spec.start_cost_eur, spans=own)
    before = np.where(changing == 0, float(bool(spec.initial_on)), 0.0)
    rows = context.rows(name, "warm_up", "1", len(changing), upper=before, numbers=changing)
    rows.add(on[changing]).add(standby[changing]).add(warm_up, -1.0)
    later = np.flatnonzero(changing > 0)
    rows.add(on[changing[later] - 1], -1.0, rows=later).add(standby[changing[later] - 1], -1.0, rows=later)
    rows = context.rows(name, "warm_up_off", "1", len(changing), upper=1.0 - before, numbers=changing).add(warm_up)
    rows.add(on[changing[later] - 1], 1.0, rows=later).add(standby[changing[later] - 1], 1.0, rows=later)
    cost = spec.standby_start_cost_eur
    start = context.columns(name, "standby_start", "1", "auxiliary", upper=1.0, cost=cost, spans=own)
    rows = context.rows(name, "standby_start", "1", len(changing), upper=0.0, numbers=changing)
    rows.add(state.start[changing]).add(warm_up, -1.0).add(start, -1.0)
