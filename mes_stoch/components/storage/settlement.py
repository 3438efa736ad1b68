"""Settlement of storages: wear, levels out of bounds, and the level missing at the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.storage.format import Storage
from mes_stoch.io.validation.penalties import amount
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Storage) -> Iterator[CashFlow]:
    """Energy discharged at the cost of wear; what the last level lacks at its penalty."""
    out = data.decided(f"{name}.discharge_mw") + net_delivery(data, name, ("up",))
    if data.has(f"{name}.cancelled_mw"):
        # a call that only slows the charge down draws nothing
        out = out - data.decided(f"{name}.cancelled_mw")
    price = spec.throughput_cost_eur_per_mwh
    yield cash_flow(data, name, f"operation.{name}", "wear of discharging", -out, price, "MWh")
    for k, segment in enumerate(spec.degradation_cost_by_depth):
        item = f"wear to a depth of {segment.depth_per_unit:g}"
        taken = data.decided(f"{name}.segment_{k}_out_mw")
        yield cash_flow(data, name, f"operation.{name}", item, -taken, segment.cost_eur_per_mwh, "MWh")
    yield from _level(data, name, spec)
    if spec.has_fixed_loss and spec.level_penalty_eur_per_mwh is not None:
        short = data.decided(f"{name}.loss_short_mw")
        price = amount(spec.level_penalty_eur_per_mwh) or 0.0
        yield cash_flow(data, name, f"slack.loss_{name}", "loss not covered", -short, price, "MWh")
    if spec.terminal_value_eur_per_mwh:
        left = data.decided(f"{name}.level_mwh")[:, -1:]
        yield cash_flow(
            data,
            name,
            f"terminal.{name}",
            "level left behind",
            left,
            spec.terminal_value_eur_per_mwh,
            "MWh",
            quantity_unit="MWh",
            hours=1.0,
            spans=data.spans(None),
        )
    penalty, target = amount(spec.terminal_penalty_eur_per_mwh), spec.level_to_leave_mwh
    if penalty is None:
        return
    missing = np.maximum(target - data.decided(f"{name}.level_mwh")[:, -1:], 0.0)
    yield cash_flow(
        data,
        name,
        f"slack.terminal_{name}",
        "level missing at the end",
        -missing,
        penalty,
        "MWh",
        quantity_unit="MWh",
        hours=1.0,
        spans=data.spans(None),
    )


def _level(data: SettlementData, name: str, spec: Storage) -> Iterator[CashFlow]:
    """What the bounds of the level give way: for the level itself, or for calls that it is to stand."""
    for key, quantity, words in (
        ("level_min_mwh", "level_below_mwh", "level below its least"),
        ("level_max_mwh", "level_above_mwh", "level above its largest"),
    ):
        # where a full call makes it give way, the level alone does not say so
        if key in spec.level_bounds and spec.level_penalty_eur_per_mwh is not None:
            yield cash_flow(
                data,
                name,
                f"slack.level_{name}",
                words,
                -data.decided(f"{name}.{quantity}"),
                amount(spec.level_penalty_eur_per_mwh) or 0.0,
                "MWh",
                quantity_unit="MWh",
                hours=1.0,
            )
