"""Demands, sources, converters: schedule, what they hold, called operation."""

from __future__ import annotations

from typing import Any

import numpy as np

from .leaf import DOWN, UP, Device, Leaf, Leg, Port, Series
from .on_off import build_on_off, limit_starts
from .rows import Linear, total
from .storage import build_storage


def build_devices(leaf: Leaf) -> None:
    build = {
        "demand": _demand,
        "sheddable_demand": _sheddable,
        "source": _source,
        "converter": _converter,
        "storage": _storage,
    }
    for name, spec in leaf.site.components.items():
        if spec["type"] != "grid_connection":
            device = Device(name, spec.get("node") or spec["reference"])
            leaf.devices[name] = device
            _hold(leaf, device, spec)
            build[spec["type"]](leaf, device, spec)


def _hold(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    """What the device holds for every leg of its products, gives of what is called, and keeps free."""
    for product in spec.get("provides") or ():
        for leg in leaf.legs.get(product, ()):
            device.held[leg] = leaf.columns(f"{device.name}.{leg.name}_held_mw")
            device.given[leg] = [_given(leaf, device, leg, t) for t in leaf.periods]
    device.up, device.down = (_kept_free(leaf, device, direction) for direction in (UP, DOWN))
    if spec.get("ramp_mw_per_min") is not None:
        for direction in (UP, DOWN):
            _ramp(leaf, device, direction, spec["ramp_mw_per_min"])


def _given(leaf: Leaf, device: Device, leg: Leg, t: int) -> Linear:
    held = device.held[leg][t]
    if not leg.is_discrete:
        return leg.share[t] * held
    if leg.share[t] == 0:
        return Linear()
    given = leaf.column(f"{device.name}.{leg.name}_called_mw[{t}]")
    leaf.program.less(f"{device.name}.{leg.name}_within_held", given, held)
    return given


def _kept_free(leaf: Leaf, device: Device, direction: str) -> Series:
    groups = device.groups(direction)
    if len(groups) < 2:
        return leaf.sum_of([device.held[leg] for leg in device.legs(direction)])
    free = leaf.columns(f"{device.name}.stacked_{direction}_mw")
    called = leaf.sum_of([device.given[leg] for leg in device.legs(direction)])
    for t in leaf.periods:
        for group in groups:
            held = total(device.held[leg][t] for leg in device.of_group(direction, group))
            leaf.program.less(f"{device.name}.stacked_{direction}_{group}", held, free[t])
        leaf.program.less(f"{device.name}.stacked_{direction}_called", called[t], free[t])
    return free


def _ramp(leaf: Leaf, device: Device, direction: str, speed: float) -> None:
    groups = device.groups(direction)
    for leg in device.legs(direction):
        reach = speed * leg.response_min
        for group in groups if leg.group == "every" else [leg.group]:
            quick = [q for q in device.of_group(direction, group) if q.response_min <= leg.response_min]
            for t in leaf.periods:
                leaf.program.less(f"{device.name}.{leg.name}_ramp", total(device.held[q][t] for q in quick), reach)
        if len(groups) > 1:
            quick = [q for q in device.legs(direction) if q.response_min <= leg.response_min]
            for t in leaf.periods:
                called = total(device.given[q][t] for q in quick)
                leaf.program.less(f"{device.name}.{leg.name}_called_ramp", called, reach)


def _moved(leaf: Leaf, device: Device) -> Series:
    """Called up less called down."""
    up, down = (leaf.sum_of([device.given[leg] for leg in device.legs(way)]) for way in (UP, DOWN))
    return [up[t] - down[t] for t in leaf.periods]


def _demand(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    drawn = [Linear(constant=-v) for v in leaf.data(spec["demand_mw"]) * spec.get("share_per_unit", 1.0)]
    device.flow(device.node, drawn, drawn)


def _sheddable(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    demand = leaf.data(spec["demand_mw"])
    limit = demand * spec.get("shed_max_per_unit", 1.0)
    shed, moved = leaf.columns(f"{device.name}.shed_mw", limit), _moved(leaf, device)
    _between(leaf, device, shed, [Linear(constant=v) for v in limit])
    called = [shed[t] + moved[t] for t in leaf.periods]
    device.flow(
        device.node,
        [s - v for s, v in zip(shed, demand, strict=True)],
        [s - v for s, v in zip(called, demand, strict=True)],
    )
    leaf.earn_series(f"operation.{device.name}", -leaf.data(spec["shed_cost_eur_per_mwh"]), called)
    device.certified = [Linear(constant=v) for v in limit]


def _source(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    available = leaf.data(spec["available_mw"])
    lowest = 0.0 if spec.get("curtailable", True) else available
    power, moved = leaf.columns(f"{device.name}.power_mw", available, lowest), _moved(leaf, device)
    _between(leaf, device, power, [Linear(constant=v) for v in available])
    if not spec.get("curtailable", True):
        leaf.dumped_limit[device.node] = leaf.dumped_limit.get(device.node, 0.0) + available
    called = [power[t] + moved[t] for t in leaf.periods]
    device.flow(device.node, power, called)
    leaf.earn_series(f"operation.{device.name}", -leaf.data(spec.get("cost_eur_per_mwh", 0.0)), called)
    device.certified = [Linear(constant=v) for v in available]
    device.energy = power


def _between(leaf: Leaf, device: Device, power: Series, top: Series) -> None:
    for t in leaf.periods:
        leaf.program.less(f"{device.name}.limit", power[t] + device.up[t], top[t])
        leaf.program.less(f"{device.name}.floor", device.down[t], power[t])


def _converter(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    largest, least = spec["power_max_mw"], spec.get("power_min_mw", 0.0)
    is_output = any(port["node"] == spec["reference"] for port in spec.get("outputs") or ())
    sign = 1.0 if is_output else -1.0
    unit = build_on_off(leaf, device.name, spec) if least > 0 else None
    on = unit.on if unit else [Linear(constant=1.0) for _ in leaf.periods]
    power = leaf.columns(f"{device.name}.power_mw", largest)
    more, less = (device.up, device.down) if is_output else (device.down, device.up)
    top = [power[t] + more[t] for t in leaf.periods]
    for t in leaf.periods:
        leaf.program.less(f"{device.name}.maximum", top[t], largest * on[t])
        leaf.program.less(f"{device.name}.minimum", least * on[t], power[t] - less[t])
    if unit:
        limit_starts(leaf, device.name, spec, unit, top)
    called = [power[t] + sign * moved for t, moved in enumerate(_moved(leaf, device))]
    for side, ports in ((-1.0, spec.get("inputs")), (1.0, spec.get("outputs"))):
        for port in ports or ():
            _port(leaf, device, port, side, sign, (power, called, on))
            if unit:
                forced = {t for k in unit.forced for t in unit.blocks[k]}
                _forced(leaf.dumped_limit if side > 0 else leaf.kept_on_mw, leaf, port, forced, least)
    leaf.earn_series(f"operation.{device.name}", -leaf.data(spec.get("cost_eur_per_mwh", 0.0)), called)
    if spec.get("energy_ramp_mw_per_min") is not None:
        _energy_ramp(leaf, device.name, power, spec["energy_ramp_mw_per_min"], least, on)
    device.energy, device.on = power, on
    device.certified = [largest * on[t] if unit else Linear(constant=largest) for t in leaf.periods]


def _port(
    leaf: Leaf, device: Device, port: dict[str, Any], side: float, sign: float, flows: tuple[Series, Series, Series]
) -> None:
    power, called, on = flows
    ratio, idle = leaf.data(port["ratio_per_unit"]), leaf.data(port.get("no_load_mw", 0.0))
    device.flow(
        port["node"],
        [side * (ratio[t] * power[t] + idle[t] * on[t]) for t in leaf.periods],
        [side * (ratio[t] * called[t] + idle[t] * on[t]) for t in leaf.periods],
    )
    device.ports.append(Port(port["node"], side, ratio, sign))


def _forced(limit: dict[str, np.ndarray], leaf: Leaf, port: dict[str, Any], forced: set[int], least: float) -> None:
    flow = leaf.data(port["ratio_per_unit"]) * least + leaf.data(port.get("no_load_mw", 0.0))
    where = np.asarray([float(t in forced) for t in leaf.periods])
    if where.any():
        limit[port["node"]] = limit.get(port["node"], 0.0) + flow * where


def _energy_ramp(leaf: Leaf, name: str, energy: Series, speed: float, least: float, on: Series) -> None:
    for t in leaf.periods[1:]:
        # from the middle of a period to that of the next
        reach = speed * 60 * (leaf.h[t - 1] + leaf.h[t]) / 2
        for one, other in ((t, t - 1), (t - 1, t)):
            leaf.program.less(f"{name}.energy_ramp", energy[one] - energy[other], reach + least * (1 - on[other]))


def _storage(leaf: Leaf, device: Device, spec: dict[str, Any]) -> None:
    build_storage(leaf, device, spec)
    if spec.get("energy_ramp_mw_per_min") is not None:
        assert device.energy is not None
        ones = [Linear(constant=1.0) for _ in leaf.periods]
        _energy_ramp(leaf, device.name, device.energy, spec["energy_ramp_mw_per_min"], 0.0, ones)
