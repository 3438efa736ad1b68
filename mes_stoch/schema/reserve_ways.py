"""The way of reserve from a device at one bus to the connection over which it is sold: along links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import prod

from mes_stoch.schema.component import Component


@dataclass(frozen=True)
class Leg:
    """One link on the way, from the device's side (``source``) to the connection's (``target``)."""

    link: str
    source: str
    target: str
    arrives_per_unit: float


Way = tuple[Leg, ...]


def ways_of_reserve(components: Mapping[str, Component], spec: Component, node: str, most: int = 2) -> list[Way]:
    """Ways from a device to a node, at most so many; the empty one alone where the device stands there."""
    ports = [port.node for port in spec.ports()]
    if node in ports:
        return [()]
    delivers = spec.delivery_node
    starts = dict.fromkeys(ports if delivers is None else [delivers])
    legs = list(_legs(components))
    return list(islice((way for start in starts for way in _ways(legs, start, node)), most))


def way_of_reserve(components: Mapping[str, Component], device: str, connection: str) -> Way:
    """The way of what a device holds for products of a connection; empty where it stands at the connection's node."""
    grid = components[connection].connection()
    found = [] if grid is None else ways_of_reserve(components, components[device], grid.node)
    return found[0] if found else ()


def arrives_per_unit(way: Way) -> float:
    """Share of what a device gives that counts as delivered at the end of a way."""
    return prod(leg.arrives_per_unit for leg in way)


def delivered_per_unit(components: Mapping[str, Component], device: str, connection: str | None) -> float:
    """Share of what a device holds and gives that counts at a connection; all of it where it stands there."""
    return 1.0 if connection is None else arrives_per_unit(way_of_reserve(components, device, connection))


def _legs(components: Mapping[str, Component]) -> Iterator[Leg]:
    for name, spec in components.items():
        link = spec.reserve_link()
        if link is not None:
            yield Leg(name, link.from_node, link.to_node, link.arrives_per_unit)
            yield Leg(name, link.to_node, link.from_node, link.arrives_per_unit)


def _ways(legs: Sequence[Leg], start: str, end: str) -> Iterator[Way]:
    """Ways through no node twice."""
    stack: list[tuple[str, Way]] = [(start, ())]
    while stack:
        here, way = stack.pop(0)
        if here == end:
            yield way
            continue
        passed = {start, *(leg.target for leg in way)}
        stack += [(leg.target, (*way, leg)) for leg in legs if leg.source == here and leg.target not in passed]
