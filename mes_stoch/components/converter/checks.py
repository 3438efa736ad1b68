"""What must hold for a converter."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.converter.checks_starts import standby_issues, trajectory_issues
from mes_stoch.components.converter.format import Converter, ConverterPort
from mes_stoch.components.shared.checks_on_off import on_off_issues
from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue

_TOLERANCE = 1e-9


def issues(context: CheckContext, name: str, spec: Converter) -> Iterator[Issue]:
    """Limits, ports and on/off decisions that do not go together."""
    yield from _port_issues(context.locator, ("components", name), spec)
    yield from on_off_issues(context, name, spec)
    if spec.power_min_mw > 0 and context.partial.horizon is not None:
        locator, path, horizon = context.locator, ("components", name), context.partial.horizon
        yield from standby_issues(locator, path, spec)
        yield from trajectory_issues(locator, path, spec, horizon)
        if spec.quick_start_h is not None:
            yield from _quick_start_issues(locator, path, spec, horizon.period_h)


def _port_issues(locator: Locator, path: EntryPath, spec: Converter) -> Iterator[Issue]:
    if spec.power_min_mw > spec.power_max_mw:
        yield locator.issue(
            (*path, "power_min_mw"),
            f"{spec.power_min_mw:g}, above power_max_mw ({spec.power_max_mw:g})",
            "a minimum of at most the maximum",
        )
    own = [((*path, side, index), port) for side, side_ports in spec.sides for index, port in enumerate(side_ports)]
    at_reference = [(place, port) for place, port in own if port.node == spec.reference]
    if len(at_reference) != 1:
        found = f"{show(spec.reference)}, the node of {len(at_reference)} of its ports"
        hint = f"its ports are at {listed([port.node for _, port in own])}"
        yield locator.issue((*path, "reference"), found, "the node of exactly one port", hint)
    for place, port in own:
        if port.no_load_mw > 0 and spec.power_min_mw == 0:
            hint = "without a minimum there is no on/off decision; give power_min_mw or leave no_load_mw out"
            yield locator.issue((*place, "no_load_mw"), f"{port.no_load_mw:g}", "power_min_mw > 0", hint)
        if len(at_reference) == 1 and port is at_reference[0][1]:
            yield from _reference_issues(locator, place, port)
        elif not isinstance(port.ratio_per_unit, str) and port.ratio_per_unit < 0:
            hint = "a flow the other way belongs to the other list of ports"
            yield locator.issue((*place, "ratio_per_unit"), show(port.ratio_per_unit), "a ratio of at least 0", hint)


def _reference_issues(locator: Locator, place: EntryPath, port: ConverterPort) -> Iterator[Issue]:
    if isinstance(port.ratio_per_unit, str) or port.ratio_per_unit != 1:
        hint = "the reference port carries the limits; the other ports' ratios are relative to it"
        yield locator.issue((*place, "ratio_per_unit"), show(port.ratio_per_unit), "1 at the reference port", hint)
    if port.no_load_mw > 0:
        hint = "write it at another port, relative to the flow here"
        yield locator.issue((*place, "no_load_mw"), f"{port.no_load_mw:g}", "0 at the reference port", hint)


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
