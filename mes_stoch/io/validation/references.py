"""What must hold between the nodes and components of a site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mes_stoch.io.readers.locate import Locator, did_you_mean, show
from mes_stoch.io.validation.answers import require_answers_for_physics
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.energy_gain import gain_issues
from mes_stoch.io.validation.held_levels import level_issues
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.io.validation.supply_paths import supply_issues
from mes_stoch.registry import COMPONENTS, kind
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import SLACK_NAMES

_SLACK_WORDS = dict(
    zip(SLACK_NAMES, ("demand that a node leaves unserved", "supply that a node throws away"), strict=True)
)


def site_issues(context: CheckContext) -> list[Issue]:
    """Problems of nodes, carriers and components."""
    partial, locator = context.partial, context.locator
    issues = list(_carrier_issues(partial, locator))
    issues += _name_issues(partial, locator)
    sound: dict[str, Component] = {}
    for name, spec in partial.components.items():
        issues += _node_issues(partial, locator, name, spec)
        own = list(kind(COMPONENTS, spec.type).function("checks", "issues", Issue)(context, name, spec))
        issues += own
        if not own:
            sound[name] = spec
    # a component that could not be read may be the one that is missing
    unclear = set(_words(partial.broken_components))
    issues += _balance_issues(partial, locator, unclear)
    return [*issues, *_physics_issues(context, sound, unclear)]


def _physics_issues(context: CheckContext, sound: Mapping[str, Component], unclear: set[str]) -> list[Issue]:
    """What is impossible of components that may be asked, since their own checks find nothing wrong with them."""
    partial = replace(context.partial, components=dict(sound))
    require_answers_for_physics(partial)
    others = [spec for name, spec in context.partial.components.items() if name not in sound]
    unclear = unclear | {port.node for spec in others for port in spec.ports()}
    asked = replace(context, partial=partial)
    return [*supply_issues(asked, unclear), *gain_issues(asked), *level_issues(asked)]


def _carrier_issues(partial: PartialInstance, locator: Locator) -> Iterator[Issue]:
    for index, carrier in enumerate(partial.carriers):
        if carrier in partial.carriers[:index]:
            yield locator.issue(("carriers", index), f"{carrier} a second time", "each carrier once")
    for name, node in partial.nodes.items():
        if node.carrier not in partial.carriers:
            hint = did_you_mean(node.carrier, partial.carriers, "carriers of this instance")
            yield locator.issue(("nodes", name, "carrier"), show(node.carrier), "a name listed under carriers", hint)


def _name_issues(partial: PartialInstance, locator: Locator) -> Iterator[Issue]:
    for name in (*partial.components, *partial.broken_components):
        if name in SLACK_NAMES:
            hint = f"choose another name; flows of a run and an energy hub call {_SLACK_WORDS[name]} so"
            yield locator.issue(("components", name), f"a component named {name}", "another name", hint)


def _node_issues(partial: PartialInstance, locator: Locator, name: str, spec: Component) -> Iterator[Issue]:
    for port in spec.ports():
        if port.node not in partial.node_names:
            hint = did_you_mean(port.node, partial.node_names, "nodes of this instance")
            yield locator.issue(("components", name, *port.key), show(port.node), "a name listed under nodes", hint)


def _balance_issues(partial: PartialInstance, locator: Locator, unclear: set[str]) -> Iterator[Issue]:
    supplied: set[str] = set()
    taken: set[str] = set()
    for spec in partial.components.values():
        supplied |= {port.node for port in spec.ports() if port.supplies}
        taken |= {port.node for port in spec.ports() if port.takes}
    for node in partial.nodes:
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
