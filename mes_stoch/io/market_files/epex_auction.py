"""EPEX SPOT auctions: a row a delivery day, a column an hour, half-hour or quarter-hour.

A comment line with ``#``, then ``Delivery day,Hour 1,Hour 2,Hour 3A,Hour 3B,Hour 4,...`` or ``Hour 1 Q1,...``: hour
3A is the third hour of every day and the first of the two in autumn, 3B the second; both are empty where they are
not. Sums and means behind the hours are not read.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import ClassVar

import numpy as np
import pandas as pd

from mes_stoch.io.market_files.assembly import MarketColumn, MarketRows, assemble
from mes_stoch.io.market_files.cells import read_numbers
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout
from mes_stoch.io.market_files.local_clock import SUMMER, UNMARKED, WINTER, to_moments
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.row_times import HOUR_US
from mes_stoch.io.market_files.stamps import DAY_FIRST, ISO, NONE, Integers, Mask, Stamps, at_wall, read_stamps
from mes_stoch.io.market_files.unit_words import SeriesUnit
from mes_stoch.io.readers.locate import listed, shorten

ZONE = "Europe/Paris"
_DAY = "Delivery day"
_HOUR = re.compile(r"Hour (?P<hour>\d{1,2})(?P<twin>[AB])?(?: Q(?P<part>[1-4]))?")


class EpexAuction(MarketLayout):
    name: ClassVar[str] = "epex_auction"
    looks_for: ClassVar[str] = 'columns "Delivery day" and "Hour 1" or "Hour 1 Q1" (EPEX SPOT)'

    def recognises(self, head: FileHead) -> bool:
        return _header_line(head) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = _header_line(file.head)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        grid = read_grid(file, header_line, separator_of(file.head.lines[header_line - 1]), [_DAY])
        hours = {name: found for name in grid.names if (found := _HOUR.fullmatch(name)) is not None}
        parts = _parts(file, grid, hours)
        length = HOUR_US // parts
        numbers = read_numbers(file, grid, list(hours))
        days = grid.columns[_DAY]
        form = ISO if ISO.pattern.fullmatch(days[0]) else DAY_FIRST
        day_us = read_stamps(file, _DAY, days, grid.lines, form).wall_us
        file.stop_if_wrong()
        # row by row, in the order of the columns
        offset = np.array([(int(h["hour"]) - 1) * HOUR_US + (int(h["part"] or 1) - 1) * length for h in hours.values()])
        is_second = np.array([found["twin"] == "B" for found in hours.values()])
        values = np.column_stack(list(numbers.values())).ravel()
        walls = (day_us[:, None] + offset[None, :]).ravel()
        second = np.tile(is_second, len(grid))
        lines = np.repeat(grid.lines, len(hours))
        shown_twice = _shown_twice(file, walls)
        # without hour 3B in the header, hour 3 of the day in autumn may be either
        is_told = shown_twice & bool(is_second.any())
        marks = np.where(is_told, np.where(second, WINTER, SUMMER), UNMARKED)
        self._refuse_second_hour(file, walls, second & ~shown_twice & np.isfinite(values), lines)
        keep = ~(second & ~shown_twice)
        marks, values, lines, walls = marks[keep], values[keep], lines[keep], walls[keep]
        zone = file.zone(ZONE)
        stamps = Stamps([at_wall(int(wall)) for wall in walls], walls, np.full(walls.size, NONE))
        moments = to_moments(
            file, _DAY, stamps, lines.tolist(), zone, rule=file.clock(), marks=marks, is_empty=np.isnan(values)
        )
        column = MarketColumn(_stem(parts), SeriesUnit(f"{_currency(file.head)}_per_mwh"), "Hour 1 to 24")
        rows = MarketRows(moments, {column: values}, lines.tolist(), period_us=length)
        return assemble(file, self.name, zone, rows)

    def _refuse_second_hour(self, file: MarketFile, walls: Integers, wrong: Mask, lines: Integers) -> None:
        rows = np.flatnonzero(wrong)
        file.reporter.add_all(
            lines[rows].tolist(),
            "Hour 3B",
            lambda example: (f"a number on {at_wall(int(walls[rows[example]]))[:10]}", "the day may be another one"),
            "an hour 3B on the day in autumn alone",
        )
        file.stop_if_wrong()


def _header_line(head: FileHead) -> int | None:
    def is_header(line: str) -> bool:
        names = [cell.strip().strip('"') for cell in re.split(r"[;,\t]", line)]
        return names[0] == _DAY and any(_HOUR.fullmatch(name) for name in names[1:])

    return head.find(is_header)


def _parts(file: MarketFile, grid: TextGrid, hours: dict[str, re.Match[str]]) -> int:
    """Columns an hour, the same for every hour: 1, 2 or 4."""
    counts = Counter((found["hour"], found["twin"] or "A") for found in hours.values())
    parts = max(counts.values(), default=0)
    lacking = [str(hour) for hour in range(1, 25) if counts.get((str(hour), "A"), 0) != parts]
    if parts not in (1, 2, 4) or lacking:
        found = f"columns {listed(list(hours))}" if parts else f"columns {listed(grid.names)}"
        expected = "columns Hour 1 to Hour 24, or Hour 1 Q1 to Hour 24 Q4"
        hint = f"hours {', '.join(lacking[:5])} are not whole" if parts and lacking else ""
        raise file.refusal(grid.header_line, "", found, expected, hint)
    return parts


def _shown_twice(file: MarketFile, walls: Integers) -> Mask:
    index = pd.DatetimeIndex(walls.view("datetime64[us]"))
    every = np.ones(len(index), dtype=bool)
    first = index.tz_localize(file.zone(ZONE), ambiguous=every, nonexistent="NaT")
    second = index.tz_localize(file.zone(ZONE), ambiguous=~every, nonexistent="NaT")
    differs: Mask = np.asarray(first != second)
    return np.asarray(differs & ~np.asarray(first.isna()), dtype=bool)


def _stem(parts: int) -> str:
    return "day_ahead_price" if parts == 1 else "auction_price"


def _currency(head: FileHead) -> str:
    """From the comment line, which ends in it; euros where it does not."""
    comment = next((line for line in head.lines if line.lstrip('"').startswith("#")), "")
    found = re.findall(r"\b(EUR|GBP|CHF|PLN|DKK|SEK|NOK)\b", comment)
    return str(found[-1]).lower() if found else "eur"
