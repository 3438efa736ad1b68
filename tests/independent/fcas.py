"""Frequency services of the Australian market (docs/model.md, "FCAS")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .leaf import UP, Device, Leaf, Leg, Series
from .rows import Linear, total


@dataclass
class _Trapezium:
    """Limits of one service of one unit, cut to automatic control; None where energy does not matter."""

    available: float
    en_min: float | None
    en_max: float | None
    lower: float
    upper: float


def build_fcas(leaf: Leaf) -> None:
    services = leaf.site.of_family("fcas")
    for product, rules in services.items():
        for leg in leaf.legs.get(product, ()):
            _money(leaf, product, rules, leg)
    for device in leaf.devices.values():
        own = {leg: leaf.site.products[leg.product] for leg in device.held if leg.product in services}
        if own:
            _unit(leaf, device, own)


def _money(leaf: Leaf, product: str, rules: Mapping[str, Any], leg: Leg) -> None:
    holders = [device for device in leaf.devices.values() if leg in device.held]
    enabled, called = (leaf.sum_of([getattr(d, what)[leg] for d in holders]) for what in ("held", "given"))
    for t in leaf.periods:
        leaf.program.less(f"{product}.offer", enabled[t], leaf.volumes[product][t])
    leaf.earn_series(f"enablement.{product}", rules["enablement_price_eur_per_mw_h"], enabled)
    leaf.earn_series(f"cost.{product}", -leaf.data(rules.get("enablement_cost_eur_per_mw_h", 0.0)), enabled)
    leaf.earn_series(f"offer.{product}", -leaf.data(rules.get("offer_cost_eur_per_mw_h", 0.0)), leaf.volumes[product])
    if rules.get("energy_price_eur_per_mwh") is not None:
        sign = 1.0 if leg.direction == UP else -1.0
        leaf.earn_series(f"activation.{product}", sign * leaf.data(rules["energy_price_eur_per_mwh"]), called)


def _unit(leaf: Leaf, device: Device, own: dict[Leg, Any]) -> None:
    spec = leaf.site.components[device.name]
    is_load = spec["type"] == "converter" and not any(p["node"] == spec["reference"] for p in spec["outputs"])
    shapes = {leg: _trapezium(leaf, rules, rules["units"][device.name]) for leg, rules in own.items()}
    regulation = {
        leg: rules
        for leg, rules in own.items()
        if rules["service"] == "regulation" and rules["units"][device.name].get("agc_on", True)
    }
    moves = {way: leaf.zeros() for way in (1, -1)}
    for leg in regulation:
        way = 1 if (leg.direction == UP) != is_load else -1
        moves[way] = device.held[leg]
    for leg, shape in shapes.items():
        for t in leaf.periods:
            most = min(shape.available, _ramp_speed(own[leg], device) * leaf.h[t])
            leaf.program.less(f"{device.name}.{leg.name}_available", device.held[leg][t], most)
        if shape.en_min is not None:
            is_contingency = own[leg]["service"] == "contingency"
            _joint(leaf, device, leg, shape, moves if is_contingency else {1: leaf.zeros(), -1: leaf.zeros()})
    for leg, rules in regulation.items():
        if shapes[leg].available > 0:
            way = 1 if (leg.direction == UP) != is_load else -1
            _ramp(leaf, device, way, moves[way], rules["units"][device.name])


def _trapezium(leaf: Leaf, rules: Mapping[str, Any], unit: Mapping[str, Any]) -> _Trapezium:
    most, available = unit["max_available_mw"], unit["max_available_mw"]
    low, high = unit.get("en_min_mw"), unit.get("en_max_mw")
    if rules["service"] == "regulation" and not unit.get("agc_on", True):
        available = 0.0
    if unit.get("agc_ramp_mw_per_min") is not None:
        available = min(available, unit["agc_ramp_mw_per_min"] * 60 * leaf.site.clock.period_h)
    if low is None or high is None:
        return _Trapezium(available, None, None, 0.0, 0.0)
    lower = (unit["low_breakpoint_mw"] - low) / most if most > 0 else 0.0
    upper = (high - unit["high_breakpoint_mw"]) / most if most > 0 else 0.0
    if unit.get("agc_min_mw") is not None:
        low = max(low, unit["agc_min_mw"])
    if unit.get("agc_max_mw") is not None:
        high = min(high, unit["agc_max_mw"])
    return _Trapezium(available, low, high, lower, upper)


def _ramp_speed(rules: Mapping[str, Any], device: Device) -> float:
    """What automatic control reaches in an hour, MW."""
    ramp = rules["units"][device.name].get("agc_ramp_mw_per_min")
    return 60.0 * ramp if ramp is not None and rules["service"] == "regulation" else float("inf")


def _joint(leaf: Leaf, device: Device, leg: Leg, shape: _Trapezium, moves: dict[int, Series]) -> None:
    energy, spec = device.energy, leaf.site.components[device.name]
    assert energy is not None
    assert shape.en_min is not None
    assert shape.en_max is not None
    least, most = (
        (-spec["charge_max_mw"], spec["discharge_max_mw"]) if spec["type"] == "storage" else (0.0, spec["power_max_mw"])
    )
    if least < shape.en_min or most > shape.en_max:
        raise NotImplementedError("energy that can leave a trapezium")
    for t in leaf.periods:
        enabled = device.held[leg][t]
        above = total((energy[t], shape.upper * enabled, moves[1][t]))
        below = total((energy[t], -shape.lower * enabled, -moves[-1][t]))
        leaf.program.less(f"{device.name}.{leg.name}_upper", above, shape.en_max)
        leaf.program.less(f"{device.name}.{leg.name}_lower", Linear(constant=shape.en_min), below)


def _ramp(leaf: Leaf, device: Device, way: int, moved: Series, unit: Mapping[str, Any]) -> None:
    """`E[t] + rise <= E[t-1] + ramp h` and its mirror."""
    if unit.get("agc_ramp_mw_per_min") is None or device.energy is None:
        return
    speed, initial = unit["agc_ramp_mw_per_min"] * 60, unit.get("initial_mw")
    before = None if initial is None else Linear(constant=initial)
    for t in leaf.periods:
        if before is not None:
            leaf.program.less(
                f"{device.name}.joint_ramp", way * (device.energy[t] - before) + moved[t], speed * leaf.h[t]
            )
        before = device.energy[t]
