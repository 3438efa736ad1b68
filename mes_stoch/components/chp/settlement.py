"""Settlement of combined heat and power: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.chp.format import Chp
from mes_stoch.components.shared.settlement_on_off import starts
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Chp) -> Iterator[CashFlow]:
    """Operation per MWh of power that the meter reads, calls included, and what starts cost."""
    made = data.metered(name, spec.power_node)
    yield cash_flow(data, name, f"operation.{name}", "operation", -made, spec.cost_eur_per_mwh, "MWh")
    yield from starts(data, name, spec)
