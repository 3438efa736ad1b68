"""Open-Meteo: hourly weather, with the unit of each column in brackets.

Two lines about the place, with ``utc_offset_seconds`` and ``timezone``, a blank line, then ``time,temperature_2m
(°C),...``. Times are local **with one offset for the whole file**, that of the second line, summer and winter.
Several places have a column ``location_id``; tables of days below the hours are not read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import TextGrid, read_grid
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import ISO
from mes_stoch.io.market_files.unit_words import plain_name, split_unit
from mes_stoch.io.readers.locate import listed, shorten

_OFFSET = "utc_offset_seconds"
_HEADER = re.compile(r"(location_id,)?time,")


class OpenMeteo(MarketLayout):
    name: ClassVar[str] = "open_meteo"
    looks_for: ClassVar[str] = "a first line with utc_offset_seconds (Open-Meteo)"

    def recognises(self, head: FileHead) -> bool:
        return _OFFSET in head.first.split(",")

    def read(self, file: MarketFile) -> MarketTable:
        header_line = file.head.find(lambda line: _HEADER.match(line) is not None)
        if header_line is None:
            raise file.refusal(1, "", "no header of a table", "a line time,temperature_2m (°C),...")
        offset = _offset(file, header_line)
        grid = read_grid(_first_table(file, header_line), header_line, ",", ["time"])
        columns, unknown = _columns(grid)
        if unknown:
            file.notice("text", f"columns whose unit is not known are left out: {listed(unknown, 5)}", (), len(unknown))
        if not columns:
            expected = "columns with their unit, such as temperature_2m (°C)"
            raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", expected)
        areas, area = areas_of(grid.columns["location_id"]) if "location_id" in grid.columns else ([""], None)
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column="time",
            zone=offset,
            states_zone=True,
            form=ISO,
            style=POINT,
            areas=areas,
            area=area,
        )


def _columns(grid: TextGrid) -> tuple[dict[str, MarketColumn], list[str]]:
    result, unknown = {}, []
    for name in grid.names:
        if name in ("time", "location_id"):
            continue
        bare, unit = split_unit(name)
        if unit is None:
            unknown.append(name)
        else:
            result[name] = MarketColumn(plain_name(bare), unit, name)
    return result, unknown


def _offset(file: MarketFile, header_line: int) -> str:
    """The offset of the file, as a zone."""
    names = file.head.first.split(",")
    if _OFFSET not in names:
        raise file.refusal(1, _OFFSET, f"'{shorten(file.head.first)}'", "a first line with utc_offset_seconds")
    begin = file.head.find(lambda line: bool(line.strip())) or 1
    rows = [line.split(",") for line in file.head.lines[begin : header_line - 1] if line.strip()]
    seconds = {row[names.index(_OFFSET)] for row in rows if len(row) == len(names)}
    text = seconds.pop() if len(seconds) == 1 else ""
    if not re.fullmatch(r"-?\d{1,5}", text) or int(text) % 60:
        found = f"'{shorten(text)}'" if text else f"{len(seconds) + bool(text)} different offsets"
        raise file.refusal(
            begin + 1, _OFFSET, found, "one offset in seconds for all places", "download them one by one"
        )
    minutes = int(text) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _first_table(file: MarketFile, header_line: int) -> MarketFile:
    """The file up to the blank line below its first table."""
    lines = file.text.splitlines(keepends=True)
    end = next((k for k in range(header_line, len(lines)) if not lines[k].strip()), len(lines))
    short = replace(file, content=replace(file.content, text="".join(lines[:end])))
    short.reporter = file.reporter
    return short
