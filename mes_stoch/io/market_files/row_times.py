"""Rows of one series in time: order, repeats, the length of each period, and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property

import numpy as np
import pandas as pd

from mes_stoch.io.market_files.stamps import Integers

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
_DAY_US = 24 * HOUR_US
#: Equal steps in a row that make a resolution, where it is not the commonest of the file.
_LEAST_RUN = 4


@dataclass(frozen=True)
class Gap:
    """Periods without a row between two rows."""

    begin_us: int
    end_us: int
    line_before: int
    line_after: int


@dataclass(frozen=True)
class RowTimes:
    """When the rows of a series are, in order of time.

    Parameters
    ----------
    start_us, period_us : numpy.ndarray of int
        Start in microseconds since 1970 in UTC, and length.
    line : numpy.ndarray of int
        Line of the file.
    """

    start_us: Integers
    period_us: Integers
    line: Integers
    zone: tzinfo

    def __len__(self) -> int:
        return int(self.start_us.size)

    @cached_property
    def index(self) -> pd.DatetimeIndex:
        """Start of each period by the local clock."""
        stamps = pd.DatetimeIndex(self.start_us.view("datetime64[us]"), name="time")
        return stamps.tz_localize("UTC").tz_convert(self.zone)

    @property
    def end_us(self) -> Integers:
        return self.start_us + self.period_us

    @cached_property
    def gaps(self) -> list[Gap]:
        """In order of time."""
        after = np.flatnonzero(self.end_us[:-1] < self.start_us[1:])
        return [
            Gap(int(self.end_us[k]), int(self.start_us[k + 1]), int(self.line[k]), int(self.line[k + 1])) for k in after
        ]

    @cached_property
    def resolutions(self) -> list[tuple[int, int, int]]:
        """Lengths of period in order of first use: microseconds, number of rows, position of the first."""
        lengths = _nominal(self.period_us)
        values, first, counts = np.unique(lengths, return_index=True, return_counts=True)
        order = np.argsort(first)
        return [(int(values[k]), int(counts[k]), int(first[k])) for k in order]


def _nominal(period_us: Integers) -> Integers:
    """Lengths by the clock: a block of four hours is one of three or five on two days of the year."""
    values, counts = np.unique(period_us, return_counts=True)
    common = int(values[np.argmax(counts)])
    near = (np.abs(period_us - common) == HOUR_US) & (common > HOUR_US)
    return np.where(near, common, period_us)


def periods_from_steps(moment_us: Integers, *, at_end: bool = False) -> Integers | None:
    """Length of the period of each row, by the steps between rows in order of time; ``None`` for a single row.

    A step is a length if it is the commonest or comes ``_LEAST_RUN`` times in a row, so that a file may pass from hours
    to quarter-hours; any other is a gap, before which the length of the neighbour holds.

    Parameters
    ----------
    at_end : bool
        Whether stamps are ends of periods.
    """
    if moment_us.size < 2:
        return None
    if at_end:
        mirrored = periods_from_steps(-moment_us[::-1])
        return None if mirrored is None else mirrored[::-1]
    steps = np.diff(moment_us)
    values, counts = np.unique(steps, return_counts=True)
    common = int(values[np.argmax(counts)]) if counts.max() > 1 else int(values[0])
    begins = np.flatnonzero(np.concatenate([[True], steps[1:] != steps[:-1]]))
    lengths = np.diff(np.concatenate([begins, [steps.size]]))
    run = np.repeat(lengths, lengths)
    is_length = (steps == common) | ((run >= _LEAST_RUN) & (_DAY_US % np.maximum(steps, 1) == 0))
    known = pd.Series(np.where(is_length, steps, np.nan))
    filled = known.ffill().bfill().to_numpy()
    # the last row has no step after it
    periods = np.concatenate([filled, filled[-1:]]).astype(np.int64)
    periods[:-1] = np.minimum(periods[:-1], steps)
    return periods


def lengths_of_rows(start_us: Integers, end_us: Integers) -> Integers | None:
    """Lengths of periods whose rows have a start and an end by the clock; ``None`` where they say nothing.

    Where the clock changes within a period the difference is not the length: a difference that is not positive, or that
    fewer than one row in two hundred has, is taken from the row before.
    """
    differences = end_us - start_us
    values, counts = np.unique(differences, return_counts=True)
    least = max(2, differences.size // 200) if differences.size > 1 else 1
    usual = values[(values > 0) & (values <= _DAY_US) & (counts >= least)]
    known = np.where(np.isin(differences, usual), differences.astype(np.float64), np.nan)
    filled = pd.Series(known).ffill().bfill()
    return None if filled.isna().any() else filled.to_numpy().astype(np.int64)


def length_words(span_us: int) -> str:
    """A length of time in words.

    >>> length_words(15 * MINUTE_US), length_words(3600000000)
    ('15 min', '1 h')
    """
    minutes = span_us / MINUTE_US
    if minutes >= 24 * 60 and minutes % (24 * 60) == 0:
        return f"{minutes / 1440:g} d"
    return f"{minutes / 60:g} h" if minutes >= 60 and minutes % 60 == 0 else f"{minutes:g} min"
