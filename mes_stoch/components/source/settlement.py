"""Settlement of sources: operation."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.source.format import Source
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Source) -> Iterator[CashFlow]:
    """Energy produced at the cost of operation."""
    produced = data.metered(name, spec.node)
    yield cash_flow(data, name, f"operation.{name}", "operation", -produced, spec.cost_eur_per_mwh, "MWh")
