"""Settlement of units that are on or off: their starts, counted from the states of a run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.schema.on_off import OnOffUnit
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def starts(data: SettlementData, name: str, spec: OnOffUnit) -> Iterator[CashFlow]:
    """What the starts of a unit cost; none where they are free."""
    if spec.start_cost_eur == 0 or spec.power_min_mw == 0:
        return
    hours = data.period_h if spec.state_block_h is None else spec.state_block_h
    spans = data.spans(hours)
    on = np.round(data.decided(f"{name}.on"))
    # without a state before the horizon the first state is free
    before = on[:, :1] if spec.initial_on is None else np.full((len(on), 1), float(spec.initial_on))
    number = np.maximum(np.diff(on, axis=1, prepend=before), 0.0)
    yield cash_flow(
        data,
        name,
        f"start.{name}",
        "starts",
        -number,
        spec.start_cost_eur,
        "start",
        quantity_unit="1",
        hours=1.0,
        spans=spans,
    )
