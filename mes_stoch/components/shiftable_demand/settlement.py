"""Settlement of demands that can be moved in time."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.shiftable_demand.format import ShiftableDemand
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: ShiftableDemand) -> Iterator[CashFlow]:
    """Energy left out at one time, to be made up at another, at its cost."""
    if spec.can_shift and spec.shift_cost_eur_per_mwh:
        moved = data.decided(f"{name}.shift_down_mw")
        yield cash_flow(data, name, f"operation.{name}", "demand moved", -moved, spec.shift_cost_eur_per_mwh, "MWh")
