"""ENTSO-E Transparency Platform: prices, loads and imbalance prices, in exports of the old and of the new site.

Old: ``"MTU (CET/CEST)","Day-ahead Price [EUR/MWh]","Currency","BZN|FR"``, rows ``01.01.2015 00:00 - 01.01.2015
01:00``; the header ends in the area, for which rows have no cell; the hour that the clock skips has an empty row, the
one shown twice comes twice without a mark. Since 2024: ``"MTU (CET/CEST)","Area","Sequence","Day-ahead Price
(EUR/MWh)",...``, rows ``01/01/2025 00:00:00 - 01/01/2025 00:15:00``, with ``(CEST)`` or ``(CET)`` behind stamps where
it is needed. A missing number is ``-``, ``n/e`` or ``N/A``. Files headed ``(CET)`` follow the clock all the same.
"""

from __future__ import annotations

import re
from typing import ClassVar

import numpy as np

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.local_clock import SUMMER, UNMARKED, WINTER
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import DAY_FIRST, Integers
from mes_stoch.io.market_files.unit_words import plain_name, unit_of_text
from mes_stoch.io.readers.locate import listed, shorten

_TIME = re.compile(r"(MTU|Time|Imbalance settlement period|ISP) \((?P<clock>[A-Z/]+)\)")
_ZONES = {
    "UTC": "UTC",
    "CET/CEST": "Europe/Paris",
    "CET": "Europe/Paris",
    "EET/EEST": "Europe/Helsinki",
    "EET": "Europe/Helsinki",
    "WET/WEST": "Europe/Lisbon",
    "WET": "Europe/Lisbon",
    "GMT/BST": "Europe/London",
}
_MARKED = re.compile(r"(?P<stamp>[^()]*?)\s*(?:\((?P<mark>[A-Z]+)\)\s*)?")
_SUMMER = ("CEST", "EEST", "WEST", "BST")
_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*[\[(](?P<unit>[^\[\]()]+)[\])](?:\s*-\s*(?P<area>[A-Z]+\|.+))?")
_AREA = re.compile(r"[A-Z]{2,4}\|.+")
#: Sequences of auctions by which one is the market's: the other ones get their number in the name.
_MAIN = ("without sequence", "sequence 1")


class Entsoe(MarketLayout):
    name: ClassVar[str] = "entsoe"
    looks_for: ClassVar[str] = (
        'a first column "MTU (...)", "Time (...)", "ISP (...)" or "Imbalance settlement period (...)"'
    )

    def recognises(self, head: FileHead) -> bool:
        return _TIME.match(head.first.lstrip().lstrip('"')) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = file.head.find(lambda line: _TIME.match(line.lstrip().lstrip('"')) is not None)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        separator = separator_of(file.head.lines[header_line - 1])
        grid = read_grid(file, header_line, separator, is_label=lambda name: _AREA.fullmatch(name) is not None)
        time_column = grid.names[0]
        columns = _columns(file, grid)
        starts, ends, marks = _periods(file, grid.columns[time_column], grid.lines, time_column)
        areas, area = _areas(file, grid)
        zone = _zone(file, grid, time_column)
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column=time_column,
            texts=starts,
            end_texts=ends,
            zone=zone,
            states_zone=zone == "UTC" and file.options.zone is not None,
            form=DAY_FIRST,
            style=POINT,
            marks=marks,
            areas=areas,
            area=area,
        )


def _zone(file: MarketFile, grid: TextGrid, time_column: str) -> str:
    found = _TIME.match(time_column)
    clock = "" if found is None else found["clock"]
    if clock not in _ZONES and file.options.zone is None:
        expected = f"one of {listed(list(_ZONES))}"
        raise file.refusal(grid.header_line, time_column, f"times in {clock}", expected, "say the zone: --zone NAME")
    return _ZONES.get(clock, file.options.zone or "UTC")


def _columns(file: MarketFile, grid: TextGrid) -> dict[str, MarketColumn]:
    area = next((name for name in grid.names[1:] if _AREA.fullmatch(name)), "")
    result, plain = {}, []
    for name in grid.names[1:]:
        found = _WITH_UNIT.fullmatch(name)
        unit = None if found is None else unit_of_text(found["unit"])
        if found is None or unit is None:
            plain.append(name)
            continue
        if not _has_own_periods(file, grid, name):
            result[name] = MarketColumn(_stem(found["name"]), unit, name, _short(found["area"] or area))
    _check_currency(file, grid, result)
    if not result:
        found_text = f"columns {listed(grid.names)}"
        raise file.refusal(
            grid.header_line, "", found_text, "a column with its unit, such as Day-ahead Price (EUR/MWh)"
        )
    return result


def _has_own_periods(file: MarketFile, grid: TextGrid, name: str) -> bool:
    """Whether prices of intraday auctions stand beside periods other than those of the row."""
    word = name.split(" Price")[0]
    periods = next((other for other in grid.names[1:] if other.startswith(f"{word} Period (")), None)
    if periods is None:
        return False
    own = grid.columns[periods]
    odd = [
        line
        for line, period, mtu in zip(grid.lines, own, grid.columns[grid.names[0]], strict=True)
        if period not in ("", "-") and period != mtu
    ]
    if odd:
        file.notice("text", f"{name} is left out: its periods are not those of the rows", odd[:3], len(odd))
    return bool(odd)


def _check_currency(file: MarketFile, grid: TextGrid, columns: dict[str, MarketColumn]) -> None:
    codes = {column.unit.suffix[:3].upper() for column in columns.values() if "_per_mw" in column.unit.suffix}
    if len(codes) != 1 or "Currency" not in grid.columns:
        return
    (code,) = codes
    odd = [k for k, cell in enumerate(grid.columns["Currency"]) if cell not in ("", "-", "n/e", "N/A", code)]
    lines = [grid.lines[k] for k in odd]
    file.reporter.add_all(
        lines,
        "Currency",
        lambda example: (f"'{shorten(grid.columns['Currency'][odd[example]])}'", ""),
        f"{code}, as in the header",
    )


def _stem(name: str) -> str:
    if name[:2] in ("+ ", "- "):
        return f"{plain_name(name[2:])}_{'positive' if name[0] == '+' else 'negative'}"
    return plain_name(name)


def _short(area: str) -> str:
    return area.partition("|")[2] or area


def _periods(
    file: MarketFile, cells: list[str], lines: list[int], time_column: str
) -> tuple[list[str], list[str], Integers]:
    """Starts and ends without the marks of summer or winter time behind them, and the marks of the starts."""
    starts, ends, marks = [], [], np.full(len(cells), UNMARKED, dtype=np.int64)
    bad = []
    for position, cell in enumerate(cells):
        start, _, end = cell.partition(" - ")
        found, until = _MARKED.fullmatch(start), _MARKED.fullmatch(end)
        if not end or found is None or until is None:
            bad.append(position)
            continue
        starts.append(found["stamp"].strip())
        ends.append(until["stamp"].strip())
        if found["mark"]:
            marks[position] = SUMMER if found["mark"] in _SUMMER else WINTER
    expected = "a period such as 01/01/2025 00:00:00 - 01/01/2025 00:15:00"

    def words(example: int) -> tuple[str, str]:
        cell = cells[bad[example]]
        return (f"'{shorten(cell)}'" if cell else "an empty cell"), ""

    file.reporter.add_all([lines[k] for k in bad], time_column, words, expected, kind="stamp")
    file.stop_if_wrong()
    return starts, ends, marks


def _areas(file: MarketFile, grid: TextGrid) -> tuple[list[str], Integers | None]:
    if "Area" not in grid.columns:
        return [""], None
    areas = [_short(cell) for cell in grid.columns["Area"]]
    sequences = [cell.lower() for cell in grid.columns.get("Sequence", [""] * len(areas))]
    of_area: dict[str, set[str]] = {}
    for name, sequence in zip(areas, sequences, strict=True):
        of_area.setdefault(name, set()).add(sequence)
    main = {name: next((one for one in _MAIN if one in found), sorted(found)[0]) for name, found in of_area.items()}
    several = [name for name, found in of_area.items() if len(found) > 1]
    if several:
        text = f"several auctions for {listed(several)}: {main[several[0]]} has the plain name, others their number"
        file.notice("tender", text)
    labels = [
        name if sequence == main[name] else f"{name} {sequence}"
        for name, sequence in zip(areas, sequences, strict=True)
    ]
    return areas_of(labels)
