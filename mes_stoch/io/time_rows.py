"""Are the rows of a CSV exactly the periods of the horizon?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from mes_stoch.io.csv_table import Reporter
from mes_stoch.io.time_stamps import TimeStampError, parse_time

Problem = tuple[int | None, str, str, str]


class RowTimes:
    """Compares time stamps with the periods of a horizon.

    Parameters
    ----------
    time : pandas.DatetimeIndex
        Start of each period, local.
    reporter : Reporter
        Told of every row that does not fit.
    """

    def __init__(self, time: pd.DatetimeIndex, reporter: Reporter) -> None:
        self._time = time
        self._reporter = reporter
        self._zone = ZoneInfo(str(time.tz))
        moments = time.tz_convert("UTC").to_pydatetime()
        self._index = {moment: index for index, moment in enumerate(moments)}
        self._first, self._last = moments[0], moments[-1]
        self._parsed: dict[str, datetime | TimeStampError] = {}
        self._fitting: tuple[str, ...] | None = None

    def check(self, texts: Sequence[str], lines: Sequence[int], whose: str = "", *, complete: bool = True) -> bool:
        """Whether rows are the periods of the horizon, one each, in order; reports where they are not.

        Parameters
        ----------
        texts, lines : sequence
            Time stamps and their lines in the file.
        whose : str
            Words for messages, ``" in scenario low"``.
        complete : bool
            Whether these are all rows of the file; holes are not reported where some rows could not be read.
        """
        stamps = tuple(texts)
        if stamps == self._fitting:
            return True
        places: list[tuple[int, datetime]] = []
        readable = True
        for text, line in zip(texts, lines, strict=True):
            moment = self._parse(text)
            if isinstance(moment, datetime):
                places.append((line, moment))
            else:
                self._reporter.add(line, "time", moment.found + whose, moment.expected, moment.hint, kind="stamp")
                readable = False
        seen: dict[int, int] = {}
        problems = list(self._row_problems(places, seen, whose))
        if readable and complete:
            problems += self._hole_problems(seen, whose)
        for line_, found, hint, kind in problems:
            self._reporter.add(line_, "time", found, self._span(), hint, kind=kind)
        if readable and not problems:
            self._fitting = stamps
        return readable and not problems

    def _parse(self, text: str) -> datetime | TimeStampError:
        known = self._parsed.get(text)
        if known is None:
            try:
                known = parse_time(text, self._zone)
            except TimeStampError as error:
                known = error
            self._parsed[text] = known
        return known

    def _row_problems(
        self, places: Sequence[tuple[int, datetime]], seen: dict[int, int], whose: str
    ) -> Iterator[Problem]:
        """Rows that do not belong where they are; notes in ``seen`` the line of every period that is there."""
        latest = -1
        after_end: list[int] = []
        for line, moment in places:
            index = self._index.get(moment)
            if index is None:
                if moment > self._last:
                    after_end.append(line)
                    continue
                what = "before the horizon" if moment < self._first else "between the starts of two periods"
                yield line, f"{self._local(moment)}, {what}{whose}", "", "outside"
            elif index in seen:
                found = f"{self._local(moment)} a second time (first on line {seen[index]}){whose}"
                yield line, found, "remove one of the rows", "duplicate"
            else:
                if index < latest:
                    yield line, f"{self._local(moment)} out of order{whose}", "sort the rows by time", "order"
                latest = max(latest, index)
                seen[index] = line
        if after_end:
            count = f"{len(after_end)} row{'s' if len(after_end) > 1 else ''}"
            found = f"a series that is too long: {count} after the last period{whose}"
            yield after_end[0], found, "remove them, or change horizon.periods", "long"

    def _hole_problems(self, seen: dict[int, int], whose: str) -> Iterator[Problem]:
        previous = -1
        for index in sorted(seen):
            if index > previous + 1:
                count = index - previous - 1
                missing = f"{count} period{'s' if count > 1 else ''} from {self._start(previous + 1)}"
                yield seen[index], f"a gap of {missing}{whose}", "add the missing rows before this line", "gap"
            previous = index
        if previous < len(self._time) - 1:
            found = f"a series that is too short: it ends before {self._start(previous + 1)}{whose}"
            hint = f"{len(seen)} of {len(self._time)} periods are there"
            yield seen.get(previous), found, hint, "short"

    def _span(self) -> str:
        count = len(self._time)
        return f"the {count} periods of the horizon, {self._start(0)} to {self._start(-1)}, once each and in order"

    def _start(self, index: int) -> str:
        return f"{self._time[index]:%Y-%m-%dT%H:%M%z}"

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%dT%H:%M:%S%z}"
