"""When a full call may still run, by the limits of a product and what a scenario has called before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mes_stoch.rules.call_history import NO_CALLS, CallHistory
from mes_stoch.schema.flexibility import LEAST_CALLED_H, LEAST_CALLED_PER_UNIT, Flexibility

Values = NDArray[np.float64]

#: Histories to remember, a few kilobytes each.
_HISTORIES = 512


@dataclass(frozen=True)
class CallRules:
    """What a product says of its calls; infinity and 0 are no limits.

    ``hold_h`` is the time that one call must be held: what a call running in full has used of it is no longer held,
    since no full call goes on beyond. Continuous products may be called without end. ``before`` is what the limits
    count of the calls before the horizon.
    """

    sustain_h: float
    hold_h: float
    longest_h: float
    shortest_h: float
    rest_h: float
    most_a_day: float
    most: float
    hours_a_day: float
    before: CallHistory = NO_CALLS

    @classmethod
    def of(cls, product: Flexibility, before: CallHistory | None = None) -> CallRules:
        """Limits of a product, and the calls before the horizon where they are known."""
        return cls(
            sustain_h=product.sustain_h,
            hold_h=product.sustain_h if product.call == "discrete" else np.inf,
            longest_h=_or_infinite(product.call_maximum_h),
            shortest_h=product.call_minimum_h,
            rest_h=product.rest_minimum_h,
            most_a_day=_or_infinite(product.calls_max_per_day),
            most=_or_infinite(product.calls_max),
            hours_a_day=_or_infinite(product.call_hours_max_per_day),
            before=before or NO_CALLS,
        )

    def allow_everything(self, *, is_ever_called: bool) -> bool:
        """Whether no history excludes a full call of the time to be held."""
        if self.before != NO_CALLS:
            return False
        counts = min(self.most_a_day, self.most)
        shortest = min(self.hours_a_day, self.longest_h)
        if counts < 1 or shortest < self.sustain_h or self.shortest_h > 0:
            return False
        history_matters = np.isfinite([self.hold_h, counts, shortest]).any() or self.rest_h > 0
        return not (is_ever_called and history_matters)


def _or_infinite(limit: float | None) -> float:
    return np.inf if limit is None else float(limit)


def open_to_call(
    activation: Values,
    window: Values,
    rules: CallRules,
    days: Sequence[NDArray[np.int64]],
    period_h: float,
    begun_h: float = 0.0,
) -> Values:
    """1 in every period in which a full call may run, 0 where the limits of the product exclude it.

    Equations
    ---------
    A full call that stands in for what the scenario calls from period ``s`` on may last, after what the scenario has
    called before ``s``::

        running into s, for u hours:     min(hold - f, longest - u), with f = u where all of it was called in full,
                                         f = 0 where some of it was called in part: it may be raised to full any time
        none running:                    min(hold, longest), if fewer than the most calls have begun (on this day,
                                         and in all) and the last one ended at least the rest ago
        of both no more than             hours left of the day's hours (and all those of the next day, if it gets there)
                                         hours to the end of the window
        nothing where a new call could not reach the shortest allowed

    where the calls before the horizon count like those of the scenario: one under way runs into the first period, and
    those of its day and of the contract are counted. Period ``j`` is open if some ``s <= j`` with ``j - s`` within the
    time to be held reaches into it. Called hours count with their called share, shares up to
    :data:`~mes_stoch.schema.flexibility.LEAST_CALLED_PER_UNIT` for nothing. ``window`` is the obliged share of the
    volume: all of it called is a call in full.

    >>> rules = CallRules(2.0, 2.0, np.inf, 0.0, 0.0, np.inf, 1.0, np.inf)
    >>> day, always = [np.arange(6)], np.ones(6)
    >>> open_to_call(np.array([0.0, 1.0, 1.0, 0.0, 0.0, 0.0]), always, rules, day, 1.0).tolist()
    [1.0, 1.0, 1.0, 0.0, 0.0, 0.0]
    >>> before = CallHistory(running_h=1.0, calls_today=1, calls=1)
    >>> for_an_hour = CallRules(2.0, 2.0, np.inf, 0.0, 0.0, np.inf, 1.0, np.inf, before)
    >>> open_to_call(np.zeros(6), always, for_an_hour, day, 1.0).tolist()
    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    lengths = np.full(len(activation), period_h)
    lengths[:1] -= begun_h
    allowed_h = _allowed_hours(activation, window, rules, days, lengths)
    reach = int(np.ceil((rules.sustain_h + begun_h - LEAST_CALLED_H) / period_h))
    is_open = np.zeros(len(activation), dtype=bool)
    for ahead in range(min(reach, len(activation))):
        passed_h = np.full(len(activation), ahead * period_h)
        passed_h[:1] -= begun_h if ahead else 0.0
        covered = allowed_h > passed_h + LEAST_CALLED_H
        is_open[ahead:] |= covered[: len(covered) - ahead]
    return is_open.astype(np.float64)


def open_shares(
    rules: CallRules, days: Sequence[NDArray[np.int64]], period_h: float, begun_h: float = 0.0
) -> Callable[[Values, Values], Values]:
    """:func:`open_to_call` of an activation and a window, worked out once for each history: most days have no calls."""

    @lru_cache(maxsize=_HISTORIES)
    def of(activation: bytes, window: bytes) -> Values:
        return open_to_call(np.frombuffer(activation), np.frombuffer(window), rules, days, period_h, begun_h)

    return lambda activation, window: of(activation.tobytes(), window.tobytes())


def _allowed_hours(
    activation: Values, window: Values, rules: CallRules, days: Sequence[NDArray[np.int64]], lengths: Values
) -> Values:
    """Hours that a full call may last from the start of each period on, counted from what was called before."""
    allowed = np.zeros(len(activation))
    before = rules.before
    run = _Run.before(before, float(window[0]))
    begun, rested_h = before.calls, before.rested_h
    begun_today, called_today_h = before.calls_today, before.called_today_h
    open_h = _hours_of_window(window > LEAST_CALLED_PER_UNIT, lengths)
    is_called = activation > LEAST_CALLED_PER_UNIT
    in_full = activation >= window - LEAST_CALLED_PER_UNIT
    for day in days:
        if day[0] > 0:
            begun_today, called_today_h = 0, 0.0
        for place, t in enumerate(day):
            is_rested = rested_h >= rules.rest_h - LEAST_CALLED_H
            may_begin = begun < rules.most and begun_today < rules.most_a_day and is_rested
            if run.is_on or may_begin:
                left_today = rules.hours_a_day - called_today_h
                to_midnight = float(lengths[day[place:]].sum())
                of_days = left_today if left_today < to_midnight else to_midnight + rules.hours_a_day
                hours = min(rules.hold_h - run.full_h, rules.longest_h - run.called_h, of_days, open_h[t])
                too_short = not run.is_on and hours < rules.shortest_h - LEAST_CALLED_H
                allowed[t] = 0.0 if too_short else hours
            if is_called[t]:
                begun, begun_today = begun + (not run.is_on), begun_today + (not run.is_on)
                run = run.through(float(lengths[t]), float(activation[t]), bool(in_full[t]))
                called_today_h += activation[t] * lengths[t]
                rested_h = 0.0
            else:
                run, rested_h = _Run(), rested_h + lengths[t]
    return allowed


@dataclass(frozen=True)
class _Run:
    """The call that runs into a period: hours called, and what it has used of the time to be held.

    ``full_h`` are the hours of a call made in full throughout, and 0 for any other, which may be raised at any time.
    """

    is_on: bool = False
    called_h: float = 0.0
    is_full: bool = True
    full_h: float = 0.0

    @classmethod
    def before(cls, history: CallHistory, obliged: float) -> _Run:
        """The call under way at the start, in full where it runs at all that is obliged in the first period."""
        if not history.is_running:
            return cls()
        is_full = history.running_per_unit >= obliged - LEAST_CALLED_PER_UNIT
        return cls(True, history.running_called_h, is_full, history.running_h if is_full else 0.0)

    def through(self, period_h: float, share: float, is_full: bool) -> _Run:
        """The same after one more period of which a share is called."""
        is_full = is_full and self.is_full
        return _Run(True, self.called_h + share * period_h, is_full, self.full_h + period_h if is_full else 0.0)


def _hours_of_window(window: NDArray[np.bool_], lengths: Values) -> Values:
    """Hours from the start of each period to the end of its window; without end where the horizon cuts it off."""
    hours = np.full(len(window), np.inf)
    following = np.inf
    for t in reversed(range(len(window))):
        following = following + lengths[t] if window[t] else 0.0
        hours[t] = following
    return hours
