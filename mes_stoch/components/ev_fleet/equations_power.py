"""Limits of the chargers of a fleet: what is plugged in, room for reserve, and a least power."""

from __future__ import annotations

from typing import Any

from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.components.shared.context import HeldReserve, ModelContext, OfPeriod, StorePower


def limit_power(
    context: ModelContext,
    name: str,
    spec: EvFleet,
    power: StorePower,
    charge: Any,
    discharge: OfPeriod,
    reserve: HeldReserve,
) -> None:
    """Rows of the powers, which :func:`mes_stoch.components.ev_fleet.equations.build` states."""
    if spec.discharge_max_mw > 0:
        _two_ways(context, name, spec, charge, discharge, reserve)
    else:
        _one_way(context, name, power, charge, reserve)
    if spec.charge_min_per_unit > 0:
        _least_power(context, name, spec, charge)


def _one_way(context: ModelContext, name: str, power: StorePower, charge: Any, reserve: HeldReserve) -> None:
    if power.changes:
        context.constraint(
            name,
            "charge_available",
            f"{name} charges with the chargers in use",
            lambda t: charge[t] <= power.charge_limit(t),
            role="headroom",
        )
    if not reserve.directed_products:
        return
    context.constraint(
        name,
        "headroom_up",
        f"{name} charges what its upward reserve would stop",
        lambda t: reserve.held_up(t) <= charge[t],
        role="headroom",
    )
    context.constraint(
        name,
        "headroom_down",
        f"{name} keeps charging power free for the downward reserve it holds",
        lambda t: charge[t] + reserve.held_down(t) <= power.charge_limit(t),
        role="headroom",
    )


def _two_ways(
    context: ModelContext, name: str, spec: EvFleet, charge: Any, discharge: OfPeriod, reserve: HeldReserve
) -> None:
    plugged = context.quantity(spec.plugged_in_per_unit)

    def in_use(t: int, more_charge: Any = 0.0, more_discharge: Any = 0.0) -> Any:
        into = (charge[t] + more_charge) / spec.fleet_charge_mw
        return into + (discharge(t) + more_discharge) / spec.fleet_discharge_mw

    context.constraint(
        name,
        "sharing",
        f"vehicles of {name} charge or discharge",
        lambda t: in_use(t) <= plugged(t),
        unit="1",
        role="headroom",
    )
    if not reserve.directed_products:
        return
    context.constraint(
        name,
        "headroom_up",
        f"{name} keeps chargers free to discharge for the upward reserve it holds",
        lambda t: in_use(t, more_discharge=reserve.held_up(t)) <= plugged(t),
        unit="1",
        role="headroom",
    )
    context.constraint(
        name,
        "headroom_down",
        f"{name} keeps chargers free to charge for the downward reserve it holds",
        lambda t: in_use(t, more_charge=reserve.held_down(t)) <= plugged(t),
        unit="1",
        role="headroom",
    )


def _least_power(context: ModelContext, name: str, spec: EvFleet, charge: Any) -> None:
    most = spec.fleet_charge_mw
    plugged = context.quantity(spec.plugged_in_per_unit)
    state = context.variable(name, "charging", "1", "realtime", upper=1.0, integer=True)
    context.constraint(
        name,
        "charge_least",
        f"{name} charges with its least power or not at all",
        lambda t: charge[t] >= spec.charge_min_per_unit * most * plugged(t) * state[t],
    )
    context.constraint(
        name,
        "charge_most",
        f"{name} charges only while it does",
        lambda t: charge[t] <= most * plugged(t) * state[t],
        role="headroom",
    )
