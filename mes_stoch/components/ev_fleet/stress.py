"""Power of a fleet of vehicles as it is run, for the stress test."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.components.ev_fleet.format import EvFleet
from mes_stoch.settlement.data import Array, SettlementData


def decisions(data: SettlementData, name: str, spec: EvFleet) -> Iterator[tuple[str, int]]:
    """Quantities of the solution that the limits are told from, and over how many spans each goes."""
    yield f"{name}.charge_mw", len(data.time)
    if spec.discharge_max_mw > 0:
        yield f"{name}.discharge_mw", len(data.time)


def power_limits(data: SettlementData, name: str, spec: EvFleet, sign: int) -> Iterator[tuple[str, Array, Array]]:
    """Name of each limit in a direction, the load on it before any call, and the most it takes, MW."""
    charge = data.decided(f"{name}.charge_mw")
    plugged = data.values(spec.plugged_in_per_unit)
    into, out = spec.fleet_charge_mw, spec.fleet_discharge_mw
    if out == 0 and sign > 0:
        yield "charging it can stop", np.zeros_like(charge), charge
        return
    discharge = data.decided(f"{name}.discharge_mw") if out > 0 else np.zeros_like(charge)
    if sign > 0:
        yield "discharging power beside charging", discharge + out / into * charge, out * plugged
    else:
        yield "charging power", charge + (into / out * discharge if out > 0 else 0.0), into * plugged
