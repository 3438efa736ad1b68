"""Are the calls of a scenario tree such as the products allow, and known when the products say they are?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.call_history import CallHistory, call_history
from mes_stoch.rules.gates import closing_times
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import LEAST_CALLED_PER_UNIT, Direction, Flexibility
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_limits import CallLimits, limits_of
from mes_stoch.uncertainty.calls import Breach, breaches, find_calls
from mes_stoch.uncertainty.examples import stacked
from mes_stoch.uncertainty.process import DrawContext

Values = NDArray[np.float64]

#: Gate of the day-ahead stage where no market is decided there.
DAY_AHEAD_GATE = "D-1 12:00"
EXAMPLES = 3


def call_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """Calls that break a limit of their product, and announced calls that differ where they must be the same.

    **Rules** (every scenario)

    - no more calls, and no longer, shorter or closer ones than :class:`~mes_stoch.schema.flexibility.Flexibility` says;
    - no call outside the window of the product. A product that follows a signal in proportion and is paid for what it
      delivers is not asked: nothing is held there, so nothing is moved and nothing paid;
    - what the site offers by itself (free offers) is called in merit order and in its window; demand reduction is sold
      and not called;
    - hours of calls are counted in whole periods, also of a first period of which a part is over;
    - a call announced before the day-ahead stage is decided is the same in all leaves of a day-ahead node.

    Calls before the horizon, where ``start.calls`` gives them, count towards these limits, and a call under way at the
    start is one with that of the first period.
    """
    context = DrawContext.of(instance.horizon, tree.time)
    for product_id, product in instance.called_products().items():
        if not product.has_called_share:
            continue
        for direction in product.directions:
            before = call_history(instance, product_id, product, direction, context.time)
            called = _called(product, direction, tree, before)
            if called is not None:
                name = str(product.activation(direction))
                limits = limits_of(product, context.time, before)
                yield from _limit_issues(product_id, product, limits, called, tree, context, file, name)
                yield from _notice_issues(instance, product_id, product, before, called, tree, context, file)


def _called(
    product: Flexibility, direction: Direction, tree: ScenarioTree, before: CallHistory | None
) -> Values | None:
    """Called shares, (scenarios, periods); ``None`` where nothing is called or a series is missing or has gaps."""
    called = stacked(tree, product.activation(direction))
    if called is None or not np.isfinite(called).all():
        return None
    is_running = before is not None and before.is_running
    if not is_running and not (called > LEAST_CALLED_PER_UNIT).any():
        return None
    prices = product.merit_order()
    if prices is not None:
        offer, marginal = (stacked(tree, price) for price in prices)
        if offer is not None and marginal is not None:
            is_in_merit = marginal >= offer if direction == "up" else marginal <= offer
            called = np.where(is_in_merit, called, 0.0)
    return called


def _limit_issues(
    product_id: str,
    product: Flexibility,
    limits: CallLimits,
    called: Values,
    tree: ScenarioTree,
    context: DrawContext,
    file: str,
    name: str,
) -> Iterator[Issue]:
    window = stacked(tree, product.window_per_unit)
    if product.is_own_offer:
        called = called if limits.open is None else np.where(limits.open, called, 0.0)
        limits, window = replace(limits, open=None), None
    elif product.call == "continuous" and product.energy_settlement == "delivered":
        limits, window = replace(limits, open=None), None
    found: dict[str, list[tuple[int, Breach]]] = {}
    for scenario, shares in enumerate(called):
        own = limits if window is None else _within(limits, window[scenario])
        for breach in breaches(shares, own, context):
            found.setdefault(breach.field, []).append((scenario, breach))
    for field, places in found.items():
        yield Issue(
            file,
            None,
            f"products.{product_id}.{field}",
            _examples(tree, [(scenario, b.period, b.found) for scenario, b in places]),
            places[0][1].expected,
            f"the calls are those of {name}: change them, or the limit where the contract allows more",
        )


def _within(limits: CallLimits, window: Values) -> CallLimits:
    closed = window <= LEAST_CALLED_PER_UNIT
    if not closed.any():
        return limits
    return replace(limits, open=~closed if limits.open is None else limits.open & ~closed)


def _notice_issues(
    instance: Instance,
    product_id: str,
    product: Flexibility,
    before: CallHistory | None,
    called: Values,
    tree: ScenarioTree,
    context: DrawContext,
    file: str,
) -> Iterator[Issue]:
    """Calls known at the day-ahead stage that differ between leaves of one node."""
    if product.notice_h == 0 or tree.is_two_stage:
        return
    ran_h = before.running_h if before is not None else 0.0
    known = known_day_ahead(called, product.notice_h, context, _day_ahead_gates(instance), ran_h)
    places = []
    for below in tree.day_ahead_nodes.values():
        leaves = list(below)
        # a call of one leaf is known to its neighbours, which must have it too
        differs = np.abs(called[leaves] - called[leaves[0]]) > LEAST_CALLED_PER_UNIT
        bad = differs & known[leaves].any(axis=0)
        places += [(leaves[k], int(t), f"{called[leaves[k], t]:g}") for k, t in np.argwhere(bad)]
    if places:
        yield Issue(
            file,
            None,
            f"products.{product_id}.notice_h",
            _examples(tree, places),
            "one called share in all scenarios of a day-ahead node",
            f"calls are announced {product.notice_h:g} h ahead, before the day-ahead stage is decided; give the "
            "scenarios nodes of their own, or a shorter notice",
        )


def known_day_ahead(
    called: Values, notice_h: float, context: DrawContext, gates: Sequence[str], ran_h: float = 0.0
) -> NDArray[np.bool_]:
    """Periods of calls, (scenarios, periods), that are announced before every one of the gates closes.

    A call of the first period has run for ``ran_h`` hours, and was announced as much earlier.
    """
    earlier_h = np.where(np.arange(context.periods) == 0, notice_h + ran_h, notice_h)
    announced = context.time.tz_localize(None) - pd.to_timedelta(earlier_h, unit="h")
    in_time = np.logical_and.reduce([np.asarray(announced <= closing_times(gate, context.time)) for gate in gates])
    known = np.zeros(called.shape, dtype=bool)
    for scenario, shares in enumerate(called):
        for call in find_calls(shares, context.period_h):
            known[scenario, call.first : call.stop] = in_time[call.first]
    return known


def _day_ahead_gates(instance: Instance) -> list[str]:
    gates = [
        market.gate for market in instance.markets().values() if market.stage == "day_ahead" and market.gate is not None
    ]
    return gates or [DAY_AHEAD_GATE]


def _examples(tree: ScenarioTree, places: Sequence[tuple[int, int, str]]) -> str:
    time, names = tree.time, tree.scenario_names
    shown = [f"{text} (scenario {names[s]}, {time[t]:%Y-%m-%d %H:%M})" for s, t, text in places[:EXAMPLES]]
    more = f" and {len(places) - EXAMPLES} more" if len(places) > EXAMPLES else ""
    return "; ".join(shown) + more
