"""Storages of any carrier: battery, heat store, tank."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.components.context import Availability, Buffer, HeldReserve, ModelContext, OfPeriod
from mes_stoch.io.penalties import amount, terminal_level
from mes_stoch.schema.components import Storage


def build_storage(context: ModelContext, name: str, spec: Storage) -> None:
    """Level, limits, the energy that reserve must find, and the level to leave behind.

    Equations
    ---------
    With ``h`` the period, ``k = (1 - standing_loss)^h`` and ``L[-1]`` the initial level::

        L[t] = k L[t-1] + h (eta_c (charge[t] + sum_down e[t]) - (discharge[t] + sum_up e[t]) / eta_d)     (level)
        charge[t] / charge_max + discharge[t] / discharge_max <= 1                                         (sharing)
        discharge[t] - charge[t] + sum_up held[t]   <= discharge_max                                       (headroom_up)
        charge[t] - discharge[t] + sum_down held[t] <= charge_max                                        (headroom_down)
        L[t-1] - sum_up remaining[t] held[t] / eta_d   >= E_min                                            (energy_up)
        L[t-1] + sum_down remaining[t] eta_c held[t]   <= E_max                                          (energy_down)
        L[T-1] + terminal_short >= terminal                                                                 (terminal)

    Calls pass through the full efficiency of their own direction even where they only slow the opposite flow down, so
    that a period called both ways loses the round trip; this never credits energy that is not there. ``sharing`` lets a
    period be split between charging and discharging, which a storage can do, and no more.

    Symbols
    -------
    ``charge_mw``, ``discharge_mw`` : MW at the port, (periods,), realtime; base schedule.
    ``level_mwh`` : MWh at the end of a period, (periods,), realtime; follows the called operation.

    Source
    ------
    Energy reservation: FACTS of limited energy reservoirs in Commission Regulation (EU) 2017/1485, art. 156; model in
    docs/model.md.
    """
    charge = context.variable(name, "charge_mw", "MW", "realtime", upper=spec.charge_max_mw)
    discharge = context.variable(name, "discharge_mw", "MW", "realtime", upper=spec.discharge_max_mw)
    level = context.variable(name, "level_mwh", "MWh", "realtime", lower=spec.energy_min_mwh, upper=spec.energy_max_mwh)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min, holds_energy=True)

    def before(t: int) -> Any:
        return level[t - 1] if t > 0 else spec.initial_mwh

    _level_equation(context, name, spec, charge, discharge, level, before, reserve)
    if spec.charge_max_mw > 0 and spec.discharge_max_mw > 0:
        context.constraint(
            name,
            "sharing",
            f"{name} charges for one part of a period and discharges for the other",
            lambda t: charge[t] / spec.charge_max_mw + discharge[t] / spec.discharge_max_mw <= 1,
            unit="1",
        )
    if reserve.legs:
        _reserve_limits(context, name, spec, charge, discharge, before, reserve)
    _terminal(context, name, spec, level)
    change = reserve.net_called()
    context.inject(
        spec.node,
        name,
        lambda t: discharge[t] - charge[t] + change(t),
        lambda t: discharge[t] - charge[t],
    )
    context.buffer(spec.node, _buffer(spec, charge, discharge, before, reserve))
    context.availability(
        name,
        Availability(
            power=lambda t: spec.discharge_max_mw,
            energy=lambda t: spec.discharge_efficiency_per_unit * (before(t) - spec.energy_min_mwh),
        ),
    )
    if spec.throughput_cost_eur_per_mwh:
        context.earn(
            f"operation.{name}",
            sum(
                -context.period_h * spec.throughput_cost_eur_per_mwh * (discharge[t] + reserve.called_up(t))
                for t in context.periods
            ),
        )


def _buffer(spec: Storage, charge: Any, discharge: Any, before: OfPeriod, reserve: HeldReserve) -> Buffer:
    eta_charge, eta_discharge = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    return Buffer(
        energy={
            "taken": lambda t: eta_discharge * (before(t) - spec.energy_min_mwh) - reserve.energy("up", t),
            "added": lambda t: (spec.energy_max_mwh - before(t)) / eta_charge - reserve.energy("down", t),
        },
        power={
            "taken": lambda t: spec.discharge_max_mw - discharge[t] + charge[t] - reserve.held_up(t),
            "added": lambda t: spec.charge_max_mw - charge[t] + discharge[t] - reserve.held_down(t),
        },
    )


def _level_equation(
    context: ModelContext,
    name: str,
    spec: Storage,
    charge: Any,
    discharge: Any,
    level: Any,
    before: OfPeriod,
    reserve: HeldReserve,
) -> None:
    keep = (1.0 - spec.standing_loss_per_h) ** context.period_h
    eta_charge, eta_discharge = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    context.constraint(
        name,
        "level",
        f"the level of {name} follows from what goes in and out",
        lambda t: (
            level[t]
            == keep * before(t)
            + context.period_h
            * (
                eta_charge * (charge[t] + reserve.called_down(t))
                - (discharge[t] + reserve.called_up(t)) / eta_discharge
            )
        ),
        unit="MWh",
    )


def _reserve_limits(
    context: ModelContext,
    name: str,
    spec: Storage,
    charge: Any,
    discharge: Any,
    before: OfPeriod,
    reserve: HeldReserve,
) -> None:
    context.constraint(
        name,
        "headroom_up",
        f"{name} keeps discharging power free for the upward reserve it holds",
        lambda t: discharge[t] - charge[t] + reserve.held_up(t) <= spec.discharge_max_mw,
    )
    context.constraint(
        name,
        "headroom_down",
        f"{name} keeps charging power free for the downward reserve it holds",
        lambda t: charge[t] - discharge[t] + reserve.held_down(t) <= spec.charge_max_mw,
    )
    directions = {leg.direction for leg in reserve.legs}
    if "up" in directions:
        context.constraint(
            name,
            "energy_up",
            f"{name} holds the energy of its upward reserve",
            lambda t: before(t) - reserve.energy("up", t) / spec.discharge_efficiency_per_unit >= spec.energy_min_mwh,
            unit="MWh",
        )
    if "down" in directions:
        context.constraint(
            name,
            "energy_down",
            f"{name} keeps room for the energy of its downward reserve",
            lambda t: before(t) + reserve.energy("down", t) * spec.charge_efficiency_per_unit <= spec.energy_max_mwh,
            unit="MWh",
        )


def _terminal(context: ModelContext, name: str, spec: Storage, level: Any) -> None:
    target = terminal_level(spec)
    last = context.periods[-1]
    text = f"{name} ends at or above its terminal level"
    span = [_whole(context)]
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    if penalty is None or target <= spec.energy_min_mwh:
        context.constraint(
            name, "terminal", text, lambda _: level[last] >= target, unit="MWh", spans=span, dimension="horizon"
        )
        return
    most = target - spec.energy_min_mwh
    missing = context.variable(
        name, "terminal_short_mwh", "MWh", "realtime", upper=most, spans=span, dimension="horizon"
    )
    context.constraint(
        name,
        "terminal",
        text,
        lambda _: level[last] + missing[0] >= target,
        unit="MWh",
        spans=span,
        dimension="horizon",
    )
    context.earn(f"slack.terminal_{name}", -penalty * missing[0])


def _whole(context: ModelContext) -> Any:
    return np.arange(len(context.periods))
