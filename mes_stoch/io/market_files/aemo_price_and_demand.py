"""AEMO's aggregated price and demand: ``REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE``.

Stamps are ends of periods in market time (UTC+10); periods are of 30 minutes until September 2021 and of five from
October on. Rows of the type FORECAST are left out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from mes_stoch.io.market_files.aemo_names import ZONE, aemo_column
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import TextGrid, read_grid
from mes_stoch.io.market_files.layout import MarketLayout, areas_of, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import DAY_FIRST, YEAR_FIRST

_REQUIRED = ("REGION", "SETTLEMENTDATE", "TOTALDEMAND", "RRP")


class AemoPriceAndDemand(MarketLayout):
    name: ClassVar[str] = "aemo_price_and_demand"
    looks_for: ClassVar[str] = "columns REGION and SETTLEMENTDATE"

    def recognises(self, head: FileHead) -> bool:
        names = [cell.strip().strip('"') for cell in head.first.split(",")]
        return "REGION" in names and "SETTLEMENTDATE" in names

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = _traded(file, read_grid(file, header, ",", _REQUIRED))
        areas, area = areas_of(grid.columns["REGION"])
        columns = {name: column for name in ("TOTALDEMAND", "RRP") if (column := aemo_column(name)) is not None}
        # a spreadsheet that opened the file may have written the times anew
        is_day_first = DAY_FIRST.pattern.fullmatch(grid.columns["SETTLEMENTDATE"][0]) is not None
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column="SETTLEMENTDATE",
            zone=ZONE,
            states_zone=True,
            form=DAY_FIRST if is_day_first else YEAR_FIRST,
            style=POINT,
            at_end=True,
            areas=areas,
            area=area,
        )


def _traded(file: MarketFile, grid: TextGrid) -> TextGrid:
    kinds = grid.columns.get("PERIODTYPE")
    if kinds is None or "FORECAST" not in kinds:
        return grid
    keep = [position for position, kind in enumerate(kinds) if kind != "FORECAST"]
    left_out = [grid.lines[k] for k, kind in enumerate(kinds) if kind == "FORECAST"]
    file.notice("text", "rows of the type FORECAST are left out", left_out, len(left_out))
    if not keep:
        raise file.refusal(left_out[0], "PERIODTYPE", "rows of the type FORECAST alone", "rows of the type TRADE")
    columns = {name: [cells[k] for k in keep] for name, cells in grid.columns.items()}
    return replace(grid, columns=columns, lines=[grid.lines[k] for k in keep])
