"""Settlement of converters: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.settlement_on_off import starts
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Converter) -> Iterator[CashFlow]:
    """Operation per MWh at the reference port, calls included, and what starts cost."""
    is_output = any(port.node == spec.reference for port in spec.outputs)
    flow = data.decided(f"{name}.power_mw") + (1 if is_output else -1) * net_delivery(data, name)
    yield cash_flow(data, name, f"operation.{name}", "operation", -flow, spec.cost_eur_per_mwh, "MWh")
    yield from starts(data, name, spec)
