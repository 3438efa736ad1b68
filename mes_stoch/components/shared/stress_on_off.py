"""States of units that are on or off as they are run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.schema.base import Quantity
from mes_stoch.schema.on_off import OnOffUnit
from mes_stoch.settlement.data import Array, SettlementData


def state_decision(data: SettlementData, name: str, spec: OnOffUnit) -> Iterator[tuple[str, int]]:
    """The states of a unit among the quantities of the solution, and over how many spans they go."""
    if spec.power_min_mw > 0:
        hours = data.period_h if spec.state_block_h is None else spec.state_block_h
        yield f"{name}.on", len(data.spans(hours))


def states_and_ceilings(
    data: SettlementData, name: str, spec: OnOffUnit, available_per_unit: Quantity = 1.0
) -> tuple[Array, Array]:
    """On or off in each period, and the largest power there, MW."""
    shape = (len(data.scenarios), len(data.time))
    available = spec.power_max_mw * np.broadcast_to(data.values(available_per_unit), shape)
    if spec.power_min_mw <= 0:
        return np.ones(shape), available
    hours = data.period_h if spec.state_block_h is None else spec.state_block_h
    spans = data.spans(hours)
    state = np.round(data.decided(f"{name}.on"))
    ceiling = spec.power_max_mw * data.by_period(state, spans)
    before = state[:, :1] if spec.initial_on is None else np.full((len(data.scenarios), 1), float(spec.initial_on))
    change = np.diff(state, axis=1, prepend=before)
    # a stop by an outage comes at any power
    least = available - spec.power_min_mw + 1e-9 * spec.power_max_mw
    for number, span in enumerate(spans):
        if spec.start_power_max_mw is not None:
            starts = change[:, number] > 0
            ceiling[starts, span[0]] = np.minimum(ceiling[starts, span[0]], spec.start_power_max_mw)
        if spec.stop_power_max_mw is not None and number + 1 < len(spans):
            stops = (change[:, number + 1] < 0) & (least[:, spans[number + 1]].min(axis=1) >= 0)
            ceiling[stops, span[-1]] = np.minimum(ceiling[stops, span[-1]], spec.stop_power_max_mw)
    return data.by_period(state, spans), np.minimum(ceiling, available)
