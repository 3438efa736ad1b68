"""Series as the CSV that an instance takes: ``time`` with its offset, a column a series, units in the names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from mes_stoch.io.files import write_whole
from mes_stoch.io.market_files.alignment import align, period_minutes
from mes_stoch.io.market_files.market_series import MarketSeries
from mes_stoch.io.market_files.row_times import HOUR_US, MINUTE_US, length_words
from mes_stoch.io.readers.locate import listed
from mes_stoch.schema.errors import UsageError


def lengths_of(series: Sequence[MarketSeries]) -> list[int]:
    """Lengths of the periods of several series, in microseconds, the shortest first."""
    return sorted({span for one in series for span, _, _ in one.times.resolutions})


def tidy_frame(
    series: Sequence[MarketSeries],
    period: str | int | None = None,
    first: str | None = None,
    last: str | None = None,
    how: Literal["mean", "complete"] = "complete",
) -> pd.DataFrame:
    """Series in periods of one length, by local start of period.

    Parameters
    ----------
    period : str or int, optional
        Default the length that all series have.
    first, last : str, optional
        Local times: the first period, and the end of the last.

    Raises
    ------
    UsageError
        Periods of several lengths without a ``period``; no period within the times.
    """
    lengths = lengths_of(series)
    if period is None:
        if len(lengths) > 1 or lengths[0] > HOUR_US:
            words = listed([length_words(span) for span in lengths])
            raise UsageError(f"the series have periods of {words}; say which to write: --period 15min or 1h")
        period = lengths[0] // MINUTE_US
    frame = align(series, period_minutes(period), how)
    index = pd.DatetimeIndex(frame.index)
    begin = index[0] if first is None else _local(first, index)
    end = index[-1] + pd.Timedelta(1, unit="s") if last is None else _local(last, index)
    chosen = frame.loc[(index >= begin) & (index < end)]
    if chosen.empty:
        span = f"{index[0]:%Y-%m-%d %H:%M} to {index[-1]:%Y-%m-%d %H:%M}"
        raise UsageError(f"no period from {first or 'the first'} to {last or 'the last'}; the files have {span}")
    return chosen


def _local(text: str, index: pd.DatetimeIndex) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(text)
        return stamp.tz_localize(index.tz) if stamp.tzinfo is None else stamp
    except (ValueError, TypeError) as error:
        raise UsageError(f"{text!r} is no local time such as 2025-01-15 or 2025-01-15T06:00 ({error})") from None


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a frame by local start of period; empty where there is no number.

    Raises
    ------
    WriteError
    """
    stamps = [_iso(stamp) for stamp in pd.DatetimeIndex(frame.index)]
    columns = [_cells(frame[name].to_numpy(dtype=np.float64)) for name in frame.columns]
    lines = [",".join(["time", *frame.columns])]
    lines += [",".join(row) for row in zip(stamps, *columns, strict=True)]
    write_whole(path, lambda stream: stream.write(("\n".join(lines) + "\n").encode("utf-8")))


def write_tidy(path: Path, series: Sequence[MarketSeries], period: str | int | None = None) -> None:
    """Write series in periods of one length.

    Raises
    ------
    UsageError, WriteError
    """
    write_frame(path, tidy_frame(series, period))


def _iso(stamp: pd.Timestamp) -> str:
    text = f"{stamp:%Y-%m-%dT%H:%M%z}"
    return f"{text[:-2]}:{text[-2:]}"


def _cells(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[str]:
    return [repr(float(value)) if np.isfinite(value) else "" for value in values]
