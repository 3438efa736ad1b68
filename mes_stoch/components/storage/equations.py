"""Storages of any carrier: battery, heat store, tank."""

from __future__ import annotations

from typing import Any

import numpy as np

from mes_stoch.components.shared.context import (
    Availability,
    Buffer,
    Expression,
    HeldReserve,
    ModelContext,
    StorePower,
    all_of_it,
)
from mes_stoch.components.shared.equations_ramp import limit_energy_ramp
from mes_stoch.components.storage.equations_bounds import build_level_bounds
from mes_stoch.components.storage.equations_by_level import deliverable, limit_power_by_level
from mes_stoch.components.storage.equations_cancellation import build_cancellation
from mes_stoch.components.storage.equations_depth import build_depth_cost
from mes_stoch.components.storage.equations_exclusive import build_exclusive
from mes_stoch.components.storage.equations_loss import build_fixed_loss
from mes_stoch.components.storage.equations_throughput import limit_throughput
from mes_stoch.components.storage.format import Storage
from mes_stoch.io.validation.penalties import amount
from mes_stoch.schema.store import initial_level


def build(context: ModelContext, name: str, spec: Storage) -> None:
    """Level, limits, what calls change of it, and the level to leave behind.

    Equations
    ---------
    With ``h`` the period, ``kappa = (1 - standing_loss)^h``, ``L[-1]`` the initial level, ``e`` what is delivered of
    the calls of products that the storage provides, and ``w`` their cancellation
    (:mod:`mes_stoch.components.storage.equations_cancellation`)::

        c[t] = charge[t] + sum_down e[t] - w[t]
        d[t] = discharge[t] + sum_up e[t] - w[t]
        L[t] = kappa L[t-1] + h (eta_c c[t] - d[t] / eta_d)                                                (level)
        charge[t] / charge_max + discharge[t] / discharge_max <= 1                                         (sharing)
        charge[t] <= a[t] charge_max,   discharge[t] <= b[t] discharge_max      (charge_available, discharge_available)
        discharge[t] - charge[t] + sum_up held[t]   <= b[t] discharge_max                                  (headroom_up)
        charge[t] - discharge[t] + sum_down held[t] <= a[t] charge_max                                   (headroom_down)
        level_min[t] <= L[t] <= level_max[t]     (:mod:`mes_stoch.components.storage.equations_bounds`)
        L[T-1] + terminal_short >= terminal                                                                 (terminal)
        profit += terminal_value L[T-1]                                                          (terminal.<storage>)
        profit -= h throughput_cost sum_t d[t]                                                    (operation.<storage>)

    Power that follows the level: :mod:`mes_stoch.components.storage.equations_by_level`.
    A ``cyclic`` initial level is a decision of the root, common to all scenarios, and ``terminal = L[-1]``.
    A loss whatever the level is taken off in ``level`` (:mod:`mes_stoch.components.storage.equations_loss`).

    ``sharing`` lets a period be split between charging and discharging, which a storage can do, and no more; where it
    may not, :mod:`mes_stoch.components.storage.equations_exclusive` forbids it. With
    ``a`` and ``b`` the shares of the two powers that are available it reads ``b charge / charge_max + a discharge /
    discharge_max <= a b`` (:mod:`mes_stoch.components.shared.equations_shared_period`). Where
    products of several exclusivity groups share MW, ``sum held`` is ``stacked`` (:mod:`mes_stoch.model.stacking`). The
    energy that calls must find along the path of the level stands in :mod:`mes_stoch.model.full_calls`.

    Symbols
    -------
    ``charge_mw``, ``discharge_mw`` : MW at the port, (periods,), realtime; base schedule.
    ``cancelled_mw`` (w) : MW, (periods,), realtime; only where calls and losses make it matter.
    ``level_mwh`` : MWh at the end of a period, (periods,), realtime; follows the called operation.
    ``initial_mwh`` : MWh at the start, (1,), commit; only where it is ``cyclic``.
    """
    power = _power(context, spec)
    charge = context.variable(name, "charge_mw", "MW", "realtime", upper=power.charge_max_mw)
    discharge = context.variable(name, "discharge_mw", "MW", "realtime", upper=power.discharge_max_mw)
    level = context.variable(name, "level_mwh", "MWh", "realtime", lower=spec.energy_min_mwh, upper=spec.energy_max_mwh)
    reserve = context.reserve(name, spec.provides, spec.ramp_mw_per_min)
    cancelled = build_cancellation(context, name, spec, power, charge, discharge, reserve)

    start = context.decide(name, "initial_mwh") if spec.is_cyclic else initial_level(spec)

    def at_end_of(t: int) -> Any:
        return level[t] if t >= 0 else start

    def drawn(t: int) -> Any:
        return discharge[t] + reserve.called_up(t) - (0.0 if cancelled is None else cancelled[t])

    def stored(t: int) -> Any:
        return charge[t] + reserve.called_down(t) - (0.0 if cancelled is None else cancelled[t])

    lost = build_fixed_loss(context, name, spec)

    def change(t: int) -> Any:
        inside = spec.charge_efficiency_per_unit * stored(t) - drawn(t) / spec.discharge_efficiency_per_unit
        return inside if lost is None else inside - lost(t)

    keep = {hours: (1.0 - spec.standing_loss_per_h) ** hours for hours in (context.period_h, *context.lengths_h[:1])}
    context.constraint(
        name,
        "level",
        f"the level of {name} follows from what goes in and out",
        lambda t: level[t] == keep[context.lengths_h[t]] * at_end_of(t - 1) + context.lengths_h[t] * change(t),
        unit="MWh",
    )
    _available(context, name, power, charge, discharge)
    if power.charge_max_mw > 0 and power.discharge_max_mw > 0:
        text = f"{name} charges for one part of a period and discharges for the other"
        context.constraint(
            name,
            "sharing",
            text,
            lambda t: power.shares_period(t, charge[t], discharge[t]),
            unit="1",
            role="headroom",
        )
    build_exclusive(context, name, spec, power, charge, discharge)
    if reserve.directed_products:
        _headroom(context, name, power, charge, discharge, reserve)
    limit_power_by_level(context, name, spec, at_end_of, (stored, drawn), lambda t: discharge[t] - charge[t], reserve)
    build_depth_cost(context, name, spec, keep, stored, drawn)
    limit_throughput(context, name, spec, drawn, reserve)
    limit_energy_ramp(context, name, spec.energy_ramp_mw_per_min, lambda t: discharge[t] - charge[t])
    bounds = build_level_bounds(context, name, spec, level)
    _terminal(context, name, spec, level, start if spec.is_cyclic else spec.level_to_leave_mwh)
    called = reserve.net_called()
    context.inject(
        spec.node,
        name,
        lambda t: discharge[t] - charge[t] + called(t),
        lambda t: discharge[t] - charge[t],
    )
    context.buffer(
        spec.node,
        Buffer(
            name=name,
            level=at_end_of,
            charge=lambda t: charge[t],
            discharge=lambda t: discharge[t],
            cancelled=None if cancelled is None else lambda t: cancelled[t],
            energy_min_mwh=spec.energy_min_mwh,
            energy_max_mwh=spec.energy_max_mwh,
            charge_max_mw=power.charge_max_mw,
            discharge_max_mw=power.discharge_max_mw,
            charge_efficiency=spec.charge_efficiency_per_unit,
            discharge_efficiency=spec.discharge_efficiency_per_unit,
            keep=keep[context.period_h],
            reserve=reserve,
            charge_available=power.charge_available,
            discharge_available=power.discharge_available,
            both_available=power.both_available,
            level_min=bounds.least,
            level_max=bounds.largest,
            charge_lines=spec.charge_lines,
            discharge_lines=spec.discharge_lines,
        ),
    )
    context.availability(
        name,
        Availability(
            power=deliverable(context, name, spec, at_end_of, power),
            energy=lambda t: spec.discharge_efficiency_per_unit * (at_end_of(t - 1) - spec.energy_min_mwh),
        ),
    )
    if spec.throughput_cost_eur_per_mwh:
        context.earn(
            f"operation.{name}",
            sum(-context.lengths_h[t] * spec.throughput_cost_eur_per_mwh * drawn(t) for t in context.periods),
        )


def _power(context: ModelContext, spec: Storage) -> StorePower:
    into, out = spec.charge_available_per_unit, spec.discharge_available_per_unit
    charge_max_mw, discharge_max_mw = spec.charge_max_mw, spec.discharge_max_mw
    # what never changes is a smaller limit
    if not isinstance(into, str):
        charge_max_mw, into = charge_max_mw * into, 1.0
    if not isinstance(out, str):
        discharge_max_mw, out = discharge_max_mw * out, 1.0
    return StorePower(
        charge_max_mw,
        discharge_max_mw,
        charge_available=context.quantity(into) if isinstance(into, str) else all_of_it,
        discharge_available=context.quantity(out) if isinstance(out, str) else all_of_it,
        both_available=context.product(into, out),
    )


def _available(context: ModelContext, name: str, power: StorePower, charge: Any, discharge: Any) -> None:
    if power.charge_available is not all_of_it:
        context.constraint(
            name,
            "charge_available",
            f"{name} charges with what is available of its power",
            lambda t: charge[t] <= power.charge_limit(t),
            role="headroom",
        )
    if power.discharge_available is not all_of_it:
        context.constraint(
            name,
            "discharge_available",
            f"{name} discharges with what is available of its power",
            lambda t: discharge[t] <= power.discharge_limit(t),
            role="headroom",
        )


def _headroom(
    context: ModelContext, name: str, power: StorePower, charge: Any, discharge: Any, reserve: HeldReserve
) -> None:
    context.constraint(
        name,
        "headroom_up",
        f"{name} keeps discharging power free for the upward reserve it holds",
        lambda t: discharge[t] - charge[t] + reserve.held_up(t) <= power.discharge_limit(t),
        role="headroom",
    )
    context.constraint(
        name,
        "headroom_down",
        f"{name} keeps charging power free for the downward reserve it holds",
        lambda t: charge[t] - discharge[t] + reserve.held_down(t) <= power.charge_limit(t),
        role="headroom",
    )


def _terminal(context: ModelContext, name: str, spec: Storage, level: Any, target: Expression) -> None:
    last = context.periods[-1]
    if spec.terminal_value_eur_per_mwh:
        context.earn(f"terminal.{name}", spec.terminal_value_eur_per_mwh * level[last])
    text = f"{name} ends at or above its terminal level"
    span = [_whole(context)]
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    most = spec.most_to_leave_mwh - spec.energy_min_mwh
    if penalty is None or most <= 0:
        context.constraint(
            name, "terminal", text, lambda _: level[last] >= target, unit="MWh", spans=span, dimension="horizon"
        )
        return
    missing = context.variable(
        name, "terminal_short_mwh", "MWh", "realtime", upper=most, spans=span, dimension="horizon", role="slack"
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
