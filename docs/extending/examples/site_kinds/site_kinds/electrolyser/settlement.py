"""Settlement of an electrolyser: operation, told from its meter."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.extend import CashFlow, SettlementData, cash_flow
from site_kinds.electrolyser.format import Electrolyser


def cash_flows(data: SettlementData, name: str, spec: Electrolyser) -> Iterator[CashFlow]:
    """Energy drawn, calls included, at the cost of operation; the meter reads it as a negative flow into the node."""
    flow = data.metered(name, spec.electricity)
    yield cash_flow(data, name, f"operation.{name}", "operation", flow, spec.cost_eur_per_mwh, "MWh")
