"""RTE, reserves: prices of FCR, aFRR, rapid (mFRR) and complementary (RR) reserve by half-hour.

A title, then ``Date``, ``Heures`` (``00:00 - 00:30``), ``Type de réserve``, ``Sens de l'ajustement`` and ``Prix de la
réserve (en euros/MW/30min)``, separated by tabs, in Latin-1; a row a half-hour, reserve and direction. A price for
half an hour is doubled to be one per MW and hour.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.row_times import HOUR_US
from mes_stoch.io.market_files.stamps import DAY_FIRST, ISO
from mes_stoch.io.market_files.unit_words import plain_name, split_unit
from mes_stoch.io.readers.locate import listed, shorten

ZONE = "Europe/Paris"
_DATE, _HOURS, _TYPE, _SIDE = "Date", "Heures", "Type de réserve", "Sens de l'ajustement"
_RESERVES = {
    "reserve_primaire": "fcr",
    "reserve_secondaire": "afrr",
    "reserve_rapide": "mfrr",
    "reserve_complementaire": "rr",
}
_DIRECTIONS = {"a_la_hausse": "up", "a_la_baisse": "down", "a_la_hausse_et_a_la_baisse": "both"}
_HALF_HOUR = re.compile(r"(?P<begin>\d{1,2}:\d{2})\s*-\s*\d{1,2}:\d{2}")


class RteReserve(MarketLayout):
    name: ClassVar[str] = "rte_reserve"
    looks_for: ClassVar[str] = 'columns "Date", "Heures" and "Type de réserve" (RTE)'

    def recognises(self, head: FileHead) -> bool:
        return _header_line(head) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = _header_line(file.head)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        separator = separator_of(file.head.lines[header_line - 1])
        grid = read_grid(file, header_line, separator, [_DATE, _HOURS, _TYPE, _SIDE], is_aside=_is_aside)
        column = _price(file, grid)
        labels = [
            f"{_known(file, grid, k, _TYPE, _RESERVES)}_{_known(file, grid, k, _SIDE, _DIRECTIONS)}"
            for k in range(len(grid))
        ]
        texts = [_begin(file, grid, k) for k in range(len(grid))]
        file.stop_if_wrong()
        areas, area = areas_of(labels)
        table = table_of_columns(
            file,
            self.name,
            grid,
            {column.source_name: column},
            time_column=_HOURS,
            texts=texts,
            zone=ZONE,
            form=ISO if ISO.pattern.fullmatch(texts[0]) else DAY_FIRST,
            period_us=HOUR_US // 2,
            areas=areas,
            area=area,
        )
        return replace(table, series=tuple(replace(one, area="FR") for one in table.series))


def _header_line(head: FileHead) -> int | None:
    def is_header(line: str) -> bool:
        names = [plain_name(cell) for cell in re.split(r"[;\t]", line)]
        return names[:2] == ["date", "heures"] and "type_de_reserve" in names

    return head.find(is_header)


def _is_aside(row: list[str]) -> bool:
    filled = [cell for cell in row if cell]
    return len(filled) == 1 and not filled[0][:1].isdigit()


def _price(file: MarketFile, grid: TextGrid) -> MarketColumn:
    for name in grid.names:
        bare, unit = split_unit(name)
        if unit is not None and plain_name(bare).startswith("prix_de_la_reserve"):
            return MarketColumn("capacity_price", unit, name)
    raise file.refusal(
        grid.header_line, "", f"columns {listed(grid.names)}", "a column Prix de la réserve (en euros/MW/30min)"
    )


def _known(file: MarketFile, grid: TextGrid, row: int, column: str, known: dict[str, str]) -> str:
    cell = grid.columns[column][row]
    found = known.get(plain_name(cell))
    if found is None:
        file.reporter.add(grid.lines[row], column, f"'{shorten(cell)}'", f"one of {listed(list(known))}", kind=column)
    return found or ""


def _begin(file: MarketFile, grid: TextGrid, row: int) -> str:
    cell = grid.columns[_HOURS][row]
    found = _HALF_HOUR.fullmatch(cell)
    if found is None:
        file.reporter.add(
            grid.lines[row], _HOURS, f"'{shorten(cell)}'", "a half-hour such as 00:00 - 00:30", kind="half"
        )
        return ""
    return f"{grid.columns[_DATE][row]} {found['begin']}"
