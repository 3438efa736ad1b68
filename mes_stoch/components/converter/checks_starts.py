"""What must hold for the ways of a converter up and down, and for its stand-by."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.converter.format import Converter
from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

_TOLERANCE = 1e-9


def trajectory_issues(locator: Locator, path: EntryPath, spec: Converter, horizon: Horizon) -> Iterator[Issue]:
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
    words, period_h = listed(given), horizon.period_h
    if horizon.begun_h > 0:
        expected = "periods of one length: ways are powers of whole periods"
        hint = f"leave {words} or horizon.first_period_h out"
        yield locator.issue((*path, given[0]), f"{words}, beside first_period_h", expected, hint)
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


def standby_issues(locator: Locator, path: EntryPath, spec: Converter) -> Iterator[Issue]:
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
