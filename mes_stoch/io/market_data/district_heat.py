"""Heat demand of a district-heating network, 2019."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.source import ZONE, DataSource, read_table

SOURCE = DataSource(
    name="Heat demand of a district-heating network (66.5 GWh a year)",
    file="mes_demand/oemof_district_heating_2019.csv.gz",
    origin="oemof-solph district heating example, 2019",
    conversion="MW as they are; stamps of UTC+1 all year, to local time",
    first=date(2019, 1, 1),
    last=date(2019, 12, 31),
)
_STANDARD_TIME = "Etc/GMT-1"  # POSIX signs: an hour ahead of UTC


def read_district_heat(data_folder: Path) -> pd.DataFrame:
    """Hourly ``heat_demand_mw``."""
    table = read_table(data_folder, SOURCE, {"date": "time", "heat demand": "heat_demand_mw"})
    stamps = pd.DatetimeIndex(pd.to_datetime(table.pop("time"))).tz_localize(_STANDARD_TIME)
    table.index = stamps.tz_convert(ZONE)
    table.index.name = "time"
    return table
