"""Are the rows of a CSV the periods of the horizon?

All rows are looked at together, as arrays, so that a million wrong ones are told of in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from mes_stoch.io.readers.moments import Moments, read_moments
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.io.readers.resolution import Steps, resolution_words, steps_of
from mes_stoch.io.readers.row_periods import Integers, Mask, RowPeriods
from mes_stoch.schema.instance import Horizon


class RowTimes:
    """Compares time stamps with the periods of a horizon.

    Parameters
    ----------
    time : pandas.DatetimeIndex
        Start of each period, local.
    horizon : Horizon
        With the length of a period. Of a first period that has begun the row may stand at the start of the horizon, or
        where the period began: rows of a series that others use as well need not be changed.
    reporter : Reporter
        Told of every row that does not fit.
    """

    def __init__(self, time: pd.DatetimeIndex, horizon: Horizon, reporter: Reporter) -> None:
        self._time = time
        self._period_us = round(horizon.period_h * 3600) * 1_000_000
        self._begun_us = round(horizon.begun_h * 3600) * 1_000_000
        self._reporter = reporter
        self._zone = ZoneInfo(str(time.tz))
        self._starts = np.asarray(time.as_unit("us").asi8, dtype=np.int64)

    def check(
        self,
        texts: Sequence[str],
        lines: Sequence[int],
        scenario: Integers | None = None,
        names: Sequence[str] = (),
        *,
        complete: bool = True,
        may_be_day_first: bool = False,
    ) -> None:
        """Report where rows are not the periods of the horizon, one each and in order.

        Parameters
        ----------
        texts, lines : sequence
            Time stamps and their lines in the file.
        scenario, names : sequence, optional
            Number of the scenario of each row, -1 for rows of none, and the scenarios' names.
        complete : bool
            Whether these are all rows of the file; holes are not reported where some rows could not be read.
        may_be_day_first : bool
            Whether the file is one in which days may come first in dates.
        """
        moments = self._at_starts(read_moments(texts, self._zone, may_be_day_first=may_be_day_first))
        own = np.zeros(len(texts), dtype=np.int64) if scenario is None else scenario
        rows = RowPeriods(self._starts, moments, np.asarray(lines, dtype=np.int64), own, names)
        self._report_unreadable(rows, moments)
        steps = steps_of(rows, self._starts, self._period_us)
        self._report_resolution(rows, steps)
        self._report_shift(rows, steps)
        wanted = ~(steps.other | steps.shifted)
        self._report_rows(rows, wanted)
        if complete:
            self._report_holes(rows, wanted & ~rows.has_unreadable)

    def _at_starts(self, moments: Moments) -> Moments:
        """The row of a first period that has begun, at the start of the horizon."""
        if self._begun_us == 0:
            return moments
        is_begun = moments.readable & (moments.microseconds == self._starts[0] - self._begun_us)
        return replace(moments, microseconds=np.where(is_begun, self._starts[0], moments.microseconds))

    def _report_unreadable(self, rows: RowPeriods, moments: Moments) -> None:
        if not rows.unreadable.size:
            return

        def words(row: int) -> tuple[str, str]:
            problem = moments.problem(row)
            return problem.found + rows.whose(int(rows.scenario[row])), problem.hint

        expected = moments.problem(int(rows.unreadable[0])).expected
        self._tell(rows.unreadable, rows, words, "stamp", expected)

    def _report_resolution(self, rows: RowPeriods, steps: Steps) -> None:
        if steps.other.any():
            found, expected, hint = resolution_words(steps.step_us, self._period_us, len(self._starts))
            line, whose = self._whose(rows, steps.other)
            self._reporter.add(line, "time", found + whose, expected, hint, kind="resolution")

    def _report_shift(self, rows: RowPeriods, steps: Steps) -> None:
        if not steps.shifted.any():
            return
        line, whose = self._whose(rows, steps.shifted)
        first = int(rows.moment[rows.group == int(np.argmax(steps.shifted))].min())
        hint = "change horizon.start, or the time stamps"
        offset = self._time[0].utcoffset()
        if offset and int(self._starts[0]) - first == round(offset.total_seconds() * 1e6):
            hint += "; a time in UTC is written with a Z at its end"
        found = f"as many rows, that begin at {self._local(first)}{whose}"
        self._reporter.add(line, "time", found, self._span(), hint, kind="shift")

    def _whose(self, rows: RowPeriods, which: Mask) -> tuple[int, str]:
        """Line of the first row of the first of some scenarios, and the scenarios in words."""
        first, others = int(np.argmax(which)), int(which.sum()) - 1
        more = f" and {others} other scenario{'s' if others > 1 else ''}" if others else ""
        return int(rows.line[np.argmax(rows.group == first)]), rows.whose(first) + more

    def _report_rows(self, rows: RowPeriods, wanted: Mask) -> None:
        """Rows that do not belong where they are."""
        mine = (rows.group >= 0) & wanted[rows.group]
        first, last = self._starts[0], self._starts[-1]

        def outside(row: int) -> tuple[str, str]:
            what = "before the horizon" if rows.moment[row] < first else "between the starts of two periods"
            return f"{self._local(rows.moment[row])}, {what}{rows.whose(int(rows.group[row]))}", ""

        def doubled(row: int) -> tuple[str, str]:
            known = f"first on line {rows.line[rows.first_row[row]]}"
            whose = rows.whose(int(rows.group[row]))
            return f"{self._local(rows.moment[row])} a second time ({known}){whose}", "remove one of the rows"

        def late(row: int) -> tuple[str, str]:
            whose = rows.whose(int(rows.group[row]))
            return f"{self._local(rows.moment[row])} out of order{whose}", "sort the rows by time"

        span, stray = self._span(), mine & (rows.period < 0)
        self._tell(np.flatnonzero(stray & (rows.moment <= last)), rows, outside, "outside", span)
        self._tell(np.flatnonzero(mine & rows.is_doubled), rows, doubled, "duplicate", span)
        self._tell(np.flatnonzero(mine & rows.is_late), rows, late, "order", span)
        self._report_too_long(rows, np.flatnonzero(stray & (rows.moment > last)))

    def _report_too_long(self, rows: RowPeriods, after: Integers) -> None:
        counts = np.bincount(rows.group[after], minlength=rows.groups)
        _, leading = np.unique(rows.group[after], return_index=True)

        def words(row: int) -> tuple[str, str]:
            number = int(counts[rows.group[row]])
            count = f"{number} row{'s' if number > 1 else ''}"
            found = f"a series that is too long: {count} after the last period{rows.whose(int(rows.group[row]))}"
            return found, "remove them, or change horizon.periods"

        self._tell(after[np.sort(leading)], rows, words, "long", self._span())

    def _report_holes(self, rows: RowPeriods, wanted: Mask) -> None:
        """Periods without a row: between rows, and after the last one."""
        holes, ends, total = rows.holes(), rows.ends(), len(self._starts)
        own = np.flatnonzero(wanted[rows.group[holes.row]])
        before = {int(holes.row[k]): int(holes.previous[k]) for k in own}

        def gap(row: int) -> tuple[str, str]:
            number = int(rows.period[row]) - before[row] - 1
            missing = f"{number} period{'s' if number > 1 else ''} from {self._start(before[row] + 1)}"
            return f"a gap of {missing}{rows.whose(int(rows.group[row]))}", "add the missing rows before this line"

        self._tell(holes.row[own], rows, gap, "gap", self._span())
        short = np.flatnonzero(wanted & (ends.period < total - 1))

        def words(example: int) -> tuple[str, str]:
            group = int(short[example])
            end = f"it ends before {self._start(int(ends.period[group]) + 1)}{rows.whose(group)}"
            return f"a series that is too short: {end}", f"{ends.number[group]} of {total} periods are there"

        lines = [int(rows.line[row]) if row >= 0 else None for row in ends.row[short]]
        self._reporter.add_all(lines, "time", words, self._span(), kind="short")

    def _tell(
        self, found: Integers, rows: RowPeriods, words: Callable[[int], tuple[str, str]], kind: str, expected: str
    ) -> None:
        lines = rows.line[found].tolist()
        self._reporter.add_all(lines, "time", lambda example: words(int(found[example])), expected, kind=kind)

    def _span(self) -> str:
        count = len(self._time)
        return f"the {count} periods of the horizon, {self._start(0)} to {self._start(-1)}, once each and in order"

    def _start(self, index: int) -> str:
        return f"{self._time[index]:%Y-%m-%dT%H:%M%z}"

    def _local(self, moment_us: int) -> str:
        local = pd.Timestamp(int(moment_us), unit="us", tz="UTC").tz_convert(self._zone)
        return f"{local:%Y-%m-%dT%H:%M:%S%z}"
