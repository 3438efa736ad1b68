"""Storages: schedule, called operation, what calls cancel of the schedule, energy of their own full calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .leaf import DOWN, UP, Device, Leaf, Series
from .path import CALLED, Path, energy_rows
from .rows import Linear, total


@dataclass
class Store:
    """A storage's columns and constants."""

    charge: Series
    discharge: Series
    level: Series
    initial: float
    energy_min: float
    energy_max: float
    charge_max: float
    discharge_max: float
    eta_c: float
    eta_d: float
    kappa: list[float]  # what is left after each period of what it begins with
    cancelled: Series
    called_charge: Series = field(default_factory=list)
    called_discharge: Series = field(default_factory=list)
    stops: Series = field(default_factory=list)

    @property
    def round_trip_loss(self) -> float:
        """``f``."""
        return 1 / self.eta_d - self.eta_c

    @property
    def is_lossy(self) -> bool:
        return self.eta_c * self.eta_d < 1


def build_storage(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    name, program, h = device.name, leaf.program, leaf.h
    store = _columns(leaf, name, spec)
    device.store = store
    up, down = (leaf.sum_of([device.given[leg] for leg in device.legs(way)]) for way in (UP, DOWN))
    if store.is_lossy and any(leg.can_be_called for leg in device.held):
        store.cancelled = leaf.columns(f"{name}.cancelled_mw")
    store.called_charge = [store.charge[t] + down[t] - store.cancelled[t] for t in leaf.periods]
    store.called_discharge = [store.discharge[t] + up[t] - store.cancelled[t] for t in leaf.periods]
    if not store.cancelled[0].is_zero:
        _cancelled(leaf, device, up, down)
    before = Linear(constant=store.initial)
    for t in leaf.periods:
        c, d = store.called_charge[t], store.called_discharge[t]
        program.same(
            f"{name}.level", store.level[t], store.kappa[t] * before + h[t] * (store.eta_c * c - d / store.eta_d)
        )
        before = store.level[t]
        if store.charge_max > 0 and store.discharge_max > 0:
            program.less(
                f"{name}.sharing", store.charge[t] / store.charge_max + store.discharge[t] / store.discharge_max, 1
            )
        net = store.discharge[t] - store.charge[t]
        program.less(f"{name}.headroom_up", net + device.up[t], store.discharge_max)
        program.less(f"{name}.headroom_down", device.down[t] - net, store.charge_max)
    _terminal(leaf, name, spec, store)
    base = [store.discharge[t] - store.charge[t] for t in leaf.periods]
    called = [store.called_discharge[t] - store.called_charge[t] for t in leaf.periods]
    device.flow(device.node, base, called)
    device.energy = base
    wear = -leaf.data(spec.get("throughput_cost_eur_per_mwh", 0.0))
    leaf.earn_series(f"operation.{name}", wear, store.called_discharge)
    own_energy(leaf, device)


def _columns(leaf: Leaf, name: str, spec: dict[str, Any]) -> Store:
    low, high = spec.get("energy_min_mwh", 0.0), spec["energy_max_mwh"]
    return Store(
        charge=leaf.columns(f"{name}.charge_mw", spec["charge_max_mw"]),
        discharge=leaf.columns(f"{name}.discharge_mw", spec["discharge_max_mw"]),
        level=leaf.columns(f"{name}.level_mwh", high, low),
        initial=spec["initial_mwh"],
        energy_min=low,
        energy_max=high,
        charge_max=spec["charge_max_mw"],
        discharge_max=spec["discharge_max_mw"],
        eta_c=spec.get("charge_efficiency_per_unit", 1.0),
        eta_d=spec.get("discharge_efficiency_per_unit", 1.0),
        kappa=[(1 - spec.get("standing_loss_per_h", 0.0)) ** hours for hours in leaf.h],
        cancelled=leaf.zeros(),
    )


def _terminal(leaf: Leaf, name: str, spec: dict[str, Any], store: Store) -> None:
    stated = spec.get("terminal_mwh")
    terminal = store.initial if stated is None else stated
    penalty = leaf.penalty(f"components.{name}", "terminal")
    short = Linear()
    if penalty is not None:
        short = leaf.column(f"{name}.terminal_short_mwh", 0, max(0.0, terminal - store.energy_min))
        leaf.earn(f"slack.terminal_{name}", -penalty * short)
    leaf.program.less(f"{name}.terminal", terminal - short, store.level[-1])


def _cancelled(leaf: Leaf, device: Device, up: Series, down: Series) -> None:
    """How much of the schedule calls can cancel: `w`."""
    store, name, program = device.store, device.name, leaf.program
    a, d = (_called_time(leaf, device, way) for way in (UP, DOWN))
    both = np.maximum(0.0, a + d - 1)
    b = np.minimum(d, 1 - a)
    g = np.divide(both, d, out=np.zeros_like(both), where=d > 0)
    way_can = {way: any(leg.can_be_called for leg in device.legs(way)) for way in (UP, DOWN)}
    for t in leaf.periods:
        w = store.cancelled[t]
        limit = total((a[t] * store.charge[t], b[t] * store.discharge[t], g[t] * down[t]))
        program.less(f"{name}.cancelled", w, limit)
        if way_can[DOWN]:
            program.less(f"{name}.called_charge", w, store.charge[t] + down[t])
        if way_can[UP]:
            program.less(f"{name}.called_discharge", w, store.discharge[t] + up[t])
        shares = Linear()
        for power, most in (
            (store.called_charge[t], store.charge_max),
            (store.called_discharge[t], store.discharge_max),
        ):
            if most > 0:
                shares = shares + power / most
            else:
                program.less(f"{name}.called_sharing", power)
        program.less(f"{name}.called_sharing", shares, 1)


def _called_time(leaf: Leaf, device: Device, direction: str) -> np.ndarray:
    """Share of each period in which any leg of the direction is called."""
    shares = [(leg.share > CALLED).astype(float) if leg.is_discrete else leg.share for leg in device.legs(direction)]
    return np.max(shares, axis=0) if shares else np.zeros(len(leaf.periods))


def own_energy(leaf: Leaf, device: Device) -> None:
    """Rows for full calls of the storage's own legs."""
    path = Path(leaf, device)
    stops = stops_discharge(leaf, device, full_downward(leaf, device))
    for direction in (UP, DOWN):
        for group in device.groups(direction):
            energy_rows(path, direction, path.own(direction, group), leaf.zeros(), stops)


def full_downward(leaf: Leaf, device: Device) -> list[Series]:
    """Power of a full downward call, for every group: beside what runs for others, where others can be called."""
    found: list[Series] = []
    for group in device.groups(DOWN):
        inside = device.of_group(DOWN, group)
        if any(leg.can_be_called for leg in device.legs(DOWN) if leg not in inside):
            running = [device.given[leg] for leg in device.legs(DOWN)]
            asked = [u for _, u in Path(leaf, device).own(DOWN, group)]
            found.append(leaf.sum_of([*running, *asked]))
        else:
            found.append(device.down)
    return found


def stops_discharge(leaf: Leaf, device: Device, downs: list[Series]) -> Series:
    """``m``: the part of a full downward call that only stops the discharge; one for whatever may be called at once."""
    store, program, name = device.store, leaf.program, device.name
    if not store.is_lossy or store.discharge_max == 0 or not (downs or store.stops):
        return leaf.zeros()
    store.stops = store.stops or leaf.columns(f"{name}.stops_discharge_mw")
    for down in downs:
        for t in leaf.periods:
            taken = store.charge[t] + down[t] - store.stops[t]
            if store.charge_max > 0:
                rest = (store.discharge[t] - store.stops[t]) / store.discharge_max
                program.less(f"{name}.stops_discharge", taken / store.charge_max + rest, 1)
            else:
                program.less(f"{name}.stops_discharge", taken)
    return store.stops  # type: ignore[no-any-return]
