"""Which periods a contract obliges in: its calendar on local clock time."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.products import CalendarWindow, Flexibility

Mask = NDArray[np.bool_]


def obliged(product: Flexibility, time: pd.DatetimeIndex) -> Mask:
    """Whether each period that starts at ``time`` (local) lies in a product's contract and calendar.

    ``window_per_unit`` multiplies this; series of it are data of the scenarios.

    >>> from mes_stoch.schema.products import CalendarWindow
    >>> day = pd.date_range("2025-01-03 16:00", periods=4, freq="h", tz="Europe/Paris")
    >>> in_windows([CalendarWindow(days="working_days", time_from="17:00", time_to="19:00")], (), day).tolist()
    [False, True, True, False]
    """
    inside = np.ones(len(time), dtype=bool)
    days = time.tz_localize(None).normalize()
    if product.contract_start is not None:
        inside &= np.asarray(days >= pd.Timestamp(product.contract_start))
    if product.contract_end is not None:
        inside &= np.asarray(days <= pd.Timestamp(product.contract_end))
    if product.calendar:
        inside &= in_windows(product.calendar, product.holidays, time)
    return inside


def in_windows(windows: list[CalendarWindow], holidays: list[str] | tuple[str, ...], time: pd.DatetimeIndex) -> Mask:
    """Whether each period starts in one of the windows.

    A window that goes over midnight belongs to the day on which it begins.
    """
    closed = {date.fromisoformat(day) for day in holidays}
    inside = np.zeros(len(time), dtype=bool)
    clock_h = np.asarray(time.hour + time.minute / 60.0 + time.second / 3600.0, dtype=float)
    today = time.tz_localize(None).normalize()
    for window in windows:
        start_h, end_h = _hours(window.time_from), _hours(window.time_to)
        if start_h < end_h:
            inside |= (clock_h >= start_h) & (clock_h < end_h) & _on_days(window, today, closed)
            continue
        yesterday = today - pd.Timedelta(1, unit="D")
        inside |= (clock_h >= start_h) & _on_days(window, today, closed)
        inside |= (clock_h < end_h) & _on_days(window, yesterday, closed)
    return inside


def _on_days(window: CalendarWindow, days: pd.DatetimeIndex, closed: set[date]) -> Mask:
    fitting = np.isin(days.month, window.months)
    if window.days == "all":
        return np.asarray(fitting, dtype=bool)
    works = (np.asarray(days.day_of_week) < 5) & ~np.isin(days.date, list(closed))  # type: ignore[arg-type]
    return np.asarray(fitting & (works if window.days == "working_days" else np.asarray(days.day_of_week) >= 5))


def _hours(clock: str) -> float:
    hours, minutes = clock.split(":")
    return int(hours) + int(minutes) / 60.0
