"""A reader of a market file: hourly day-ahead prices with stamps in UTC."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.extend import DataSource, index_from_utc, read_table

SOURCE = DataSource(
    name="day-ahead price",
    file="hourly_prices.csv",
    origin="made for this example, with no market behind it",
    conversion="UTC to local time",
    first=date(2025, 1, 1),
    last=date(2025, 1, 31),
)


def read_hourly_prices(data_folder: Path) -> pd.DataFrame:
    """Hourly ``da_price_eur_per_mwh``, by local time."""
    table = read_table(data_folder, SOURCE, {"utc": "time", "eur": "da_price_eur_per_mwh"})
    table.index = index_from_utc(table.pop("time"))
    table.index.name = "time"
    return table
