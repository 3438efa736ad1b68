"""Charges of a connection beside its prices of energy, in the energy hub."""

from __future__ import annotations

import numpy as np

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.shared.hub_context import Columns, HubContext


def add_fixed_cost(context: HubContext, name: str, spec: GridConnection) -> None:
    """What the connection costs by the day, as a column that is 1."""
    if spec.fixed_cost_eur_per_day > 0:
        cost = spec.fixed_cost_eur_per_day * context.clock_days
        whole = [np.arange(context.periods)]
        context.columns(name, "fixed_cost", "1", "auxiliary", lower=1.0, upper=1.0, cost=cost, spans=whole)


def charge_hub_import(context: HubContext, name: str, spec: GridConnection, withdrawn: Columns) -> None:
    """What of the highest mean import costs, as an auxiliary column a month; what is not taken.

    Equations
    ---------
    ::

        sum_{s in i} hours[s] counts[s] import[s] / hours[i] - peak_increase[m] <= M_0            (demand_peak)
        sum_{s in i} hours[s] counts[s] import[s] / hours[i] - excess[m] <= max(S, M_0)           (subscribed_power)
        cost = sigma price sum_m S,   S a column where it is still to be decided

        sum_s hours[s] import[s] + untaken >= Q                                                   (take_or_pay)

    over the steps ``s`` of each interval ``i`` of the meter; ``M_0`` and ``S`` as in the model.
    """
    whole = [np.arange(context.periods)]
    if spec.take_or_pay_mwh is not None and spec.take_or_pay_price_eur_per_mwh is not None:
        price = spec.take_or_pay_price_eur_per_mwh
        untaken = context.columns(name, "untaken", "MWh", "auxiliary", cost=price, spans=whole)
        taken = context.rows(name, "take_or_pay", "MWh", 1, lower=spec.take_or_pay_mwh)
        taken.add(withdrawn, context.hours, np.zeros(context.steps, dtype=np.int64)).add(untaken)
    _charge_power(context, name, spec, withdrawn)


def _charge_power(context: HubContext, name: str, spec: GridConnection, withdrawn: Columns) -> None:
    period_month = context.month_of_period
    spans = [np.flatnonzero(period_month == month) for month in range(int(period_month.max()) + 1)]
    hours = spec.demand_charge_interval_h
    intervals = [np.array([t]) for t in range(context.periods)] if hours is None else context.spans(hours)
    interval_of = np.empty(context.periods, dtype=np.int64)
    for number, span in enumerate(intervals):
        interval_of[span] = number
    row = interval_of[context.period_of_step]
    length = np.array([context.hours_of(span) for span in intervals])
    weight = context.hours * context.values(spec.demand_charge_counts_per_unit) / length[row]
    month = np.array([period_month[span[0]] for span in intervals])
    chosen = _subscription(context, name, spec, len(spans))
    # one that is decided is above every peak there was
    subscribed = 0.0 if spec.is_subscription_open else spec.known_subscription_mw
    before = np.where(month == 0, spec.peak_so_far_mw, 0.0)
    allowed_free = np.zeros(len(intervals)) if spec.is_subscription_open else np.maximum(before, subscribed)
    for quantity, rule, price, allowed in (
        ("peak_increase", "demand_peak", spec.demand_charge_eur_per_mw, before),
        ("excess", "subscribed_power", spec.excess_charge_eur_per_mw, allowed_free),
    ):
        if price == 0:
            continue
        rows = context.rows(name, rule, "MW", len(intervals), upper=allowed, numbers=np.arange(len(intervals)))
        rows.add(withdrawn, weight, row)
        if price is not None:
            cost = price * spec.demand_charge_share_per_unit
            rows.add(context.columns(name, quantity, "MW", "auxiliary", cost=cost, spans=spans)[month], -1.0)
        if quantity == "excess" and spec.is_subscription_open and chosen is not None:
            rows.add(np.repeat(chosen, len(intervals)), -1.0)


def _subscription(context: HubContext, name: str, spec: GridConnection, months_of_horizon: int) -> Columns | None:
    """The subscribed power as a column, where it costs anything or is still to be decided."""
    range_mw = spec.subscription
    if range_mw is None:
        return None
    cost = months_of_horizon * spec.demand_charge_share_per_unit * range_mw.price_eur_per_mw
    least, most, whole = range_mw.min_mw, range_mw.max_mw, context.spans(None)
    return context.columns(name, "subscribed", "MW", "auxiliary", lower=least, upper=most, cost=cost, spans=whole)
