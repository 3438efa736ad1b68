"""Cables and pipes: converters, alone or in a chain, that lead from one node to another of the same carrier."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.conversion import ConversionPort
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import stacked
from mes_stoch.uncertainty.exchange_prices import exchange_prices

Values = NDArray[np.float64]

#: Largest share of what a link draws that goes through another port.
AUXILIARY_PER_UNIT = 0.1

_LONGEST_CHAIN = 5


@dataclass(frozen=True)
class Link:
    """One way between two nodes: of a MWh ``gain`` MWh arrive, for ``cost``; both over (scenarios, periods)."""

    names: tuple[str, ...]
    source: str
    target: str
    gain: Values
    cost: Values

    @property
    def name(self) -> str:
        """The converters it leads through."""
        return ", ".join(self.names)

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

    Other ports of a converter do not hide that it leads a carrier on, where each is an auxiliary: at most a tenth of
    what it draws (waste heat of a cable, a pump). Then what they draw costs what it costs to buy at their node, what
    they give is worth nothing, and where it can only be had or got rid of for a price that is paid.
    """
    plain = _within_carriers(instance, _ways(instance, tree, None))
    prices = _Auxiliaries(instance, tree, plain)
    return _within_carriers(instance, [*_ways(instance, tree, None), *_ways(instance, tree, prices)])


def _ways(instance: Instance, tree: ScenarioTree, prices: _Auxiliaries | None) -> list[Link]:
    """Ways through single converters, whatever the carriers of their ends."""
    return [link for name in instance.components for link in _links_of(instance, tree, name, prices)]


def _within_carriers(instance: Instance, ways: Sequence[Link]) -> list[Link]:
    """Ways from one node to another, or back, of the same carrier.

    A converter to another carrier and one back are a cable where there is nothing between them: no device, connection
    or demand at the nodes passed (direct current between two stations). Elsewhere they are devices of their own.
    """
    carriers = {name: node.carrier for name, node in instance.nodes.items()}
    # a device that converts nothing stands at its node
    settled = {port.node for spec in instance.components.values() if not spec.conversions() for port in spec.ports()}
    found = []
    open_ways = [way for way in ways if way.source in carriers and way.target in carriers]
    chains: list[tuple[Link, tuple[str, ...]]] = [(way, (way.source, way.target)) for way in open_ways]
    while chains:
        chain, passed = chains.pop(0)
        if carriers[chain.source] == carriers[chain.target]:
            found.append(chain)
        elif chain.target not in settled and len(passed) <= _LONGEST_CHAIN:
            chains += [
                (_chained(chain, way), (*passed, way.target))
                for way in open_ways
                if way.source == chain.target and way.target not in passed[1:]
            ]
    return found


def _chained(first: Link, second: Link) -> Link:
    cost = first.cost + first.gain * second.cost
    return Link(first.names + second.names, first.source, second.target, first.gain * second.gain, cost)


def _links_of(instance: Instance, tree: ScenarioTree, name: str, prices: _Auxiliaries | None) -> Iterator[Link]:
    """Ways through one component that converts: those without other ports, or (with their prices) those with some."""
    for conversion in instance.components[name].conversions():
        for entry, leave in product(conversion.inputs, conversion.outputs):
            others = [port for port in conversion.ports if port is not entry and port is not leave]
            if bool(others) is (prices is None) or entry.node == leave.node:
                continue
            for power in sorted({conversion.power_max_mw, conversion.power_min_mw or conversion.power_max_mw}):
                taken, given = _flow(tree, entry, power), _flow(tree, leave, power)
                if taken is None or given is None or not (np.all(taken > 0) and np.all(given > 0)):
                    continue
                beside: list[Values] = []
                if prices is not None:
                    inputs = conversion.inputs
                    found = [prices.cost(p, _flow(tree, p, power), taken, is_input=p in inputs) for p in others]
                    beside = [cost for cost in found if cost is not None]
                if len(beside) == len(others):
                    cost = sum(beside, start=conversion.cost_eur_per_mwh / taken)
                    yield Link((name,), entry.node, leave.node, given / taken, cost)


def _flow(tree: ScenarioTree, port: ConversionPort, power_mw: float) -> Values | None:
    """MW at a port for each MW of power; ``None`` where data are missing."""
    ratio = stacked(tree, port.ratio_per_unit)
    return None if ratio is None else ratio + port.no_load_mw / power_mw


class _Auxiliaries:
    """What it costs to supply a side port, or to get rid of what it gives."""

    def __init__(self, instance: Instance, tree: ScenarioTree, links: Sequence[Link]) -> None:
        self._buy: dict[str, Values] = {}
        self._sell: dict[str, Values] = {}
        shape = (tree.dataset.sizes["scenario"], tree.periods)
        for name, spec in instance.connections().items():
            own = [market for market in instance.markets().values() if market.connection == name]
            market = [p for p in (stacked(tree, m.price_eur_per_mwh) for m in own) if p is not None]
            bought, sold = exchange_prices(tree, spec)
            if bought is None or sold is None:
                continue
            if spec.import_max_mw != 0:
                price = bought + (np.maximum.reduce(market) if market else np.zeros(shape))
                for node, value in bought_at(links, spec.node, price).items():
                    self._buy[node] = np.minimum(self._buy.get(node, value), value)
            if spec.export_max_mw > 0:
                price = sold + (np.minimum.reduce(market) if market else np.zeros(shape))
                for node, value in sold_from(links, spec.node, price).items():
                    self._sell[node] = np.maximum(self._sell.get(node, value), value)

    def cost(self, port: ConversionPort, power: Values | None, taken: Values, *, is_input: bool) -> Values | None:
        """What a side port costs for each MWh the link draws; ``None`` where it is no auxiliary, or has no price."""
        if power is None or np.any(power > AUXILIARY_PER_UNIT * (1.0 + 1e-9) * taken):
            return None
        flow = power / taken
        if is_input:
            return flow * self._buy[port.node] if port.node in self._buy else None
        return flow * np.maximum(0.0, -self._sell[port.node]) if port.node in self._sell else np.zeros(flow.shape)


def bought_at(links: Sequence[Link], node: str, price: Values) -> dict[str, Values]:
    """The least that a MWh bought at ``node`` for ``price`` costs at every node it can reach."""
    least = {node: price}
    links = _onward(links)
    for _ in range(len({link.target for link in links})):
        for link in links:
            if link.source in least:
                here = link.delivered(least[link.source])
                least[link.target] = np.minimum(least[link.target], here) if link.target in least else here
    return least


def sold_from(links: Sequence[Link], node: str, price: Values) -> dict[str, Values]:
    """The most that a MWh sold at ``node`` for ``price`` earns at every node from which it can come."""
    most = {node: price}
    links = _onward(links)
    for _ in range(len({link.source for link in links})):
        for link in links:
            if link.target in most:
                here = link.drawn(most[link.target])
                most[link.source] = np.maximum(most[link.source], here) if link.source in most else here
    return most


def _onward(links: Sequence[Link]) -> list[Link]:
    """Without those that lead back to where they begin: these are rings."""
    return [link for link in links if link.source != link.target]


def way_bought(links: Sequence[Link], least: dict[str, Values], end: str, place: tuple[int, int]) -> list[str]:
    """Links of the cheapest way to ``end`` in one scenario and period, as :func:`bought_at` has found it."""
    found: list[str] = []
    links = _onward(links)
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
    links = _onward(links)
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
