"""French day-ahead prices 2015 and 2017-2020, with the price of gas on the same days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.source import DataSource, index_from_local, read_table

SOURCE = DataSource(
    name="France day-ahead price and TTF gas price",
    file="market_eu/fr_dayahead_2015_2020.csv.gz",
    origin="MarkMcGuire1/Battery-Manager-Thesis (day-ahead auction of EPEX SPOT; TTF front month)",
    conversion="local stamps without clock changes: the two days a year with one are left out; 2016 and 12 days are "
    "missing",
    first=date(2015, 1, 5),
    last=date(2020, 12, 31),
)


def read_french_day_ahead(data_folder: Path) -> pd.DataFrame:
    """Hourly ``da_price_eur_per_mwh`` and ``ttf_gas_eur_per_mwh``."""
    columns = {"time_local": "time", "Price": "da_price_eur_per_mwh", "TTF_Gas": "ttf_gas_eur_per_mwh"}
    return index_from_local(read_table(data_folder, SOURCE, columns), "time")
