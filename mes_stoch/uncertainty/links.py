"""Cables and pipes: converters that lead a carrier from one node to another of the same carrier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.components import Converter
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import stacked

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Link:
    """One way between two nodes: of a MWh ``gain`` MWh arrive, for ``cost``; both over (scenarios, periods)."""

    name: str
    source: str
    target: str
    gain: Values
    cost: Values

    def delivered(self, price: Values) -> Values:
        """What a MWh costs at the far end where it costs ``price`` here."""
        return (price + self.cost) / self.gain

    def drawn(self, price: Values) -> Values:
        """What a MWh earns here where it earns ``price`` at the far end."""
        return self.gain * price - self.cost


def links_of(instance: Instance, tree: ScenarioTree) -> list[Link]:
    """The links of a site; those whose data are missing or below zero are left to the checks of data.

    A link that has to be on to carry anything is two: at its least power, where what it draws without load weighs most,
    and at its largest. What it does between them is a mean of the two.
    """
    found = []
    for name, spec in instance.components.items():
        if not isinstance(spec, Converter) or len(spec.inputs) != 1 or len(spec.outputs) != 1:
            continue
        entry, leave = spec.inputs[0], spec.outputs[0]
        carriers = {instance.nodes[port.node].carrier for port in (entry, leave) if port.node in instance.nodes}
        taken, given = stacked(tree, entry.ratio_per_unit), stacked(tree, leave.ratio_per_unit)
        if len(carriers) != 1 or entry.node == leave.node or taken is None or given is None:
            continue
        if np.all(taken > 0) and np.all(given > 0):
            powers = {spec.power_max_mw, spec.power_min_mw or spec.power_max_mw}
            for power in sorted(powers):
                flow = taken + entry.no_load_mw / power
                gain = (given + leave.no_load_mw / power) / flow
                found.append(Link(name, entry.node, leave.node, gain, spec.cost_eur_per_mwh / flow))
    return found


def bought_at(links: Sequence[Link], node: str, price: Values) -> dict[str, Values]:
    """The least that a MWh bought at ``node`` for ``price`` costs at every node it can reach."""
    least = {node: price}
    for _ in range(len({link.target for link in links})):
        for link in links:
            if link.source in least:
                here = link.delivered(least[link.source])
                least[link.target] = np.minimum(least[link.target], here) if link.target in least else here
    return least


def sold_from(links: Sequence[Link], node: str, price: Values) -> dict[str, Values]:
    """The most that a MWh sold at ``node`` for ``price`` earns at every node from which it can come."""
    most = {node: price}
    for _ in range(len({link.source for link in links})):
        for link in links:
            if link.target in most:
                here = link.drawn(most[link.target])
                most[link.source] = np.maximum(most[link.source], here) if link.source in most else here
    return most


def way_bought(links: Sequence[Link], least: dict[str, Values], end: str, place: tuple[int, int]) -> list[str]:
    """Links of the cheapest way to ``end`` in one scenario and period, as :func:`bought_at` has found it."""
    found: list[str] = []
    for _ in links:
        here = least[end][place]
        before = next(
            (k for k in links if k.target == end and k.source in least and k.delivered(least[k.source])[place] == here),
            None,
        )
        if before is None or before.name in found:
            break
        found.insert(0, before.name)
        end = before.source
    return found


def way_sold(links: Sequence[Link], most: dict[str, Values], start: str, place: tuple[int, int]) -> list[str]:
    """Links of the best way from ``start`` in one scenario and period, as :func:`sold_from` has found it."""
    found: list[str] = []
    for _ in links:
        here = most[start][place]
        after = next(
            (k for k in links if k.source == start and k.target in most and k.drawn(most[k.target])[place] == here),
            None,
        )
        if after is None or after.name in found:
            break
        found.append(after.name)
        start = after.target
    return found


def rings(links: Sequence[Link], longest: int = 6) -> Iterator[tuple[Link, ...]]:
    """Ways that lead back to where they began, each once, through no node twice."""
    nodes = sorted({link.source for link in links})
    for first in nodes:
        stack: list[tuple[Link, ...]] = [(link,) for link in links if link.source == first]
        while stack:
            way = stack.pop()
            here = way[-1].target
            if here == first:
                yield way
            # a ring is told from its first node in the order of names
            elif here > first and len(way) < longest and all(here != link.source for link in way):
                stack.extend((*way, link) for link in links if link.source == here)
