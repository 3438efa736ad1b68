"""What must hold for converters that are on or off: their minimum times, starts and stops, and state blocks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from mes_stoch.components.converter.format import Converter
from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.rules.time_axis import block_problem
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue

_TOLERANCE = 1e-9


def on_off_issues(context: CheckContext, name: str, spec: Converter) -> Iterator[Issue]:
    """Problems of the on/off decision of a converter."""
    locator, path = context.locator, ("components", name)
    needing = [*spec.start_stop_fields, *_other_fields(spec)]
    if spec.power_min_mw == 0:
        if needing:
            yield _without_minimum(locator, path, spec, needing)
        return
    if context.time is not None and context.partial.horizon is not None:
        yield from _time_issues(locator, path, spec, context.time, context.partial.horizon.period_h)
    yield from _power_issues(locator, path, spec)
    yield from _start_cost_issues(locator, path, spec)
    yield from _standby_issues(locator, path, spec)
    if context.partial.horizon is not None:
        yield from _trajectory_issues(locator, path, spec, context.partial.horizon.period_h)
    if spec.quick_start_h is not None and context.partial.horizon is not None:
        yield from _quick_start_issues(locator, path, spec, context.partial.horizon.period_h)
    if spec.initial_state_h is not None and spec.initial_on is None:
        place = (*path, "initial_state_h")
        hint = "say with initial_on which state it has been in, or leave this out"
        yield locator.issue(place, f"{spec.initial_state_h:g}, without initial_on", "initial_on", hint)


def _other_fields(spec: Converter) -> list[str]:
    return [name for name in ("quick_start_h", "initial_on", "initial_state_h") if getattr(spec, name) is not None]


def _without_minimum(locator: Locator, path: EntryPath, spec: Converter, needing: list[str]) -> Issue:
    hint = f"without a minimum there is no on/off decision; give power_min_mw or leave {listed(needing)} out"
    return locator.issue((*path, needing[0]), show(getattr(spec, needing[0])), "power_min_mw > 0", hint)


def _time_issues(
    locator: Locator, path: EntryPath, spec: Converter, time: pd.DatetimeIndex, period_h: float
) -> Iterator[Issue]:
    state_h, what = period_h, "period"
    if spec.state_block_h is not None:
        state_h, what = spec.state_block_h, "state block"
        problem = block_problem(time, period_h, state_h)
        if problem is not None:
            hint = "states are spans of local clock hours; change horizon.start, horizon.periods or this length"
            yield locator.issue((*path, "state_block_h"), f"{state_h:g}", f"a length in h that {problem}", hint)
            return
    for key in ("minimum_up_h", "minimum_down_h"):
        hours = getattr(spec, key)
        if abs(hours / state_h - round(hours / state_h)) > _TOLERANCE * max(1.0, hours / state_h):
            hint = "a unit can only be started and stopped at the beginning of one"
            expected = f"a whole multiple of the {what} of {state_h:g} h"
            yield locator.issue((*path, key), f"{hours:g}", expected, hint)


def _power_issues(locator: Locator, path: EntryPath, spec: Converter) -> Iterator[Issue]:
    low, high = spec.power_min_mw, spec.power_max_mw
    for key in ("start_power_max_mw", "stop_power_max_mw"):
        limit = getattr(spec, key)
        if limit is not None and low <= high and not low <= limit <= high:
            expected = f"a power between power_min_mw ({low:g}) and power_max_mw ({high:g})"
            yield locator.issue((*path, key), f"{limit:g}", expected)


def _start_cost_issues(locator: Locator, path: EntryPath, spec: Converter) -> Iterator[Issue]:
    """Costs by the time off: from 0 on, and never cheaper after a longer time."""
    if not spec.start_costs:
        return
    if spec.start_cost_eur > 0:
        hint = "leave one of them out"
        yield locator.issue(
            (*path, "start_cost_eur"), f"{spec.start_cost_eur:g}, beside start_costs", "one of the two", hint
        )
    first = spec.start_costs[0]
    if first.off_from_h > 0:
        hint = "the first entry says what a start costs right after a stop"
        yield locator.issue((*path, "start_costs", 0, "off_from_h"), f"{first.off_from_h:g}", "0", hint)
    for number, (one, other) in enumerate(pairwise(spec.start_costs), 1):
        place = (*path, "start_costs", number)
        if other.off_from_h <= one.off_from_h:
            expected = f"a time above that of the entry before ({one.off_from_h:g})"
            yield locator.issue((*place, "off_from_h"), f"{other.off_from_h:g}", expected)
        if other.cost_eur < one.cost_eur:
            expected = f"a cost of at least that of the entry before ({one.cost_eur:g})"
            hint = "a unit that has been off for longer is colder"
            yield locator.issue((*place, "cost_eur"), f"{other.cost_eur:g}", expected, hint)


def _quick_start_issues(locator: Locator, path: EntryPath, spec: Converter, period_h: float) -> Iterator[Issue]:
    """What a start by a call could break, since nobody knows when it comes."""
    hint = "a call may start the unit in any period and end with it; leave this or quick_start_h out"
    for key in ("minimum_up_h", "minimum_down_h"):
        hours = getattr(spec, key)
        if hours > period_h * (1.0 + _TOLERANCE):
            expected = f"at most a period ({period_h:g} h) beside quick_start_h"
            yield locator.issue((*path, key), f"{hours:g}", expected, hint)
    if spec.starts_max_per_day is not None:
        expected = "no limit beside quick_start_h"
        yield locator.issue((*path, "starts_max_per_day"), f"{spec.starts_max_per_day}", expected, hint)


def _trajectory_issues(locator: Locator, path: EntryPath, spec: Converter, period_h: float) -> Iterator[Issue]:
    """Ways up and down that would meet, leave the range below the minimum, or begin before the horizon."""
    ways = {"start_up_power_mw": spec.start_up_power_mw, "shut_down_power_mw": spec.shut_down_power_mw}
    given = [key for key, powers in ways.items() if powers]
    if not given:
        return
    for key, powers in ways.items():
        for number, power in enumerate(powers):
            if power > spec.power_min_mw:
                expected = f"at most power_min_mw ({spec.power_min_mw:g})"
                yield locator.issue((*path, key, number), f"{power:g}", expected)
    words = listed(given)
    least_h = period_h * sum(len(powers) for powers in ways.values())
    if spec.minimum_down_h < least_h * (1.0 - _TOLERANCE):
        hint = f"{words} take {least_h:g} h, in which the unit is off; minimum_down_h covers both"
        yield locator.issue((*path, "minimum_down_h"), f"{spec.minimum_down_h:g}", f"at least {least_h:g}", hint)
    down_h = period_h * len(spec.shut_down_power_mw)
    if spec.initial_on is False and spec.initial_state_h is not None and spec.initial_state_h < down_h - _TOLERANCE:
        hint = "a unit that still shuts down when the horizon begins cannot be expressed"
        yield locator.issue((*path, "initial_state_h"), f"{spec.initial_state_h:g}", f"at least {down_h:g}", hint)
    refused = {
        "state_block_h": spec.state_block_h is not None,
        "quick_start_h": spec.quick_start_h is not None,
        "available_per_unit": isinstance(spec.available_per_unit, str),
    }
    for key, is_given in refused.items():
        if is_given:
            hint = f"{words} cannot be combined with it; leave one of them out"
            expected = f"none beside {words}" if key != "available_per_unit" else f"a number beside {words}"
            yield locator.issue((*path, key), show(getattr(spec, key)), expected, hint)


def _standby_issues(locator: Locator, path: EntryPath, spec: Converter) -> Iterator[Issue]:
    """Stand-by without an input to draw at, costs without a stand-by, and what cannot stand beside it."""
    if spec.standby_input_mw is None:
        for key in ("standby_cost_eur_per_h", "standby_start_cost_eur"):
            if getattr(spec, key) > 0:
                hint = "without it there is no stand-by; 0 where it draws nothing"
                yield locator.issue((*path, key), f"{getattr(spec, key):g}", "standby_input_mw beside it", hint)
        return
    if spec.reference_is_output and len(spec.inputs) > 1:
        hint = f"it has inputs at {listed([port.node for port in spec.inputs])}; make one of them the reference"
        yield locator.issue(
            (*path, "standby_input_mw"), f"{spec.standby_input_mw:g}, at one of several inputs", "a single input", hint
        )
    refused = {
        "start_costs": bool(spec.start_costs),
        "quick_start_h": spec.quick_start_h is not None,
        "start_up_power_mw": bool(spec.start_up_power_mw),
        "shut_down_power_mw": bool(spec.shut_down_power_mw),
    }
    for key, is_given in refused.items():
        if is_given:
            hint = "leave one of them out"
            yield locator.issue((*path, key), f"{key} beside standby_input_mw", "one of the two", hint)
