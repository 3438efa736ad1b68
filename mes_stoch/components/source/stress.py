"""Power of a source as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.source.format import Source
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: Source) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.power_mw", len(data.time)


def power_limits(data: SettlementData, name: str, spec: Source, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    power = data.decided(f"{name}.power_mw")
    if sign > 0:
        yield "available power", power, data.values(spec.available_mw) * data.values(spec.available_per_unit)
    else:
        yield "power it can give up", np.zeros_like(power), power
