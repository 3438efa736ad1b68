"""What must hold for a link."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.link.format import Link
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

_TOLERANCE = 1e-9


def issues(context: CheckContext, name: str, spec: Link) -> Iterator[Issue]:
    """Ends that do not go together, and what only a link with a delay has."""
    locator, path = context.locator, ("components", name)
    yield from _end_issues(context, path, spec)
    if spec.delay_h == 0:
        yield from _without_delay(locator, path, spec)
        return
    if spec.has_two_ways:
        yield locator.issue(
            (*path, "power_back_max_mw"),
            f"{spec.power_back_max_mw:g}, with a delay_h of {spec.delay_h:g}",
            "0, one way",
            "write a second link from to_node to from_node for the way back, as a return pipe is",
        )
    if context.partial.horizon is not None:
        yield from _delay_issues(locator, path, spec, context.partial.horizon)


def _end_issues(context: CheckContext, path: EntryPath, spec: Link) -> Iterator[Issue]:
    nodes, place = context.partial.nodes, (*path, "to_node")
    if spec.from_node == spec.to_node:
        yield context.locator.issue(place, f"{show(spec.to_node)}, which is from_node", "another node")
    elif spec.from_node in nodes and spec.to_node in nodes:
        one, other = nodes[spec.from_node].carrier, nodes[spec.to_node].carrier
        if one != other:
            yield context.locator.issue(
                place,
                f"{show(spec.to_node)}, of {other}",
                f"a node of {one}, as {spec.from_node}",
                "what turns one carrier into another is a converter",
            )


def _without_delay(locator: Locator, path: EntryPath, spec: Link) -> Iterator[Issue]:
    hint = "without a delay nothing is under way; give delay_h, or leave this out"
    for key in ("initial_flow_mw", "terminal_mwh"):
        value = getattr(spec, key)
        if value:
            yield locator.issue((*path, key), f"{show(value)}, without delay_h", "delay_h", hint)


def _delay_issues(locator: Locator, path: EntryPath, spec: Link, horizon: Horizon) -> Iterator[Issue]:
    period_h = horizon.period_h
    periods = spec.delay_h / period_h
    if round(periods) < 1 or abs(periods - round(periods)) > _TOLERANCE * max(1.0, periods):
        expected = f"a whole multiple of the period of {period_h:g} h"
        yield locator.issue(
            (*path, "delay_h"), f"{spec.delay_h:g}", expected, "what is sent in a period arrives in one"
        )
        return
    given = spec.initial_flow_mw
    number = round(periods) + (horizon.begun_h > 0)
    if isinstance(given, list) and len(given) != number:
        expected = f"{number}, one for each period of delay_h, the oldest first"
        if horizon.begun_h > 0:
            expected += ", and one for what is over of the first period"
        yield locator.issue((*path, "initial_flow_mw"), f"{len(given)} numbers", expected, "or one number for all")
        return
    most = max(spec.sent_before(period_h, horizon.begun_h))
    if most > spec.power_max_mw * (1 + _TOLERANCE):
        expected = f"at most power_max_mw ({spec.power_max_mw:g})"
        yield locator.issue((*path, "initial_flow_mw"), f"{most:g}", expected)
    can_leave = spec.arrives_per_unit * spec.power_max_mw * spec.delay_h
    if spec.terminal_mwh is not None and spec.terminal_mwh > can_leave * (1 + _TOLERANCE):
        yield locator.issue(
            (*path, "terminal_mwh"),
            f"{spec.terminal_mwh:g}",
            f"at most {can_leave:g}, what is under way at power_max_mw",
            "power_max_mw times delay_h, less the loss",
        )
