"""Readers against the published statistics of the series they read."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from mes_stoch.io.market_data.danish_balancing import read_danish_balancing
from mes_stoch.io.market_data.fcr_cooperation import read_french_fcr
from mes_stoch.io.market_data.french_day_ahead import SOURCE, read_french_day_ahead
from mes_stoch.io.market_data.german_afrr import read_german_afrr_activation, read_german_afrr_capacity
from mes_stoch.io.market_data.german_intraday import read_german_intraday_spread
from mes_stoch.io.market_data.hospital_demand import read_hospital_electricity, read_hospital_heat, read_pv
from mes_stoch.io.market_data.pairing import whole_days
from mes_stoch.schema.errors import UsageError


def test_missing_folder_and_file_are_usage_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        read_french_day_ahead(tmp_path / "nowhere")
    with pytest.raises(UsageError, match=f"{SOURCE.file} is not in the data folder"):
        read_french_day_ahead(tmp_path)


@pytest.mark.data
def test_french_day_ahead(data_folder: Path) -> None:
    prices = read_french_day_ahead(data_folder)["da_price_eur_per_mwh"]
    year = prices["2019"]
    # 39.51 and 14.01 over all days; the two days of the clock change are left out here
    assert year.mean() == pytest.approx(39.51, abs=0.15)
    assert year.std() == pytest.approx(14.01, abs=0.15)
    assert prices["2016"].empty
    assert date(2019, 3, 31) not in whole_days(prices.to_frame())


@pytest.mark.data
def test_german_intraday_spread(data_folder: Path) -> None:
    spread = read_german_intraday_spread(data_folder)["id_spread_eur_per_mwh"]
    assert spread["2019"].mean() == pytest.approx(0.04, abs=0.02)
    assert spread["2019"].std() == pytest.approx(9.72, abs=0.02)
    assert spread["2023"].std() == pytest.approx(25.12, abs=0.05)


@pytest.mark.data
def test_fcr_is_per_hour(data_folder: Path) -> None:
    prices = read_french_fcr(data_folder)["fcr_capacity_price_eur_per_mw_h"]
    assert prices.mean() == pytest.approx(70.037 / 4, abs=0.05)
    assert prices.std() == pytest.approx(77.877 / 4, abs=0.05)
    assert not prices.index.has_duplicates


@pytest.mark.data
def test_afrr_capacity(data_folder: Path) -> None:
    prices = read_german_afrr_capacity(data_folder)
    assert prices["afrr_up_capacity_price_eur_per_mw_h"].mean() == pytest.approx(6.453 / 4, abs=0.01)
    assert prices["afrr_down_capacity_price_eur_per_mw_h"].mean() == pytest.approx(5.876 / 4, abs=0.03)
    assert prices.index[0] == pd.Timestamp("2019-08-01", tz="Europe/Paris")


@pytest.mark.data
def test_afrr_activation(data_folder: Path) -> None:
    shares = read_german_afrr_activation(data_folder)
    assert shares.min().min() >= 0.0
    assert shares.sum(axis=1).max() <= 1.0 + 1e-12
    old, new = shares.loc["2016":"2017"], shares.loc["2024"]  # type: ignore[misc]
    assert old["afrr_activation_up_per_unit"].mean() == pytest.approx(151.53 / 1953.38, abs=0.001)
    assert new["afrr_activation_up_per_unit"].mean() == pytest.approx(62.49 / 1811.0, abs=0.001)
    # four days of the older file change the clock; 2024 comes in UTC and has only its own two
    assert len(whole_days(shares)) == 731 - 4 + 366 - 2


@pytest.mark.data
def test_danish_balancing(data_folder: Path) -> None:
    data = read_danish_balancing(data_folder)
    assert data["mfrr_up_capacity_price_eur_per_mw_h"].mean() == pytest.approx(4.712, abs=0.005)
    assert data["imbalance_spread_eur_per_mwh"].mean() == pytest.approx(-3.179, abs=0.01)
    assert data["imbalance_spread_eur_per_mwh"].std() == pytest.approx(37.68, abs=0.05)
    assert (data["mfrr_called_up_per_unit"] > 0).mean() == pytest.approx(0.18, abs=0.003)
    assert data["mfrr_called_up_per_unit"].between(0, 1).all()
    assert data["balancing_up_spread_eur_per_mwh"].min() >= 0.0


@pytest.mark.data
def test_hospital(data_folder: Path) -> None:
    district = read_hospital_heat(data_folder)
    assert len(whole_days(district)) == 363
    # 42.0 and 10.9 GWh a year, less two days of 365
    assert district["heat_demand_mw"].sum() == pytest.approx(42_043 * 363 / 365, rel=0.005)
    assert district["cooling_demand_mw"].sum() == pytest.approx(10_926 * 363 / 365, rel=0.005)
    electricity = read_hospital_electricity(data_folder, 30_000.0)["electricity_demand_mw"]
    assert electricity.sum() == pytest.approx(30_000 * 363 / 365, rel=0.005)
    by_day = electricity.groupby(pd.DatetimeIndex(electricity.index).day_of_week).mean()
    # laid on the right calendar, the reference hospital's week ends on Saturday and Sunday
    assert by_day[5] < by_day[:5].min()
    assert by_day[6] < by_day[5]
    pv = read_pv(data_folder, 2.0)["pv_available_mw"]
    assert 0.0 <= pv.min() <= pv.max() <= 2.0
