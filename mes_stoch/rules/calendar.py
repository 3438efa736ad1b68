"""Which periods a contract obliges in: its calendar on local clock time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.calendar import CalendarWindow
from mes_stoch.schema.flexibility import Flexibility

Mask = NDArray[np.bool_]


def obliged(product: Flexibility, time: pd.DatetimeIndex) -> Mask:
    """Whether each period that starts at ``time`` (local) lies in a product's contract and calendar.

    ``window_per_unit`` multiplies this; series of it are data of the scenarios. A window over midnight belongs to the
    day on which it begins, so that the last evening of a contract ends on the next morning.

    >>> from mes_stoch.schema.calendar import CalendarWindow
    >>> day = pd.date_range("2025-01-03 16:00", periods=4, freq="h", tz="Europe/Paris")
    >>> in_windows([CalendarWindow(days="working_days", time_from="17:00", time_to="19:00")], (), day).tolist()
    [False, True, True, False]
    """
    term = Term(product.contract_start, product.contract_end)
    if product.calendar:
        return in_windows(product.calendar, product.holidays, time, term)
    return term.holds(_days_of(time))


def can_be_critical(product: WithCalendar, time: pd.DatetimeIndex) -> Mask:
    """Whether each period that starts at ``time`` (local) lies in a capacity mechanism's calendar.

    ``critical_per_unit`` says which of these hours are critical in a scenario.
    """
    if not product.calendar:
        return np.ones(len(time), dtype=bool)
    return in_windows(product.calendar, product.holidays, time)


class WithCalendar(Protocol):
    """A product that exists in the hours of a calendar."""

    @property
    def calendar(self) -> Sequence[CalendarWindow]: ...
    @property
    def holidays(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Term:
    """First and last day of a contract, as ``2025-01-31``; ``None``: no limit."""

    first: str | None = None
    last: str | None = None

    def holds(self, days: pd.DatetimeIndex) -> Mask:
        """Whether each of some days, as local midnights without zone, lies in the contract."""
        inside = np.ones(len(days), dtype=bool)
        if self.first is not None:
            inside &= np.asarray(days >= pd.Timestamp(self.first))
        if self.last is not None:
            inside &= np.asarray(days <= pd.Timestamp(self.last))
        return inside


def in_windows(
    windows: Sequence[CalendarWindow], holidays: Sequence[str], time: pd.DatetimeIndex, term: Term | None = None
) -> Mask:
    """Whether each period starts in one of the windows that begin on a day of the contract."""
    closed = {date.fromisoformat(day) for day in holidays}
    term = term or Term()
    inside = np.zeros(len(time), dtype=bool)
    clock_h = np.asarray(time.hour + time.minute / 60.0 + time.second / 3600.0, dtype=float)
    today = _days_of(time)
    yesterday = pd.DatetimeIndex(today - pd.Timedelta(1, unit="D"))
    for window in windows:
        start_h, end_h = _hours(window.time_from), _hours(window.time_to)
        begun_today = (clock_h >= start_h) & _on_days(window, today, closed) & term.holds(today)
        if start_h < end_h:
            inside |= begun_today & (clock_h < end_h)
            continue
        begun_yesterday = _on_days(window, yesterday, closed) & term.holds(yesterday)
        inside |= begun_today | (begun_yesterday & (clock_h < end_h))
    return inside


def _days_of(time: pd.DatetimeIndex) -> pd.DatetimeIndex:
    return time.tz_localize(None).normalize()


def _on_days(window: CalendarWindow, days: pd.DatetimeIndex, closed: set[date]) -> Mask:
    fitting = np.isin(days.month, window.months)
    if window.days == "all":
        return np.asarray(fitting, dtype=bool)
    works = (np.asarray(days.day_of_week) < 5) & ~np.isin(days.date, list(closed))  # type: ignore[arg-type]
    return np.asarray(fitting & (works if window.days == "working_days" else np.asarray(days.day_of_week) >= 5))


def _hours(clock: str) -> float:
    hours, minutes = clock.split(":")
    return int(hours) + int(minutes) / 60.0
