"""Connections, balances, slack, positions and imbalance (docs/model.md, "Energy and imbalance", "Slack")."""

from __future__ import annotations

from typing import Any

import numpy as np

from .flexibility import energy_price, settlement
from .leaf import DOWN, UP, Leaf, Leg, Series
from .nodes import behind
from .rows import Linear, total


def build_connections(leaf: Leaf) -> None:
    """Metered flows, tariffs, slack at every node."""
    for name, spec in leaf.site.of_type("grid_connection").items():
        most = np.inf if spec["import_max_mw"] is None else spec["import_max_mw"]
        leaf.imported[name] = leaf.columns(f"{name}.import_mw", most)
        leaf.exported[name] = leaf.columns(f"{name}.export_mw", spec.get("export_max_mw", 0.0))
        leaf.earn_series(f"tariff.{name}", -leaf.data(spec.get("import_price_eur_per_mwh", 0.0)), leaf.imported[name])
        leaf.earn_series(f"tariff.{name}", spec.get("export_price_eur_per_mwh", 0.0), leaf.exported[name])
    for node in leaf.site.nodes:
        _slack(leaf, node)


def _slack(leaf: Leaf, node: str) -> None:
    limits = {"unserved": _demands(leaf, node), "dumped": leaf.dumped_limit.get(node)}
    for kind, penalty_name, place in (
        ("unserved", "unserved", leaf.unserved),
        ("dumped", "dump", leaf.dumped),
    ):
        limit, penalty = limits[kind], leaf.penalty(f"nodes.{node}", penalty_name)
        place[node] = leaf.zeros()
        if limit is not None and penalty is not None:
            place[node] = leaf.columns(f"{node}.{kind}_mw", limit)
            leaf.earn_series(f"slack.{kind}_{node}", -penalty, place[node])


def _demands(leaf: Leaf, node: str) -> np.ndarray | None:
    """Demands at a node, of sheddable demands the part that cannot be shed, and what units that are kept on take."""
    parts = [leaf.kept_on_mw[node]] if node in leaf.kept_on_mw else []
    for spec in leaf.site.components.values():
        if spec["type"] == "demand" and spec["node"] == node:
            parts.append(leaf.data(spec["demand_mw"]) * spec.get("share_per_unit", 1.0))
        elif spec["type"] == "sheddable_demand" and spec["node"] == node:
            parts.append(leaf.data(spec["demand_mw"]) * (1 - spec.get("shed_max_per_unit", 1.0)))
    return np.sum(parts, axis=0) if parts else None


def build_balances(leaf: Leaf) -> None:
    for node in leaf.site.nodes:
        slack = [leaf.unserved[node][t] - leaf.dumped[node][t] for t in leaf.periods]
        flows = {
            kind: leaf.sum_of([s for d in leaf.devices.values() for s in getattr(d, kind).get(node, ())] + [slack])
            for kind in ("called", "base")
        }
        here = [name for name, c in leaf.site.of_type("grid_connection").items() if c["node"] == node]
        for t in leaf.periods:
            metered = total(leaf.imported[c][t] - leaf.exported[c][t] for c in here)
            leaf.program.same(f"{node}.balance", flows["called"][t] + metered)
        if leaf.site.traded in here:
            _schedule(leaf, str(leaf.site.traded), flows["base"])


def _schedule(leaf: Leaf, name: str, base: Series) -> None:
    spec = leaf.site.components[name]
    most_in, most_out = (np.inf if v is None else v for v in (spec["import_max_mw"], spec.get("export_max_mw", 0.0)))
    leaf.schedule = leaf.columns(f"{name}.scheduled_mw", most_out, -most_in)
    for t in leaf.periods:
        x = leaf.schedule[t]
        leaf.program.same(f"{name}.schedule_balance", base[t], x)
        up, down = (total(getattr(d, way)[t] for d in behind(leaf, name)) for way in ("up", "down"))
        leaf.program.less(f"{name}.headroom_up", x + up, most_out)
        leaf.program.less(f"{name}.headroom_down", down - x, most_in)


def build_markets(leaf: Leaf) -> None:
    """Positions that add up to the schedule, and what metering shows beyond them."""
    markets = leaf.site.of_family("energy")
    if not leaf.schedule:
        return
    name = str(leaf.site.traded)
    penalty = leaf.penalty(f"components.{name}", "schedule")
    if not markets:
        # nothing is traded: imbalance is measured from the schedule
        short = long = leaf.zeros()
    else:
        most = np.inf if penalty is not None else 0.0
        short, long = (leaf.columns(f"{name}.schedule_{way}_mw", most) for way in ("short", "long"))
        leaf.earn_series(f"slack.schedule_{name}", -(penalty or 0.0), [a + b for a, b in zip(short, long, strict=True)])
        positions = leaf.sum_of([_positions(leaf, market, rules) for market, rules in markets.items()])
        for t in leaf.periods:
            leaf.program.same(f"{name}.schedule", leaf.schedule[t] + short[t] - long[t], positions[t])
    for product, rules in leaf.site.of_family("imbalance").items():
        _imbalance(leaf, product, rules, [b - a for a, b in zip(short, long, strict=True)])


def _positions(leaf: Leaf, market: str, rules: dict[str, Any]) -> Series:
    spec = leaf.site.components[str(leaf.site.traded)]
    most_in, most_out = (np.inf if v is None else v for v in (spec["import_max_mw"], spec.get("export_max_mw", 0.0)))
    if rules.get("liquidity_mw") is not None:
        most_in = most_out = rules["liquidity_mw"]
    price, inside = leaf.data(rules["price_eur_per_mwh"]), leaf.site.clock.inside(rules)
    sells, buys = rules.get("sell_limit_prices_eur_per_mwh"), rules.get("buy_limit_prices_eur_per_mwh")
    toll = rules.get("fee_eur_per_mwh", 0.0) + rules.get("half_spread_eur_per_mwh", 0.0)
    of_period, given = {}, leaf.site.decided("positions_mw", market)
    for m, span in enumerate(_spans(leaf, rules["settlement_period_h"])):
        is_open = float(inside[span].all())
        hours, mean = leaf.site.clock.length(span), leaf.site.clock.mean(price, span)
        if sells is not None or buys is not None:
            sold, sales = _kept(leaf, f"{market}.sell", m, most_out * is_open, rules, sells, mean)
            bought, costs = _kept(leaf, f"{market}.buy", m, most_in * is_open, rules, buys, mean)
            leaf.earn(f"energy.{market}", hours * (sales - costs))
            leaf.earn(f"energy.{market}_toll", -hours * toll * (sold + bought))
            of_period |= dict.fromkeys(span, sold - bought)
            continue
        if m < len(given):
            sold, bought = (Linear(constant=max(0.0, side * given[m])) for side in (1, -1))
            leaf.earn(f"energy.{market}", hours * mean * (sold - bought))
            leaf.earn(f"energy.{market}_toll", -hours * toll * (sold + bought))
            of_period |= dict.fromkeys(span, sold - bought)
            continue
        stage = rules.get("stage", "realtime")
        sold = leaf.shared(stage, f"{market}.sold[{m}]", 0, most_out * is_open if is_open else 0)
        bought = leaf.shared(stage, f"{market}.bought[{m}]", 0, most_in * is_open if is_open else 0)
        leaf.earn(f"energy.{market}", hours * mean * (sold - bought))
        leaf.earn(f"energy.{market}_toll", -hours * toll * (sold + bought))
        of_period |= dict.fromkeys(span, sold - bought)
    return [of_period[t] for t in leaf.periods]


def _kept(
    leaf: Leaf, name: str, m: int, most: float, rules: dict[str, Any], limits: list[float] | None, price: float
) -> tuple[Linear, Linear]:
    """What is traded of orders at limits that the price keeps, and what is paid for it an hour."""
    orders = [(limit, leaf.shared("commit", f"{name}_{limit:g}[{m}]", 0, most)) for limit in limits or ()]
    leaf.program.less(f"{name}.offered", total(x for _, x in orders), float(most))
    kept = [(o, x) for o, x in orders if (price >= o if name.endswith("sell") else price <= o)]
    is_bid = rules.get("pricing", "cleared") == "bid"
    return total(x for _, x in kept), total((o if is_bid else price) * x for o, x in kept)


def _spans(leaf: Leaf, hours: float | None) -> list[list[int]]:
    if hours is None or hours <= leaf.site.clock.period_h + 1e-9:
        return [[t] for t in leaf.periods]
    return leaf.site.clock.blocks(hours)


def _imbalance(leaf: Leaf, product: str, rules: dict[str, Any], beyond: Series) -> None:
    """Netted over settlement periods; `beyond` is `schedule_long - schedule_short`."""
    long_price, short_price = _prices(leaf, rules)
    parts = [beyond]
    for legs in leaf.legs.values():
        for leg in legs:
            sign = 1.0 if leg.direction == UP else -1.0
            kind = settlement(leg.rules)
            if kind == "ordered":
                parts.append([-sign * missed for missed in leaf.missed[leg]])
            elif kind == "uncorrected":
                parts += [[sign * e for e in d.given[leg]] for d in leaf.devices.values() if leg in d.given]
    net, clock = leaf.sum_of(parts), leaf.site.clock
    for m, span in enumerate(_spans(leaf, rules.get("settlement_period_h"))):
        long, short = (leaf.column(f"{product}.{side}_mw[{m}]") for side in ("long", "short"))
        leaf.program.same(
            f"{product}.imbalance", long - short, total(clock.hours[t] * net[t] for t in span) / clock.length(span)
        )
        price_long, price_short = clock.mean(long_price, span), clock.mean(short_price, span)
        leaf.earn("imbalance", clock.length(span) * (price_long * long - price_short * short))
        _take_back(leaf, span, price_long, price_short)


def _prices(leaf: Leaf, rules: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    if rules.get("price_long_eur_per_mwh") is not None:
        return leaf.data(rules["price_long_eur_per_mwh"]), leaf.data(rules["price_short_eur_per_mwh"])
    trend, k = leaf.data(rules["system_trend_per_unit"]), leaf.data(rules["k_per_unit"])
    up, down = leaf.data(rules["vwap_up_eur_per_mwh"]), leaf.data(rules["vwap_down_eur_per_mwh"])
    v = np.where(trend >= 0, up, down)
    return np.minimum(v * (1 - k), v * (1 + k)), np.maximum(v * (1 - k), v * (1 + k))


def _take_back(leaf: Leaf, span: list[int], price_long: float, price_short: float) -> None:
    """What misses of calls paid as ordered would earn at the price `pi` of a netted imbalance."""
    ordered = [leg for legs in leaf.legs.values() for leg in legs if settlement(leg.rules) == "ordered"]
    price = {leg: energy_price(leaf, leg) for leg in ordered}
    cost = {leg: _penalty(leaf, leg) for leg in ordered}
    least = [
        price[leg][t] + cost[leg][t] for leg in ordered for t in span if leg.direction == DOWN and leg.share[t] > 0
    ]
    pi = max(price_long, min([price_short, *least]))
    for leg in ordered:
        for t in span:
            gain = price[leg][t] - cost[leg][t] - pi if leg.direction == UP else pi - price[leg][t] - cost[leg][t]
            if leg.share[t] > 0 and gain > 0:
                leaf.earn(f"activation.{leg.product}", -leaf.h[t] * float(gain) * leaf.missed[leg][t])


def _penalty(leaf: Leaf, leg: Leg) -> np.ndarray:
    is_free = leg.rules.get("delivery_tolerance_per_unit", 0.0) > 0
    return leaf.data(0.0 if is_free else leg.rules["missed_penalty_eur_per_mwh"])
