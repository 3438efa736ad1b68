"""What the limits of a product count of the calls before the horizon."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from mes_stoch.schema.calls_before import CallsBefore
from mes_stoch.schema.flexibility import LEAST_CALLED_H, Direction, Flexibility, directed_name
from mes_stoch.schema.instance import Instance


@dataclass(frozen=True)
class CallHistory:
    """Calls of one direction of a product before the horizon, in numbers; by default there were none.

    Parameters
    ----------
    running_h : float
        Time that the call under way has run, h; 0: none is under way.
    running_per_unit : float
        Its share of the volume.
    since_last_h : float
        From the end of the last call to the start of the horizon, h, where none is under way.
    calls_today, calls : int
        Calls begun on the local day of the start, and those that count towards ``calls_max``.
    called_today_h : float
        Hours called on that day, weighted by their share, h.
    """

    running_h: float = 0.0
    running_per_unit: float = 1.0
    since_last_h: float = math.inf
    calls_today: int = 0
    called_today_h: float = 0.0
    calls: int = 0

    @property
    def is_running(self) -> bool:
        """Whether a call is under way at the start."""
        return self.running_h > 0

    @property
    def rested_h(self) -> float:
        """Rest so far at the start, h: a call under way may end there."""
        return 0.0 if self.is_running else self.since_last_h

    @property
    def running_called_h(self) -> float:
        """Hours of the call under way, weighted by its share, h."""
        return self.running_h * self.running_per_unit

    @classmethod
    def of(cls, given: CallsBefore, time: pd.DatetimeIndex) -> CallHistory:
        """What an entry says, for a horizon of periods that begin at ``time``, local; what it leaves open filled in.

        >>> noon = pd.DatetimeIndex(["2025-01-15 00:30"], tz="Europe/Paris")
        >>> found = CallHistory.of(CallsBefore(running_h=0.75), noon)
        >>> found.calls_today, found.called_today_h, found.calls
        (0, 0.5, 1)
        """
        running_h = given.running_h or 0.0
        began_today, today_h = of_today(given, time)
        calls_today = began_today if given.calls_today is None else given.calls_today
        return cls(
            running_h=running_h,
            running_per_unit=given.running_per_unit,
            since_last_h=math.inf if given.since_last_h is None else given.since_last_h,
            calls_today=calls_today,
            called_today_h=today_h if given.called_today_h is None else given.called_today_h,
            calls=max(calls_today, int(running_h > 0)) if given.calls_so_far is None else given.calls_so_far,
        )


#: No call was made before the horizon, or nothing is known of one.
NO_CALLS = CallHistory()


def of_today(given: CallsBefore, time: pd.DatetimeIndex) -> tuple[int, float]:
    """Calls and weighted hours of the local day of the start that the call under way alone comes to."""
    running_h, since_h = given.running_h or 0.0, hours_since_midnight(time)
    began_today = 0 < running_h <= since_h + LEAST_CALLED_H
    return int(began_today), min(running_h, since_h) * given.running_per_unit


def hours_since_midnight(time: pd.DatetimeIndex) -> float:
    """Hours of the local day before the first period."""
    return float((time[0] - time[0].normalize()) / pd.Timedelta(hours=1))


def start_key(product_id: str, product: Flexibility, direction: Direction) -> str:
    """Key of the calls of one direction under ``start.calls``: the product, or of two directions each by its name."""
    return product_id if len(product.directions) == 1 else directed_name(product_id, direction)


def calls_before(instance: Instance, product_id: str, product: Flexibility) -> dict[Direction, CallsBefore]:
    """What the instance says of the calls before its horizon, by direction; nothing where it says nothing."""
    given = {} if instance.start is None else instance.start.calls
    keys = {direction: start_key(product_id, product, direction) for direction in product.directions}
    return {direction: given[key] for direction, key in keys.items() if key in given}


def call_history(
    instance: Instance, product_id: str, product: Flexibility, direction: Direction, time: pd.DatetimeIndex
) -> CallHistory | None:
    """The calls before a horizon of periods that begin at ``time``; ``None`` where nothing is said of them."""
    given = calls_before(instance, product_id, product).get(direction)
    return None if given is None else CallHistory.of(given, time)
