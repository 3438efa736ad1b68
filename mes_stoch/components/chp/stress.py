"""Power of combined heat and power as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.chp.format import Chp
from mes_stoch.components.shared.stress_on_off import state_decision, states_and_ceilings
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: Chp) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.power_mw", len(data.time)
    yield f"{name}.heat_mw", len(data.time)
    yield from state_decision(data, name, spec)


def power_limits(data: SettlementData, name: str, spec: Chp, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    power, heat = data.decided(f"{name}.power_mw"), data.decided(f"{name}.heat_mw")
    on, ceiling = states_and_ceilings(data, name, spec, spec.available_per_unit)
    least, most = _range_at(spec, heat)
    if sign > 0:
        yield "largest power", power, ceiling
        if not spec.region.is_line:
            yield "largest power at its heat", power, most * on
    else:
        yield "smallest power", np.zeros_like(power), power - spec.power_min_mw * on
        if not spec.region.is_line:
            yield "smallest power at its heat", np.zeros_like(power), power - least * on


def _range_at(spec: Chp, heat: Array) -> tuple[Array, Array]:
    """Least and largest power at a heat: over all straight lines between two points."""
    heats = [point.heat_mw for point in spec.points]
    # a solver's heat may be a hair outside
    heat = np.clip(heat, min(heats), max(heats))
    least, most = np.full_like(heat, np.inf), np.full_like(heat, -np.inf)
    for one in spec.points:
        for other in spec.points:
            if other.heat_mw > one.heat_mw:
                share = (heat - one.heat_mw) / (other.heat_mw - one.heat_mw)
                on_it = (share >= 0) & (share <= 1)
                power = one.power_mw + share * (other.power_mw - one.power_mw)
                least = np.where(on_it, np.minimum(least, power), least)
                most = np.where(on_it, np.maximum(most, power), most)
    return least, most
