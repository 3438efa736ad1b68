"""What must hold between the nodes and components of a site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, show
from mes_stoch.io.validation.partial_instance import Draft
from mes_stoch.schema.components import (
    Component,
    Converter,
    Demand,
    GridConnection,
    Port,
    SheddableDemand,
    Source,
    Storage,
)
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

EntryPath = tuple[str | int, ...]


def site_issues(draft: Draft, locator: Locator) -> list[Issue]:
    """Problems of nodes, carriers and components."""
    issues = list(_carrier_issues(draft, locator))
    for name, spec in draft.components.items():
        issues += _node_issues(draft, locator, name, spec)
        issues += _limit_issues(locator, ("components", name), spec)
        if isinstance(spec, Storage) and draft.horizon is not None:
            issues += _terminal_issues(locator, ("components", name), spec, draft.horizon)
    return [*issues, *_balance_issues(draft, locator)]


def ports(spec: Component) -> list[tuple[EntryPath, str]]:
    """Where a component meets nodes: the key that names the node, and the node."""
    if isinstance(spec, Converter):
        sides: tuple[tuple[str, list[Port]], ...] = (("inputs", spec.inputs), ("outputs", spec.outputs))
        return [((side, index, "node"), port.node) for side, listed_ in sides for index, port in enumerate(listed_)]
    return [(("node",), spec.node)]


def _carrier_issues(draft: Draft, locator: Locator) -> Iterator[Issue]:
    for index, carrier in enumerate(draft.carriers):
        if carrier in draft.carriers[:index]:
            yield locator.issue(("carriers", index), f"{carrier} a second time", "each carrier once")
    for name, node in draft.nodes.items():
        if node.carrier not in draft.carriers:
            hint = did_you_mean(node.carrier, draft.carriers, "carriers of this instance")
            yield locator.issue(("nodes", name, "carrier"), show(node.carrier), "a name listed under carriers", hint)


def _node_issues(draft: Draft, locator: Locator, name: str, spec: Component) -> Iterator[Issue]:
    for key, node in ports(spec):
        if node not in draft.node_names:
            hint = did_you_mean(node, draft.node_names, "nodes of this instance")
            yield locator.issue(("components", name, *key), show(node), "a name listed under nodes", hint)


def _balance_issues(draft: Draft, locator: Locator) -> Iterator[Issue]:
    supplied: set[str] = set()
    taken: set[str] = set()
    for spec in draft.components.values():
        supplied |= _supplies(spec)
        taken |= _takes(spec)
    # a component that could not be read may be the one that is missing
    unclear = set(_words(draft.broken_components))
    for node in draft.nodes:
        if node in unclear or (node in supplied and node in taken):
            continue
        if node not in supplied and node not in taken:
            found = "node without balance: nothing is connected to it"
            hint = "connect components to it or remove the node"
        elif node not in supplied:
            found = "node without balance: no component can supply it"
            hint = "connect a grid connection, a source, a storage or a converter's output"
        else:
            found = "node without balance: no component can take from it"
            hint = "connect a demand, a storage, a converter's input, or a grid connection with export_max_mw above 0"
        yield locator.issue(("nodes", node), found, "at least one component that supplies and one that takes", hint)


def _supplies(spec: Component) -> set[str]:
    if isinstance(spec, Converter):
        return {port.node for port in spec.outputs}
    if isinstance(spec, GridConnection):
        return {spec.node} if spec.import_max_mw is None or spec.import_max_mw > 0 else set()
    return {spec.node} if isinstance(spec, Source | Storage) else set()


def _takes(spec: Component) -> set[str]:
    if isinstance(spec, Converter):
        return {port.node for port in spec.inputs}
    if isinstance(spec, GridConnection):
        return {spec.node} if spec.export_max_mw > 0 else set()
    return {spec.node} if isinstance(spec, Demand | SheddableDemand | Storage) else set()


def _words(data: Any, depth: int = 0) -> Iterator[str]:
    """Every text in the data of a component, whatever its shape; it is at most a few levels deep where it matters."""
    if isinstance(data, str):
        yield data
    elif depth < 6 and isinstance(data, dict):
        for item in data.values():
            yield from _words(item, depth + 1)
    elif depth < 6 and isinstance(data, list):
        for item in data:
            yield from _words(item, depth + 1)


def _limit_issues(locator: Locator, path: EntryPath, spec: Component) -> Iterator[Issue]:
    if isinstance(spec, GridConnection):
        yield from _connection_issues(locator, path, spec)
    elif isinstance(spec, Storage):
        yield from _storage_issues(locator, path, spec)
    elif isinstance(spec, Converter):
        yield from _converter_issues(locator, path, spec)
    elif isinstance(spec, Demand | SheddableDemand):
        yield from _below_zero(locator, (*path, "demand_mw"), spec.demand_mw)
    else:
        yield from _below_zero(locator, (*path, "available_mw"), spec.available_mw)


def _below_zero(locator: Locator, path: EntryPath, value: float | str) -> Iterator[Issue]:
    if not isinstance(value, str) and value < 0:
        yield locator.issue(path, show(value), "a number in MW of at least 0")


def _connection_issues(locator: Locator, path: EntryPath, spec: GridConnection) -> Iterator[Issue]:
    bought, sold = spec.import_price_eur_per_mwh, spec.export_price_eur_per_mwh
    both_ways = spec.export_max_mw > 0 and (spec.import_max_mw is None or spec.import_max_mw > 0)
    if both_ways and not isinstance(bought, str) and not isinstance(sold, str) and sold > bought:
        yield locator.issue(
            (*path, "export_price_eur_per_mwh"),
            f"{sold:g}, above import_price_eur_per_mwh ({bought:g})",
            "an export price of at most the import price",
            "buying and selling at once would be free money; tariffs come on top of market prices",
        )


def _storage_issues(locator: Locator, path: EntryPath, spec: Storage) -> Iterator[Issue]:
    low, high = spec.energy_min_mwh, spec.energy_max_mwh
    if low > high:
        yield locator.issue(
            (*path, "energy_min_mwh"), f"{low:g}, above energy_max_mwh ({high:g})", "a minimum of at most the maximum"
        )
        return
    for key, level in (("initial_mwh", spec.initial_mwh), ("terminal_mwh", spec.terminal_mwh)):
        if level is not None and not low <= level <= high:
            expected = f"a level between energy_min_mwh ({low:g}) and energy_max_mwh ({high:g})"
            yield locator.issue((*path, key), show(float(level)), expected)


def _terminal_issues(locator: Locator, path: EntryPath, spec: Storage, horizon: Horizon) -> Iterator[Issue]:
    """A terminal level that is demanded and cannot be reached however much is charged."""
    target = spec.initial_mwh if spec.terminal_mwh is None else spec.terminal_mwh
    sound = (
        spec.energy_min_mwh <= min(target, spec.initial_mwh) and max(target, spec.initial_mwh) <= spec.energy_max_mwh
    )
    if spec.terminal_penalty_eur_per_mwh is not None or not sound:
        return
    keep = (1.0 - spec.standing_loss_per_h) ** horizon.period_h
    gain = horizon.period_h * spec.charge_efficiency_per_unit * spec.charge_max_mw
    level = spec.initial_mwh
    for _ in range(horizon.periods):
        before, level = level, min(spec.energy_max_mwh, keep * level + gain)
        if level == before:
            break
    if level < target - 1e-9 * max(1.0, target):
        hours = horizon.periods * horizon.period_h
        stated = "terminal_mwh" if spec.terminal_mwh is not None else "initial_mwh"
        found = f"{target:g} to be held at the end, out of reach"
        expected = f"at most {level:.6g} MWh, which charging at full power for {hours:g} h leads to"
        hint = (
            "lower terminal_mwh, raise charge_max_mw, or let a shortfall cost something: terminal_penalty_eur_per_mwh"
        )
        yield locator.issue((*path, stated), found, expected, hint)


def _converter_issues(locator: Locator, path: EntryPath, spec: Converter) -> Iterator[Issue]:
    if spec.power_min_mw > spec.power_max_mw:
        yield locator.issue(
            (*path, "power_min_mw"),
            f"{spec.power_min_mw:g}, above power_max_mw ({spec.power_max_mw:g})",
            "a minimum of at most the maximum",
        )
    sides: tuple[tuple[str, list[Port]], ...] = (("inputs", spec.inputs), ("outputs", spec.outputs))
    own = [((*path, side, index), port) for side, side_ports in sides for index, port in enumerate(side_ports)]
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


def _reference_issues(locator: Locator, place: EntryPath, port: Port) -> Iterator[Issue]:
    if isinstance(port.ratio_per_unit, str) or port.ratio_per_unit != 1:
        hint = "the reference port carries the limits; the other ports' ratios are relative to it"
        yield locator.issue((*place, "ratio_per_unit"), show(port.ratio_per_unit), "1 at the reference port", hint)
    if port.no_load_mw > 0:
        hint = "write it at another port, relative to the flow here"
        yield locator.issue((*place, "no_load_mw"), f"{port.no_load_mw:g}", "0 at the reference port", hint)
