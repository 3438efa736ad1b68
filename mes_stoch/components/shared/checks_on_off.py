"""What must hold for units that are on or off: their minimum times, starts and stops, and state blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.rules.time_axis import horizon_block_problem
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon
from mes_stoch.schema.on_off import OnOffUnit, StartCost

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class LimitWords:
    """What a kind calls the least and the largest power of a unit, and how its format gives it a least one."""

    least: str = "power_min_mw"
    most: str = "power_max_mw"
    remedy: str = "give power_min_mw"


def on_off_issues(
    context: CheckContext, name: str, spec: OnOffUnit, words: LimitWords = LimitWords()
) -> Iterator[Issue]:
    """Problems of the on/off decision of a unit."""
    locator, path = context.locator, ("components", name)
    needing = [*spec.start_stop_fields, *_other_fields(spec)]
    if spec.power_min_mw == 0:
        if needing:
            yield _without_minimum(locator, path, spec, needing, words)
        return
    if context.time is not None and context.partial.horizon is not None:
        yield from _time_issues(locator, path, spec, context.time, context.partial.horizon)
    yield from _power_issues(locator, path, spec, words)
    yield from _start_cost_issues(locator, path, spec)
    if spec.initial_state_h is not None and spec.initial_on is None:
        place = (*path, "initial_state_h")
        hint = "say with initial_on which state it has been in, or leave this out"
        yield locator.issue(place, f"{spec.initial_state_h:g}, without initial_on", "initial_on", hint)


def _other_fields(spec: OnOffUnit) -> list[str]:
    names = ("quick_start_h", "initial_on", "initial_state_h")
    return [name for name in names if getattr(spec, name, None) is not None]


def _without_minimum(
    locator: Locator, path: EntryPath, spec: OnOffUnit, needing: list[str], words: LimitWords
) -> Issue:
    hint = f"without a minimum there is no on/off decision; {words.remedy} or leave {listed(needing)} out"
    return locator.issue((*path, needing[0]), show(getattr(spec, needing[0])), f"{words.least} > 0", hint)


def _time_issues(
    locator: Locator, path: EntryPath, spec: OnOffUnit, time: pd.DatetimeIndex, horizon: Horizon
) -> Iterator[Issue]:
    state_h, what = horizon.period_h, "period"
    if spec.state_block_h is not None:
        state_h, what = spec.state_block_h, "state block"
        problem = horizon_block_problem(horizon, time, state_h)
        if problem is not None:
            hint = "states are spans of local clock hours; change horizon.start, horizon.periods or this length"
            yield locator.issue((*path, "state_block_h"), f"{state_h:g}", f"a length in h that {problem}", hint)
            return
    for key in ("minimum_up_h", "minimum_down_h"):
        hours = getattr(spec, key)
        if abs(hours / state_h - round(hours / state_h)) > _TOLERANCE * max(1.0, hours / state_h):
            hint = "a unit can only be started and stopped at the beginning of one"
            expected = f"a whole multiple of the {what} of {state_h:g} h"
            yield locator.issue((*path, key), f"{hours:g}", expected, hint)


def _power_issues(locator: Locator, path: EntryPath, spec: OnOffUnit, words: LimitWords) -> Iterator[Issue]:
    low, high = spec.power_min_mw, spec.power_max_mw
    for key in ("start_power_max_mw", "stop_power_max_mw"):
        limit = getattr(spec, key)
        if limit is not None and low <= high and not low <= limit <= high:
            expected = f"a power between {words.least} ({low:g}) and {words.most} ({high:g})"
            yield locator.issue((*path, key), f"{limit:g}", expected)


def _start_cost_issues(locator: Locator, path: EntryPath, spec: OnOffUnit) -> Iterator[Issue]:
    """Costs by the time off: from 0 on, and never cheaper after a longer time."""
    costs: Sequence[StartCost] = getattr(spec, "start_costs", ())
    if not costs:
        return
    if spec.start_cost_eur > 0:
        hint = "leave one of them out"
        yield locator.issue(
            (*path, "start_cost_eur"), f"{spec.start_cost_eur:g}, beside start_costs", "one of the two", hint
        )
    first = costs[0]
    if first.off_from_h > 0:
        hint = "the first entry says what a start costs right after a stop"
        yield locator.issue((*path, "start_costs", 0, "off_from_h"), f"{first.off_from_h:g}", "0", hint)
    for number, (one, other) in enumerate(pairwise(costs), 1):
        place = (*path, "start_costs", number)
        if other.off_from_h <= one.off_from_h:
            expected = f"a time above that of the entry before ({one.off_from_h:g})"
            yield locator.issue((*place, "off_from_h"), f"{other.off_from_h:g}", expected)
        if other.cost_eur < one.cost_eur:
            expected = f"a cost of at least that of the entry before ({one.cost_eur:g})"
            hint = "a unit that has been off for longer is colder"
            yield locator.issue((*place, "cost_eur"), f"{other.cost_eur:g}", expected, hint)
