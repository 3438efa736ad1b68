"""Settlement of demands: a demand is served or left unserved at its node, and costs nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.demand.format import Demand
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow


def cash_flows(data: SettlementData, name: str, spec: Demand) -> Iterator[CashFlow]:
    """Nothing: what is left unserved is told from the meters of the node."""
    yield from ()
