"""Settlement of links: what carrying costs, and what is missing under way at the end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.link.format import Link
from mes_stoch.io.validation.penalties import amount
from mes_stoch.settlement.data import Array, SettlementData
from mes_stoch.settlement.ledger import CashFlow, cash_flow


def cash_flows(data: SettlementData, name: str, spec: Link) -> Iterator[CashFlow]:
    """Energy sent either way at its cost; what is under way at the end at the penalty of what it lacks."""
    sent = data.decided(f"{name}.sent_mw")
    carried = sent + data.decided(f"{name}.sent_back_mw") if spec.has_two_ways else sent
    yield cash_flow(data, name, f"operation.{name}", "operation", -carried, spec.cost_eur_per_mwh, "MWh")
    # without a delay the penalty may still say that it follows from prices
    penalty = amount(spec.terminal_penalty_eur_per_mwh) if spec.delay_h > 0 else None
    if penalty is not None:
        yield cash_flow(
            data,
            name,
            f"slack.terminal_{name}",
            "missing under way at the end",
            -_missing(data, spec, sent),
            penalty,
            "MWh",
            quantity_unit="MWh",
            hours=1.0,
            spans=data.spans(None),
        )


def _missing(data: SettlementData, spec: Link, sent: Array) -> Array:
    """What is under way at the end less than is to be left, MWh, of shape (scenarios, 1)."""
    period_h, begun_h = data.period_h, data.instance.horizon.begun_h
    before = spec.sent_before(period_h, begun_h)
    hours = np.full(len(before), period_h)
    if begun_h > 0:
        hours[-1] = begun_h
    energy = np.hstack([np.tile(hours * before, (len(sent), 1)), data.lengths_h * sent])
    # what was sent in the time of the delay before the end
    late = np.cumsum(np.append(hours, data.lengths_h)[::-1])[::-1] <= spec.delay_h + 1e-6
    left_mwh = spec.arrives_per_unit * energy[:, late].sum(axis=1, keepdims=True)
    return np.asarray(np.maximum(spec.to_leave_mwh(period_h, begun_h) - left_mwh, 0.0))
