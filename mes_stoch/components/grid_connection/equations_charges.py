"""Charges of a connection on its largest import, by the day, and on what is not taken."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.shared.context import ModelContext
from mes_stoch.rules.time_axis import clock_days, months

Span = NDArray[np.int64]


def build_charges(context: ModelContext, name: str, spec: GridConnection, withdrawn: Any) -> None:
    """Whatever a connection costs beside its prices of energy."""
    _charge_power(context, name, spec, withdrawn)
    _charge_untaken(context, name, spec, withdrawn)
    if spec.fixed_cost_eur_per_day:
        days = clock_days(context.time, context.lengths_h[-1])
        context.earn(f"fixed_cost.{name}", -spec.fixed_cost_eur_per_day * days)


def _charge_untaken(context: ModelContext, name: str, spec: GridConnection, withdrawn: Any) -> None:
    """Take or pay: what is not withdrawn of a stated energy is paid nevertheless.

    Equations
    ---------
    ``Q`` is the energy to be taken over the horizon::

        sum_t h import[t] + untaken >= Q                                                  (take_or_pay)
        profit -= take_or_pay_price untaken                                               (take_or_pay.<name>)

    Symbols
    -------
    ``untaken_mwh`` : MWh, (1,), realtime.
    """
    least_mwh, price = spec.take_or_pay_mwh, spec.take_or_pay_price_eur_per_mwh
    if least_mwh is None or price is None:
        return
    horizon = context.spans(None)
    untaken = context.variable(
        name, "untaken_mwh", "MWh", "realtime", upper=least_mwh, spans=horizon, dimension=f"horizon_{name}"
    )
    context.constraint(
        name,
        "take_or_pay",
        f"{name} gives {least_mwh:g} MWh, or they are paid nevertheless",
        lambda _: sum(context.lengths_h[t] * withdrawn[t] for t in context.periods) + untaken[0] >= least_mwh,
        unit="MWh",
        spans=horizon,
        dimension=f"horizon_{name}",
    )
    context.earn(f"take_or_pay.{name}", -price * untaken[0])


def _charge_power(context: ModelContext, name: str, spec: GridConnection, withdrawn: Any) -> None:
    """Demand charge on the highest mean import of a month, and excess charge on what of it is above a subscription.

    Equations
    ---------
    ``i`` are the intervals of the meter, ``h_i`` their hours within the horizon, ``m(i)`` the month one begins in;
    ``M_0`` is the peak of the first month before the horizon, and 0 in later months; ``S`` is the subscribed power, a
    number or a decision of the root with ``M_0 <= S_min <= S <= S_max``, ``sigma`` the share of a month that the
    horizon carries, ``counts`` the share of the import that is charged::

        mean[i] = sum_{t in i} h[t] counts[t] import[t] / h_i
        mean[i] <= M_0 + peak_increase[m(i)]                                              (demand_peak)
        mean[i] <= max(S, M_0) + excess[m(i)]                                             (subscribed_power)
        profit  -= sigma demand_charge sum_m peak_increase[m]                             (demand_charge.<name>)
        profit  -= sigma excess_charge sum_m excess[m]                                    (excess_charge.<name>)
        profit  -= sigma price sum_m S                                                    (subscription.<name>)

    What counts is the called operation: a call that raises the import may raise the peak. All charges are convex, so no
    binaries are needed. Rows and columns exist only where a charge is above 0; ``excess`` not where any is forbidden.

    Symbols
    -------
    ``peak_increase_mw`` : MW, (months,), realtime; highest mean import above what the month had before the horizon.
    ``excess_mw`` : MW, (months,), realtime; the same above the subscribed power.
    ``subscribed_power_mw`` (S) : MW, (1,), commit; where it is decided.
    """
    by_month = months(context.time)
    subscribed = _subscribed(context, name, spec, len(by_month))
    if not spec.is_charged_by_power:
        return
    hours = spec.demand_charge_interval_h
    intervals = [np.array([t]) for t in context.periods] if hours is None else context.spans(hours)
    month_of = _months_of(intervals, by_month)
    counts = context.quantity(spec.demand_charge_counts_per_unit)

    def mean(i: int) -> Any:
        length_h = context.hours_of(intervals[i])
        return sum(counts(t) * (context.lengths_h[t] / length_h) * withdrawn[t] for t in intervals[i].tolist())

    def peak_so_far(month: int) -> float:
        return spec.peak_so_far_mw if month == 0 else 0.0

    def free(month: int) -> Any:
        """Mean import above which the excess begins; a decision is above every peak there was."""
        return subscribed if spec.is_subscription_open else max(subscribed, peak_so_far(month))

    for quantity, row, charge_eur_per_mw, threshold, stream, text in (
        ("peak_increase_mw", "demand_peak", spec.demand_charge_eur_per_mw, peak_so_far, "demand_charge", "its peak"),
        (
            "excess_mw",
            "subscribed_power",
            spec.excess_charge_eur_per_mw,
            free,
            "excess_charge",
            "its subscribed power and what is paid above it",
        ),
    ):
        if charge_eur_per_mw == 0:
            continue
        above = None
        if charge_eur_per_mw is not None:
            above = context.variable(name, quantity, "MW", "realtime", spans=by_month, dimension=f"month_{name}")
            cost = spec.demand_charge_share_per_unit * charge_eur_per_mw
            context.earn(f"{stream}.{name}", -cost * sum(above[m] for m in range(len(by_month))))
        context.constraint(
            name,
            row,
            f"mean import of {name} is within {text}",
            lambda i, above=above, threshold=threshold: (  # type: ignore[misc]
                mean(i) <= threshold(month_of[i]) + (0.0 if above is None else above[month_of[i]])
            ),
            spans=intervals,
            dimension=f"interval_{name}",
        )


def _subscribed(context: ModelContext, name: str, spec: GridConnection, months_of_horizon: int) -> Any:
    """The subscribed power, a number or a decision, and what it costs."""
    is_open = spec.is_subscription_open
    subscribed = context.decide(name, "subscribed_power_mw") if is_open else spec.known_subscription_mw
    price = spec.demand_charge_share_per_unit * spec.subscription_price_eur_per_mw
    if price > 0:
        context.earn(f"subscription.{name}", -price * months_of_horizon * subscribed)
    return subscribed


def _months_of(intervals: list[Span], by_month: list[Span]) -> list[int]:
    ends = [int(month[-1]) for month in by_month]
    return [int(np.searchsorted(ends, int(span[0]))) for span in intervals]
