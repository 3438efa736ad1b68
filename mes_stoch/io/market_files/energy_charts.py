"""Energy-Charts (Fraunhofer ISE): auction and intraday prices, generation and load.

``"Date (GMT+1)"`` and the names of columns, below them a row of units, then stamps with their offset; sometimes a
line about licences above. Periods are of hours or quarter-hours, as published; the year ahead is empty.
"""

from __future__ import annotations

import re
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import TextGrid, read_grid
from mes_stoch.io.market_files.layout import MarketLayout, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import ISO
from mes_stoch.io.market_files.text_file import numbered_rows
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name
from mes_stoch.io.readers.locate import listed, shorten

ZONE = "Europe/Berlin"
_TIME = re.compile(
    r"\ufeff?\"?(Date|Datum)( und Uhrzeit| and time)? ?\(GMT\+1\)|\ufeff?\"?Datum und Uhrzeit", re.IGNORECASE
)
_AREA = re.compile(r"(?P<name>.*?)\s*\((?P<area>[A-Z0-9-]+(?:-[A-Za-z]+)?)\)")


class EnergyCharts(MarketLayout):
    name: ClassVar[str] = "energy_charts"
    looks_for: ClassVar[str] = 'a first column "Date (GMT+1)" above a row of units (Energy-Charts)'

    def recognises(self, head: FileHead) -> bool:
        return _header_line(head) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = _header_line(file.head)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        rows = [row for _, row in zip(range(3), numbered_rows(file.text, ",", header_line), strict=False)]
        units = next((row for _, row in rows[1:] if row and not row[0].strip()), None)
        if units is None:
            hint = "the row of units below the header is gone: download the file again"
            raise file.refusal(
                header_line + 1, "", "no row of units", 'a row such as ,"Price (EUR/MWh, EUR/tCO2)"', hint
            )
        grid = read_grid(file, header_line, ",", is_aside=lambda row: not row[0] and any("(" in cell for cell in row))
        columns = _columns(file, grid, [cell.strip() for cell in units])
        return table_of_columns(
            file, self.name, grid, columns, time_column=grid.names[0], zone=ZONE, form=ISO, style=POINT
        )


def _header_line(head: FileHead) -> int | None:
    return head.find(lambda line: _TIME.match(line.strip()) is not None)


def _columns(file: MarketFile, grid: TextGrid, units: list[str]) -> dict[str, MarketColumn]:
    result = {}
    for name, words in zip(grid.names[1:], units[1:], strict=False):
        found = _AREA.fullmatch(name)
        bare, area = (name, "") if found is None else (found["name"], found["area"])
        stem = plain_name(bare)
        unit = _unit(stem, words)
        if unit is None:
            continue
        if unit.suffix.endswith("_per_mwh") and not stem.endswith("price"):
            stem = "day_ahead_price" if stem == "day_ahead_auction" else f"{stem}_price"
        result[name] = MarketColumn(stem, unit, name, area)
    if not result:
        raise file.refusal(
            grid.header_line + 1, "", f"units {listed(units[1:])}", "Price (EUR/MWh, EUR/tCO2) or Power (MW)"
        )
    return result


def _unit(stem: str, words: str) -> SeriesUnit | None:
    if "EUR/MWh" in words:
        return SeriesUnit("eur_per_t") if "co2" in stem or "emission" in stem else SeriesUnit("eur_per_mwh")
    found = re.search(r"\((MW|GW|MWh|GWh)\)", words)
    known = {
        "MW": SeriesUnit("mw"),
        "GW": SeriesUnit("mw", 1e3),
        "MWh": SeriesUnit("mwh"),
        "GWh": SeriesUnit("mwh", 1e3),
    }
    return None if found is None else known[found[1]]
