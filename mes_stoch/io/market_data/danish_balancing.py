"""Western Denmark 2021: mFRR capacity price and call, balancing and imbalance prices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.source import DataSource, index_from_utc, read_table

SOURCE = DataSource(
    name="Western Denmark: mFRR-up capacity price and call, balancing-up and imbalance price less day-ahead",
    file="multimarket/dk1_2021_multimarket_hourly.csv.gz",
    origin="matildekarlsson/forbrugerfleksibilitet (Energinet)",
    conversion="UTC to local; differences from the Danish day-ahead price are added to the French one; called MWh/h "
    "divided by MW bought, at most 1",
    first=date(2021, 1, 1),
    last=date(2021, 12, 31),
)


def read_danish_balancing(data_folder: Path) -> pd.DataFrame:
    """Hourly mFRR and imbalance series of 2021; hours with a gap are left out.

    ``mfrr_up_capacity_price_eur_per_mw_h``, ``mfrr_called_up_per_unit``, ``balancing_up_spread_eur_per_mwh`` (never
    below 0) and ``imbalance_spread_eur_per_mwh``.
    """
    table = read_danish_hours(data_folder, SOURCE)
    return pd.DataFrame(
        {
            "mfrr_up_capacity_price_eur_per_mw_h": table["mfrr_price"],
            "mfrr_called_up_per_unit": table["called_share"],
            "balancing_up_spread_eur_per_mwh": (table["up"] - table["day_ahead"]).clip(lower=0.0),
            "imbalance_spread_eur_per_mwh": table["imbalance"] - table["day_ahead"],
        }
    ).dropna()


def read_danish_hours(data_folder: Path, source: DataSource, further: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Hours of the file by local time: ``day_ahead``, ``mfrr_price``, ``called_share``, ``up``, ``imbalance``.

    Parameters
    ----------
    further : dict of str to str, optional
        Other columns of the file, and what they are called here.
    """
    columns = {
        "time_utc": "time",
        "da_eur_mwh": "day_ahead",
        "mFRR_UpPurchased": "bought",
        "mFRR_UpPriceEUR": "mfrr_price",
        "RegulatingPowerUp": "called",
        "BalancingPowerPriceUpEUR": "up",
        "BalancingPowerConsumptionPriceEUR": "imbalance",
    }
    table = read_table(data_folder, source, columns | dict(further or {}))
    table.index = index_from_utc(table.pop("time"))
    table.index.name = "time"
    table["called_share"] = (table["called"] / table["bought"]).clip(0.0, 1.0)
    return table
