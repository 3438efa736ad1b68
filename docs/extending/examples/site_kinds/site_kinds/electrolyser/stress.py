"""Power of an electrolyser as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.extend import Array, SettlementData
from site_kinds.electrolyser.format import Electrolyser


def decisions(data: SettlementData, name: str, spec: Electrolyser) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.power_mw", len(data.time)


def power_limits(data: SettlementData, name: str, spec: Electrolyser, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    power = data.decided(f"{name}.power_mw")
    if sign > 0:
        yield "power it can leave off", np.zeros_like(power), power
    else:
        yield "largest power", power, np.full_like(power, spec.power_max_mw)
