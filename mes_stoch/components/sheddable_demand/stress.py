"""Power of a demand that can be shed as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.sheddable_demand.format import SheddableDemand
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: SheddableDemand) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.shed_mw", len(data.time)


def power_limits(
    data: SettlementData, name: str, spec: SheddableDemand, sign: int
) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    shed = data.decided(f"{name}.shed_mw")
    if sign > 0:
        share = spec.shed_max_per_unit * data.values(spec.available_per_unit)
        yield "share that can be shed", shed, share * data.values(spec.demand_mw)
    else:
        yield "shedding it can take back", np.zeros_like(shed), shed
