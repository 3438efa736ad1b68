"""Settlement of converters: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.settlement_on_off import starts, state_spans
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Converter) -> Iterator[CashFlow]:
    """Operation per MWh at the reference port, calls included, and what starts cost."""
    is_output = any(port.node == spec.reference for port in spec.outputs)
    flow = data.decided(f"{name}.power_mw") + (1 if is_output else -1) * net_delivery(data, name)
    yield cash_flow(data, name, f"operation.{name}", "operation", -flow, spec.cost_eur_per_mwh, "MWh")
    if spec.quick_start_h is not None and data.has(f"{name}.called_start"):
        yield _called_starts(data, name, spec)
    yield from starts(data, name, spec)


def _called_starts(data: SettlementData, name: str, spec: Converter) -> CashFlow:
    """Starts for calls that find the unit off, each as dear as a cold one."""
    on = np.round(data.by_period(data.decided(f"{name}.on"), state_spans(data, spec)))
    is_output = any(port.node == spec.reference for port in spec.outputs)
    delivered = (1 if is_output else -1) * net_delivery(data, name)
    running = ((on < 1) & (delivered > spec.power_min_mw / 2)).astype(float)
    begun = np.maximum(np.diff(running, axis=1, prepend=0.0), 0.0)
    price = max([spec.start_cost_eur, *(one.cost_eur for one in spec.start_costs)])
    stream, item = f"called_start.{name}", "starts for calls"
    return cash_flow(data, name, stream, item, -begun, price, "start", quantity_unit="1", hours=1.0)
