"""Made-up files in the form of those that French days are put together from, with values that tell their day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from mes_stoch.io.market_data.district_heat import SOURCE as HEAT
from mes_stoch.io.market_data.fcr_cooperation import SOURCE as FCR
from mes_stoch.io.market_data.french_day_ahead import SOURCE as DAY_AHEAD
from mes_stoch.io.market_data.german_afrr import ACTIVATION_SOURCES, CAPACITY_SOURCE
from mes_stoch.io.market_data.german_intraday import SOURCE as INTRADAY

_STAMP = "%Y-%m-%d %H:%M:%S"


def write_french_files(
    folder: Path, days: Iterable[str], fcr: Iterable[str], afrr_capacity: Iterable[str], afrr_called: Iterable[str]
) -> None:
    """Files with these days; with ``d`` the day of the month and ``h`` the hour,

    - day-ahead ``20 + d + h`` EUR/MWh, without a clock change, as the French file has it; the heat ``5 + h / 10`` MW;
    - German day-ahead 40 and ID3 38 EUR/MWh, on all days of 2019;
    - FCR ``4 (d + block)`` EUR/MW, block 0 to 5, and a first tender at 999 for block 0;
    - aFRR capacity ``2 d`` up and ``d`` down, EUR/MW;
    - aFRR called ``10 d`` MW up in the first quarter of each hour and 0 else; 62 MW down in the file's first quarter.
    """
    hours, blocks, quarters = _stamps(days, "h"), _stamps(fcr, "4h"), _stamps(afrr_called, "15min")
    tenders = _stamps(afrr_capacity, "4h")
    utc = pd.date_range("2018-12-31 23:00", "2019-12-31 22:00", freq="h")
    standard = pd.date_range("2019-01-01", periods=8760, freq="h")
    price = {"Price": 20.0 + hours.day + hours.hour, "TTF_Gas": 15.0}
    again = blocks[blocks.hour == 0]
    result = pd.DataFrame(
        {"block_start_local": blocks, "TENDER_NUMBER": 2, FRENCH: 4.0 * (blocks.day + blocks.hour // 4)}
    )
    first = pd.DataFrame({"block_start_local": again, "TENDER_NUMBER": 1, FRENCH: 999.0})
    called = {"pos_mw": np.where(quarters.minute == 0, 10.0 * quarters.day, 0.0), "neg_mw": 0.0}
    activated = pd.DataFrame({"time_local": quarters, **called})
    activated.loc[0, "neg_mw"] = 62.0
    _write(folder, DAY_AHEAD.file, {"time_local": hours, **price})
    _write(folder, INTRADAY.file, {"time_utc": utc, "da_eur_mwh": 40.0, "id3_eur_mwh": 38.0})
    _write(folder, FCR.file, pd.concat([result, first]))
    both = [
        {"block_start_local": tenders, "dir": side, "average_capacity_price": factor * tenders.day}
        for side, factor in (("POS", 2.0), ("NEG", 1.0))
    ]
    _write(folder, CAPACITY_SOURCE.file, pd.concat([pd.DataFrame(one) for one in both]))
    _write(folder, ACTIVATION_SOURCES[0].file, activated)
    # standard time all year, as the file has it
    _write(folder, HEAT.file, {"date": standard, "heat demand": 5.0 + standard.hour / 10.0})


FRENCH = "FR_SETTLEMENTCAPACITY_PRICE_[EUR/MW]"


def _stamps(days: Iterable[str], step: str) -> pd.DatetimeIndex:
    each = [
        pd.date_range(day, pd.Timestamp(day) + pd.Timedelta(1, unit="D"), freq=step, inclusive="left") for day in days
    ]
    return pd.DatetimeIndex(np.concatenate([one.to_numpy() for one in each]))


def _write(folder: Path, name: str, columns: pd.DataFrame | Mapping[str, object]) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_csv(path, index=False, date_format=_STAMP)
