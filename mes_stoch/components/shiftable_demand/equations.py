"""A demand of which a part can be moved in time, and jobs that can wait."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.shared.context import Expression, ModelContext, OfPeriod
from mes_stoch.components.shiftable_demand.format import Job, ShiftableDemand
from mes_stoch.schema.base import Quantity

Values = NDArray[np.float64]


def build(context: ModelContext, name: str, spec: ShiftableDemand) -> None:
    """What is left out at one time is made up at another, within a window; jobs are done between two hours.

    Equations
    ---------
    With ``D`` what is left out, ``U`` what is drawn on top, ``h`` the period, ``L`` the window in periods, ``r`` the
    rebound and ``owed`` what was left out so far less what has been made up for (below 0: made up ahead)::

        down_max[t] = min(share demand[t], shift_down_max[t], demand[t]),   up_max[t] = shift_up_max[t], or down_max[t]
        D[t] <= down_max[t]                                                                         (shift_down_limit)
        U[t] <= up_max[t]                                                                             (shift_up_limit)
        D[t] + U[t] <= max(down_max[t], up_max[t])                                                     (shift_sharing)
        owed[t] = owed[t-1] + h (D[t] - U[t] / r),   owed[-1] = 0                                               (owed)
        owed[T-1] = 0                                                                                       (owed_end)
        owed[t]  <= h   sum_{t-L < s <= t} D[s]             (made_up_after; not where all is made up before: owed <= 0)
        -owed[t] <= h/r sum_{t-L < s <= t} U[s]             (made_up_before; not where all is made up after: owed >= 0)
        h sum_{t in day} D[t] <= shift_max_per_day                                                     (shift_per_day)
        h sum_{t in window} job[k,t] = energy[k],   0 <= job[k,t] <= power_max[k]                              (job_k)
        flow[t] = -(demand[t] - D[t] + U[t] + sum_k job[k,t])
        profit -= h shift_cost sum_t D[t]

    This is the formulation of Zerrahn and Schill with two indices, ``U[t] / r = sum_{|s-t| <= L} x[t,s]`` and
    ``D[s] = sum_{|t-s| <= L} x[t,s]`` for some ``x >= 0``, without ``x``. What was left out first can be made up first:
    if any ``x`` stays within the window, that one does, since windows are equally long. The MWh that is left out at
    ``s`` is then made up by ``s + L`` if and only if all that was left out by ``s`` has been, and likewise the other
    way. ``L`` periods lie between the two at most; both can share a period, as in the paper, whose guard is
    ``shift_sharing``. The horizon's ends cut windows: nothing is owed before it or after it.

    Source
    ------
    Zerrahn and Schill, Energy 84 (2015), 840-845, doi 10.1016/j.energy.2015.02.037.

    Symbols
    -------
    ``shift_down_mw`` (D), ``shift_up_mw`` (U) : MW, (periods,), realtime.
    ``owed_mwh`` : MWh at the end of a period, (periods,), realtime.
    ``job_<k>_mw`` : MW, (periods of its windows,), realtime.
    """
    demand = context.quantity(spec.demand_mw)
    drawn: list[OfPeriod] = [demand]
    context.firm(spec.node, "demand", demand)
    if spec.can_shift:
        drawn.append(_shift(context, name, spec))
    for number, job in enumerate(spec.jobs, start=1):
        drawn.append(_job(context, name, spec, number, job))
    context.inject(spec.node, name, lambda t: -sum(part(t) for part in drawn))


def _shift(context: ModelContext, name: str, spec: ShiftableDemand) -> OfPeriod:
    """What moving adds to the demand, MW."""
    down_max, up_max, larger = _limits(context, name, spec)
    down = context.variable(name, "shift_down_mw", "MW", "realtime")
    up = context.variable(name, "shift_up_mw", "MW", "realtime")
    for row, text, load, most in (
        ("shift_down_limit", "leaves out no more than can be moved", lambda t: down[t], down_max),
        ("shift_up_limit", "draws no more on top than it can", lambda t: up[t], up_max),
        ("shift_sharing", "leaves out for one part of a period and makes up for the other", _both(down, up), larger),
    ):
        context.constraint(
            name,
            row,
            f"{name} {text}",
            lambda t, load=load, most=most: load(t) <= most(t),  # type: ignore[misc]
            role="headroom",
        )
    _windows(context, name, spec, down, up)
    if spec.shift_max_mwh_per_day is not None:
        days = context.spans(24.0)
        context.constraint(
            name,
            "shift_per_day",
            f"{name} leaves out no more in a day than it may",
            lambda d: sum(context.lengths_h[int(t)] * down[int(t)] for t in days[d]) <= spec.shift_max_mwh_per_day,
            unit="MWh",
            spans=days,
            dimension=f"shift_day_{name}",
        )
    if spec.shift_cost_eur_per_mwh:
        context.earn(
            f"operation.{name}",
            sum(-context.lengths_h[t] * spec.shift_cost_eur_per_mwh * down[t] for t in context.periods),
        )
    return lambda t: up[t] - down[t]


def _both(down: Any, up: Any) -> OfPeriod:
    return lambda t: down[t] + up[t]


def _windows(context: ModelContext, name: str, spec: ShiftableDemand, down: Any, up: Any) -> None:
    """Rows of what is owed, and of the window in which it is made up."""
    h, rebound = context.lengths_h, spec.rebound_per_unit
    last = len(context.periods) - 1
    owed = context.variable(
        name,
        "owed_mwh",
        "MWh",
        "realtime",
        lower=0.0 if spec.payback == "after" else None,
        upper=0.0 if spec.payback == "before" else None,
    )
    context.constraint(
        name,
        "owed",
        f"what {name} owes follows from what it leaves out and makes up",
        lambda t: owed[t] == (owed[t - 1] if t > 0 else 0.0) + h[t] * (down[t] - up[t] / rebound),
        unit="MWh",
    )
    context.constraint(
        name,
        "owed_end",
        f"{name} has made up for all that it left out",
        lambda _: owed[last] == 0,
        unit="MWh",
        spans=[np.arange(len(context.periods))],
        dimension="horizon",
    )
    window = round((spec.shift_window_h or 0.0) / context.period_h)

    def of_window(power: Any, t: int) -> Expression:
        return sum(h[s] * power[s] for s in range(max(0, t - window + 1), t + 1))

    if spec.payback != "before":
        context.constraint(
            name,
            "made_up_after",
            f"{name} makes up within its window for what it left out",
            lambda t: owed[t] <= of_window(down, t),
            unit="MWh",
        )
    if spec.payback != "after":
        context.constraint(
            name,
            "made_up_before",
            f"{name} leaves out within its window what it has drawn ahead",
            lambda t: -owed[t] <= of_window(up, t) / rebound,
            unit="MWh",
        )


def _limits(context: ModelContext, name: str, spec: ShiftableDemand) -> tuple[OfPeriod, OfPeriod, OfPeriod]:
    """``down_max``, ``up_max`` and the larger of both, as data."""
    share = 1.0 if spec.shift_max_per_unit is None else spec.shift_max_per_unit

    def least(demand: Values, most: Values) -> Values:
        return np.asarray(np.minimum(share * demand, most), dtype=float)

    def larger(one: Values, other: Values) -> Values:
        return np.asarray(np.maximum(one, other), dtype=float)

    most = np.inf if spec.shift_down_max_mw is None else spec.shift_down_max_mw
    down = _data(context, f"{name}.down_max_mw", spec.demand_mw, most, least)
    up = down if spec.shift_up_max_mw is None else spec.shift_up_max_mw
    both = _data(context, f"{name}.larger_max_mw", down, up, larger)
    return context.quantity(down), context.quantity(up), context.quantity(both)


def _data(context: ModelContext, name: str, one: Quantity, other: Quantity, rule: Any) -> Quantity:
    """What follows from two quantities: a number, or the name of data."""
    if not isinstance(one, str) and not isinstance(other, str):
        return float(rule(np.asarray(one, dtype=float), np.asarray(other, dtype=float)))
    context.derived(name, [one, other], rule)
    return name


def _job(context: ModelContext, name: str, spec: ShiftableDemand, number: int, job: Job) -> OfPeriod:
    """What a job draws, MW."""
    windows = job.windows(context.period_h, len(context.periods), context.begun_h)
    place = {t: k for k, t in enumerate(sorted({t for window in windows for t in window}))}
    power = context.variable(
        name,
        f"job_{number}_mw",
        "MW",
        "realtime",
        upper=job.power_max_mw,
        spans=[np.array([t]) for t in place],
        dimension=f"job_{number}_{name}",
    )
    context.constraint(
        name,
        f"job_{number}",
        f"job {number} of {name} is done between its two hours",
        lambda k: sum(context.lengths_h[t] * power[place[t]] for t in windows[k]) == job.energy_mwh,
        unit="MWh",
        spans=[np.array(window) for window in windows],
        dimension=f"job_window_{number}_{name}",
    )
    context.firm(spec.node, "demand", lambda t: job.power_max_mw if t in place else 0.0)
    return lambda t: power[place[t]] if t in place else 0.0
