"""Is there a way from a source of energy to everything that must be served?

A node is fed by what brings energy from outside: a connection that can import, a source, a store that holds something
at the start; and by a conversion all inputs of which are fed. What stands at a node that nothing can supply at all is
told of there (:mod:`mes_stoch.io.validation.references`), and not a second time here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mes_stoch.io.readers.locate import listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.schema.component import Component
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.store import most_at_start


def supply_issues(context: CheckContext, unclear: Collection[str]) -> Iterator[Issue]:
    """One issue for every demand that no energy can reach; nodes of components that cannot be read are ``unclear``."""
    partial = context.partial
    fed = _fed(partial, set(unclear))
    for name, spec in partial.components.items():
        if not spec.has_fixed_demand:
            continue
        for port in spec.ports():
            if port.takes and port.node in partial.nodes and port.node not in fed:
                lacking = _lacking(partial, port.node, fed)
                if lacking:
                    yield context.locator.issue(
                        ("components", name, *port.key),
                        f"{show(port.node)}, which no energy can reach",
                        "a way from a connection that imports, a source, or a store that is not empty",
                        "; ".join(lacking),
                    )


def _fed(partial: PartialInstance, fed: set[str]) -> set[str]:
    """Nodes that energy can reach."""
    conversions = [one for spec in partial.components.values() for one in spec.conversions()]
    for spec in partial.components.values():
        if not spec.conversions() and _brings(spec):
            fed |= {port.node for port in spec.ports() if port.supplies}
    grows = True
    while grows:
        reached = {
            port.node
            for one in conversions
            if all(entry.node in fed or entry.ratio_per_unit == 0 for entry in one.inputs)
            for port in one.outputs
        }
        grows = not reached <= fed
        fed |= reached
    return fed


def _brings(spec: Component) -> bool:
    """Whether a component that converts nothing can bring energy of its own."""
    store = spec.store()
    return store is None or most_at_start(store) > store.energy_min_mwh


def _lacking(partial: PartialInstance, node: str, fed: set[str]) -> list[str]:
    """What would feed a node, and what it lacks; nothing where some node on the way has no supply at all."""
    said: list[str] = []
    seen, open_nodes = {node}, [node]
    while open_nodes:
        here = open_nodes.pop(0)
        suppliers = [
            name
            for name, spec in partial.components.items()
            if any(port.supplies and port.node == here for port in spec.ports())
        ]
        if not suppliers:
            return []
        for name in suppliers:
            spec = partial.components[name]
            if spec.store() is not None:
                said.append(f"{name} is empty at the start")
            for one in spec.conversions():
                if any(port.node == here for port in one.outputs):
                    missing = [port.node for port in one.inputs if port.node not in fed]
                    said.append(f"{name} lacks {listed(missing)}")
                    open_nodes += [entry for entry in missing if entry not in seen]
                    seen |= set(missing)
    return list(dict.fromkeys(said))
