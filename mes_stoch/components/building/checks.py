"""What must hold for a building."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.components.building.format import Building
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue


def issues(context: CheckContext, name: str, spec: Building) -> Iterator[Issue]:
    """A building that nothing heats or cools, limits and penalties without a node, an empty comfort band."""
    path: EntryPath = ("components", name)
    yield from _side_issues(context.locator, path, spec)
    low, high = spec.temperature_min_degc, spec.temperature_max_degc
    if not isinstance(low, str) and not isinstance(high, str) and low > high:
        found = f"{high:g}, below temperature_min_degc ({low:g})"
        expected = "a largest temperature of at least temperature_min_degc"
        yield context.locator.issue((*path, "temperature_max_degc"), found, expected)


def _side_issues(locator: Locator, path: EntryPath, spec: Building) -> Iterator[Issue]:
    heating, cooling = spec.heating_node, spec.cooling_node
    if heating is None and cooling is None:
        hint = "write heating_node, cooling_node or both"
        yield locator.issue(path, "neither heated nor cooled", "a node that its heat or cooling comes from", hint)
        return
    if heating == cooling:
        hint = "heating takes heat from a node of heat, cooling takes cooling from a node of its own"
        yield locator.issue((*path, "cooling_node"), show(cooling), "another node than heating_node", hint)
    for node, key, others in (
        (heating, "heating_node", ("heating_max_mw", "heat_missing_penalty_eur_per_mwh")),
        (cooling, "cooling_node", ("cooling_max_mw", "cold_missing_penalty_eur_per_mwh")),
    ):
        for field in others if node is None else ():
            value = getattr(spec, field)
            if value is not None and value != "auto":
                yield locator.issue(
                    (*path, field), f"{show(value)}, without {key}", key, f"write {key}, or leave it out"
                )
