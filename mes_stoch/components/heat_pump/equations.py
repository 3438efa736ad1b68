"""Heat pumps and chillers whose COP follows from temperatures, with one compressor for heat and cold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mes_stoch.components.heat_pump.equations_modes import limit_modes
from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.components.shared.context import (
    Availability,
    Expression,
    HeldReserve,
    ModelContext,
)
from mes_stoch.components.shared.equations_calls import tell_call
from mes_stoch.components.shared.equations_kept_on import tell_kept_on
from mes_stoch.components.shared.equations_limits import limit_power
from mes_stoch.components.shared.equations_on_off import build_on_off
from mes_stoch.schema.base import Quantity

Powers = Mapping[str, Any]


def build(context: ModelContext, name: str, spec: HeatPump) -> None:
    """Electric power for heat, for cold, or for both at once, within one compressor.

    Equations
    ---------
    With ``P_m`` the base power used in mode ``m``, ``y`` the on/off state (1 where there is no minimum load), COP as in
    :class:`~mes_stoch.components.heat_pump.format_cop.Cycle` and ``c`` the mode that calls change::

        sum_m P_m[t] + held_down[t] <= P_max y[t]              (maximum)
        sum_m P_m[t] + held_down[t] <= usable[t] P_max y[t]    (available; where less than all can be available)
        sum_m P_m[t] - held_up[t]   >= P_min y[t]              (minimum)
        P_c[t] - held_up[t] >= 0                               (called_mode; where there are two modes)
        P_c,called[t] = P_c[t] - (sum_up e[t] - sum_down e[t]),    P_m,called[t] = P_m[t] for the others

        heat[t] = COP_heating[t] P_heating[t],    cold[t] = COP_cooling[t] P_cooling[t]
        drawn from the source[t] = (COP_heating[t] - 1) P_heating[t]
        recovery: heat[t] = COP_heating[t] P[t],  cold[t] = (COP_heating[t] - 1) P[t]

    Modes that exclude each other: :mod:`mes_stoch.components.heat_pump.equations_modes`; starts and stops:
    :mod:`mes_stoch.components.shared.equations_on_off`. COPs are data of the scenario. Upward reserve is less
    consumption; what it takes from heat or cold, or adds to them, is declared at their nodes as for a converter.

    Symbols
    -------
    ``power_heating_mw``, ``power_cooling_mw``, ``power_recovery_mw`` : MW of electricity, (periods,), realtime; base.
    ``on`` (y) : binary, (periods,) or (state blocks,), realtime.

    Source
    ------
    COP as share of Carnot's: ``calc_cops`` of oemof-thermal. Headroom and energy of a call: docs/model.md.
    """
    powers: Powers = {
        use.name: context.variable(name, f"power_{use.name}_mw", "MW", "realtime", upper=spec.power_max_mw)
        for use in spec.uses
    }
    on_off = build_on_off(context, name, spec, spec.available_per_unit)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)

    def total(t: int) -> Expression:
        return sum(power[t] for power in powers.values())

    limit_power(context, name, total, on_off, reserve, is_generator=False, is_sum=len(powers) > 1)
    _limit_called_mode(context, name, spec, powers, reserve)
    limit_modes(context, name, spec, powers, reserve)

    change = reserve.net_called()
    context.inject(spec.power_node, name, lambda t: change(t) - total(t), lambda t: -total(t))
    tell_kept_on(context, spec.power_node, -1, on_off, spec.power_min_mw)
    for use in spec.uses:
        for node, direction, ratio in use.flows:
            _connect(context, name, node, direction, ratio, powers[use.name], reserve, is_called=use == spec.called_use)
            tell_kept_on(context, node, direction, on_off, spec.power_min_mw, ratio)
    context.availability(name, Availability(power=on_off.service.power_max(), state=on_off.state, counts=False))
    if spec.cost_eur_per_mwh:
        drawn = sum(context.lengths_h[t] * (total(t) - change(t)) for t in context.periods)
        context.earn(f"operation.{name}", -spec.cost_eur_per_mwh * drawn)


def _limit_called_mode(context: ModelContext, name: str, spec: HeatPump, powers: Powers, reserve: HeldReserve) -> None:
    called = spec.called_use
    if reserve.directed_products and len(powers) > 1 and called is not None:
        own = powers[called.name]
        context.constraint(
            name,
            "called_mode",
            f"{name} holds what it uses for {called.name} and no more, as calls change nothing else",
            lambda t: own[t] - reserve.held_up(t) >= 0,
            role="headroom",
        )


def _connect(
    context: ModelContext,
    name: str,
    node: str,
    direction: int,
    ratio: Quantity,
    power: Any,
    reserve: HeldReserve,
    *,
    is_called: bool,
) -> None:
    per_unit = context.quantity(ratio)
    if not is_called or not reserve.directed_products:
        context.inject(node, name, lambda t: direction * per_unit(t) * power[t])
        return
    change = reserve.net_called(ratio)
    context.inject(
        node,
        name,
        lambda t: direction * (per_unit(t) * power[t] - change(t)),
        lambda t: direction * per_unit(t) * power[t],
    )
    for directed in reserve.directed_products:
        is_added = direction * directed.sign < 0
        tell_call(context, name, node, directed, reserve, ratio, adds=is_added, lowers_flow=directed.sign > 0)
