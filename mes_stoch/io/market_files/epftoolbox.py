"""Data sets of epftoolbox: ``Date, Price, Exogenous 1, Exogenous 2``, hourly.

Stamps are local without offset and every day has 24 hours: the number at the hour that the clock skips was made up,
that of the hour shown twice is a mean of the two. Units and zone are not in the file: EUR/MWh, MW and the clock of
Paris unless another zone is said (``PJM`` is in New York, and in dollars: a column map says so).
"""

from __future__ import annotations

import re
from typing import ClassVar

from mes_stoch.io.market_files.assembly import MarketColumn
from mes_stoch.io.market_files.cells import POINT
from mes_stoch.io.market_files.grid import read_grid
from mes_stoch.io.market_files.layout import MarketLayout, table_of_columns
from mes_stoch.io.market_files.market_file import FileHead, MarketFile
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.stamps import ISO
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name
from mes_stoch.io.readers.locate import listed

ZONE = "Europe/Paris"
_EXOGENOUS = re.compile(r"Exogenous \d+|.*(Load|Renewables|Generation|Wind|Solar).*Forecast.*", re.IGNORECASE)


class Epftoolbox(MarketLayout):
    name: ClassVar[str] = "epftoolbox"
    looks_for: ClassVar[str] = "columns Date (or none), Price and Exogenous 1 (epftoolbox)"

    def recognises(self, head: FileHead) -> bool:
        names = [cell.strip() for cell in head.first.split(",")]
        is_known = names[:2] == ["Date", "Price"] or names[:2] == ["", "Price"]
        return is_known and any(_EXOGENOUS.fullmatch(name) for name in names[2:])

    def read(self, file: MarketFile) -> MarketTable:
        header = file.head.find(lambda line: bool(line.strip())) or 1
        grid = read_grid(file, header, ",", ["Price"])
        columns = {"Price": MarketColumn("day_ahead_price", SeriesUnit("eur_per_mwh"), "Price")}
        others = [name for name in grid.names[1:] if name != "Price"]
        for name in others:
            if _EXOGENOUS.fullmatch(name):
                columns[name] = MarketColumn(plain_name(name), SeriesUnit("mw"), name)
        unknown = [name for name in others if name not in columns]
        if unknown:
            file.notice("text", f"columns whose unit is not known are left out: {listed(unknown, 5)}", (), len(unknown))
        said = "" if file.options.zone else " and times are those of Paris"
        file.notice("unit", f"units are not in the file: EUR/MWh and MW are taken{said}")
        return table_of_columns(
            file,
            self.name,
            grid,
            columns,
            time_column=grid.names[0],
            zone=ZONE,
            form=ISO,
            style=POINT,
            rule="removed",
        )
