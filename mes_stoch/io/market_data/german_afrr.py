"""German aFRR: capacity prices of the daily tender, and the power called by quarter-hours."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.source import ZONE, DataSource, index_from_local, index_from_utc, read_table

CAPACITY_SOURCE = DataSource(
    name="German aFRR capacity price (mean of accepted bids)",
    file="market_eu/de_afrr_capacity_4h_2018_2020.csv.gz",
    origin="hahey/regelleistung_EDA (regelleistung.net)",
    conversion="EUR/MW for a block of four hours, divided by 4; only from August 2019 on, after the mixed-price rule",
    first=date(2019, 8, 1),
    last=date(2020, 9, 30),
)
ACTIVATION_SOURCES = (
    DataSource(
        name="German aFRR called 2016-2017",
        file="market_eu/de_srl_activated_15min_2016_2017.csv.gz",
        origin="indyfree/evsim (German transmission operators)",
        conversion="MW divided by the largest power seen in the file; days on which the clock changes are left out",
        first=date(2016, 1, 1),
        last=date(2017, 12, 31),
    ),
    DataSource(
        name="German aFRR called 2024",
        file="market_eu/de_afrr_activated_15min_2024.csv.gz",
        origin="hilbertp/hypermvp (German transmission operators)",
        conversion="MW divided by the largest power seen in the file; UTC to local",
        first=date(2024, 1, 1),
        last=date(2024, 12, 31),
    ),
)
#: The mixed-price rule of October 2018 to July 2019 ranked bids by capacity and energy price together and pushed
#: capacity prices about; the months before it are the first weeks of daily tenders.
CAPACITY_FROM = "2019-08-01"


def read_german_afrr_capacity(data_folder: Path) -> pd.DataFrame:
    """Four-hourly ``afrr_up_capacity_price_eur_per_mw_h`` and ``afrr_down_...``."""
    columns = {"block_start_local": "time", "dir": "direction", "average_capacity_price": "per_block"}
    table = read_table(data_folder, CAPACITY_SOURCE, columns)
    table["time"] = pd.to_datetime(table["time"])
    wide = table.pivot(index="time", columns="direction", values="per_block") / 4.0
    wide = wide.rename(
        columns={"POS": "afrr_up_capacity_price_eur_per_mw_h", "NEG": "afrr_down_capacity_price_eur_per_mw_h"}
    )
    wide.columns.name = None
    frame = index_from_local(wide.reset_index(), "time")
    return frame.loc[frame.index >= pd.Timestamp(CAPACITY_FROM, tz=ZONE)].dropna()


def read_german_afrr_activation(data_folder: Path) -> pd.DataFrame:
    """Quarter-hourly ``afrr_activation_up_per_unit`` and ``afrr_activation_down_per_unit``, of both files.

    The tendered volume is not in the files: the largest power seen stands for it (1,953 and 1,809 MW in 2016-17), and
    the called share of one offer for that of the whole.
    """
    _, second = ACTIVATION_SOURCES
    newer = read_table(data_folder, second, {"time_utc": "time", "afrr_pos_de": "up", "afrr_neg_de": "down"})
    newer.index = index_from_utc(newer.pop("time"))
    return pd.concat([read_german_afrr_activation_2016_2017(data_folder), _called_shares(newer)])


def read_german_afrr_activation_2016_2017(data_folder: Path) -> pd.DataFrame:
    """The same of the older file alone."""
    first, _ = ACTIVATION_SOURCES
    older = read_table(data_folder, first, {"time_local": "time", "pos_mw": "up", "neg_mw": "down"})
    return _called_shares(index_from_local(older, "time"))


def _called_shares(called_mw: pd.DataFrame) -> pd.DataFrame:
    """Called power over the largest seen in its direction; ``up`` and ``down`` together never more than 1."""
    shares = called_mw / called_mw.max()
    shares = shares.rename(columns={"up": "afrr_activation_up_per_unit", "down": "afrr_activation_down_per_unit"})
    total = shares.sum(axis=1)
    # Both directions were called in some quarter-hours; together never more than the whole volume.
    shares = shares.div(total.where(total > 1.0, 1.0), axis=0)
    shares.index.name = "time"
    return shares.dropna()
