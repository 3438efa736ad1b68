"""A file of no known layout, as a column map describes it."""

from __future__ import annotations

from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import NumberStyle
from mes_stoch.io.market_files.column_map import ColumnMap
from mes_stoch.io.market_files.grid import read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import FORMS
from mes_stoch.io.market_files.unit_words import SeriesUnit, unit_of_name

#: What a column without a name is called in a column map.
NAMELESS = "-"


class Generic(MarketLayout):
    name: ClassVar[str] = "generic"
    looks_for: ClassVar[str] = "columns that a column map names"

    def __init__(self, column_map: ColumnMap) -> None:
        self._map = column_map

    def recognises(self, head: FileHead) -> bool:
        return False

    def read(self, file: MarketFile) -> MarketTable:
        given = self._map
        lines = file.head.lines
        header = lines[given.header - 1] if given.header <= len(lines) else ""
        wanted = [_in_file(name) for name in (given.time, given.date, given.area) if name is not None]
        required = [*dict.fromkeys([*wanted, *map(_in_file, given.columns)])]
        grid = read_grid(file, given.header, given.separator or separator_of(header), required)
        time_column = _in_file(given.time)
        texts = grid.columns[time_column]
        if given.date is not None:
            texts = [f"{day} {hour}" for day, hour in zip(grid.columns[_in_file(given.date)], texts, strict=True)]
        areas, area = ([""], None) if given.area is None else areas_of(grid.columns[_in_file(given.area)])
        return table_of_columns(
            file,
            self.name,
            grid,
            {_in_file(column): _column(column, name) for column, name in given.columns.items()},
            time_column=time_column,
            texts=texts,
            zone=given.zone,
            form=None if given.format is None else FORMS[given.format],
            style=_style(given),
            at_end=given.stamp == "end",
            areas=areas,
            area=area,
        )


def _in_file(name: str) -> str:
    return "" if name == NAMELESS else name


def _style(given: ColumnMap) -> NumberStyle | None:
    if given.decimal is None and given.thousands is None:
        return None
    decimal = given.decimal or ("," if given.thousands == "." else ".")
    return NumberStyle(decimal, given.thousands or "")


def _column(column: str, name: str) -> MarketColumn:
    found = unit_of_name(name)
    # names without a unit are refused with the column map
    stem, unit = (name, SeriesUnit("")) if found is None else found
    return MarketColumn(stem, unit, column)
