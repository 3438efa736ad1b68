"""What ``start.calls`` says of the calls before the horizon, and cannot have been."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from mes_stoch.io.readers.locate import did_you_mean, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.rules.call_history import CallHistory, hours_since_midnight, of_today, start_key
from mes_stoch.schema.calls_before import CallsBefore
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.flexibility import LEAST_CALLED_H, Direction, Flexibility, as_called

#: An entry that breaks a rule: its field, what was found, what is expected, and a hint.
Problem = tuple[str, str, str, str]


@dataclass(frozen=True)
class _Entry:
    """One entry, and the direction of the product that it is of."""

    key: str
    product_id: str
    product: Flexibility
    direction: Direction
    given: CallsBefore


def call_start_issues(context: CheckContext) -> Iterator[Issue]:
    """Calls of what is no such product, beyond what its limits allow, and such as contradict each other."""
    start, partial = context.partial.start, context.partial
    if start is None:
        return
    called = {name: product for name, own in partial.products.items() if (product := as_called(own)) is not None}
    known = {
        start_key(name, product, direction): (name, product, direction)
        for name, product in called.items()
        if product.has_called_share
        for direction in product.directions
    }
    entries = [_Entry(key, *known[key], given) for key, given in start.calls.items() if key in known]
    for key in start.calls:
        if key not in known:
            yield from _unknown_issues(context, key, known)
    for entry in entries:
        place = ("start", "calls", entry.key)
        for field, found, expected, hint in _problems(context, entry):
            yield context.locator.issue((*place, field) if field else place, found, expected, hint)
    yield from _shared_issues(context, {entry.key: entry for entry in entries}, known)


def _unknown_issues(
    context: CheckContext, key: str, known: dict[str, tuple[str, Flexibility, Direction]]
) -> Iterator[Issue]:
    place, product = ("start", "calls", key), context.partial.products.get(key)
    own = [other for other, (name, _, _) in known.items() if name == key]
    if product is None:
        if key not in context.partial.product_names:
            hint = did_you_mean(key, known, "products that can be called here")
            yield context.locator.issue(place, show(key), "a product listed under products that is called", hint)
    elif own:
        found = f"{show(key)}, which is called both ways"
        yield context.locator.issue(place, found, " or ".join(own), "its limits count the calls of a direction alone")
    else:
        found = f"{show(key)}, {product.kind_in_words or f'a product of the family {product.family}'}"
        yield context.locator.issue(place, found, "a product that an operator calls")


def _problems(context: CheckContext, entry: _Entry) -> Iterator[Problem]:
    yield from _limit_problems(entry)
    yield from _rest_problems(entry)
    yield from _component_problems(context, entry)
    if context.time is not None:
        yield from _day_problems(entry, context.time)


def _limit_problems(entry: _Entry) -> Iterator[Problem]:
    """More or longer calls than the limits of the product allow."""
    product, given = entry.product, entry.given
    for field, value, limit, unit in (
        ("running_h", given.running_h, "call_maximum_h", " h"),
        ("calls_today", given.calls_today, "calls_max_per_day", ""),
        ("called_today_h", given.called_today_h, "call_hours_max_per_day", " h"),
        ("calls_so_far", given.calls_so_far, "calls_max", ""),
    ):
        most = getattr(product, limit)
        if value is not None and most is not None and value > most + LEAST_CALLED_H:
            expected = f"at most {limit} of {entry.product_id} ({most:g}{unit})"
            yield field, f"{value:g}{unit}", expected, "correct it, or the limit where the contract allows more"


def _rest_problems(entry: _Entry) -> Iterator[Problem]:
    product, given = entry.product, entry.given
    if given.running_h is not None:
        if given.since_last_h is not None:
            hint = "the time since a call counts once none is under way; leave out the one that is not so"
            found = f"{given.since_last_h:g} h, beside running_h"
            yield "since_last_h", found, "no time while a call is under way", hint
        return
    if given.calls_today and given.since_last_h is None and product.rest_minimum_h > 0:
        expected = f"the time since the last call, which counts towards rest_minimum_h ({product.rest_minimum_h:g} h)"
        yield "since_last_h", f"nothing, beside calls_today {given.calls_today}", expected, ""


def _component_problems(context: CheckContext, entry: _Entry) -> Iterator[Problem]:
    given, components = entry.given, context.partial.components
    providing = [name for name, spec in components.items() if entry.product_id in spec.provided]
    for name in given.started or ():
        if name not in providing and name not in context.partial.broken_components:
            yield "started", show(name), f"a component that provides {entry.product_id}", listed(providing)
    if given.started and given.running_h is None:
        yield "started", show(list(given.started)), "nothing, as no call is under way", "give running_h, or remove it"


def _day_problems(entry: _Entry, time: pd.DatetimeIndex) -> Iterator[Problem]:
    """Counts of a day that its hours, or the call under way, contradict."""
    given, since_h = entry.given, hours_since_midnight(time)
    begun, today_h = of_today(given, time)
    if given.calls_today and since_h <= LEAST_CALLED_H:
        yield "calls_today", f"{given.calls_today}", "0: the local day begins with the horizon", ""
        return
    if given.calls_today is not None and given.calls_today < begun:
        expected = f"at least {begun}: the call under way began on this day"
        yield "calls_today", f"{given.calls_today}", expected, ""
    if given.called_today_h is not None:
        if given.called_today_h < today_h - LEAST_CALLED_H:
            expected = f"at least {today_h:g} h, those of the call under way"
            yield "called_today_h", f"{given.called_today_h:g} h", expected, ""
        if given.called_today_h > since_h + LEAST_CALLED_H:
            expected = f"at most {since_h:g} h, from midnight to the start at {time[0]:%H:%M}"
            yield "called_today_h", f"{given.called_today_h:g} h", expected, ""
    elif (given.calls_today or 0) > begun and entry.product.call_hours_max_per_day is not None:
        expected = "the hours of this day's calls, which count towards call_hours_max_per_day"
        yield "called_today_h", f"nothing, beside calls_today {given.calls_today}", expected, ""


def _shared_issues(
    context: CheckContext, entries: dict[str, _Entry], known: dict[str, tuple[str, Flexibility, Direction]]
) -> Iterator[Issue]:
    """Products that read one series of calls have been called together, unless offers at a price are called of it."""
    for key, entry in entries.items():
        series = entry.product.activation(entry.direction)
        if not isinstance(series, str) or entry.product.merit_order() is not None:
            continue
        for other, (_, product, direction) in known.items():
            is_shared = product.activation(direction) == series and product.merit_order() is None
            if other == key or not is_shared or (other in entries and other < key):
                continue
            if other not in entries or not _is_same(context, entry.given, entries[other].given):
                expected = f"the same for {other}, whose calls are those of {series} as well"
                yield context.locator.issue(("start", "calls", key), f"calls of {key} alone", expected)


def _is_same(context: CheckContext, one: CallsBefore, other: CallsBefore) -> bool:
    if context.time is None:
        return True
    return CallHistory.of(one, context.time) == CallHistory.of(other, context.time)
