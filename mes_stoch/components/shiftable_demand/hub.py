"""A demand that can be moved in time, in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.shared.hub_context import Columns, HubContext, Values
from mes_stoch.components.shiftable_demand.format import Job, ShiftableDemand


def build(context: HubContext, name: str, spec: ShiftableDemand) -> None:
    """A load, what is left out of it as an input, and what is made up and jobs as flows out of the node.

    Equations
    ---------
    With ``r`` the rebound and ``hours`` the length of a step::

        L[t] = demand[t],   0 <= P_down[t] <= down_max[t],   0 <= P_up[t] <= up_max[t]
        P_down + P_up <= max(down_max, up_max)                                         (shift_sharing)
        E[t] = E[t-1] + hours (P_down[t] - P_up[t] / r),   E[end] = 0                  (owed, owed_end)
        E[t] <= sum of hours P_down over the window up to t                            (made_up_after)
        -E[t] <= sum of hours P_up / r over the window up to t                         (made_up_before)
    """
    demand = context.values(spec.demand_mw)
    context.load(name, spec.node, demand)
    context.firm(spec.node, "demand", demand)
    if spec.can_shift:
        _shift(context, name, spec, demand)
    for number, job in enumerate(spec.jobs, start=1):
        _job(context, name, spec.node, number, job)


def _shift(context: HubContext, name: str, spec: ShiftableDemand, demand: Values) -> None:
    down_max = demand * (1.0 if spec.shift_max_per_unit is None else spec.shift_max_per_unit)
    if spec.shift_down_max_mw is not None:
        down_max = np.minimum(down_max, context.values(spec.shift_down_max_mw))
    up_max = down_max if spec.shift_up_max_mw is None else context.values(spec.shift_up_max_mw)
    hours, steps, rebound = context.hours, context.steps, spec.rebound_per_unit
    cost = spec.shift_cost_eur_per_mwh * hours
    down = context.columns(name, "shift_down", "MW", "flow", upper=down_max, cost=cost)
    up = context.columns(name, "shift_up", "MW", "flow", upper=up_max)
    context.arc(name, "shift_down", spec.node, down, 1.0, 1)
    context.arc(name, "shift_up", spec.node, up, 1.0, -1)
    context.rows(name, "shift_sharing", "MW", steps, upper=np.maximum(down_max, up_max)).add(down).add(up)

    owed = context.columns(
        name,
        "owed",
        "MWh",
        "auxiliary",
        lower=0.0 if spec.payback == "after" else -np.inf,
        upper=0.0 if spec.payback == "before" else np.inf,
    )
    later = np.arange(1, steps)
    change = context.rows(name, "owed", "MWh", steps, lower=0.0, upper=0.0)
    change.add(owed).add(down, -hours).add(up, hours / rebound).add(owed[:-1], -1.0, rows=later)
    last = np.array([steps - 1])
    context.rows(name, "owed_end", "MWh", 1, lower=0.0, upper=0.0, role="target", numbers=last).add(owed[-1:])
    if spec.payback != "before":
        _window(context, name, "made_up_after", spec, owed, down, 1.0)
    if spec.payback != "after":
        _window(context, name, "made_up_before", spec, owed, up, -1.0 / rebound)
    if spec.shift_max_mwh_per_day is not None:
        days = context.spans(24.0)
        day_of_period = np.concatenate([np.full(len(day), number) for number, day in enumerate(days)])
        rows = context.rows(name, "shift_per_day", "MWh", len(days), upper=spec.shift_max_mwh_per_day)
        rows.add(down, hours, rows=day_of_period[context.period_of_step])


def _window(
    context: HubContext, name: str, row: str, spec: ShiftableDemand, owed: Columns, power: Columns, sign: float
) -> None:
    """``sign x owed <= sum of power over the window``, in MWh left out."""
    end = np.cumsum(context.hours)
    begin = end - context.hours
    rows = context.rows(name, row, "MWh", context.steps, upper=0.0)
    rows.add(owed, 1.0 if sign > 0 else -1.0)
    for t in range(context.steps):
        inside = np.flatnonzero((begin >= end[t] - (spec.shift_window_h or 0.0) - 1e-9) & (begin < end[t] - 1e-9))
        rows.add(power[inside], -abs(sign) * context.hours[inside], rows=np.full(len(inside), t))


def _job(context: HubContext, name: str, node: str, number: int, job: Job) -> None:
    end = np.cumsum(context.hours)
    begin = end - context.hours
    windows, shift = [], 0.0
    while job.to_h + shift <= end[-1] + 1e-9:
        windows.append((begin >= job.from_h + shift - 1e-9) & (end <= job.to_h + shift + 1e-9))
        shift += end[-1] if job.repeat_h is None else job.repeat_h
    most = np.where(np.any(windows, axis=0), job.power_max_mw, 0.0)
    power = context.columns(name, f"job_{number}", "MW", "flow", upper=most)
    context.arc(name, f"job_{number}", node, power, 1.0, -1)
    context.firm(node, "demand", most)
    rows = context.rows(name, f"job_{number}", "MWh", len(windows), lower=job.energy_mwh, upper=job.energy_mwh)
    for k, window in enumerate(windows):
        inside = np.flatnonzero(window)
        rows.add(power[inside], context.hours[inside], rows=np.full(len(inside), k))
