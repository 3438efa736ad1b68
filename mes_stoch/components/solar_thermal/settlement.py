"""Settlement of fields of solar collectors: operation."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.solar_thermal.format import SolarThermal
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: SolarThermal) -> Iterator[CashFlow]:
    """Heat produced at the cost of operation."""
    produced = data.metered(name, spec.node)
    yield cash_flow(data, name, f"operation.{name}", "operation", -produced, spec.cost_eur_per_mwh, "MWh")
