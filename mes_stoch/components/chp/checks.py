"""What must hold for combined heat and power with an operating region."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.chp.format import Chp
from mes_stoch.components.shared.checks_on_off import LimitWords, on_off_issues
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue

_WORDS = LimitWords(
    "the least power_mw of its points", "the largest one", "leave out the point without power, heat and fuel"
)


def issues(context: CheckContext, name: str, spec: Chp) -> Iterator[Issue]:
    """Points that are no operating region, limits and on/off decisions that do not go together."""
    path = ("components", name)
    yield from _node_issues(context.locator, path, spec)
    found = list(_point_issues(context.locator, path, spec))
    yield from found
    if not found:
        yield from _fuel_issues(context.locator, path, spec)
        yield from on_off_issues(context, name, spec, _WORDS)


def _node_issues(locator: Locator, path: EntryPath, spec: Chp) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for key in ("fuel_node", "power_node", "heat_node"):
        node = getattr(spec, key)
        if node in seen:
            yield locator.issue((*path, key), show(node), "three different nodes", f"it is the {seen[node]} already")
        seen.setdefault(node, key)


def _point_issues(locator: Locator, path: EntryPath, spec: Chp) -> Iterator[Issue]:
    seen: dict[tuple[float, float], int] = {}
    for number, point in enumerate(spec.points):
        place = (*path, "points", number)
        if point.power_mw == 0 and (point.heat_mw > 0 or point.fuel_mw > 0):
            found = f"0, with {point.heat_mw:g} MW of heat and {point.fuel_mw:g} MW of fuel"
            hint = "off is no point, or one with 0 of all three; heat without power is the work of a boiler of its own"
            yield locator.issue((*place, "power_mw"), found, "a power above 0", hint)
        same = (point.power_mw, point.heat_mw)
        if same in seen:
            found = f"power and heat of point {seen[same]} again"
            yield locator.issue(place, found, "points that differ in power or heat", "leave one of them out")
        seen.setdefault(same, number)


def _fuel_issues(locator: Locator, path: EntryPath, spec: Chp) -> Iterator[Issue]:
    least, _ = spec.region.fuel_per_power
    if spec.provides and least < 0:
        found = f"{-least:.4g} MW less fuel for a MW more of power at the same heat, between some of them"
        hint = "check fuel_mw; a call up would save fuel, which no reserve is modelled for: leave provides out"
        yield locator.issue((*path, "points"), found, "fuel that does not fall with power", hint)
