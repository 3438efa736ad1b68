"""Settlement of converters: operation and starts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.converter.format import Converter
from mes_stoch.components.shared.settlement_on_off import starts, state_spans
from mes_stoch.rules.call_history import calls_before
from mes_stoch.schema.flexibility import directed_name
from mes_stoch.settlement.calls import net_delivery
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Converter) -> Iterator[CashFlow]:
    """Operation per MWh at the reference port, calls included, and what starts cost."""
    is_output = any(port.node == spec.reference for port in spec.outputs)
    flow = data.decided(f"{name}.power_mw") + (1 if is_output else -1) * net_delivery(data, name)
    if spec.power_min_mw > 0 and (spec.start_up_power_mw or spec.shut_down_power_mw):
        flow = flow + _on_its_way(data, name, spec)
    yield cash_flow(data, name, f"operation.{name}", "operation", -flow, spec.cost_eur_per_mwh, "MWh")
    if spec.quick_start_h is not None and data.has(f"{name}.called_start"):
        yield _called_starts(data, name, spec)
    if spec.standby_input_mw is not None and spec.power_min_mw > 0:
        yield from _standby(data, name, spec)
    else:
        yield from starts(data, name, spec)


def _on_its_way(data: SettlementData, name: str, spec: Converter) -> Array:
    """Flow at the reference port while the unit starts up or shuts down, MW."""
    on = np.round(data.decided(f"{name}.on"))
    before = on[:, :1] if spec.initial_on is None else np.full((len(on), 1), float(spec.initial_on))
    change = np.diff(on, axis=1, prepend=before)
    flow = np.zeros(on.shape)
    for leaf, period in np.argwhere(change > 0):
        for ahead, power in enumerate(reversed(spec.start_up_power_mw), 1):
            if period >= ahead:
                flow[leaf, period - ahead] += power
    for leaf, period in np.argwhere(change < 0):
        own = spec.shut_down_power_mw[: on.shape[1] - period]
        flow[leaf, period : period + len(own)] += own
    return flow


def _standby(data: SettlementData, name: str, spec: Converter) -> Iterator[CashFlow]:
    """Hours in stand-by, starts from off to on or to stand-by, and starts from stand-by."""
    spans = state_spans(data, spec)
    on, standby = (np.round(data.decided(f"{name}.{state}")) for state in ("on", "standby"))
    is_free = spec.initial_on is None
    was_on = on[:, :1] if is_free else np.full((len(on), 1), float(bool(spec.initial_on)))
    was_warm = was_on + standby[:, :1] if is_free else was_on
    from_off = np.maximum(np.diff(on + standby, axis=1, prepend=was_warm), 0.0)
    from_standby = np.maximum(np.diff(on, axis=1, prepend=was_on) - from_off, 0.0)
    if spec.standby_cost_eur_per_h > 0:
        cost = spec.standby_cost_eur_per_h
        yield cash_flow(data, name, f"standby.{name}", "stand-by", -standby, cost, "h", quantity_unit="1", spans=spans)
    for stream, item, number, cost in (
        ("start", "starts", from_off, spec.start_cost_eur),
        ("standby_start", "starts from stand-by", from_standby, spec.standby_start_cost_eur),
    ):
        if cost > 0:
            yield cash_flow(
                data, name, f"{stream}.{name}", item, -number, cost, "start", quantity_unit="1", hours=1.0, spans=spans
            )


def _called_starts(data: SettlementData, name: str, spec: Converter) -> CashFlow:
    """Starts for calls that find the unit off, each as dear as a cold one."""
    on = np.round(data.by_period(data.decided(f"{name}.on"), state_spans(data, spec)))
    is_output = any(port.node == spec.reference for port in spec.outputs)
    delivered = (1 if is_output else -1) * net_delivery(data, name)
    running = ((on < 1) & (delivered > spec.power_min_mw / 2)).astype(float)
    begun = np.maximum(np.diff(running, axis=1, prepend=float(_has_started(data, name))), 0.0)
    price = max([spec.start_cost_eur, *(one.cost_eur for one in spec.start_costs)])
    stream, item = f"called_start.{name}", "starts for calls"
    return cash_flow(data, name, stream, item, -begun, price, "start", quantity_unit="1", hours=1.0)


def _has_started(data: SettlementData, name: str) -> bool:
    """Whether a call that was under way at the start found the unit off: its start lies before the horizon."""
    return any(
        given.has_started(name) and data.has(f"{name}.{directed_name(product_id, direction)}_starting")
        for product_id, product in data.instance.called_products().items()
        for direction, given in calls_before(data.instance, product_id, product).items()
    )
