"""Units that are on or off: states, starts, stops, minimum times (docs/model.md, the section of that name)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .leaf import Leaf, Series
from .rows import Linear, total

_FIELDS = ("minimum_up_h", "minimum_down_h", "start_cost_eur", "starts_max_per_day")
_MORE = ("start_power_max_mw", "stop_power_max_mw", "initial_on")


@dataclass
class OnOff:
    """State of a unit by period, and the starts and stops of its blocks of state."""

    on: Series
    blocks: list[list[int]]
    start: Series | None
    stop: Series | None
    forced: list[int]  # blocks in which the state before the horizon still keeps it on


def build_on_off(leaf: Leaf, name: str, spec: dict[str, Any]) -> OnOff:
    hours = spec.get("state_block_h") or leaf.site.clock.period_h
    by_period = [[t] for t in leaf.periods]
    blocks = by_period if spec.get("state_block_h") is None else leaf.site.clock.blocks(spec["state_block_h"])
    state = [leaf.column(f"{name}.on[{k}]", 0, 1, integer=True) for k in range(len(blocks))]
    of_period = {t: state[k] for k, block in enumerate(blocks) for t in block}
    unit = OnOff([of_period[t] for t in leaf.periods], blocks, None, None, [])
    if any(spec.get(f) for f in _FIELDS) or any(spec.get(f) is not None for f in _MORE):
        _starts(leaf, name, spec, unit, state, hours)
    return unit


def _starts(leaf: Leaf, name: str, spec: dict[str, Any], unit: OnOff, state: Series, hours: float) -> None:
    program, initial = leaf.program, spec.get("initial_on")
    count = range(len(state))
    start = [leaf.column(f"{name}.start[{k}]", 0, 1) for k in count]
    stop = [leaf.column(f"{name}.stop[{k}]", 0, 1) for k in count]
    unit.start, unit.stop = start, stop
    before = Linear(constant=float(bool(initial)))
    if initial is None:
        program.same(f"{name}.free start", start[0])
        program.same(f"{name}.free stop", stop[0])
    else:
        program.same(f"{name}.state_change", state[0] - before, start[0] - stop[0])
    for k in count[1:]:
        program.same(f"{name}.state_change", state[k] - state[k - 1], start[k] - stop[k])
    # of states the first may be shorter; one that a clock change shortens counts as a whole one
    begins = [0.0] + [k * hours - (leaf.site.clock.period_h - leaf.h[0]) for k in count[1:]]
    up, down = (spec.get(f"minimum_{way}_h", 0) for way in ("up", "down"))
    for k in count:
        still_on, still_off = ([i for i in count[: k + 1] if begins[k] - begins[i] < m - 1e-9] for m in (up, down))
        if up:
            program.less(f"{name}.minimum_up", total(start[i] for i in still_on), state[k])
        if down:
            program.less(f"{name}.minimum_down", total(stop[i] for i in still_off), 1 - state[k])
    left = (up if initial else down) - _already(spec)
    _initial(leaf, name, spec, unit, state, [k for k in count if begins[k] < left - 1e-9])
    leaf.earn(f"start.{name}", -spec.get("start_cost_eur", 0.0) * total(start))
    if spec.get("starts_max_per_day") is not None:
        days = leaf.site.clock.days
        for day in dict.fromkeys(days):
            begun = total(start[k] for k in count if days[unit.blocks[k][0]] == day)
            program.less(f"{name}.starts_per_day", begun, spec["starts_max_per_day"])


def _already(spec: dict[str, Any]) -> float:
    """Hours in the state before the horizon."""
    if spec.get("initial_on") is None or spec.get("initial_state_h") is None:
        return float("inf")
    return float(spec["initial_state_h"])


def _initial(leaf: Leaf, name: str, spec: dict[str, Any], unit: OnOff, state: Series, kept: list[int]) -> None:
    for k in kept:
        leaf.program.same(f"{name}.initial_state", state[k], float(spec["initial_on"]))
        if spec["initial_on"]:
            unit.forced.append(k)


def limit_starts(leaf: Leaf, name: str, spec: dict[str, Any], unit: OnOff, top: Series) -> None:
    """Power in the first period of a start and in the last before a stop: ``top = P + held``."""
    full = spec["power_max_mw"]
    for k, block in enumerate(unit.blocks):
        if spec.get("start_power_max_mw") is not None and unit.start is not None:
            t = block[0]
            limit = full * unit.on[t] - (full - spec["start_power_max_mw"]) * unit.start[k]
            leaf.program.less(f"{name}.maximum", top[t], limit)
        if spec.get("stop_power_max_mw") is not None and unit.stop is not None and k + 1 < len(unit.blocks):
            t = block[-1]
            limit = full * unit.on[t] - (full - spec["stop_power_max_mw"]) * unit.stop[k + 1]
            leaf.program.less(f"{name}.maximum_stop", top[t], limit)
