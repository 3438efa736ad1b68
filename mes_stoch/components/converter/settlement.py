"""Settlement of converters: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.converter.format import Converter
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Converter) -> Iterator[CashFlow]:
    """Operation per MWh at the reference port, calls included, and what starts cost."""
    is_output = any(port.node == spec.reference for port in spec.outputs)
    flow = data.decided(f"{name}.power_mw") + (1 if is_output else -1) * net_delivery(data, name)
    yield cash_flow(data, name, f"operation.{name}", "operation", -flow, spec.cost_eur_per_mwh, "MWh")
    if spec.start_cost_eur > 0 and spec.power_min_mw > 0:
        yield _starts(data, name, spec)


def _starts(data: SettlementData, name: str, spec: Converter) -> CashFlow:
    hours = data.period_h if spec.state_block_h is None else spec.state_block_h
    spans = data.spans(hours)
    on = np.round(data.decided(f"{name}.on"))
    # without a state before the horizon the first state is free
    before = on[:, :1] if spec.initial_on is None else np.full((len(on), 1), float(spec.initial_on))
    starts = np.maximum(np.diff(on, axis=1, prepend=before), 0.0)
    return cash_flow(
        data,
        name,
        f"start.{name}",
        "starts",
        -starts,
        spec.start_cost_eur,
        "start",
        quantity_unit="1",
        hours=1.0,
        spans=spans,
    )
