"""Settlement of a connection: its tariff, and positions that were not kept."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.grid_connection.format import GridConnection
from mes_stoch.components.grid_connection.settlement_charges import charges, highest_means
from mes_stoch.io.validation.penalties import amount
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow
from mes_stoch.settlement.positions import has_market, nominated_at


def cash_flows(data: SettlementData, name: str, spec: GridConnection) -> Iterator[CashFlow]:
    """Energy withdrawn and injected at the tariff; positions beyond the schedule at their penalty."""
    withdrawn = data.metered(name, spec.node)
    for item, quantity, price in (
        ("withdrawal, tariff", -np.maximum(withdrawn, 0.0), spec.import_price_eur_per_mwh),
        ("injection, tariff", np.maximum(-withdrawn, 0.0), spec.export_price_eur_per_mwh),
    ):
        yield cash_flow(data, name, f"tariff.{name}", item, quantity, data.values(price), "MWh")
    yield from charges(data, name, spec, np.maximum(withdrawn, 0.0))
    penalty = amount(spec.schedule_penalty_eur_per_mwh)
    if penalty is not None and has_market(data, name):
        off = np.abs(data.decided(f"{name}.scheduled_mw") - nominated_at(data, name))
        yield cash_flow(data, name, f"slack.schedule_{name}", "positions not kept", -off, penalty, "MWh")


def carried_in_month(data: SettlementData, name: str, spec: GridConnection) -> dict[str, float]:
    """Fields of a connection as the next horizon of the same month begins with them, of the first scenario."""
    means = highest_means(data, spec, np.maximum(data.metered(name, spec.node), 0.0))
    before = spec.peak_so_far_mw if means.shape[1] == 1 else 0.0
    return {"peak_so_far_mw": max(before, float(means[0, -1]))}
