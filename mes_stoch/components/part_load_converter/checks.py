"""What must hold for a part-load converter."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mes_stoch.components.part_load_converter.format import SAME_SLOPE, PartLoadConverter, PartLoadPort
from mes_stoch.components.shared.checks_on_off import LimitWords, on_off_issues
from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue

_WORDS = LimitWords("the first flow_mw of the reference port", "the last one", "begin the curve above 0")


def issues(context: CheckContext, name: str, spec: PartLoadConverter) -> Iterator[Issue]:
    """Points that are no curve, limits and on/off decisions that do not go together."""
    found = list(_curve_issues(context.locator, ("components", name), spec))
    yield from found
    if not found:
        yield from on_off_issues(context, name, spec, _WORDS)


def _curve_issues(locator: Locator, path: EntryPath, spec: PartLoadConverter) -> Iterator[Issue]:
    own = [((*path, side, index), port) for side, side_ports in spec.sides for index, port in enumerate(side_ports)]
    at_reference = [place for place, port in own if port.node == spec.reference]
    if len(at_reference) != 1:
        found = f"{show(spec.reference)}, the node of {len(at_reference)} of its ports"
        hint = f"its ports are at {listed([port.node for _, port in own])}"
        yield locator.issue((*path, "reference"), found, "the node of exactly one port", hint)
        return
    points = len(spec.reference_port.flow_mw)
    uneven = [(place, port) for place, port in own if len(port.flow_mw) != points]
    for place, port in uneven:
        found, expected = f"{len(port.flow_mw)} points", f"{points}, as at the reference port {spec.reference}"
        yield locator.issue((*place, "flow_mw"), found, expected, "a flow for every point of the curve")
    for place, port in own:
        yield from _order_issues(locator, place, port, rises=place == at_reference[0])
    reference = spec.reference_port.flow_mw
    if not uneven and all(after > before for before, after in pairwise(reference)):
        for place, port in own:
            yield from _no_load_issues(locator, place, spec, port)
            if spec.formulation == "convex" and place != at_reference[0]:
                yield from _shape_issues(locator, place, spec, port, is_output=place[-2] == "outputs")


def _order_issues(locator: Locator, place: EntryPath, port: PartLoadPort, *, rises: bool) -> Iterator[Issue]:
    for number, (before, after) in enumerate(pairwise(port.flow_mw), 1):
        if after > before or (after == before and not rises):
            continue
        expected = "more than at the point before" if rises else "no less than at the point before"
        hint = "the points go from low to high load"
        if not rises:
            hint += "; a flow that falls as the unit is loaded is the choice of a chp, or a flow of another unit"
        yield locator.issue((*place, "flow_mw", number), f"{after:g}, after {before:g}", expected, hint)


def _no_load_issues(locator: Locator, place: EntryPath, spec: PartLoadConverter, port: PartLoadPort) -> Iterator[Issue]:
    if spec.power_min_mw == 0 and port.flow_mw[0] > 0:
        hint = "a curve that begins at 0 has no on/off decision; begin it at the least load at which the unit runs"
        yield locator.issue((*place, "flow_mw", 0), f"{port.flow_mw[0]:g}", "0 where the reference port has 0", hint)


def _shape_issues(
    locator: Locator, place: EntryPath, spec: PartLoadConverter, port: PartLoadPort, *, is_output: bool
) -> Iterator[Issue]:
    """Flows whose straight connection would be better than the curve: outputs that bend up, inputs that bend down."""
    for number, (before, after) in enumerate(pairwise(spec.slopes(port)), 1):
        gained = (after - before) if is_output else (before - after)
        if gained > SAME_SLOPE * max(before, after):
            point = spec.bends[number]
            expected = f"a flow that rises {'less' if is_output else 'more'} from here on than before"
            hint = "formulation: convex would let the unit be better than its curve here; leave it out (exact)"
            yield locator.issue((*place, "flow_mw", point), f"{port.flow_mw[point]:g}", expected, hint)
            return
