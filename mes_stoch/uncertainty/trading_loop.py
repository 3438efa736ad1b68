"""Can a site earn money from prices alone, with nothing but its meters, its cables and its markets?

Equations
---------
Converters, stores, sources and demands go; connections, links between nodes of one carrier and markets stay, one market
open at a time. A MWh costs ``buy_c`` over connection ``c`` and earns ``sell_d`` over ``d``::

    not traded   buy = import price                        sell = export price
    traded       buy = import price + market price + fee   sell = export price + market price - fee

and passes a link of ``g`` MWh out for one in at ``(buy + cost) / g``. A linear program of this kind earns nothing if
and only if, for every two connections and the cheapest way between them, ``sell_d <= buy_c``: in every period, and
where one of them is traded in the mean of each settlement period of its market, since a position is the same in all of
it. Both ways of one connection are compared in the same way (:mod:`mes_stoch.uncertainty.quality`). A ring of links
that loses energy is a place to throw it away: a MWh that is bought for less than nothing and runs in a ring of gain
``g`` and cost ``c`` earns ``-buy - c / (1 - g)``.

What is called of a contract and missed earns nothing by its settlement (:mod:`mes_stoch.products.missed_calls`), and
slack costs more than any price (:mod:`mes_stoch.io.penalties`), so neither can close a loop.

The two prices of two markets are no loop: trading between them is a decision under uncertainty. It needs a limit, so
every market after the first states its ``liquidity_mw``; what it earns stands in a stream of its own
(``energy.<market>_spread``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.calendar import in_windows
from mes_stoch.io.price_limits import traded_connections
from mes_stoch.io.time import blocks
from mes_stoch.schema.components import GridConnection
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.products import EnergyMarket
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked
from mes_stoch.uncertainty.links import Link, bought_at, links_of, rings, sold_from

Values = NDArray[np.float64]

#: Rounding of prices written to a CSV, relative to their size.
TOLERANCE = 1e-6

_WHEELING_HINT = (
    "the site would earn the difference without any device; put what each meter measures at a node of its own, with a "
    "link in the direction that is metered, correct the prices, or say `wheeling: true` if it may"
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


def trading_loop_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """Every way to earn money from prices alone; see the module's equations."""
    yield from _liquidity(instance)
    links = links_of(instance, tree)
    traded = traded_connections(instance)
    untraded = [m for name in instance.components if name not in traded for m in _meters(instance, tree, name, None)]
    markets = {name: p for name, p in instance.products.items() if isinstance(p, EnergyMarket)}
    if not instance.wheeling:
        yield from _between(tree, file, links, [(a, b) for a in untraded for b in untraded if a.name != b.name])
    yield from _burning(tree, file, links, untraded)
    for product_id, market in markets.items():
        # one market is open at a time
        for own in _meters(instance, tree, str(market.connection), product_id):
            if not instance.wheeling:
                pairs = [pair for other in untraded for pair in ((own, other), (other, own)) if other.name != own.name]
                yield from _between(tree, file, links, pairs)
            yield from _burning(tree, file, links, [own])


def _liquidity(instance: Instance) -> Iterator[Issue]:
    markets = {name: p for name, p in instance.products.items() if isinstance(p, EnergyMarket)}
    first = "da" if "da" in markets else next(iter(markets), "")
    for name, market in markets.items():
        if name != first and market.liquidity_mw is None:
            yield Issue(
                "instance.yaml",
                None,
                f"products.{name}.liquidity_mw",
                "nothing",
                f"the largest position either way, in MW: a finite one on every market after {first}",
                f"what is earned between {first} and {name} has no other limit; say how much {name} takes",
            )


def _meters(instance: Instance, tree: ScenarioTree, name: str, product_id: str | None) -> Iterator[_Meter]:
    spec = instance.components.get(name)
    if not isinstance(spec, GridConnection):
        return
    bought, sold = stacked(tree, spec.import_price_eur_per_mwh), stacked(tree, spec.export_price_eur_per_mwh)
    if bought is None or sold is None:
        return
    spans = tuple(np.asarray([t], dtype=np.int64) for t in range(tree.periods))
    if product_id is not None:
        market = instance.products[product_id]
        if not isinstance(market, EnergyMarket):
            return
        price = stacked(tree, market.price_eur_per_mwh)
        if price is None:
            return
        cost = market.trading_cost_eur_per_mwh
        bought, sold = bought + price + cost, sold + price - cost
        spans = _settlement(market, tree, instance.horizon.period_h)
    can_buy = spec.import_max_mw is None or spec.import_max_mw > 0
    yield _Meter(
        name, spec.node, bought if can_buy else None, sold if spec.export_max_mw > 0 else None, product_id, spans
    )


def _settlement(market: EnergyMarket, tree: ScenarioTree, period_h: float) -> tuple[NDArray[np.int64], ...]:
    spans = [np.asarray(span, dtype=np.int64) for span in blocks(tree.time, period_h, market.settlement_period_h)]
    if market.calendar:
        inside = in_windows(market.calendar, (), tree.time)
        spans = [span for span in spans if inside[span[0]]]
    return tuple(spans)


def _between(
    tree: ScenarioTree, file: str, links: Sequence[Link], pairs: Sequence[tuple[_Meter, _Meter]]
) -> Iterator[Issue]:
    for source, target in pairs:
        if source.buy is None or target.sell is None:
            continue
        # a traded position is flat, so prices are led to the node of the traded connection
        if source.market is not None:
            earned = sold_from(links, target.node, target.sell).get(source.node)
            cost: Values | None = source.buy
        else:
            earned, cost = target.sell, bought_at(links, source.node, source.buy).get(target.node)
        if earned is None or cost is None:
            continue
        spans = source.spans if source.market is not None else target.spans
        bad, gains = _gains(earned, cost, spans)
        if not bad.any():
            continue
        over = [link.name for link in links] if source.node != target.node else []
        words = f"buying over {source.words}{', ' + ', '.join(over) if over else ''} and selling over {target.words}"
        found = shown(tree, bad, lambda s, t, gains=gains: f"{gains[s, t]:g} EUR/MWh earned")  # type: ignore[misc]
        expected = f"no money from {words} at once"
        yield Issue(file, None, target.key, found, expected, _WHEELING_HINT)


def _gains(
    earned: Values, cost: Values, spans: Sequence[NDArray[np.int64]]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Where more is earned than it costs, in the mean of a span; told at the first period of the span."""
    bad = np.zeros(earned.shape, dtype=bool)
    gains = np.zeros(earned.shape)
    if len(spans) == earned.shape[1]:
        gains = earned - cost
        bad = gains > TOLERANCE * np.maximum(1.0, np.maximum(np.abs(earned), np.abs(cost)))
        return bad, gains
    for span in spans:
        more, less = earned[:, span].mean(axis=1), cost[:, span].mean(axis=1)
        gains[:, span[0]] = more - less
        bad[:, span[0]] = more - less > TOLERANCE * np.maximum(1.0, np.maximum(np.abs(more), np.abs(less)))
    return bad, gains


def _burning(tree: ScenarioTree, file: str, links: Sequence[Link], meters: Sequence[_Meter]) -> Iterator[Issue]:
    for ring in rings(links):
        gain, cost = np.ones(ring[0].gain.shape), np.zeros(ring[0].gain.shape)
        for link in ring:
            cost, gain = cost + gain * link.cost, gain * link.gain
        lossy = gain < 1.0 - 1e-9
        worth = np.where(lossy, -cost / np.where(lossy, 1.0 - gain, 1.0), -np.inf)
        for meter in meters:
            here = None if meter.buy is None else bought_at(links, meter.node, meter.buy).get(ring[0].source)
            if here is None:
                continue
            bad, gains = _gains(worth, here, meter.spans)
            if bad.any():
                names = ", ".join(link.name for link in ring)
                found = shown(tree, bad, lambda s, t, gains=gains: f"{gains[s, t]:g} EUR/MWh")  # type: ignore[misc]
                yield Issue(
                    file,
                    None,
                    f"components.{ring[0].name}",
                    found,
                    f"no money from buying over {meter.words} at less than nothing and losing it in {names}",
                    "energy that runs in a ring is thrown away; leave one of these links out, or give them a cost "
                    "(cost_eur_per_mwh) above what is paid for taking energy, times the loss",
                )
