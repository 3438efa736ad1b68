"""Settlement of heat pumps: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.components.shared.settlement_on_off import starts
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: HeatPump) -> Iterator[CashFlow]:
    """Operation per MWh of electricity that is metered, and what starts cost."""
    into_node = data.metered(name, spec.power_node)
    yield cash_flow(data, name, f"operation.{name}", "operation", into_node, spec.cost_eur_per_mwh, "MWh")
    yield from starts(data, name, spec)
