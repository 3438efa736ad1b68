"""Times of a local clock as moments: hours that it shows twice in autumn and never in spring.

An hour shown twice is told apart by what the file says (an offset, CET or CEST, hour 3A or 3B), else by the order of
rows: where they go back in time, the second hour begins. One hour alone, of the two, cannot be told: that is an
issue, unless the file is one whose publisher gave every day 24 hours (clock rule ``removed``), where it stands for
both. Rows at an hour that the clock skips are left out if they are empty or if the rule is ``removed``; otherwise the
file must be in another zone than was said, and that is an issue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from mes_stoch.io.market_files.market_file import ClockRule, MarketFile
from mes_stoch.io.market_files.stamps import NONE, Integers, Mask, Stamps

#: Which of two hours a row is in, where the file says so.
UNMARKED, SUMMER, WINTER = -1, 1, 0
_DAY_US = 86_400_000_000


@dataclass(frozen=True)
class RowMoments:
    """Rows of a file at moments.

    Parameters
    ----------
    row : numpy.ndarray of int
        Position of a row; one that stands for two hours comes twice, one left out not at all.
    moment_us : numpy.ndarray of int
        Microseconds since 1970 in UTC.
    is_copy : numpy.ndarray of bool, optional
        Which are the second of two hours that one row stands for.
    """

    row: Integers
    moment_us: Integers
    is_copy: Mask | None = None


def to_moments(
    file: MarketFile,
    column: str,
    stamps: Stamps,
    lines: Sequence[int],
    zone: tzinfo,
    *,
    rule: ClockRule = "clock",
    marks: Integers | None = None,
    is_empty: Mask | None = None,
    group: Integers | None = None,
) -> RowMoments:
    """Moments of a column of stamps.

    Parameters
    ----------
    marks : numpy.ndarray of int, optional
        ``SUMMER`` or ``WINTER`` where a row says which, else ``UNMARKED``.
    is_empty : numpy.ndarray of bool, optional
        Rows without any number.
    group : numpy.ndarray of int, optional
        Rows of several areas in one file, each with its own order.

    Raises
    ------
    MarketFileError
    """
    count = len(lines)
    has_offset = stamps.offset_us != NONE
    if has_offset.all():
        return RowMoments(np.arange(count), stamps.wall_us - stamps.offset_us)
    if has_offset.any():
        odd = int(np.argmax(has_offset != has_offset[0]))
        found = f"'{stamps.texts[odd]}', {'with' if has_offset[odd] else 'without'} an offset from UTC"
        raise file.refusal(
            lines[odd], column, found, f"stamps all as in the first row, '{stamps.texts[0]}'", "one zone a file"
        )
    reader = _LocalRows(file, column, stamps, np.asarray(lines), zone, rule)
    none = np.zeros(count, dtype=bool)
    return reader.moments(
        np.full(count, UNMARKED) if marks is None else marks,
        none if is_empty is None else is_empty,
        np.zeros(count, dtype=np.int64) if group is None else group,
    )


class _LocalRows:
    def __init__(
        self, file: MarketFile, column: str, stamps: Stamps, lines: Integers, zone: tzinfo, rule: ClockRule
    ) -> None:
        self._file, self._column, self._stamps, self._lines = file, column, stamps, lines
        self._zone, self._rule = zone, rule
        walls = pd.DatetimeIndex(stamps.wall_us.view("datetime64[us]"))
        every = np.ones(len(walls), dtype=bool)
        self._summer = _moments(walls.tz_localize(zone, ambiguous=every, nonexistent="NaT"))
        self._winter = _moments(walls.tz_localize(zone, ambiguous=~every, nonexistent="NaT"))

    def moments(self, marks: Integers, is_empty: Mask, group: Integers) -> RowMoments:
        row = np.arange(len(self._lines))
        skipped = self._summer == NONE
        keep = ~skipped
        if skipped.any():
            self._leave_out_skipped(np.flatnonzero(skipped), is_empty)
        twice = keep & (self._summer != self._winter)
        fold = np.where(marks == UNMARKED, SUMMER, marks)
        both: list[int] = []
        if twice.any():
            both = self._tell_apart(np.flatnonzero(twice), marks, fold, group)
        moment = np.where(fold == SUMMER, self._summer, self._winter)
        again = np.array(both, dtype=np.int64)
        rows = np.concatenate([row[keep], again])
        moments = np.concatenate([moment[keep], self._winter[again]])
        is_copy = np.arange(rows.size) >= int(keep.sum())
        order = np.lexsort((moments, rows))
        return RowMoments(rows[order], moments[order], is_copy[order])

    def _leave_out_skipped(self, rows: Integers, is_empty: Mask) -> None:
        filled = rows[~is_empty[rows]]
        if filled.size and self._rule == "clock":
            hint = (
                "if its times are UTC or another zone, say so (--zone UTC); if every day of the file has 24 hours, "
                "--clock removed leaves this hour out"
            )
            texts = self._stamps.texts

            def words(example: int) -> tuple[str, str]:
                return f"'{texts[int(filled[example])]}', which clocks in {self._zone} never show, with a number", hint

            self._file.reporter.add_all(
                self._lines[filled].tolist(), self._column, words, "no rows at the hour that is skipped", kind="skipped"
            )
            self._file.stop_if_wrong()
        what = "the hour that the clock skips has rows"
        ending = " with numbers of the publisher's making, which are left out" if filled.size else " without numbers"
        self._file.notice("clock", what + ending, self._lines[rows].tolist(), int(rows.size))

    def _tell_apart(self, rows: Integers, marks: Integers, fold: Integers, group: Integers) -> list[int]:
        """Set ``fold`` of rows at an hour shown twice; returns rows that stand for both hours."""
        both: list[int] = []
        unmarked = rows[marks[rows] == UNMARKED]
        marked = rows[marks[rows] != UNMARKED]
        if marked.size:
            self._file.notice(
                "clock", "the hour shown twice is marked in the file", self._lines[marked].tolist(), int(marked.size)
            )
        by_order: list[int] = []
        for areas in np.unique(group[unmarked]):
            own = unmarked[group[unmarked] == areas]
            backwards = _is_descending(self._stamps.wall_us[group == areas])
            for day in np.unique(self._stamps.wall_us[own] // _DAY_US):
                of_day = own[self._stamps.wall_us[own] // _DAY_US == day]
                ascending = of_day[::-1] if backwards else of_day
                summer = _is_first_hour(self._stamps.wall_us[ascending])
                if summer is not None:
                    fold[ascending] = np.where(summer, SUMMER, WINTER)
                    by_order += of_day.tolist()
                elif self._rule == "removed":
                    both += of_day.tolist()
                else:
                    self._refuse_single(of_day)
        self._file.stop_if_wrong()
        if by_order:
            lines = self._lines[by_order].tolist()
            self._file.notice("clock", "the hour shown twice is told apart by the order of rows", lines, len(lines))
        if both:
            lines = self._lines[both].tolist()
            self._file.notice("clock", "the hour shown twice is there once and is taken for both", lines, len(lines))
        return both

    def _refuse_single(self, rows: Integers) -> None:
        text = self._stamps.texts[int(rows[0])]
        found = f"'{text}', which clocks in {self._zone} show twice, and rows for one of the two hours"
        hint = (
            "half a day may be missing; if every day of the file has 24 hours, --clock removed takes it for both; "
            "if its times are UTC, --zone UTC"
        )
        expected = "both hours, or stamps with an offset"
        self._file.reporter.add(int(self._lines[rows[0]]), self._column, found, expected, hint, kind="twice")


def _moments(index: pd.DatetimeIndex) -> Integers:
    return np.where(index.isna(), NONE, index.as_unit("us").asi8)


def _is_descending(walls: Integers) -> bool:
    steps = np.diff(walls)
    return bool((steps < 0).sum() > (steps > 0).sum())


def _is_first_hour(walls: Integers) -> Mask | None:
    """Which of ascending rows at an hour shown twice are in its first pass; ``None`` where that cannot be told."""
    steps = np.diff(walls)
    back = np.flatnonzero(steps <= 0)
    if back.size == 1:
        return np.asarray(np.arange(walls.size) <= back[0])
    if walls.size % 2 == 0 and (walls[0::2] == walls[1::2]).all() and (np.diff(walls[0::2]) > 0).all():
        # sorted by the clock's time: each stamp twice in a row
        return np.asarray(np.arange(walls.size) % 2 == 0)
    return None
