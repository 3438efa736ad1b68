"""Power of a storage as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.storage.format import Storage
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: Storage) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    for quantity in ("charge_mw", "discharge_mw", "level_mwh"):
        yield f"{name}.{quantity}", len(data.time)


def power_limits(data: SettlementData, name: str, spec: Storage, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    net = data.decided(f"{name}.discharge_mw") - data.decided(f"{name}.charge_mw")
    if sign > 0:
        yield "discharging power", net, spec.discharge_max_mw * data.values(spec.discharge_available_per_unit)
    else:
        yield "charging power", -net, spec.charge_max_mw * data.values(spec.charge_available_per_unit)
