"""Can a site earn money from prices alone, with nothing but its meters, its cables and its markets?

Equations
---------
Converters, stores, sources and demands go; connections, links between nodes of one carrier (converters alone, or in a
chain through nodes of other carriers at which nothing else is connected) and markets stay, one market open at a time. A
MWh costs ``buy_c`` over connection ``c`` and earns ``sell_d`` over ``d``::

    not traded   buy = import price                        sell = export price
    traded       buy = import price + market price + fee   sell = export price + market price - fee

and passes a link of ``g`` MWh out for one in at ``(buy + cost) / g``. A ring of links that loses energy, of gain ``g``
and cost ``c``, is a place to throw it away: a MWh there earns ``-c / (1 - g)``. Led to the node of a connection
``c`` by the cheapest way, let ``worth_c`` be the most that a MWh earns at any other connection or in any ring, and
``cost_c`` the least that it costs over any other connection. A linear program of this kind earns nothing if and only if

    not traded   worth_c <= buy_c   in every period
    traded       mean worth_c <= mean buy_c,   mean sell_c <= mean cost_c   over each settlement period of its market

since a position is the same in all of a settlement period, and what meets it need not be: one meter may serve the first
quarter of an hour and another the second. Two connections that are traded over are open at once, so the markets of
another one are among what a MWh earns where neither states a ``liquidity_mw``. Both ways of one connection are compared
in the same way (:mod:`mes_stoch.uncertainty.quality`).

What is called of a contract and missed earns nothing by its settlement
(:mod:`mes_stoch.products.imbalance.equations_missed_calls`), and slack costs more than any price
(:mod:`mes_stoch.io.validation.penalties`), so neither can close a loop.

The two prices of two markets are no loop: trading between them is a decision under uncertainty. It needs a limit, so
every market after the first states its ``liquidity_mw``; what it earns stands in a stream of its own
(``energy.<market>_spread``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.rules.calendar import in_windows
from mes_stoch.rules.time_axis import blocks
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.product import Market
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked
from mes_stoch.uncertainty.exchange_prices import exchange_prices
from mes_stoch.uncertainty.links import Link, bought_at, links_of, rings, sold_from, way_bought, way_sold

Values = NDArray[np.float64]
Way = Callable[[tuple[int, int]], list[str]]

#: Rounding of prices written to a CSV, relative to the two that are compared, and to the largest of the site, from
#: which a small one may be left over. Both are shares, so that no currency unit defeats them.
TOLERANCE, _LEFT_OVER = 1e-6, 1e-9

_WHEELING_HINT = (
    "the site would earn the difference without any device; put what each meter measures at a node of its own, with a "
    "link in the direction that is metered, correct the prices, or say `wheeling: true` if it may"
)
_RING_HINT = (
    "energy that runs in a ring is thrown away; leave one of these links out, or give them a cost (cost_eur_per_mwh) "
    "above what is paid for taking energy, times the loss"
)


@dataclass(frozen=True)
class _Meter:
    """A connection as a place to buy and to sell, with one market open or none."""

    name: str
    node: str
    buy: Values | None
    sell: Values | None
    market: str | None
    spans: tuple[NDArray[np.int64], ...]

    @property
    def words(self) -> str:
        return self.name if self.market is None else f"{self.name} on {self.market}"

    @property
    def key(self) -> str:
        if self.market is not None:
            return f"products.{self.market}.price_eur_per_mwh"
        return f"components.{self.name}.{'export' if self.sell is not None else 'import'}_price_eur_per_mwh"


@dataclass(frozen=True)
class _Other:
    """What meets a MWh at the node of a meter: another meter, or a ring of links that loses it (then named so)."""

    words: str
    key: str
    value: Values
    way: Way
    is_ring: bool = False


def trading_loop_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """Every way to earn money from prices alone; see the module's equations."""
    yield from _liquidity(instance)
    rules = instance.co2
    # what a tonne costs lies between the price and the penalty above a cap; a loop that earns does so at one of the two
    ends = (0.0,) if rules is None else (rules.price_eur_per_t, rules.dearest_eur_per_t)
    found = [issue for end in dict.fromkeys(ends) for issue in _Loops(instance, tree, file, end).issues()]
    yield from {(issue.key, issue.expected): issue for issue in found}.values()


def _liquidity(instance: Instance) -> Iterator[Issue]:
    markets = instance.markets()
    first: dict[str | None, str] = {}
    for name, market in markets.items():
        if market.connection not in first or name == "da":
            first[market.connection] = name
    for name, market in markets.items():
        earlier = first[market.connection]
        if name != earlier and market.liquidity_mw is None:
            yield Issue(
                "instance.yaml",
                None,
                f"products.{name}.liquidity_mw",
                "nothing",
                f"the largest position either way, in MW: a finite one on every market after {earlier}",
                f"what is earned between {earlier} and {name} has no other limit; say how much {name} takes",
            )


class _Loops:
    """What can be bought and sold at each node of a site, and where the one costs less than the other earns."""

    def __init__(self, instance: Instance, tree: ScenarioTree, file: str, co2_eur_per_t: float = 0.0) -> None:
        self._instance = instance
        self._co2_eur_per_t = co2_eur_per_t
        self._tree = tree
        self._file = file
        self._links = links_of(instance, tree)
        # a connection of reserve alone has no schedule to keep: its meter is free
        traded = {str(market.connection) for market in instance.markets().values()}
        self._untraded = [m for name in instance.components if name not in traded for m in self._meters(name, None)]
        self._traded = [
            m for name, market in instance.markets().items() for m in self._meters(str(market.connection), name)
        ]
        self._rings = list(self._lossy())
        values = [v for m in (*self._untraded, *self._traded) for v in (m.buy, m.sell) if v is not None]
        self._largest = max((float(np.nanmax(np.abs(v), initial=0.0)) for v in values), default=0.0)

    def issues(self) -> Iterator[Issue]:
        for meter in (*self._untraded, *self._traded):
            yield from self._compare(meter, self._outlets(meter), buys=True)
        for meter in self._traded:
            # what is sold on a market and bought over a meter; between meters the first loop has seen both ways
            yield from self._compare(meter, self._sources(meter), buys=False)

    # -- what there is ------------------------------------------------------------------------------------------------

    def _meters(self, name: str, product_id: str | None) -> Iterator[_Meter]:
        spec = self._instance.connections().get(name)
        if spec is None:
            return
        tree = self._tree
        bought, sold = exchange_prices(tree, spec, self._co2_eur_per_t)
        if bought is None or sold is None:
            return
        spans = tuple(np.asarray([t], dtype=np.int64) for t in range(tree.periods))
        can_buy, can_sell = spec.import_max_mw is None or spec.import_max_mw > 0, spec.export_max_mw > 0
        if product_id is not None:
            market = self._instance.markets()[product_id]
            price = stacked(tree, market.price_eur_per_mwh)
            if price is None:
                return
            cost = market.trading_cost_eur_per_mwh
            bought, sold = bought + price + cost, sold + price - cost
            spans = _settlement(market, tree, self._instance.horizon.period_h)
            can_buy, can_sell = can_buy and market.can_buy, can_sell and market.can_sell
        yield _Meter(name, spec.node, bought if can_buy else None, sold if can_sell else None, product_id, spans)

    def _lossy(self) -> Iterator[tuple[tuple[Link, ...], Values]]:
        """Rings of links, and what throwing a MWh away in them earns at their first node; -inf where none is lost."""
        for ring in rings(self._links):
            if self._is_undone(ring):
                continue
            gain, cost = np.ones(ring[0].gain.shape), np.zeros(ring[0].gain.shape)
            for link in ring:
                cost, gain = cost + gain * link.cost, gain * link.gain
            lossy = gain < 1.0 - 1e-9
            if lossy.any():
                yield ring, np.where(lossy, -cost / np.where(lossy, 1.0 - gain, 1.0), -np.inf)

    def _is_undone(self, ring: Sequence[Link]) -> bool:
        """Whether a ring needs two ways of one component that go one at a time."""
        names = [name for link in ring for name in link.names]
        return any(names.count(name) > 1 and self._instance.components[name].converts_one_at_a_time for name in names)

    def _outlets(self, meter: _Meter) -> list[_Other]:
        """Where a MWh at the node of a meter can go."""
        found = []
        for other in [] if self._instance.wheeling else (*self._untraded, *self._traded_beside(meter)):
            if other.name != meter.name and other.sell is not None:
                most = sold_from(self._links, other.node, other.sell)
                if meter.node in most:
                    way = self._sold(most, meter.node)
                    found.append(_Other(f"selling over {other.words}", other.key, most[meter.node], way))
        for ring, worth in self._rings:
            most = sold_from(self._links, ring[0].source, worth)
            if meter.node in most:
                names = list(dict.fromkeys(name for link in ring for name in link.names))
                key, words = f"components.{names[0]}", f"losing it in {', '.join(names)}"
                found.append(_Other(words, key, most[meter.node], lambda place: [], is_ring=True))
        return found

    def _traded_beside(self, meter: _Meter) -> list[_Meter]:
        """Traded meters that are open while another one is, where no liquidity limits what is earned between them."""
        markets = self._instance.markets()
        if meter.market is None or markets[meter.market].liquidity_mw is not None:
            return []
        return [m for m in self._traded if m.market is not None and markets[m.market].liquidity_mw is None]

    def _sources(self, meter: _Meter) -> list[_Other]:
        """Where a MWh at the node of a meter can come from."""
        found = []
        for other in [] if self._instance.wheeling else self._untraded:
            if other.name != meter.name and other.buy is not None:
                least = bought_at(self._links, other.node, other.buy)
                if meter.node in least:
                    way = self._bought(least, meter.node)
                    found.append(_Other(f"buying over {other.words}", other.key, least[meter.node], way))
        return found

    def _sold(self, most: dict[str, Values], start: str) -> Way:
        return lambda place: way_sold(self._links, most, start, place)

    def _bought(self, least: dict[str, Values], end: str) -> Way:
        return lambda place: way_bought(self._links, least, end, place)

    # -- what it earns ------------------------------------------------------------------------------------------------

    def _compare(self, meter: _Meter, others: Sequence[_Other], *, buys: bool) -> Iterator[Issue]:
        """Each of the others against the meter; all of them in turn where none does it alone."""
        price = meter.buy if buys else meter.sell
        if price is None or not others:
            return
        found = False
        for other in others:
            bad, gains = self._gains(other.value, price, meter.spans, buys=buys)
            if bad.any():
                found = True
                yield self._issue(meter, [other], bad, gains, buys=buys)
        if not found and len(others) > 1:
            best = (np.maximum if buys else np.minimum).reduce([other.value for other in others])
            bad, gains = self._gains(best, price, meter.spans, buys=buys)
            if bad.any():
                yield self._issue(meter, others, bad, gains, buys=buys)

    def _gains(
        self, value: Values, price: Values, spans: Sequence[NDArray[np.int64]], *, buys: bool
    ) -> tuple[NDArray[np.bool_], Values]:
        """Where more is earned than it costs, in the mean of a span; told at the first period of the span."""
        earned, cost = (value, price) if buys else (price, value)
        bad, gains = np.zeros(earned.shape, dtype=bool), np.zeros(earned.shape)
        if not spans:
            return bad, gains
        first = np.array([span[0] for span in spans])
        if len(spans) < earned.shape[1]:
            hours = self._instance.horizon.lengths_h
            earned, cost = (
                np.column_stack([v[:, span] @ hours[span] / hours[span].sum() for span in spans])
                for v in (earned, cost)
            )
        more = earned - cost
        allowed = TOLERANCE * np.maximum(np.abs(earned), np.abs(cost)) + _LEFT_OVER * self._largest
        bad[:, first], gains[:, first] = more > allowed, more
        return bad, gains

    def _issue(
        self, meter: _Meter, others: Sequence[_Other], bad: NDArray[np.bool_], gains: Values, *, buys: bool
    ) -> Issue:
        scenario, period = (int(k) for k in np.argwhere(bad)[0])
        way = others[0].way((scenario, period)) if len(others) == 1 else []
        over = f", {', '.join(way)}" if way else ""
        own = f"{'buying' if buys else 'selling'} over {meter.words}"
        if all(other.is_ring for other in others):
            words = f"{own} at less than nothing and {' or '.join(other.words for other in others)}"
            hint = _RING_HINT
        else:
            parts = " or ".join(other.words for other in others)
            words = f"{own}{over} and {parts} at once" if buys else f"{parts}{over} and {own} at once"
            hint = _WHEELING_HINT
        if len(others) > 1:
            words += ", each in its own periods of a settlement period"
        key = others[0].key if buys else meter.key
        found = shown(self._tree, bad, lambda s, t: f"{gains[s, t]:g} EUR/MWh earned")
        return Issue(self._file, None, key, found, f"no money from {words}", hint)


def _settlement(market: Market, tree: ScenarioTree, period_h: float) -> tuple[NDArray[np.int64], ...]:
    spans = [np.asarray(span, dtype=np.int64) for span in blocks(tree.time, period_h, market.settlement_period_h)]
    if market.calendar:
        inside = in_windows(market.calendar, (), tree.time)
        spans = [span for span in spans if inside[span[0]]]
    return tuple(spans)
