"""Many time stamps at once, as moments: what :func:`mes_stoch.io.readers.time_stamps.parse_time` does for one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import shorten
from mes_stoch.io.readers.time_stamps import YEARS, TimeStampError, parse_time

_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_DAY_FIRST_WORDS = "a time stamp such as 15/01/2025 00:15, the day first"
_NONE = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Moments:
    """Time stamps of a column as microseconds since 1970 in UTC.

    Parameters
    ----------
    microseconds : numpy.ndarray of int
        Undefined where ``readable`` is not.
    readable : numpy.ndarray of bool
        Whether a text names a moment.
    """

    texts: Sequence[str]
    zone: ZoneInfo
    day_first: bool
    microseconds: NDArray[np.int64]
    readable: NDArray[np.bool_]

    def problem(self, position: int) -> TimeStampError:
        """Why a text that is not readable names no moment."""
        text = self.texts[position]
        try:
            parse_time(_written(text, self.day_first), self.zone)
        except TimeStampError as error:
            return error
        return TimeStampError(f"'{shorten(text)}'", "a time stamp in ISO 8601")


def read_moments(texts: Sequence[str], zone: ZoneInfo, *, may_be_day_first: bool = False) -> Moments:
    """Moments that time stamps name; without an offset they are local times in ``zone``.

    Parameters
    ----------
    may_be_day_first : bool
        Whether ``dd/mm/yyyy hh:mm`` is read, as spreadsheets write it; the first row says whether a file does, and all
        rows follow it.
    """
    day_first = may_be_day_first and len(texts) > 0 and _DAY_FIRST.fullmatch(texts[0]) is not None
    codes, distinct = pd.factorize(np.array(texts, dtype=object))
    stamps = _stamps([str(text) for text in distinct], day_first)
    microseconds = np.full(len(stamps), _NONE, dtype=np.int64)
    aware = {k: stamp for k, stamp in enumerate(stamps) if stamp is not None and stamp.tzinfo is not None}
    naive = {k: stamp for k, stamp in enumerate(stamps) if stamp is not None and stamp.tzinfo is None}
    if aware:
        own = np.array([stamp.replace(tzinfo=None) for stamp in aware.values()], dtype="datetime64[us]")
        offsets = np.array([stamp.utcoffset() for stamp in aware.values()], dtype="timedelta64[us]")
        microseconds[list(aware)] = (own - offsets).astype(np.int64)
    if naive:
        walls = pd.DatetimeIndex(np.array(list(naive.values()), dtype="datetime64[us]"))
        # a time that the clock shows twice or never names no moment
        local = walls.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        microseconds[list(naive)] = np.where(local.isna(), _NONE, local.as_unit("us").asi8)
    if not len(codes):
        return Moments(texts, zone, day_first, np.zeros(0, np.int64), np.zeros(0, bool))
    found = microseconds[codes]
    return Moments(texts, zone, day_first, found, found != _NONE)


def _stamps(texts: list[str], day_first: bool) -> list[datetime | None]:
    if not day_first:
        try:
            stamps: list[datetime | None] = list(map(datetime.fromisoformat, texts))
        except ValueError:
            stamps = [_stamp(text, day_first) for text in texts]
    else:
        stamps = [_stamp(text, day_first) for text in texts]
    return [stamp if stamp is not None and stamp.year in YEARS else None for stamp in stamps]


def _stamp(text: str, day_first: bool) -> datetime | None:
    try:
        return datetime.fromisoformat(_written(text, day_first))
    except (TimeStampError, ValueError):
        return None


def _written(text: str, day_first: bool) -> str:
    """A time stamp in ISO 8601."""
    parts = _DAY_FIRST.fullmatch(text)
    if not day_first:
        if parts is None:
            return text
        hint = "write 2025-01-15T00:15; the day comes first in files separated by semicolons alone"
        raise TimeStampError(f"'{shorten(text)}'", "a time stamp in ISO 8601", hint)
    if parts is None:
        raise TimeStampError(f"'{shorten(text)}'", _DAY_FIRST_WORDS, "as in the first row: one form in a file")
    day, month, year, hour, minute, second = (int(part or 0) for part in parts.groups())
    if month > 12 >= day:
        raise TimeStampError(f"'{shorten(text)}', with a month of {month}", _DAY_FIRST_WORDS, "write the day first")
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}"
