"""Power of a part-load converter as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.part_load_converter.format import PartLoadConverter
from mes_stoch.components.shared.stress_on_off import state_decision, states_and_ceilings
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: PartLoadConverter) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.power_mw", len(data.time)
    yield from state_decision(data, name, spec)


def power_limits(
    data: SettlementData, name: str, spec: PartLoadConverter, sign: int
) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    power = data.decided(f"{name}.power_mw")
    on, ceiling = states_and_ceilings(data, name, spec, spec.available_per_unit)
    if (sign > 0) == spec.reference_is_output:
        yield "largest power", power, ceiling
    else:
        yield "smallest power", np.zeros_like(power), power - spec.power_min_mw * on
