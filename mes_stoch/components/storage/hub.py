"""A storage in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.shared.hub_context import Columns, HubContext, Values
from mes_stoch.components.shared.hub_ramp import limit_hub_ramp
from mes_stoch.components.storage.format import Storage
from mes_stoch.components.storage.hub_by_level import limit_hub_power_by_level
from mes_stoch.io.validation.penalties import amount
from mes_stoch.schema.store import initial_level


def build(context: HubContext, name: str, spec: Storage) -> None:
    """What goes into the store and what comes out of it, both as energy inside: the ``dE`` of ``L = C P - S dE``.

    Equations
    ---------
    With ``h`` the length of a step, ``E_p`` the level at the start of its period, of length ``H``, and
    ``kappa = (1 - standing_loss)^H``::

        S[stored] = 1 / (eta_c h),    S[drawn] = -eta_d / h                            (MW at the node per MWh inside)
        E[t] = E[t-1] - (1 - kappa) h/H E_p + dE_stored[t] - dE_drawn[t]
               - h (l[t] - short[t]),    E[-1] = initial                                         (level)
        dE_stored[t] / (eta_c h charge_max) + eta_d dE_drawn[t] / (h discharge_max) <= 1   (sharing)
        dE_stored[t] <= a[t] eta_c h charge_max,   dE_drawn[t] <= b[t] h discharge_max / eta_d
        dE_stored[t] <= M y[t],   dE_drawn[t] <= M (1 - y[t])    where exclusive    (charging, discharging)
        sum of dE_drawn over a local day <= D / eta_d    (throughput)
        level_min <= E + below,    E <= level_max + above    at the ends of periods    (level_min, level_max)
        E_min <= E[t] <= E_max,    E[T-1] + short >= terminal                          (terminal)
        where the initial level is ``cyclic``: a column of E_min to E_max, and terminal = initial
        cost -= terminal_value E[T-1]

    Power that follows the level: :mod:`mes_stoch.components.storage.hub_by_level`.
    Where shares ``a`` of the charging and ``b`` of the discharging power are available, the terms of ``sharing`` are
    multiplied by ``b`` and ``a``, and its right-hand side is ``a b``.

    Source
    ------
    Energy hubs with storage: Geidl and Andersson, IEEE Trans. Power Syst. 22(1), 2007,
    doi 10.1109/TPWRS.2006.888988. Their single ``dE`` with a coefficient that depends on its sign is two here, neither
    below 0.
    """
    hours = context.hours
    charging = context.values(spec.charge_available_per_unit)
    discharging = context.values(spec.discharge_available_per_unit)
    into, out = spec.charge_efficiency_per_unit, spec.discharge_efficiency_per_unit
    wear = spec.throughput_cost_eur_per_mwh * out
    stored = context.columns(name, "stored", "MWh", "stored", upper=charging * spec.charge_max_mw * into * hours)
    most = discharging * spec.discharge_max_mw / out * hours
    drawn = context.columns(name, "drawn", "MWh", "drawn", upper=most, cost=wear)
    worth = np.zeros(context.steps)
    worth[-1] = -spec.terminal_value_eur_per_mwh
    level = context.columns(
        name, "level", "MWh", "level", lower=spec.energy_min_mwh, upper=spec.energy_max_mwh, cost=worth
    )
    context.arc(name, "stored", spec.node, stored, 1.0 / (into * hours), -1)
    context.arc(name, "drawn", spec.node, drawn, out / hours, 1)

    start = _start(context, name, spec)
    _level(context, name, spec, level, stored, drawn, start)
    if spec.charge_max_mw > 0 and spec.discharge_max_mw > 0:
        sharing = context.rows(name, "sharing", "1", context.steps, upper=charging * discharging)
        sharing.add(stored, discharging / (into * hours * spec.charge_max_mw))
        sharing.add(drawn, charging * out / (hours * spec.discharge_max_mw))
        if spec.exclusive_charging:
            _exclusive(
                context, name, stored, drawn, spec.charge_max_mw * into * hours, spec.discharge_max_mw / out * hours
            )
    if spec.energy_ramp_mw_per_min is not None:
        limit_hub_ramp(
            context, name, spec.energy_ramp_mw_per_min, [(drawn, out / hours), (stored, -1.0 / (into * hours))]
        )
    limit_hub_power_by_level(context, name, spec, level, stored, drawn, start)
    _throughput(context, name, spec, drawn)
    _segments(context, name, spec, stored, drawn)
    _bounds(context, name, spec, level)
    _terminal(context, name, spec, level, start)


def _start(context: HubContext, name: str, spec: Storage) -> Columns | None:
    """The level at the start where it is still to be decided."""
    if not spec.is_cyclic:
        return None
    whole, least, most = context.spans(None), spec.energy_min_mwh, spec.energy_max_mwh
    return context.columns(name, "initial", "MWh", "auxiliary", lower=least, upper=most, spans=whole)


def _segments(context: HubContext, name: str, spec: Storage, stored: Columns, drawn: Columns) -> None:
    """Segments of the store, each drawn on at a cost of its own."""
    if not spec.degradation_cost_by_depth:
        return
    steps = np.arange(context.steps)
    lost = _lost_per_unit(context, spec)
    before = np.searchsorted(context.period_of_step, context.period_of_step) - 1
    later = steps[before >= 0]
    into = context.rows(name, "segments_in", "MWh", context.steps, lower=0.0, upper=0.0).add(stored, -1.0)
    out = context.rows(name, "segments_out", "MWh", context.steps, lower=0.0, upper=0.0).add(drawn, -1.0)
    for k, (size, first) in enumerate(zip(spec.segment_sizes_mwh, spec.first_segments_mwh, strict=True)):
        wear = spec.degradation_cost_by_depth[k].cost_eur_per_mwh * spec.discharge_efficiency_per_unit
        held = context.columns(name, f"segment_{k}", "MWh", "auxiliary", upper=size)
        put = context.columns(name, f"segment_{k}_in", "MWh", "auxiliary")
        taken = context.columns(name, f"segment_{k}_out", "MWh", "auxiliary", cost=wear)
        into.add(put)
        out.add(taken)
        start = np.where(before < 0, -lost * first, 0.0)
        start[0] += first
        rows = context.rows(name, f"segment_{k}", "MWh", context.steps, lower=start, upper=start)
        rows.add(held).add(put, -1.0).add(taken, 1.0).add(held[steps[1:] - 1], -1.0, rows=steps[1:])
        if spec.standing_loss_per_h > 0:
            rows.add(held[before[later]], lost[later], rows=later)


def _throughput(context: HubContext, name: str, spec: Storage, drawn: Columns) -> None:
    """What comes out of the store in a local day, as energy inside."""
    most = spec.daily_throughput_mwh
    if most is None:
        return
    days = context.spans(24.0)
    day_of_period = np.repeat(np.arange(len(days)), [len(day) for day in days])
    rows = context.rows(name, "throughput", "MWh", len(days), upper=most / spec.discharge_efficiency_per_unit)
    rows.add(drawn, rows=day_of_period[context.period_of_step])


def _exclusive(
    context: HubContext, name: str, stored: Columns, drawn: Columns, most_in: Values, most_out: Values
) -> None:
    """Charging or discharging in a step, which a call may turn round."""
    charging = context.columns(name, "charging", "1", "auxiliary", upper=1.0, is_integer=True)
    context.rows(name, "charging", "MWh", context.steps, upper=0.0).add(stored).add(charging, -most_in)
    context.rows(name, "discharging", "MWh", context.steps, upper=most_out).add(drawn).add(charging, most_out)


def _bounds(context: HubContext, name: str, spec: Storage, level: Columns) -> None:
    """Bounds of the level at the ends of periods, which give way at a penalty."""
    is_last = np.append(np.diff(context.period_of_step) > 0, True)
    spans = [np.array([period]) for period in range(context.periods)]
    penalty = amount(spec.level_penalty_eur_per_mwh) if spec.level_bounds else None
    for key, side, sign in (("level_min_mwh", "below", 1.0), ("level_max_mwh", "above", -1.0)):
        stated = spec.level_bounds.get(key)
        if stated is None:
            continue
        bound = context.values(stated)[is_last]
        rows = context.rows(name, key.removesuffix("_mwh"), "MWh", context.periods, lower=sign * bound)
        rows.add(level[is_last], sign)
        if penalty is not None:
            most = sign * (bound - (spec.energy_min_mwh if sign > 0 else spec.energy_max_mwh))
            rows.add(
                context.columns(name, f"level_{side}", "MWh", "slack", upper=most, cost=penalty, spans=spans),
            )


def _lost_per_unit(context: HubContext, spec: Storage) -> Values:
    """What a step loses of the level that its period begins with."""
    whole = context.lengths_h[context.period_of_step]
    return np.asarray((1.0 - (1.0 - spec.standing_loss_per_h) ** whole) * context.hours / whole)


def _level(
    context: HubContext,
    name: str,
    spec: Storage,
    level: Columns,
    stored: Columns,
    drawn: Columns,
    initial: Columns | None,
) -> None:
    """Rows of the level: what a period loses of the level that it begins with is lost evenly within it."""
    steps = np.arange(context.steps)
    lost = _lost_per_unit(context, spec)
    before = np.searchsorted(context.period_of_step, context.period_of_step) - 1
    # what is left at the end of each step of the first period of a MWh that it begins with
    of_initial = np.where(before < 0, -lost, 0.0)
    of_initial[0] += 1.0
    known = 0.0 if initial is not None else initial_level(spec)
    start = known * of_initial - context.values(spec.lost_mw) * context.hours
    rows = context.rows(name, "level", "MWh", context.steps, lower=start, upper=start)
    rows.add(level).add(stored, -1.0).add(drawn, 1.0)
    if initial is not None:
        first = np.flatnonzero(of_initial)
        rows.add(np.repeat(initial, len(first)), -of_initial[first], rows=first)
    penalty = amount(spec.level_penalty_eur_per_mwh) if spec.has_fixed_loss else None
    if penalty is not None:
        is_last = np.append(np.diff(context.period_of_step) > 0, True)
        spans = [np.array([period]) for period in range(context.periods)]
        most, cost = context.values(spec.lost_mw)[is_last], penalty * context.lengths_h
        short = context.columns(name, "loss_short", "MW", "slack", upper=most, cost=cost, spans=spans)
        rows.add(short[context.period_of_step], -context.hours)
    rows.add(level[steps[1:] - 1], -1.0, rows=steps[1:])
    later = steps[before >= 0]
    if spec.standing_loss_per_h > 0:
        rows.add(level[before[later]], lost[later], rows=later)


def _terminal(context: HubContext, name: str, spec: Storage, level: Columns, initial: Columns | None) -> None:
    target = 0.0 if initial is not None else spec.level_to_leave_mwh
    penalty = amount(spec.terminal_penalty_eur_per_mwh)
    last = np.array([context.steps - 1])
    rows = context.rows(name, "terminal", "MWh", 1, lower=target, role="target", numbers=last).add(level[-1:])
    if initial is not None:
        rows.add(initial, -1.0)
    most = spec.most_to_leave_mwh - spec.energy_min_mwh
    if penalty is not None and most > 0:
        whole = context.spans(None)
        short = context.columns(name, "terminal_short", "MWh", "slack", upper=most, cost=penalty, spans=whole)
        rows.add(short)
