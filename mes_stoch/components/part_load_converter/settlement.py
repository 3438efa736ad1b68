"""Settlement of part-load converters: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.part_load_converter.format import PartLoadConverter
from mes_stoch.components.shared.settlement_on_off import starts
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: PartLoadConverter) -> Iterator[CashFlow]:
    """Operation per MWh that the meter of the reference port reads, calls included, and what starts cost."""
    into_node = data.metered(name, spec.reference)
    is_output = any(port.node == spec.reference for port in spec.outputs)
    flow = -into_node if is_output else into_node
    yield cash_flow(data, name, f"operation.{name}", "operation", flow, spec.cost_eur_per_mwh, "MWh")
    yield from starts(data, name, spec)
