"""SMARD (Bundesnetzagentur): prices of many zones, load and generation.

``Datum von;Datum bis;Deutschland/Luxemburg [€/MWh] Originalauflösungen`` with ``01.01.2024 00:00`` and ``1.234,56``;
before 2023 ``Datum;Anfang;Ende``. The English export has ``Start date;End date``, ``Jan 1, 2024 12:00 AM`` and
``1,234.56``. Energy is in MWh for each period. ``-`` stands for no number; the hour shown twice comes twice.
"""

from __future__ import annotations

import re
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import ENGLISH, GERMAN, POINT, NumberStyle
from mes_stoch.io.market_files.grid import TextGrid, read_grid, separator_of
from mes_stoch.io.market_files.layout import MarketLayout, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import DAY_FIRST, ISO, StampForm
from mes_stoch.io.market_files.unit_words import plain_name, unit_of_text
from mes_stoch.io.readers.locate import listed

ZONE = "Europe/Berlin"
#: First columns of headers: a stamp, or a day and an hour.
_STARTS = {("Datum von", "Datum bis"): 1, ("Start date", "End date"): 1, ("Datum", "Anfang"): 2, ("Date", "Start"): 2}
_WITH_UNIT = re.compile(r"(?P<name>.*?)\s*\[(?P<unit>[^\[\]]+)\].*")
_ENGLISH_TIME = re.compile(
    r"(?P<month>[A-Z][a-z]{2}) (?P<day>\d{1,2}), (?P<year>\d{4})"
    r"(?: (?P<hour>\d{1,2}):(?P<minute>\d\d) (?P<half>[AP]M))?"
)
#: Codes of the zones, by their German and English names.
_ZONES = {
    "deutschland_luxemburg": "DE-LU",
    "germany_luxembourg": "DE-LU",
    "de_at_lu": "DE-AT-LU",
    "deutschland_osterreich_luxemburg": "DE-AT-LU",
    "anrainer_de_lu": "neighbours of DE-LU",
    "neighbours_de_lu": "neighbours of DE-LU",
    "belgien": "BE",
    "belgium": "BE",
    "danemark_1": "DK1",
    "denmark_1": "DK1",
    "danemark_2": "DK2",
    "denmark_2": "DK2",
    "frankreich": "FR",
    "france": "FR",
    "niederlande": "NL",
    "netherlands": "NL",
    "norwegen_2": "NO2",
    "norway_2": "NO2",
    "osterreich": "AT",
    "austria": "AT",
    "polen": "PL",
    "poland": "PL",
    "schweden_4": "SE4",
    "sweden_4": "SE4",
    "schweiz": "CH",
    "switzerland": "CH",
    "tschechien": "CZ",
    "czech_republic": "CZ",
    "italien_nord": "IT-North",
    "northern_italy": "IT-North",
    "slowenien": "SI",
    "slovenia": "SI",
    "ungarn": "HU",
    "hungary": "HU",
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Smard(MarketLayout):
    name: ClassVar[str] = "smard"
    looks_for: ClassVar[str] = 'first columns "Datum von", "Datum bis", or "Start date", "End date" (SMARD)'

    def recognises(self, head: FileHead) -> bool:
        names = tuple(cell.strip().strip('"') for cell in re.split(r"[;,\t]", head.first)[:2])
        return names in _STARTS and "[" in head.first

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = read_grid(file, header, separator_of(file.head.first))
        first = (grid.names[0], grid.names[1] if len(grid.names) > 1 else "")
        if first not in _STARTS:
            raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", self.looks_for)
        texts = [" ".join(cells) for cells in zip(*(grid.columns[n] for n in first[: _STARTS[first]]), strict=True)]
        texts = [_day_first(text) for text in texts]
        ends = None if _STARTS[first] == 2 else [_day_first(text) for text in grid.columns[first[1]]]
        return table_of_columns(
            file,
            self.name,
            grid,
            _columns(file, grid),
            time_column=first[0],
            texts=texts,
            end_texts=ends,
            zone=ZONE,
            form=_form(texts[0]),
            style=_style(grid, is_german=first[0].startswith("Datum")),
        )


def _form(text: str) -> StampForm:
    return ISO if ISO.pattern.fullmatch(text) else DAY_FIRST


def _style(grid: TextGrid, *, is_german: bool) -> NumberStyle:
    if grid.separator == ",":
        return POINT
    return GERMAN if is_german else ENGLISH


def _day_first(text: str) -> str:
    """``Jan 1, 2024 12:00 AM`` as ``1.1.2024 0:00``; other text as it is."""
    found = _ENGLISH_TIME.fullmatch(text)
    if found is None or found["month"] not in _MONTHS:
        return text
    day = f"{found['day']}.{_MONTHS.index(found['month']) + 1}.{found['year']}"
    if found["hour"] is None:
        return day
    hour = int(found["hour"])
    if not 1 <= hour <= 12:
        return text
    return f"{day} {hour % 12 + (12 if found['half'] == 'PM' else 0)}:{found['minute']}"


def _columns(file: MarketFile, grid: TextGrid) -> dict[str, MarketColumn]:
    result = {}
    for name in grid.names:
        found = _WITH_UNIT.fullmatch(name)
        unit = None if found is None else unit_of_text(found["unit"])
        if found is None or unit is None:
            continue
        is_price = unit.suffix.endswith("_per_mwh")
        words = found["name"]
        area = _ZONES.get(plain_name(words), words) if is_price else ""
        stem = "day_ahead_price" if is_price else plain_name(words)
        result[name] = MarketColumn(stem, unit, name, area)
    if not result:
        expected = "columns with their unit, such as Deutschland/Luxemburg [€/MWh]"
        raise file.refusal(grid.header_line, "", f"columns {listed(grid.names)}", expected)
    return result
