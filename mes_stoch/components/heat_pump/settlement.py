"""Settlement of heat pumps: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: HeatPump) -> Iterator[CashFlow]:
    """Operation per MWh of electricity that is metered, and what starts cost."""
    into_node = data.metered(name, spec.power_node)
    yield cash_flow(data, name, f"operation.{name}", "operation", into_node, spec.cost_eur_per_mwh, "MWh")
    if spec.start_cost_eur > 0 and spec.power_min_mw > 0:
        yield _starts(data, name, spec)


def _starts(data: SettlementData, name: str, spec: HeatPump) -> CashFlow:
    on = np.round(data.decided(f"{name}.on"))
    # without a state before the horizon the first state is free
    before = on[:, :1] if spec.initial_on is None else np.full((len(on), 1), float(spec.initial_on))
    return cash_flow(
        data,
        name,
        f"start.{name}",
        "starts",
        -np.maximum(np.diff(on, axis=1, prepend=before), 0.0),
        spec.start_cost_eur,
        "start",
        quantity_unit="1",
        hours=1.0,
        spans=data.spans(data.period_h if spec.state_block_h is None else spec.state_block_h),
    )
