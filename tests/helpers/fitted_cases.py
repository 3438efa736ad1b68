"""Real series that processes are fitted to and held against, and how: what ``scripts/fitted_processes.py`` prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from mes_stoch.io.market_data.district_heat import SOURCE as HEAT_SOURCE
from mes_stoch.io.market_data.fcr_cooperation import SOURCE as FCR_SOURCE
from mes_stoch.io.market_data.fcr_cooperation import read_french_fcr
from mes_stoch.io.market_data.french_day_ahead import SOURCE as FRENCH_SOURCE
from mes_stoch.io.market_data.german_intraday import SOURCE as GERMAN_SOURCE
from mes_stoch.io.market_data.source import ZONE, DataSource, index_from_local, index_from_utc, read_table
from mes_stoch.io.market_data.western_denmark import SOURCE as DANISH_SOURCE
from mes_stoch.io.market_data.western_denmark import read_western_denmark
from mes_stoch.uncertainty.fitted.diagnosis import diagnose, plain_bootstrap
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.specification import Specification, fit

PRICE = "da_price_eur_per_mwh"
INTRADAY = "id_price_eur_per_mwh"
FORECAST = "da_price_forecast_eur_per_mwh"
FCR = "fcr_capacity_price_eur_per_mw_h"
MFRR = "mfrr_up_capacity_price_eur_per_mw_h"
SHORT = "imbalance_short_eur_per_mwh"
BALANCING = "balancing_price_eur_per_mwh"
HEAT = "heat_demand_mw"

FORECAST_SOURCE = DataSource(
    name="France day-ahead price and its published forecasts",
    file="market_eu/fr_dayahead_published_forecasts.csv.gz",
    origin="jeslago/epftoolbox, Apache-2.0",
    conversion="ensemble of LEAR models; local stamps without clock changes",
    first=date(2015, 1, 4),
    last=date(2016, 12, 31),
)


@dataclass(frozen=True)
class Case:
    """A process, the past it is fitted to, and what of it is kept back.

    Parameters
    ----------
    name : str
    read : function
        Past series of a data folder.
    country : str
    sources : sequence of DataSource
    months_kept_back : sequence of str
    parts : sequence of mapping
        As a specification has them.
    """

    name: str
    read: Callable[[Path], pd.DataFrame]
    country: str
    sources: Sequence[DataSource]
    months_kept_back: Sequence[str]
    parts: Sequence[Mapping[str, Any]]

    def history(self, folder: Path) -> History:
        return History(self.read(folder), self.country, tuple(source.origin for source in self.sources))

    def diagnosed(self, folder: Path, draws_per_day: int = 20) -> pd.DataFrame:
        """The table of the months kept back, with the plain bootstrap of the days seen as the baseline.

        Two columns more: ``fitted_to``, the statistic of the days that the process was fitted to, and
        ``inside_fitted_to``, whether that of draws for those days lies in their band. Where draws are like the days
        fitted to and unlike those kept back, it is the months that differ.
        """
        history = self.history(folder)
        seen, kept_back = history.split(self.months_kept_back)
        specification = Specification(
            country=self.country, months_kept_back=list(self.months_kept_back), parts=[dict(one) for one in self.parts]
        )
        document = fit(specification, history)
        drawn = [name for name in history.frame.columns if any(name in _drawn_by(one) for one in self.parts)]
        baseline = plain_bootstrap(seen, drawn)
        table = diagnose(document, kept_back, seed=1, draws_per_day=draws_per_day, baseline=baseline)
        same = diagnose(document, seen, seed=2, draws_per_day=5).set_index(["series", "statistic"])
        keys = pd.MultiIndex.from_frame(table[["series", "statistic"]])
        found = same[same.index.get_level_values("series") != "all"].reindex(keys)
        return table.assign(fitted_to=found["past"].to_numpy(), inside_fitted_to=found["inside"].to_numpy())


def _drawn_by(part: Mapping[str, Any]) -> list[str]:
    named = [part.get(key, []) for key in ("series", "long", "short", "direction")]
    return [name for one in named for name in ([one] if isinstance(one, str) else one)]


def french_prices(folder: Path) -> pd.DataFrame:
    """2019, with the forecasts of load and renewables and the price of gas."""
    columns = {
        "time_local": "time",
        "Price": PRICE,
        "Load_DA_Forecast": "load_forecast_mw",
        "Renewables_DA_Forecast": "renewables_forecast_mw",
        "TTF_Gas": "ttf_gas_eur_per_mwh",
    }
    return index_from_local(read_table(folder, FRENCH_SOURCE, columns), "time").loc["2019":"2019"]


def french_forecasts(folder: Path) -> pd.DataFrame:
    columns = {"time_local": "time", "Real price": PRICE, "LEAR Ensemble": FORECAST}
    return index_from_local(read_table(folder, FORECAST_SOURCE, columns), "time")


def german_intraday(folder: Path) -> pd.DataFrame:
    """2019 and 2020."""
    columns = {"time_utc": "time", "da_eur_mwh": PRICE, "id3_eur_mwh": INTRADAY}
    frame = read_table(folder, GERMAN_SOURCE, columns)
    frame.index = index_from_utc(frame.pop("time"))
    return frame.loc["2019":"2020"]


def danish_markets(folder: Path) -> pd.DataFrame:
    """2021; the one price of imbalance is taken for the balancing price."""
    frame = read_western_denmark(folder).values[[PRICE, FCR, MFRR, SHORT]]
    return frame.rename(columns={SHORT: BALANCING}).loc["2021"]


def district_heat(folder: Path) -> pd.DataFrame:
    columns = {"date": "time", "heat demand": HEAT, "el_spot_price": PRICE}
    frame = read_table(folder, HEAT_SOURCE, columns)
    stamps = pd.DatetimeIndex(pd.to_datetime(frame.pop("time")))
    # the clock of the file is an hour ahead of UTC all year round
    frame.index = stamps.tz_localize("Etc/GMT-1").tz_convert(ZONE)
    return frame


CASES = (
    Case(
        "french_day_ahead",
        french_prices,
        "FR",
        (FRENCH_SOURCE,),
        ("2019-02", "2019-05", "2019-08", "2019-11"),
        (
            {
                "kind": "autoregressive",
                "series": PRICE,
                "lags": [1, 2, 23, 24, 25, 48, 72, 168],
                "regressors": ["load_forecast_mw", "renewables_forecast_mw", "ttf_gas_eur_per_mwh"],
                "volatility_of": "level",
                "transform": "none",
                "innovations": "empirical",
                "jump_threshold": 5.0,
            },
        ),
    ),
    Case(
        "french_forecast_error",
        french_forecasts,
        "FR",
        (FORECAST_SOURCE,),
        ("2015-02", "2015-05", "2015-08", "2015-11", "2016-02", "2016-05", "2016-08", "2016-11"),
        ({"kind": "forecast_error", "series": PRICE, "forecast": FORECAST},),
    ),
    Case(
        "german_intraday_spread",
        german_intraday,
        "DE",
        (GERMAN_SOURCE,),
        ("2020-02", "2020-05", "2020-08", "2020-11"),
        (
            {
                "kind": "spread",
                "series": INTRADAY,
                "base": PRICE,
                "lags": [1, 2, 3, 24],
                "volatility_of": PRICE,
                "innovations": "empirical",
            },
        ),
    ),
    Case(
        "french_fcr",
        read_french_fcr,
        "FR",
        (FCR_SOURCE,),
        ("2021-02", "2021-05", "2021-08", "2021-11"),
        ({"kind": "block_price", "series": [FCR], "block_h": 4},),
    ),
    Case(
        "western_denmark",
        danish_markets,
        "DK",
        (DANISH_SOURCE,),
        ("2021-02", "2021-05", "2021-08", "2021-11"),
        (
            {
                "kind": "day_bootstrap",
                "series": [PRICE],
                "match": ["day_type"],
                "days_apart_max": 45,
                "block_days": 3,
            },
            {"kind": "block_price", "series": [FCR], "block_h": 4, "price": PRICE, "by_season": True},
            {"kind": "block_price", "series": [MFRR], "block_h": 1, "price": PRICE, "by_season": True},
            {
                "kind": "spread",
                "series": BALANCING,
                "base": PRICE,
                "lags": [1, 2, 24],
                "volatility_of": PRICE,
                "innovations": "empirical",
            },
        ),
    ),
    Case(
        "district_heat",
        district_heat,
        "DE",
        (HEAT_SOURCE,),
        ("2019-02", "2019-05", "2019-08", "2019-11"),
        ({"kind": "weather_demand", "series": [HEAT], "drivers": [PRICE], "lags": [1, 2, 24, 25]},),
    ),
)
