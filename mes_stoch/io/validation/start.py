"""What ``start`` says was decided before the horizon, and cannot have been."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from mes_stoch.io.readers.locate import did_you_mean, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.start_calls import call_start_issues
from mes_stoch.rules.time_axis import horizon_block_problem
from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import Flexibility, as_called
from mes_stoch.schema.instance import Horizon
from mes_stoch.schema.product import Market, MarketProduct

_TOLERANCE = 1e-9


def start_issues(context: CheckContext) -> Iterator[Issue]:
    """Volumes, positions and calls of what is no such product, too many, or such as rules and limits exclude."""
    start = context.partial.start
    if start is None:
        return
    for key, given in (("commitments_mw", start.commitments_mw), ("positions_mw", start.positions_mw)):
        for name, values in given.items():
            yield from _entry_issues(context, key, name, values)
    yield from _exclusive_issues(context, start.commitments_mw)
    yield from call_start_issues(context)


def _entry_issues(context: CheckContext, key: str, name: str, values: Sequence[float]) -> Iterator[Issue]:
    partial, place = context.partial, ("start", key, name)
    product = partial.products.get(name)
    if product is None:
        if name not in partial.product_names:
            hint = did_you_mean(name, partial.product_names, "products of this instance")
            yield context.locator.issue(place, show(name), "a product listed under products", hint)
        return
    expected = "a product of which a volume is committed for calls"
    is_fitting = as_called(product) is not None
    if key == "positions_mw":
        expected, is_fitting = "a market of energy", product.market() is not None
    if not is_fitting:
        found = product.kind_in_words or f"a product of the family {product.family}"
        yield context.locator.issue(place, f"{show(name)}, {found}", expected)
        return
    if product.price_offers() is not None:
        hint = "leave the prices out of an instance in which its first volumes are decided"
        yield context.locator.issue(place, f"{name}, which is offered at prices", "a product without offers", hint)
        return
    yield from _count_issues(context, place, product, values)
    called, market = as_called(product), product.market()
    for index, value in enumerate(values):
        problem = None
        if market is not None:
            problem = _position_problem(context, name, market, value)
        elif called is not None:
            problem = _volume_problem(context, called, value)
        if problem is not None:
            yield context.locator.issue((*place, index), f"{value:g}", problem)


def _count_issues(
    context: CheckContext, place: tuple[str, ...], product: MarketProduct, values: Sequence[float]
) -> Iterator[Issue]:
    horizon, time = context.partial.horizon, context.time
    if horizon is None or time is None or not _has_blocks(product, time, horizon):
        return
    blocks = len(volume_blocks(product, time, horizon.period_h))
    if len(values) > blocks:
        what = "settlement periods" if product.market() is not None else "blocks"
        yield context.locator.issue(place, f"{len(values)} values", f"at most {blocks}, the {what} of the horizon")


def _exclusive_issues(context: CheckContext, given: Mapping[str, Sequence[float]]) -> Iterator[Issue]:
    """Volumes of two products that exclude each other, in the same hours."""
    products = context.partial.products
    periods = {name: _committed_periods(context, products[name], given[name]) for name in given if name in products}
    for name in periods:
        for other in products[name].excludes:
            if other != name and periods[name] & periods.get(other, set()):
                place = ("start", "commitments_mw", name)
                expected = f"no volume in the hours of one of {other}, which it excludes (exclusive_with)"
                yield context.locator.issue(place, f"{show(list(given[name]))}, beside {other}", expected)


def _committed_periods(context: CheckContext, product: MarketProduct, volumes: Sequence[float]) -> set[int]:
    horizon, time = context.partial.horizon, context.time
    if as_called(product) is None or horizon is None or time is None or not _has_blocks(product, time, horizon):
        return set()
    blocks = volume_blocks(product, time, horizon.period_h)
    return {int(t) for volume, block in zip(volumes, blocks, strict=False) if volume > 0 for t in block}


def _has_blocks(product: MarketProduct, time: pd.DatetimeIndex, horizon: Horizon) -> bool:
    """Whether the horizon can be cut into its blocks; the checks of products say where it cannot."""
    market = product.market()
    block_h = product.volume_block_h if market is None else market.settlement_period_h
    return block_h is None or horizon_block_problem(horizon, time, block_h, may_have_begun=True) is None


def _volume_problem(context: CheckContext, product: Flexibility, volume: float) -> str | None:
    bids, step = context.partial.bids, product.bid_step_mw
    if volume > product.volume_max_mw + _TOLERANCE:
        return f"at most volume_max_mw ({product.volume_max_mw:g})"
    if bids.minimum and 0 < volume < product.minimum_bid_mw - _TOLERANCE:
        return f"0, or at least minimum_bid_mw ({product.minimum_bid_mw:g}); or bids.minimum: false"
    if bids.steps and step > 0 and not math.isclose(volume / step, round(volume / step), abs_tol=_TOLERANCE):
        return f"a multiple of bid_step_mw ({step:g}), or bids.steps: false"
    return None


def _position_problem(context: CheckContext, name: str, market: Market, position: float) -> str | None:
    if position < 0 and not market.can_buy:
        return "0 or more: nothing is bought on a market with sides: sell"
    if position > 0 and not market.can_sell:
        return "0 or less: nothing is sold on a market with sides: buy"
    liquidity = market.liquidity_mw
    if liquidity is not None:
        if abs(position) > liquidity + _TOLERANCE:
            return f"at most liquidity_mw ({liquidity:g}) either way"
        return None
    spec = context.partial.components.get(context.connections.get(name, ""))
    grid = None if spec is None else spec.connection()
    if grid is None or grid.import_max_mw is None:
        return None
    if not -grid.import_max_mw - _TOLERANCE <= position <= grid.export_max_mw + _TOLERANCE:
        return f"a position between -{grid.import_max_mw:g} and {grid.export_max_mw:g}, the limits of its connection"
    return None
