"""Rules that several families of products have in common: bids, blocks, terms, calendars and called shares."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial

from mes_stoch.io.readers.locate import show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.rules.calendar import in_windows
from mes_stoch.rules.time_axis import grid_times, horizon_block_problem
from mes_stoch.schema.calendar import CalendarWindow
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.schema.product import BidRules

_TOLERANCE = 1e-9
_DAY_MIN = 24 * 60


def called_issues(context: CheckContext, name: str, product: Flexibility) -> Iterator[Issue]:
    """Problems of a product that is held ready and called, whatever its family."""
    yield from bid_issues(context, name, "volume_max_mw", product)
    if product.block_h is not None:
        yield from block_issues(context, name, "block_h", product.block_h)
    yield from _term_issues(context, name, product)
    yield from calendar_issues(context, name, product.calendar)
    yield from _availability_issues(context, name, product)


def _availability_issues(context: CheckContext, name: str, product: Flexibility) -> Iterator[Issue]:
    """A rule over scenarios that would mean nothing for the product."""
    rule = product.availability
    if rule is None:
        return
    if product.stage != "commit":
        hint = "a probability over scenarios is of a volume that is the same in all of them"
        yield context.locator.issue(
            ("products", name, "availability"),
            f"a volume of the stage {product.stage}",
            "a volume of the stage commit",
            hint,
        )
    is_called = any(product.activation(direction) not in (None, 0, 0.0) for direction in product.directions)
    if rule.approach == "cvar" and product.call == "continuous" and is_called:
        hint = (
            "what is held beyond the volume would follow the signal too, and deliver what nobody ordered; write "
            "approach: exact"
        )
        place = ("products", name, "availability", "approach")
        yield context.locator.issue(place, "cvar of a product whose calls are continuous", "approach exact", hint)


def share_issues(context: CheckContext, name: str, product: Flexibility) -> Iterator[Issue]:
    """A called share that is written as a number and is none."""
    share = product.activation(product.directions[0])
    if share is not None and not isinstance(share, str) and not 0 <= share <= 1:
        yield context.locator.issue(("products", name, "activation_per_unit"), show(share), "a share in [0, 1]")


def bid_issues(context: CheckContext, name: str, key: str, product: BidRules) -> Iterator[Issue]:
    """Bid rules that leave room for no bid; ``key`` is the entry of the largest volume."""
    locator, bids = context.locator, context.partial.bids
    largest = product.volume_max_mw
    if largest == 0:
        return
    smallest = product.minimum_bid_mw if bids.minimum else 0.0
    place = ("products", name, key)
    hint = "raise it, lower minimum_bid_mw (an aggregation pool may allow it), or set bids.minimum: false"
    if smallest > largest + _TOLERANCE:
        yield locator.issue(place, f"{largest:g}, below minimum_bid_mw ({smallest:g})", "at least the minimum", hint)
        return
    step = product.bid_step_mw
    if bids.steps and step > 0:
        multiple = step * max(1, math.ceil(smallest / step - _TOLERANCE))
        if multiple > largest + _TOLERANCE:
            found = f"{largest:g}, below the smallest bid in steps of {step:g} ({multiple:g})"
            yield locator.issue(place, found, "room for at least one bid", "raise it or lower bid_step_mw")


def block_issues(context: CheckContext, name: str, key: str, block_h: float) -> Iterator[Issue]:
    """A length of blocks that the horizon cannot be cut into."""
    horizon = context.partial.horizon
    if context.time is None or horizon is None:
        return
    cut = partial(horizon_block_problem, horizon, context.time, block_h)
    problem = cut(may_have_begun=_is_given(context, name))
    if problem is not None:
        hint = "blocks are spans of local clock hours; change horizon.start, horizon.periods or this length"
        if cut(may_have_begun=True) is None:
            hint += ", or say under start what was awarded or traded for the block that has begun"
        yield context.locator.issue(("products", name, key), f"{block_h:g}", f"a length in h that {problem}", hint)


def _is_given(context: CheckContext, name: str) -> bool:
    """Whether the first block of a product is decided already, or is none of its own.

    Imbalance is settled for whatever is left of one; a market's calendar may leave the first one out.
    """
    start, product = context.partial.start, context.partial.products.get(name)
    horizon, time = context.partial.horizon, context.time
    if product is None:
        return False
    is_begun = horizon is not None and horizon.begun_h > 0
    market = product.market()
    stated = start is not None and bool(start.commitments_mw.get(name) or start.positions_mw.get(name))
    if is_begun and time is not None and market is not None and market.calendar:
        return stated or not in_windows(market.calendar, (), time)[0]
    return stated or product.settles_imbalance


def _term_issues(context: CheckContext, name: str, product: Flexibility) -> Iterator[Issue]:
    start, end = product.contract_start, product.contract_end
    if start is not None and end is not None and date.fromisoformat(end) < date.fromisoformat(start):
        found = f"{end}, before contract_start ({start})"
        yield context.locator.issue(("products", name, "contract_end"), found, "a day from contract_start on")


def calendar_issues(context: CheckContext, name: str, calendar: Sequence[CalendarWindow]) -> Iterator[Issue]:
    """A period is in a window or not: windows begin and end where periods do."""
    time, horizon, locator = context.time, context.partial.horizon, context.locator
    for index, window in enumerate(calendar):
        place = ("products", name, "calendar", index)
        if not window.months:
            yield locator.issue((*place, "months"), "none", "at least one month", "leave the key out for all months")
        if horizon is None or time is None:
            continue
        period_min = max(1, round(horizon.period_h * 60))
        first = grid_times(time, horizon.begun_h)[0]
        first_min = first.hour * 60 + first.minute
        for key, clock in (("time_from", window.time_from), ("time_to", window.time_to)):
            if (_minutes(clock) - first_min) % min(period_min, _DAY_MIN):
                expected = f"a time at which a period begins; they begin at {first:%H:%M} and last {period_min:g} min"
                yield locator.issue((*place, key), show(clock), expected, "a period is in a window or not")


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)
