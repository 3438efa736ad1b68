"""France 2019, day by day: its day-ahead price, with stand-ins for series that are not public or are of other years.

Of the day itself are the French day-ahead price, the German intraday price and the heat demand, and from August on the
German price of aFRR capacity. Of a day that :mod:`mes_stoch.io.market_data.donor_days` chooses are the French price of
FCR (2021), the German aFRR called (2016-17), and before August the German price of aFRR capacity (2020).

**Equations**, by hour, with ``id3`` and ``da_de`` the German intraday index and day-ahead price, EUR/MWh::

    vwap  = da + (id3 - da_de)                       price of balancing energy
    long  = min(vwap (1 - k), vwap (1 + k))          imbalance, received
    short = max(vwap (1 - k), vwap (1 + k))          imbalance, paid
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.io.market_data.district_heat import SOURCE as HEAT_SOURCE
from mes_stoch.io.market_data.district_heat import read_district_heat
from mes_stoch.io.market_data.donor_days import hours_of_donors, nearest_donors
from mes_stoch.io.market_data.fcr_cooperation import SOURCE as FCR_SOURCE
from mes_stoch.io.market_data.fcr_cooperation import read_french_fcr
from mes_stoch.io.market_data.french_day_ahead import SOURCE as DAY_AHEAD_SOURCE
from mes_stoch.io.market_data.french_day_ahead import read_french_day_ahead
from mes_stoch.io.market_data.german_afrr import (
    ACTIVATION_SOURCES,
    CAPACITY_SOURCE,
    read_german_afrr_activation_2016_2017,
    read_german_afrr_capacity,
)
from mes_stoch.io.market_data.german_intraday import SOURCE as INTRADAY_SOURCE
from mes_stoch.io.market_data.german_intraday import read_german_intraday_spread
from mes_stoch.io.market_data.pairing import local_dates, whole_days
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.io.market_data.source import ZONE

YEAR = 2019
#: k of the French price of imbalance: the rule is public, the size is an assumption.
IMBALANCE_COEFFICIENT_PER_UNIT = 0.05

SOURCES = (DAY_AHEAD_SOURCE, INTRADAY_SOURCE, FCR_SOURCE, CAPACITY_SOURCE, ACTIVATION_SOURCES[0], HEAT_SOURCE)
NOTES = (
    "Day-ahead price, German intraday and day-ahead price and heat demand are of the day itself; other series of the "
    "day itself where they have it, else of the nearest day in the year of the same class (working day, Saturday, "
    "Sunday or public holiday), which is not used again within half a year.",
    "Imbalance: no French price is public as a series. German intraday (ID3) less day-ahead price stands in, added to "
    "the French day-ahead price, times 1 - k for long and 1 + k for short (French rule; the other way round below 0), "
    f"k = {IMBALANCE_COEFFICIENT_PER_UNIT:g}.",
    "aFRR capacity: the mean of accepted German bids, which are paid as bid, stands in: France held no tender in 2019. "
    "None is taken from the mixed-price rule of October 2018 to July 2019.",
    "aFRR called: German, mean of the hour, share of the largest power seen; the share of one offer is taken for that "
    "of all. Energy called is paid that price of balancing energy.",
    "FCR: the French price of 2021. Calls are not in the data: what the instance says of them holds.",
)


def read_france(data_folder: Path) -> RealDays:
    """Days of 2019 with every series, hourly, and the pairing of those that are of other days.

    ``da_price_eur_per_mwh``, ``imbalance_long_eur_per_mwh``, ``imbalance_short_eur_per_mwh``,
    ``fcr_capacity_price_eur_per_mw_h``, ``afrr_up_capacity_price_eur_per_mw_h``,
    ``afrr_down_capacity_price_eur_per_mw_h``, ``afrr_activation_up_per_unit``, ``afrr_activation_down_per_unit``,
    ``afrr_energy_price_up_eur_per_mwh``, ``afrr_energy_price_down_eur_per_mwh`` and ``heat_demand_mw``.

    Raises
    ------
    UsageError
        Where a file or a column is not there.
    """
    hours = pd.date_range(date(YEAR, 1, 1), date(YEAR + 1, 1, 1), freq="h", inclusive="left", tz=ZONE, name="time")
    donors = {
        "fcr_capacity": (read_french_fcr(data_folder), "FR"),
        "afrr_capacity": (read_german_afrr_capacity(data_folder), "DE"),
        "afrr_called": (read_german_afrr_activation_2016_2017(data_folder), "DE"),
    }
    energy = _energy(data_folder)
    # also days with a gap, which are left out: no pair depends on a gap of another day
    known = local_dates(energy.dropna(subset=["da_price_eur_per_mwh"]))
    wanted = sorted({day for day in known if day.year == YEAR})
    of_the_day = energy.reindex(hours).join(read_district_heat(data_folder).reindex(hours))
    pairs, parts = {}, [of_the_day]
    for name, (frame, country) in donors.items():
        pairs[name] = nearest_donors(wanted, whole_days(frame), "FR", country)
        parts.append(hours_of_donors(frame, pairs[name], hours))
    days = RealDays("france_2019", pd.concat(parts, axis=1), SOURCES, NOTES)
    table = {name: [found[day] for day in days.complete] for name, found in pairs.items()}
    return replace(days, pairing=pd.DataFrame(table, index=pd.Index(days.complete, name="day")))


def _energy(data_folder: Path) -> pd.DataFrame:
    """Day-ahead price, and the prices that follow from it and the German spread."""
    day_ahead = read_french_day_ahead(data_folder)["da_price_eur_per_mwh"]
    vwap = day_ahead + read_german_intraday_spread(data_folder)["id_spread_eur_per_mwh"]
    ends = pd.DataFrame({side: vwap * (1.0 + side * IMBALANCE_COEFFICIENT_PER_UNIT) for side in (-1, 1)})
    return pd.DataFrame(
        {
            "da_price_eur_per_mwh": day_ahead,
            "imbalance_long_eur_per_mwh": ends.min(axis=1, skipna=False),
            "imbalance_short_eur_per_mwh": ends.max(axis=1, skipna=False),
            "afrr_energy_price_up_eur_per_mwh": vwap,
            "afrr_energy_price_down_eur_per_mwh": vwap,
        }
    )
