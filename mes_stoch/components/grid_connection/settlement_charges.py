"""Settlement of a connection's charges beside its prices of energy, from the meter alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.rules.time_axis import clock_days, months
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def charges(data: SettlementData, name: str, spec: GridConnection, withdrawn: Array) -> Iterator[CashFlow]:
    """On the largest import, by the day, and on what was not taken."""
    yield from _power_charges(data, name, spec, withdrawn)
    whole = [np.arange(len(data.time))]
    if spec.take_or_pay_mwh is not None and spec.take_or_pay_price_eur_per_mwh is not None:
        taken = (data.lengths_h * withdrawn).sum(axis=1, keepdims=True)
        yield cash_flow(
            data,
            name,
            f"take_or_pay.{name}",
            "energy paid and not taken",
            -np.maximum(spec.take_or_pay_mwh - taken, 0.0),
            spec.take_or_pay_price_eur_per_mwh,
            "MWh",
            quantity_unit="MWh",
            hours=1.0,
            spans=whole,
        )
    if spec.fixed_cost_eur_per_day > 0:
        yield cash_flow(
            data,
            name,
            f"fixed_cost.{name}",
            "days of the connection",
            np.full((len(data.scenarios), 1), -clock_days(data.time, float(data.lengths_h[-1]))),
            spec.fixed_cost_eur_per_day,
            "day",
            quantity_unit="day",
            hours=1.0,
            spans=whole,
        )


def _power_charges(data: SettlementData, name: str, spec: GridConnection, withdrawn: Array) -> Iterator[CashFlow]:
    """What the highest mean import of each month costs, above what the month had, and above the subscribed power."""
    yield from _subscription(data, name, spec)
    if not spec.is_charged_by_power:
        return
    highest = highest_means(data, spec, withdrawn)
    before = np.zeros(highest.shape[1])
    before[0] = spec.peak_so_far_mw
    above = highest - before
    over = highest - np.maximum(before, spec.known_subscription_mw)
    for stream, item, quantity, price in (
        ("demand_charge", "highest mean import of the month", above, spec.demand_charge_eur_per_mw),
        ("excess_charge", "import above the subscribed power", over, spec.excess_charge_eur_per_mw),
    ):
        if price:
            yield cash_flow(
                data,
                name,
                f"{stream}.{name}",
                item,
                -np.maximum(quantity, 0.0),
                price * spec.demand_charge_share_per_unit,
                "MW",
                hours=1.0,
                spans=months(data.time),
            )


def _subscription(data: SettlementData, name: str, spec: GridConnection) -> Iterator[CashFlow]:
    """The subscribed power at its price a month, whatever flows."""
    price = spec.subscription_price_eur_per_mw
    if price > 0:
        spans = months(data.time)
        yield cash_flow(
            data,
            name,
            f"subscription.{name}",
            "power subscribed for the month",
            np.full((len(data.scenarios), len(spans)), -spec.known_subscription_mw),
            price * spec.demand_charge_share_per_unit,
            "MW",
            hours=1.0,
            spans=spans,
        )


def highest_means(data: SettlementData, spec: GridConnection, withdrawn: Array) -> Array:
    """Highest mean import over an interval of the meter, MW, shape (scenarios, months)."""
    counted = withdrawn * data.values(spec.demand_charge_counts_per_unit)
    hours = spec.demand_charge_interval_h
    intervals = [np.array([t]) for t in range(len(data.time))] if hours is None else data.spans(hours)
    means = np.column_stack([counted[:, span] @ data.lengths_h[span] / data.hours_of(span) for span in intervals])
    begins = np.array([span[0] for span in intervals])
    return np.column_stack([means[:, np.isin(begins, month)].max(axis=1, initial=0.0) for month in months(data.time)])
