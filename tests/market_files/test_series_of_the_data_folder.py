"""Series in layouts of nobody's, which a column map describes: those of the real data folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from mes_stoch.io.market_files.front import read_market_file
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.schema.errors import MarketFileError

pytestmark = pytest.mark.data


def read(data_folder: Path, name: str, columns: str, **options: str) -> MarketTable:
    path = data_folder / name
    if not path.is_file():
        pytest.skip(f"{name} is not in the data folder")
    return read_market_file(path, column_map=columns, **options)  # type: ignore[arg-type]


def test_french_day_ahead(data_folder: Path) -> None:
    columns = "time=time_local, zone=Europe/Paris, Price=da_price_eur_per_mwh, Load_DA_Forecast=forecast_mw"
    table = read(data_folder, "market_eu/fr_dayahead_2015_2020.csv.gz", columns, clock="removed")
    year = table["da_price_eur_per_mwh"]["2019"]
    assert (year.mean(), year.std()) == (pytest.approx(39.51, abs=0.05), pytest.approx(14.01, abs=0.05))
    assert any("to 2017-01-01 00:00+0100, 366 days" in str(finding) for finding in table.findings)


def test_published_forecasts(data_folder: Path) -> None:
    columns = "time=time_local, zone=Europe/Paris, Real price=real_eur_per_mwh, DNN Ensemble=dnn_eur_per_mwh"
    table = read(data_folder, "market_eu/fr_dayahead_published_forecasts.csv.gz", columns, clock="removed")
    # the spike of 7 November 2016
    assert table["real_eur_per_mwh"]["2016-11-07"].max() == pytest.approx(874.0, abs=0.5)
    assert any("874" in finding.text and "2016-11-07" in finding.text for finding in table.outliers())


def test_german_day_ahead_and_intraday(data_folder: Path) -> None:
    columns = "time=time_utc, zone=UTC, da_eur_mwh=da_eur_per_mwh, id3_eur_mwh=id3_eur_per_mwh"
    table = read(data_folder, "market_eu/de_dayahead_id3_2017_2023.csv.gz", columns)
    spread = (table["id3_eur_per_mwh"] - table["da_eur_per_mwh"])["2023"]
    assert (spread.mean(), spread.std()) == (pytest.approx(2.0, abs=0.1), pytest.approx(25.1, abs=0.2))


def test_fcr_cooperation(data_folder: Path) -> None:
    name, price = "market_eu/fcr_cooperation_4h_2021.csv.gz", "FR_SETTLEMENTCAPACITY_PRICE_[EUR/MW]"
    table = read(data_folder, name, f"time=block_start_local, zone=Europe/Paris, {price}=fcr_price_eur_per_mw")
    (one,) = table.series
    # published: mean 70.0, deviation 77.9 EUR/MW for a block
    assert (one.data.mean(), one.data.std()) == (pytest.approx(70.04, abs=0.05), pytest.approx(77.88, abs=0.05))
    assert (one.resolution_words, one.unit, one.times.gaps) == ("4 h", "eur_per_mw", [])


def test_german_afrr(data_folder: Path) -> None:
    columns = "time=block_start_local, zone=Europe/Berlin, area=dir, marginal_capacity_price=price_eur_per_mw"
    table = read(data_folder, "market_eu/de_afrr_capacity_4h_2018_2020.csv.gz", columns)
    assert table.names == ["price_neg_eur_per_mw", "price_pos_eur_per_mw"]
    assert {one.resolution_words for one in table.series} == {"4 h"}


def test_german_activation(data_folder: Path) -> None:
    columns = "time=time_local, zone=Europe/Berlin, neg_mw=down_mw, pos_mw=up_mw"
    table = read(data_folder, "market_eu/de_srl_activated_15min_2016_2017.csv.gz", columns)
    # eight repeated stamps: four quarters at each of two clock changes
    (clock,) = (finding for finding in table.findings if finding.kind == "clock")
    assert clock.count == 16
    assert len(table["up_mw"]) == (366 + 365) * 96
    columns = "time=time_utc, zone=UTC, afrr_pos_de=up_mw, afrr_neg_de=down_mw"
    newer = read(data_folder, "market_eu/de_afrr_activated_15min_2024.csv.gz", columns)
    assert newer.column("up_mw").resolution_words == "15 min"


def test_western_denmark(data_folder: Path) -> None:
    columns = "time=time_utc, zone=UTC, da_eur_mwh=da_eur_per_mwh, mFRR_UpPriceEUR=mfrr_eur_per_mw_h"
    table = read(data_folder, "multimarket/dk1_2021_multimarket_hourly.csv.gz", columns)
    series = table["mfrr_eur_per_mw_h"]
    assert (series.mean(), series.std()) == (pytest.approx(4.71, abs=0.02), pytest.approx(15.7, abs=0.1))


def test_belgium(data_folder: Path) -> None:
    columns = "time=time_local, zone=Europe/Brussels, POS=positive_eur_per_mwh, SI=system_imbalance_mw"
    table = read(data_folder, "multimarket/be_2013_elia_imbalance_15min.csv.gz", columns, clock="removed")
    assert table.column("positive_eur_per_mwh").resolution_words == "15 min"


def test_australian_prices(data_folder: Path) -> None:
    columns = "time=SETTLEMENTDATE, zone=+10:00, stamp=end, area=REGIONID, RRP=energy_aud_per_mwh"
    table = read(data_folder, "market_aemo/nem_dispatchprice_SA1_VIC1_2018-06_2018-08_5min.csv.gz", columns)
    series = table["energy_sa1_aud_per_mwh"]
    # the interval that ends at 00:05
    assert series[pd.Timestamp("2018-06-01 00:00+10:00")] == 72.4888
    assert table.column("energy_vic1_aud_per_mwh").resolution_words == "5 min"


def test_district_heating(data_folder: Path) -> None:
    columns = "time=date, zone=+01:00, heat demand=heat_demand_mw, el_spot_price=da_price_eur_per_mwh"
    table = read(data_folder, "mes_demand/oemof_district_heating_2019.csv.gz", columns)
    # 66.5 GWh in the year
    assert table["heat_demand_mw"].sum() == pytest.approx(66_500, rel=0.002)


def test_what_is_no_series_is_refused(data_folder: Path) -> None:
    """Cleared events, several at a time; rows numbered by the hour without a date."""
    with pytest.raises(MarketFileError, match="a second time, with another buyVolumeInMWh"):
        read(
            data_folder,
            "localflex/nl_gopacs_cleared_2018_2025.csv.gz",
            "time=ptuStartTime, zone=UTC, buyVolumeInMWh=bought_mwh",
        )
    for name, column in (
        ("hues_lengg_hospital_district.csv.gz", "hub4_heat"),
        ("reopt_chicago_norm_profiles.csv.gz", "Hospital_electric"),
    ):
        with pytest.raises(MarketFileError, match=r":2: hour: found '0'; expected a time such as 2025-01-15 00:15"):
            read(data_folder, f"mes_demand/{name}", f"time=hour, zone=UTC, {column}=a_per_unit")
    with pytest.raises(MarketFileError, match=r"when2heat_hourly_factors_SFH.csv"):
        read(data_folder, "mes_demand/when2heat_hourly_factors_SFH.csv", "time=-, zone=UTC, 0=factor_per_unit")
