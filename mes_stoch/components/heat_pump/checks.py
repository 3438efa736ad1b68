"""What must hold for a heat pump."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mes_stoch.components.heat_pump.format import HeatPump
from mes_stoch.components.shared.checks_on_off import on_off_issues
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.rules.time_axis import horizon_block_problem
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, name: str, spec: HeatPump) -> Iterator[Issue]:
    """Nodes, temperatures, modes and limits that do not go together."""
    locator, path = context.locator, ("components", name)
    if spec.power_min_mw > spec.power_max_mw:
        found = f"{spec.power_min_mw:g}, above power_max_mw ({spec.power_max_mw:g})"
        yield locator.issue((*path, "power_min_mw"), found, "a minimum of at most the maximum")
    yield from _node_issues(locator, path, spec)
    yield from _cop_issues(locator, path, spec)
    yield from _cooling_issues(locator, path, spec)
    yield from _mode_issues(context, path, spec)
    yield from on_off_issues(context, name, spec)


def _node_issues(locator: Locator, path: EntryPath, spec: HeatPump) -> Iterator[Issue]:
    if spec.heat_node is None and spec.cooling_node is None:
        hint = "name the node it heats, the one it cools, or both"
        yield locator.issue((*path, "heat_node"), "nothing, and no cooling_node", "a heat_node or a cooling_node", hint)
    seen: list[str] = []
    for port in spec.ports():
        if port.node in seen:
            hint = "it stands at each node once; heat drawn from a network and heat given to it are two nodes"
            yield locator.issue((*path, *port.key), f"{show(port.node)} a second time", "a node of its own", hint)
        seen.append(port.node)
    if spec.source_node is None:
        return
    if spec.heat_node is None:
        hint = "what a chiller takes heat from is its cooling_node"
        yield locator.issue((*path, "source_node"), f"{show(spec.source_node)}, without heat_node", "heat_node", hint)
    elif spec.modes == "recovery":
        hint = "with modes: recovery heat is drawn from the cooling_node; leave source_node out"
        yield locator.issue((*path, "source_node"), show(spec.source_node), "no source_node", hint)


def _cop_issues(locator: Locator, path: EntryPath, spec: HeatPump) -> Iterator[Issue]:
    for prefix, cycle in spec.cycles:
        table = (*path, spec.key(prefix, "cop_by_lift"))
        if cycle.table and cycle.quality_grade_per_unit is not None:
            hint = "a COP is either a share of Carnot's or a table; leave one of them out"
            found = f"cop_by_lift and {spec.key(prefix, 'quality_grade_per_unit')}"
            yield locator.issue(table, found, "one of the two", hint)
        elif not cycle.table and cycle.quality_grade_per_unit is None:
            hint = "give its COP as a share of Carnot's (about 0.5), or by cop_by_lift: one point is a constant"
            key = (*path, f"{prefix}quality_grade_per_unit")
            yield locator.issue(key, "nothing", "quality_grade_per_unit or cop_by_lift", hint)
        lifts = [point.lift_k for point in cycle.table]
        if any(later <= sooner for sooner, later in pairwise(lifts)):
            yield locator.issue(table, f"lifts {', '.join(f'{lift:g}' for lift in lifts)}", "lifts that rise")
        if prefix == "" and spec.heat_node is not None:
            for index, point in enumerate(cycle.table):
                if point.cop_per_unit < 1:
                    hint = "all that the compressor draws becomes heat: less would be a loss that no heat pump has"
                    found = f"{point.cop_per_unit:g}"
                    yield locator.issue((*table, index, "cop_per_unit"), found, "at least 1 for heat", hint)
        if cycle.is_constant:
            continue
        for end, value in (("source", cycle.source_degc), ("sink", cycle.sink_degc)):
            if value is None:
                hint = "its COP follows from both temperatures: numbers, or series in degC"
                place = (*path, f"{prefix}{end}_temperature_degc")
                yield locator.issue(place, "nothing", "a temperature in degC", hint)


def _cooling_issues(locator: Locator, path: EntryPath, spec: HeatPump) -> Iterator[Issue]:
    """Fields that only a machine with two cycles has."""
    if len(spec.cycles) == 2:
        return
    for field in ("source_temperature_degc", "sink_temperature_degc", "quality_grade_per_unit", "cop_by_lift"):
        given = getattr(spec, f"cooling_{field}")
        if given is not None and given != []:
            hint = f"write {field}: it has one cycle" + (", from cold to heat" if spec.modes == "recovery" else "")
            yield locator.issue((*path, f"cooling_{field}"), f"cooling_{field}", "a machine that heats or cools", hint)


def _mode_issues(context: CheckContext, path: EntryPath, spec: HeatPump) -> Iterator[Issue]:
    locator, has_two = context.locator, spec.heat_node is not None and spec.cooling_node is not None
    if spec.modes != "shared" and not has_two:
        hint = "modes say how heat and cold share the machine; leave them out where it does one of them"
        yield locator.issue((*path, "modes"), spec.modes, "a heat_node and a cooling_node", hint)
    if spec.mode_block_h is not None and not spec.is_exclusive:
        hint = "write modes: exclusive, or leave mode_block_h out"
        yield locator.issue((*path, "mode_block_h"), f"{spec.mode_block_h:g}", "modes: exclusive", hint)
    elif spec.mode_block_h is not None and context.time is not None and context.partial.horizon is not None:
        problem = horizon_block_problem(context.partial.horizon, context.time, spec.mode_block_h)
        if problem is not None:
            hint = "modes are spans of local clock hours; change horizon.start, horizon.periods or this length"
            found = f"{spec.mode_block_h:g}"
            yield locator.issue((*path, "mode_block_h"), found, f"a length in h that {problem}", hint)
    if len(spec.uses) == 2 and spec.provides and spec.called_mode is None:
        hint = "calls of reserve change what it uses for heat, or what it uses for cold: say which"
        yield locator.issue((*path, "called_mode"), "nothing", "heating or cooling", hint)
    elif spec.called_mode is not None and len(spec.uses) < 2:
        hint = "it can change nothing else; leave called_mode out"
        yield locator.issue((*path, "called_mode"), spec.called_mode, "a machine with two modes", hint)
