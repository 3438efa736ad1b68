"""Western Denmark 2021, day by day: every price and call of one year, with the heat demand of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_data.danish_balancing import read_danish_hours
from mes_stoch.io.market_data.district_heat import SOURCE as HEAT_SOURCE
from mes_stoch.io.market_data.district_heat import read_district_heat
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.io.market_data.source import DataSource

SOURCE = DataSource(
    name="Western Denmark: day-ahead, mFRR-up capacity and call, balancing, imbalance and FCR price",
    file="multimarket/dk1_2021_multimarket_hourly.csv.gz",
    origin="matildekarlsson/forbrugerfleksibilitet (Energinet; FCR Cooperation)",
    conversion="UTC to local; FCR divided by the 4 hours of a block; called MW divided by MW bought, at most 1",
    first=date(2021, 1, 1),
    last=date(2021, 12, 31),
)
#: The heat of a day is that of the same weekday so many weeks before: every day of 2021 from 5 January on then has one.
_HEAT_WEEKS = 105

NOTES = (
    "Imbalance: the price of consumers' imbalances, the same for long and short. Until 1 November 2021 producers had "
    "two prices.",
    "The volumes of imbalance, which are missing in 4,563 hours of the file, are not used; its price misses two hours.",
    "FCR has no Danish price before 19 January 2021: those days are left out.",
    "mFRR called: MW of upward regulation divided by MW bought, at most 1; the share of one offer is taken for that of "
    "all.",
    "Energy called is paid the price of upward regulation, at most the price of imbalance: they differ in hours in "
    "which both directions were called and downward regulation set the price.",
    "FCR calls are not in the data: what the instance says of them holds.",
    f"Heat demand: 2019, the same weekday {_HEAT_WEEKS} weeks before.",
)


def read_western_denmark(data_folder: Path) -> RealDays:
    """Days of 2021 with every series, hourly.

    ``da_price_eur_per_mwh``, ``imbalance_long_eur_per_mwh``, ``imbalance_short_eur_per_mwh``,
    ``fcr_capacity_price_eur_per_mw_h``, ``mfrr_up_capacity_price_eur_per_mw_h``, ``mfrr_activation_up_per_unit``,
    ``mfrr_energy_price_up_eur_per_mwh`` and ``heat_demand_mw``.

    Raises
    ------
    UsageError
        Where a file or a column is not there.
    """
    markets = _markets(data_folder)
    heat = read_district_heat(data_folder)
    markets["heat_demand_mw"] = _at_clock_times(heat, pd.DatetimeIndex(markets.index))
    days = RealDays("western_denmark_2021", markets, (SOURCE, HEAT_SOURCE), NOTES)
    donors = [day - timedelta(weeks=_HEAT_WEEKS) for day in days.complete]
    return replace(days, pairing=pd.DataFrame({"heat": donors}, index=pd.Index(days.complete, name="day")))


def _markets(data_folder: Path) -> pd.DataFrame:
    table = read_danish_hours(data_folder, SOURCE, {"fcr_dk_eur_mw_4h": "fcr_price"})
    share = table["called_share"]
    paid = table["up"].where(share == 0.0, np.minimum(table["up"], table["imbalance"]))
    return pd.DataFrame(
        {
            "da_price_eur_per_mwh": table["day_ahead"],
            "imbalance_long_eur_per_mwh": table["imbalance"],
            "imbalance_short_eur_per_mwh": table["imbalance"],
            "fcr_capacity_price_eur_per_mw_h": table["fcr_price"] / 4.0,
            "mfrr_up_capacity_price_eur_per_mw_h": table["mfrr_price"],
            "mfrr_activation_up_per_unit": share,
            "mfrr_energy_price_up_eur_per_mwh": paid,
        }
    )


def _at_clock_times(heat: pd.DataFrame, time: pd.DatetimeIndex) -> NDArray[np.float64]:
    """Values at the same local clock times of the donor days; not a number where the clock had no such time, or two."""
    clock = pd.DatetimeIndex(heat.index).tz_localize(None)
    donor = heat.set_axis(clock).loc[~clock.duplicated(keep=False)]
    wanted = time.tz_localize(None) - pd.Timedelta(weeks=_HEAT_WEEKS)
    return np.asarray(donor.reindex(wanted)["heat_demand_mw"], dtype=np.float64)
