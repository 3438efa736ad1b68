"""Power of a storage as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.storage.format import Storage
from mes_stoch.schema.store import initial_level
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: Storage) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    for quantity in ("charge_mw", "discharge_mw", "level_mwh"):
        yield f"{name}.{quantity}", len(data.time)


def power_limits(data: SettlementData, name: str, spec: Storage, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    yield from _by_level(data, name, spec, sign)
    net = data.decided(f"{name}.discharge_mw") - data.decided(f"{name}.charge_mw")
    if sign > 0:
        yield "discharging power", net, spec.discharge_max_mw * data.values(spec.discharge_available_per_unit)
    else:
        yield "charging power", -net, spec.charge_max_mw * data.values(spec.charge_available_per_unit)


def _by_level(data: SettlementData, name: str, spec: Storage, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Power at the levels at which each period begins and ends, without what calls change of them."""
    lines = spec.discharge_lines if sign > 0 else spec.charge_lines
    if not lines:
        return
    net = sign * (data.decided(f"{name}.discharge_mw") - data.decided(f"{name}.charge_mw"))
    ends = data.decided(f"{name}.level_mwh")
    starts = np.concatenate([np.full((len(ends), 1), initial_level(spec)), ends[:, :-1]], axis=1)
    # least at the lowest level for what is discharged, at the highest for what is charged
    level = np.minimum(starts, ends) if sign > 0 else np.maximum(starts, ends)
    limit = "discharging power at its level" if sign > 0 else "charging power at its level"
    yield limit, net, np.min([line.base_mw + line.slope_mw_per_mwh * level for line in lines], axis=0)
