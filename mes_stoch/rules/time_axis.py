"""Periods of the horizon and blocks of local clock hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.schema.instance import Horizon
from mes_stoch.schema.tree import PERIOD_LENGTH

_MICROSECOND = pd.Timedelta(1, unit="us")


def period_times(
    start: datetime, period_h: float, periods: int, timezone: str, begun_h: float = 0.0
) -> pd.DatetimeIndex:
    """Start of each period in local time.

    The steps are taken in UTC, so that a day of 23 or 25 hours has its true number of periods. Of the first period so
    many hours may be over at the start.

    >>> period_times(datetime(2025, 3, 30, tzinfo=ZoneInfo("Europe/Paris")), 1.0, 4, "Europe/Paris").hour.tolist()
    [0, 1, 3, 4]
    >>> ten_past = datetime(2025, 1, 15, 10, 10, tzinfo=ZoneInfo("Europe/Paris"))
    >>> period_times(ten_past, 0.5, 3, "Europe/Paris", begun_h=1 / 6).strftime("%H:%M").tolist()
    ['10:10', '10:30', '11:00']
    """
    step, begun = (timedelta(seconds=round(hours * 3600)) for hours in (period_h, begun_h))
    first = pd.Timestamp(start.astimezone(UTC)) - begun
    utc = pd.date_range(first, periods=periods, freq=pd.Timedelta(step), unit="us")
    return _with_first(utc, first + begun).tz_convert(ZoneInfo(timezone))


def grid_times(time: pd.DatetimeIndex, begun_h: float) -> pd.DatetimeIndex:
    """Starts of the periods as if the first had its whole length: the grid that all but the first start on."""
    if begun_h == 0:
        return time
    return _with_first(time, time[0] - pd.Timedelta(round(begun_h * 3600), unit="s"))


def _with_first(time: pd.DatetimeIndex, first: pd.Timestamp) -> pd.DatetimeIndex:
    return time if time[0] == first else pd.DatetimeIndex(time[1:].insert(0, first))


def grid_problem(moment: pd.Timestamp, period_h: float) -> str | None:
    """Why no period can begin at a moment where they are counted from local midnight on; words after "that ..."."""
    length_h = round(period_h * 3600) / 3600
    if not (_is_whole(24 / length_h) or _is_whole(length_h / 24)):
        return f"is on a grid of periods, which {period_h:g} h make none of: they divide 24 h or are whole days"
    after, before = _block_keys(pd.DatetimeIndex([moment, moment - _MICROSECOND]), moment, length_h)
    if (after == before).all():
        return f"is a multiple of {period_h:g} h from local midnight on, not {moment:%H:%M:%S}"
    return None


def horizon_days(horizon: Horizon) -> float:
    """Length in days of local clock time, so that days of 23 and 25 hours count as one."""
    start, end = _local_ends(horizon)
    return float((end.tz_localize(None) - start.tz_localize(None)) / pd.Timedelta(days=1))


def period_lengths(horizon: Horizon) -> dict[str, tuple[str, NDArray[np.float64], dict[str, str]]]:
    """The coordinate of trees and results that says how long each period is."""
    return {PERIOD_LENGTH: ("time", horizon.lengths_h, {"units": "h", "long_name": "length of a period"})}


def blocks(time: pd.DatetimeIndex, period_h: float, block_h: float | None) -> list[NDArray[np.int64]]:
    """Periods of each block of ``block_h`` local clock hours, in order of time.

    Blocks longer than an hour follow the clock: they begin at local midnight and every ``block_h`` after it, so the
    first four-hour block of a day that changes to summer time has three hours. Blocks of whole days are counted from
    the first day of the horizon. Blocks of an hour or less follow elapsed time: the hour that a clock shows twice in
    autumn is two hours, as it is on every market.

    Parameters
    ----------
    time : pandas.DatetimeIndex
        Start of each period, in local time with its zone.
    period_h : float
        Length of a period, h; the first may be shorter.
    block_h : float or None
        Length of a block, h: a divisor of 24 or a multiple of 24; ``None`` for one block, the horizon.

    Returns
    -------
    list of numpy.ndarray
        Indices of the periods of each block; together they are ``range(len(time))``.

    >>> day = pd.date_range("2025-03-30", periods=23, freq="h", tz="Europe/Paris")
    >>> [len(block) for block in blocks(day, 1.0, 4.0)]
    [3, 4, 4, 4, 4, 4]
    """
    if len(time) == 0:
        return []
    if block_h is None:
        return [np.arange(len(time), dtype=np.int64)]
    # the middle of a period is in its block whatever rounding did to its start
    half = pd.Timedelta(period_h / 2, unit="h")
    middles = pd.DatetimeIndex(time + half)
    if len(time) > 1 and time[1] - time[0] < half + half:
        middles = _with_first(middles, time[0] + (time[1] - time[0]) / 2)
    keys = _block_keys(middles, time[0], block_h)
    starts = np.flatnonzero((keys[1:] != keys[:-1]).any(axis=1)) + 1
    return np.split(np.arange(len(time), dtype=np.int64), starts)


def clock_days(time: pd.DatetimeIndex, last_h: float) -> float:
    """Length of some periods in days of local clock time, so that days of 23 and 25 hours count as one.

    ``last_h`` is the length of the last of them.

    >>> clock_days(pd.date_range("2025-03-30", periods=23, freq="h", tz="Europe/Paris"), 1.0)
    1.0
    """
    end = time[-1].tz_convert("UTC") + pd.Timedelta(hours=last_h)
    return float((end.tz_convert(time.tz).tz_localize(None) - time[0].tz_localize(None)) / pd.Timedelta(days=1))


def horizon_months(horizon: Horizon) -> int:
    """Number of calendar months of local time that a horizon has a part of."""
    start, end = _local_ends(horizon)
    last = (end.tz_convert("UTC") - _MICROSECOND).tz_convert(horizon.timezone)
    return int(12 * (last.year - start.year) + last.month - start.month + 1)


def _local_ends(horizon: Horizon) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Start and end of a horizon in its local time."""
    start = pd.Timestamp(horizon.start)
    local = start.tz_convert(horizon.timezone) if start.tzinfo else start.tz_localize(horizon.timezone)
    return local, (local.tz_convert("UTC") + pd.Timedelta(hours=horizon.length_h)).tz_convert(horizon.timezone)


def months(time: pd.DatetimeIndex) -> list[NDArray[np.int64]]:
    """Periods of each calendar month of local time, in order.

    >>> turn = pd.date_range("2025-01-31 22:00", periods=5, freq="h", tz="Europe/Paris")
    >>> [len(month) for month in months(turn)]
    [2, 3]
    """
    number = np.asarray(time.year * 12 + time.month)
    return np.split(np.arange(len(time), dtype=np.int64), np.flatnonzero(np.diff(number)) + 1)


def block_problem(
    time: pd.DatetimeIndex,
    period_h: float,
    block_h: float,
    *,
    may_have_begun: bool = False,
    last_h: float | None = None,
) -> str | None:
    """Why a horizon cannot be cut into blocks, in words that follow "a block length that ...", or ``None``.

    ``may_have_begun``: the first block may lie in part before the horizon. ``last_h``: length of the last period where
    it is another than that of most.
    """
    if not (_is_whole(24 / block_h) or _is_whole(block_h / 24)):
        return "divides 24 h or is a multiple of 24 h"
    if not _is_whole(block_h / period_h):
        return f"is a whole multiple of the period of {period_h:g} h"
    end = time[-1] + pd.Timedelta(round((last_h or period_h) * 3600), unit="s")
    edges = pd.DatetimeIndex(time.append(pd.DatetimeIndex([end])))
    after = _block_keys(edges, time[0], block_h)
    before = _block_keys(pd.DatetimeIndex(edges - _MICROSECOND), time[0], block_h)
    if not may_have_begun and (after[0] == before[0]).all():
        return f"begins a block at the start of the horizon, {time[0]:%Y-%m-%dT%H:%M} local time"
    if (after[-1] == before[-1]).all():
        return f"ends a block at the end of the horizon, {end:%Y-%m-%dT%H:%M} local time"
    straddling = np.flatnonzero((after[:-1] != before[1:]).any(axis=1))
    if straddling.size:
        return f"no period straddles, as that of {time[int(straddling[0])]:%Y-%m-%dT%H:%M%z} would"
    return None


def horizon_block_problem(
    horizon: Horizon, time: pd.DatetimeIndex, block_h: float, *, may_have_begun: bool = False
) -> str | None:
    """:func:`block_problem` of a horizon, the last period of which may be its only one and short."""
    last_h = float(horizon.lengths_h[-1])
    return block_problem(time, horizon.period_h, block_h, may_have_begun=may_have_begun, last_h=last_h)


def _block_keys(moments: pd.DatetimeIndex, first: pd.Timestamp, block_h: float) -> NDArray[np.int64]:
    """Day, number within the day, and UTC offset where it tells two blocks apart: one row a moment."""
    wall = moments.tz_localize(None)
    day = ((wall.normalize() - first.tz_localize(None).normalize()) // pd.Timedelta(1, unit="D")).to_numpy(np.int64)
    if block_h >= 24:
        # longer than any horizon is one block, however long
        number = day // min(round(block_h / 24), 2**31)
        return np.stack([number, np.zeros_like(number), np.zeros_like(number)], axis=1)
    clock_us = ((wall - wall.normalize()) // _MICROSECOND).to_numpy(np.int64)
    within = np.floor(clock_us / (block_h * 3.6e9) + 1e-12).astype(np.int64)
    offset = np.zeros_like(within)
    if block_h <= 1:
        utc = moments.tz_convert("UTC").tz_localize(None)
        offset = ((wall - utc) // _MICROSECOND).to_numpy(np.int64)
    return np.stack([day, within, offset], axis=1)


def _is_whole(ratio: float) -> bool:
    return ratio >= 1 - 1e-9 and abs(ratio - round(ratio)) <= 1e-9 * max(1.0, ratio)
