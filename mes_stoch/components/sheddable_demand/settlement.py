"""Settlement of demands that can be shed."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.sheddable_demand.format import SheddableDemand
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: SheddableDemand) -> Iterator[CashFlow]:
    """Energy shed at its cost: the meter reads the demand less what is shed of it."""
    shed = data.values(spec.demand_mw) + data.metered(name, spec.node)
    yield cash_flow(data, name, f"operation.{name}", "demand shed", -shed, spec.shed_cost_eur_per_mwh, "MWh")
