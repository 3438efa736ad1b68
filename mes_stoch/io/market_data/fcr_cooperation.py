"""FCR Cooperation 2021: French marginal prices of the four-hour auction."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.source import DataSource, index_from_local, read_table

SOURCE = DataSource(
    name="French FCR capacity price",
    file="market_eu/fcr_cooperation_4h_2021.csv.gz",
    origin="matildekarlsson/forbrugerfleksibilitet (regelleistung.net)",
    conversion="EUR/MW for a block of four hours, divided by 4",
    first=date(2021, 1, 1),
    last=date(2021, 12, 31),
)


def read_french_fcr(data_folder: Path) -> pd.DataFrame:
    """Four-hourly ``fcr_capacity_price_eur_per_mw_h``; of a day tendered twice, the second result."""
    columns = {
        "block_start_local": "time",
        "TENDER_NUMBER": "tender",
        "FR_SETTLEMENTCAPACITY_PRICE_[EUR/MW]": "per_block",
    }
    table = read_table(data_folder, SOURCE, columns)
    table = table.sort_values(["time", "tender"], kind="stable").drop_duplicates("time", keep="last")
    table["fcr_capacity_price_eur_per_mw_h"] = table["per_block"] / 4.0
    return index_from_local(table[["time", "fcr_capacity_price_eur_per_mw_h"]], "time")
