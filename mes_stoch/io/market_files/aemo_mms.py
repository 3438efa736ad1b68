"""AEMO's MMS files: rows C (comment), I (header of a table) and D (data), several tables in a file.

Prices are in ``DISPATCH,PRICE`` (``PUBLIC_DVD_DISPATCHPRICE``, ``PUBLIC_DISPATCHIS``), ``DREGION``
(``PUBLIC_PRICES``) and ``TRADING,PRICE``. Stamps are ends of dispatch intervals, in market time (UTC+10, no summer
time). Of an interval with an intervention, the run without it (``INTERVENTION`` 0) has the price that is paid.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from mes_stoch.io.market_files.aemo_names import ZONE, aemo_column
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import TextGrid
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import YEAR_FIRST
from mes_stoch.io.market_files.text_file import numbered_rows
from mes_stoch.io.readers.locate import listed

#: Tables with prices, the one to read first.
_TABLES = (("DISPATCH", "PRICE"), ("DREGION", ""), ("TRADING", "PRICE"), ("TREGION", ""))
_END = "END OF REPORT"


@dataclass
class _Table:
    """A table of a file, with the header that was above its rows."""

    header: list[str]
    line: int
    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)


class AemoMms(MarketLayout):
    name: ClassVar[str] = "aemo_mms"
    looks_for: ClassVar[str] = "rows that begin with C, I and D (AEMO MMS)"

    def recognises(self, head: FileHead) -> bool:
        starts = [line[:2] for line in head.lines if line.strip()][:2]
        return starts == ["C,", "I,"] or starts[:1] == ["I,"]

    def read(self, file: MarketFile) -> MarketTable:
        tables = _tables(file)
        wanted = next((key for key in _TABLES if any(found[:2] == key for found in tables)), None)
        if wanted is None:
            names = [", ".join(part for part in key[:2] if part) for key in tables]
            expected = "a table of prices: DISPATCH,PRICE, DREGION or TRADING,PRICE"
            raise file.refusal(1, "", f"tables {listed(list(dict.fromkeys(names)))}", expected)
        versions = [key for key in tables if key[:2] == wanted]
        newest = max(versions, key=lambda key: int(key[2]) if key[2].isdecimal() else 0)
        if len(versions) > 1:
            file.notice("text", f"{'.'.join(wanted).rstrip('.')} is there in versions, {newest[2]} is read")
        grid = _grid(file, tables[newest])
        columns = {name: column for name in grid.names if (column := aemo_column(name)) is not None}
        areas, area = areas_of(grid.columns["REGIONID"])
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column="SETTLEMENTDATE",
            zone=ZONE,
            states_zone=True,
            form=YEAR_FIRST,
            style=POINT,
            at_end=True,
            areas=areas,
            area=area,
        )


def _tables(file: MarketFile) -> dict[tuple[str, str, str], _Table]:
    """Tables by report, sub-report and version."""
    tables: dict[tuple[str, str, str], _Table] = {}
    try:
        rows = list(numbered_rows(file.text, ","))
    except csv.Error as error:
        found = f"cells that cannot be told apart ({error})"
        raise file.refusal(None, "", found, "cells separated by commas") from None
    has_end, last = False, 0
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        last = line
        cells = [cell.strip() for cell in row]
        kind = cells[0]
        if kind == "C":
            has_end = has_end or (len(cells) > 1 and cells[1] == _END)
        elif kind not in ("I", "D") or len(cells) < 5:
            found = f"a row of {len(cells)} cells that begins with '{kind[:20]}'"
            file.reporter.add(line, "", found, "a row C, I or D", "the row may be cut or damaged", kind="row")
        elif kind == "I":
            key = (cells[1], cells[2], cells[3])
            known = tables.setdefault(key, _Table(cells, line))
            if known.header != cells:
                hint = "the file was put together from files of different versions"
                file.reporter.add(line, "", "another header of the same table", f"that of line {known.line}", hint)
        else:
            _add_row(file, tables, cells, line)
    file.stop_if_wrong()
    if not has_end:
        file.notice("text", f'no "{_END}" at the end: the file may have been cut', [last])
    return tables


def _add_row(file: MarketFile, tables: dict[tuple[str, str, str], _Table], cells: list[str], line: int) -> None:
    table = tables.get((cells[1], cells[2], cells[3]))
    if table is None:
        name = ",".join(cells[1:4])
        file.reporter.add(line, "", f"a row of {name} without its header", "a row I above it", kind="header")
        return
    width = len(table.header)
    if len(cells) > width and not any(cells[width:]):
        cells = cells[:width]
    if len(cells) != width:
        hint = "the row may have been cut: download the file again"
        expected = f"{width} cells, as in the header on line {table.line}"
        file.reporter.add(line, "", f"{len(cells)} cells", expected, hint, kind="cells")
        return
    table.rows.append(cells)
    table.lines.append(line)


def _grid(file: MarketFile, table: _Table) -> TextGrid:
    """Rows that have the price that is paid."""
    names = table.header[4:]
    for needed in ("SETTLEMENTDATE", "REGIONID", "RRP"):
        if needed not in names:
            file.reporter.add(table.line, needed, f"columns {listed(names)}", f"a column {needed}")
    if not table.rows:
        file.reporter.add(table.line, "", "a header without rows", "a row an interval and region")
    file.stop_if_wrong()
    keep = np.ones(len(table.rows), dtype=bool)
    if "INTERVENTION" in names:
        at = 4 + names.index("INTERVENTION")
        keep = np.array([row[at] in ("0", "") for row in table.rows])
        left_out = [line for line, kept in zip(table.lines, keep, strict=True) if not kept]
        if left_out:
            text = "rows of intervention runs are left out: the price is that of the run without"
            file.notice("tender", text, left_out, len(left_out))
    rows = [row for row, kept in zip(table.rows, keep, strict=True) if kept]
    lines = [line for line, kept in zip(table.lines, keep, strict=True) if kept]
    if not rows:
        raise file.refusal(
            table.line, "INTERVENTION", "rows of intervention runs alone", "rows of the run without intervention"
        )
    by_position = list(zip(*rows, strict=True))[4:]
    return TextGrid({name: list(cells) for name, cells in zip(names, by_position, strict=True)}, lines, ",", table.line)
