"""Which period of the horizon each row of a CSV stands for, scenario by scenario, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import shorten
from mes_stoch.io.readers.moments import Moments

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Holes(NamedTuple):
    """Runs of periods without a row that a row follows: that row, and the period before the run."""

    row: Integers
    previous: Integers


class Ends(NamedTuple):
    """By scenario: row and number of its latest period, -1 where it has none, and how many periods are there."""

    row: Integers
    period: Integers
    number: Integers


class RowPeriods:
    """Rows of a file and their periods.

    Parameters
    ----------
    starts : numpy.ndarray of int
        Start of each period, microseconds since 1970 in UTC, rising.
    moments : Moments
        Time stamps of the rows.
    lines : numpy.ndarray of int
        Line of each row in the file.
    scenario : numpy.ndarray of int
        Number of each row's scenario; -1 for a row of none.
    names : sequence of str
        Names of the scenarios; empty for a file without scenarios, whose rows all have number 0.

    Attributes
    ----------
    group : numpy.ndarray of int
        Scenario of each row whose moment is known; -1 otherwise.
    period : numpy.ndarray of int
        Period that starts at the row's moment; -1 where none does.
    first_row : numpy.ndarray of int
        First row of the same scenario with the same period.
    is_doubled, is_late : numpy.ndarray of bool
        Whether a row before it in its scenario has the same period; has a later one.
    """

    def __init__(
        self, starts: Integers, moments: Moments, lines: Integers, scenario: Integers, names: Sequence[str]
    ) -> None:
        self._names = names
        self._count = len(starts)
        self.groups = max(1, len(names))
        self.line, self.scenario, self.moment = lines, scenario, moments.microseconds
        self.unreadable = np.flatnonzero(~moments.readable & (scenario >= 0))
        self.has_unreadable = np.zeros(self.groups, dtype=bool)
        self.has_unreadable[scenario[self.unreadable]] = True
        self.group = np.where(moments.readable, scenario, -1)
        nearest = np.minimum(np.searchsorted(starts, self.moment), self._count - 1)
        self.period = np.where((self.group >= 0) & (starts[nearest] == self.moment), nearest, -1)
        self._sort()

    def _sort(self) -> None:
        size = len(self.line)
        known = np.flatnonzero(self.period >= 0)
        key = self.group[known] * self._count + self.period[known]
        self._key, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        self._row = known[first]
        self.first_row = np.full(size, -1, dtype=np.int64)
        self.first_row[known] = self._row[inverse]
        self.is_doubled = np.zeros(size, dtype=bool)
        self.is_doubled[known] = self.first_row[known] != known
        # keys of a scenario are above those of the scenarios before it
        order = np.argsort(self.group[known], kind="stable")
        self.is_late = np.zeros(size, dtype=bool)
        self.is_late[known[order]] = np.maximum.accumulate(key[order]) > key[order] if known.size else False
        self.is_late &= ~self.is_doubled

    def whose(self, scenario: int) -> str:
        """Words for messages: ``" in scenario low"``."""
        return f" in scenario {shorten(self._names[scenario])}" if self._names else ""

    def holes(self) -> Holes:
        """Holes before rows, by scenario and period."""
        group, period = self._key // self._count, self._key % self._count
        previous = np.full(len(period), -1, dtype=np.int64)
        follows = group[1:] == group[:-1]
        previous[1:][follows] = period[:-1][follows]
        hole = period > previous + 1
        return Holes(self._row[hole], previous[hole])

    def ends(self) -> Ends:
        """Where the rows of each scenario end."""
        group, period = self._key // self._count, self._key % self._count
        row = np.full(self.groups, -1, dtype=np.int64)
        last = np.full(self.groups, -1, dtype=np.int64)
        # keys rise, so that the last one of a scenario is written last
        row[group], last[group] = self._row, period
        return Ends(row, last, np.bincount(group, minlength=self.groups).astype(np.int64))
