"""Settlement of units that are on or off: their starts, counted from the states of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mes_stoch.schema.on_off import OnOffUnit, StartCost
from mes_stoch.settlement.data import Array, SettlementData, Span
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def state_spans(data: SettlementData, spec: OnOffUnit) -> list[Span]:
    """Periods of each state of a unit."""
    return data.spans(data.period_h if spec.state_block_h is None else spec.state_block_h)


def starts(data: SettlementData, name: str, spec: OnOffUnit) -> Iterator[CashFlow]:
    """What the starts of a unit cost; none where they are free."""
    costs: Sequence[StartCost] = getattr(spec, "start_costs", ())
    if spec.power_min_mw == 0 or (spec.start_cost_eur == 0 and not costs):
        return
    on = np.round(data.decided(f"{name}.on"))
    # without a state before the horizon the first state is free
    before = on[:, :1] if spec.initial_on is None else np.full((len(on), 1), float(spec.initial_on))
    number = np.maximum(np.diff(on, axis=1, prepend=before), 0.0)
    spans = state_spans(data, spec)
    hours = np.full(len(spans), data.period_h if spec.state_block_h is None else spec.state_block_h)
    hours[0] -= data.instance.horizon.begun_h
    yield cash_flow(
        data,
        name,
        f"start.{name}",
        "starts",
        -number,
        _price_of_start(spec, costs, on, hours) if costs else spec.start_cost_eur,
        "start",
        quantity_unit="1",
        hours=1.0,
        spans=spans,
    )


def _price_of_start(spec: OnOffUnit, costs: Sequence[StartCost], on: Array, hours: Array) -> Array:
    """What a start would cost in each state: the entry of ``start_costs`` that its time off has reached."""
    # unknown is long: a start after it is a cold one
    off_h = np.full(len(on), np.inf)
    if spec.initial_on:
        off_h[:] = 0.0
    elif spec.initial_on is False and spec.initial_state_h is not None:
        off_h[:] = spec.initial_state_h
    prices = np.empty(on.shape)
    for state in range(on.shape[1]):
        reached = [np.where(off_h + 1e-9 >= one.off_from_h, one.cost_eur, 0.0) for one in costs]
        prices[:, state] = np.max(reached, axis=0)
        off_h = np.where(on[:, state] > 0, 0.0, off_h + hours[state])
    return prices
