"""Settlement of nodes: what missing supply and surplus cost."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.io.validation.penalties import amount
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def settle_node(data: SettlementData, name: str) -> Iterator[CashFlow]:
    """Demand left unserved and surplus dumped, told from the meters of the node."""
    node = data.instance.nodes[name]
    left_over = data.residual(name)
    for kind, item, power, penalty in (
        ("unserved", "demand left unserved", np.minimum(left_over, 0.0), amount(node.unserved_penalty_eur_per_mwh)),
        ("dumped", "surplus dumped", -np.maximum(left_over, 0.0), amount(node.dump_penalty_eur_per_mwh)),
    ):
        if penalty is not None:
            yield cash_flow(data, name, f"slack.{kind}_{name}", item, power, penalty, "MWh")
