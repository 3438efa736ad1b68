"""Power of a heat pump as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.components.shared.stress_on_off import state_decision, states_and_ceilings
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: HeatPump) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    for use in spec.uses:
        yield f"{name}.power_{use.name}_mw", len(data.time)
    yield from state_decision(data, name, spec)
    if spec.is_exclusive:
        yield f"{name}.heats", len(data.spans(data.period_h if spec.mode_block_h is None else spec.mode_block_h))


def power_limits(data: SettlementData, name: str, spec: HeatPump, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    powers = {use.name: data.decided(f"{name}.power_{use.name}_mw") for use in spec.uses}
    total = sum(powers.values(), np.zeros((len(data.scenarios), len(data.time))))
    on, ceiling = states_and_ceilings(data, name, spec, spec.available_per_unit)
    called = spec.called_use
    if sign > 0:
        yield "smallest power", np.zeros_like(total), total - spec.power_min_mw * on
        if called is not None and len(powers) > 1:
            yield f"power for {called.name}", np.zeros_like(total), powers[called.name]
        return
    yield "largest power", total, ceiling
    if called is not None and spec.is_exclusive:
        spans = data.spans(data.period_h if spec.mode_block_h is None else spec.mode_block_h)
        heats = data.by_period(np.round(data.decided(f"{name}.heats")), spans)
        is_open = heats if called.name == "heating" else 1.0 - heats
        yield f"{called.name} mode", powers[called.name], spec.power_max_mw * is_open
