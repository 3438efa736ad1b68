"""renewables.ninja: hourly PV or wind output, or weather.

Lines beginning with ``#``, one of them with the units, then ``time,electricity`` or
``time,local_time,electricity,...``; times are in UTC. Output is in kW of the plant that was asked for.
"""

from __future__ import annotations

import json
import re
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import TextGrid, read_grid
from mes_stoch.io.market_files.layout import MarketLayout, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import ISO
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name, unit_of_text
from mes_stoch.io.readers.locate import listed, shorten

_ASIDE = ("time", "local_time")


class RenewablesNinja(MarketLayout):
    name: ClassVar[str] = "renewables_ninja"
    looks_for: ClassVar[str] = "lines with # about Renewables.ninja above a header time,..."

    def recognises(self, head: FileHead) -> bool:
        comments = [line for line in head.lines if line.lstrip('"').startswith("#")]
        is_ninja = any("ninja" in line.lower() for line in comments)
        return is_ninja and _header_line(head) is not None

    def read(self, file: MarketFile) -> MarketTable:
        header_line = _header_line(file.head)
        if header_line is None:
            raise file.refusal(1, "", f"'{shorten(file.head.first)}'", self.looks_for)
        grid = read_grid(file, header_line, ",", ["time"])
        columns = _columns(file, grid, _units(file.head))
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column="time",
            zone="UTC",
            states_zone=True,
            form=ISO,
            style=POINT,
        )


def _header_line(head: FileHead) -> int | None:
    return head.find(lambda line: re.match(r"time,", line) is not None)


def _units(head: FileHead) -> dict[str, str]:
    """Unit of each column, from the comment that says it in words or as JSON."""
    for line in head.lines:
        text = line.lstrip('"# ').rstrip('"')
        if text.startswith("{"):
            try:
                units = json.loads(text.replace('""', '"')).get("units")
            except (ValueError, AttributeError):
                continue
            if isinstance(units, dict):
                return {str(name): str(unit) for name, unit in units.items()}
        if text.startswith("Units:"):
            pairs = (part.rpartition(" in ") for part in text.removeprefix("Units:").split(","))
            return {name.strip(): unit.strip() for name, _, unit in pairs if name}
    return {}


def _columns(file: MarketFile, grid: TextGrid, units: dict[str, str]) -> dict[str, MarketColumn]:
    result, unknown = {}, []
    for name in grid.names:
        if name in _ASIDE:
            continue
        unit = unit_of_text(units.get(name, ""))
        if unit is None and name == "electricity":
            unit = SeriesUnit("mw", 1e-3)
            file.notice("unit", "the unit of electricity is not in the file: kW is taken")
        if unit is None:
            unknown.append(name)
            continue
        result[name] = MarketColumn(plain_name(name), unit, name)
    if unknown:
        file.notice("text", f"columns whose unit is not known are left out: {listed(unknown, 5)}", (), len(unknown))
    if not result:
        raise file.refusal(
            grid.header_line, "", f"columns {listed(grid.names)}", "a column electricity, or units in a comment"
        )
    return result
