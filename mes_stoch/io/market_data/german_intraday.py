"""German day-ahead price and ID3 index; their difference stands in for the French intraday spread."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.source import DataSource, index_from_utc, read_table

SOURCE = DataSource(
    name="Germany-Luxembourg intraday (ID3) less day-ahead price",
    file="market_eu/de_dayahead_id3_2017_2023.csv.gz",
    origin="randomrain101/ica_arima_bess (EPEX SPOT; for internal tests, not to be passed on)",
    conversion="UTC to local; the difference is added to the French day-ahead price; no French intraday series is "
    "public",
    first=date(2019, 1, 1),
    last=date(2023, 12, 31),
)


def read_german_intraday_spread(data_folder: Path) -> pd.DataFrame:
    """Hourly ``id_spread_eur_per_mwh``, from 2019 on (no day-ahead price before)."""
    columns = {"time_utc": "time", "da_eur_mwh": "day_ahead", "id3_eur_mwh": "intraday"}
    table = read_table(data_folder, SOURCE, columns)
    spread = pd.DataFrame({"id_spread_eur_per_mwh": (table["intraday"] - table["day_ahead"]).to_numpy()})
    spread.index = index_from_utc(table["time"])
    spread.index.name = "time"
    return spread.dropna()
