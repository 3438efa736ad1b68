"""Real downloads, kept outside the repository: numbers beside the same cells taken by hand or by pandas.

The folder that ``MES_STOCH_MARKET_FILES`` names has the files below; its ``SOURCES.txt`` says where each comes from.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mes_stoch.io.market_files.front import read_market_file
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.schema.errors import MarketFileError

PARIS = "Europe/Paris"


def read(excerpts: Path, name: str, **options: str) -> MarketTable:
    path = excerpts / name
    if not path.is_file():
        pytest.skip(f"{name} is not among the market files")
    return read_market_file(path, **options)  # type: ignore[arg-type]


def at(table: MarketTable, name: str, *stamps: str) -> list[float]:
    return [float(table[name][pd.Timestamp(stamp)]) for stamp in stamps]


def test_entsoe_of_2016(excerpts: Path) -> None:
    table = read(excerpts, "entsoe_2016.csv")
    (one,) = table.series
    assert len(one.times) == 366 * 24
    # headed (CET), and by the clock all the same; lines 2069, 7276 and 7277
    assert at(table, one.name, "2016-03-27 03:00+02:00", "2016-10-30 02:00+02:00", "2016-10-30 02:00+01:00") == [
        6.10,
        31.55,
        31.55,
    ]
    raw = pd.read_csv(excerpts / "entsoe_2016.csv")["Day-ahead Price [EUR/MWh]"]
    assert one.values.sum() == pytest.approx(raw.sum())


def test_entsoe_quarters_of_2022(excerpts: Path) -> None:
    table = read(excerpts, "entsoe_day_ahead_env_2022.csv")
    name = "day_ahead_price_de_lu_eur_per_mwh"
    assert len(table[name]) == 365 * 96
    stamps = [
        f"2022-10-30 02:{minute}{offset}" for offset in ("+02:00", "+01:00") for minute in ("00", "15", "30", "45")
    ]
    # lines 29002 to 29009
    assert at(table, name, *stamps) == [101.54, 92.10, 88.38, 80.83, 100.64, 91.20, 87.49, 83.30]
    assert not table.column(name).times.gaps


@pytest.mark.parametrize("year", [2015, 2022])
def test_entsoe_old_whole_years(excerpts: Path, year: int) -> None:
    table = read(excerpts, f"entsoe_day_ahead_old_{year}.csv")
    series = table["day_ahead_price_fi_eur_per_mwh"]
    raw = pd.read_csv(excerpts / f"entsoe_day_ahead_old_{year}.csv", index_col=False)["Day-ahead Price [EUR/MWh]"]
    numbers = pd.to_numeric(raw, errors="coerce").dropna()
    assert len(series) == 8760
    assert np.array_equal(series.dropna().to_numpy(), numbers.to_numpy())


def test_entsoe_of_the_transition_year(excerpts: Path) -> None:
    table = read(excerpts, "entsoe_gui_prices_2025.csv")
    name = "day_ahead_price_no1_eur_per_mwh"
    stamps = ["2025-10-26 02:45+02:00", "2025-10-26 02:00+01:00", "2025-03-30 01:45+01:00", "2025-03-30 03:00+02:00"]
    assert at(table, name, *stamps) == [2.67, 3.21, 30.16, 13.05]
    (held,) = (finding for finding in table.findings if finding.kind == "resolution")
    assert "repeated in its quarters, before 2025-10-01 00:00" in held.text
    # lines 26206 to 26209: 42.26, 43.82, 46.00, 46.50
    hour = table.aligned("1h")[name][pd.Timestamp("2025-10-01 00:00", tz=PARIS)]
    assert hour == pytest.approx((42.26 + 43.82 + 46.00 + 46.50) / 4)


def test_entsoe_load_and_imbalance(excerpts: Path) -> None:
    load = read(excerpts, "entsoe_gui_load_2025.csv")
    name = "actual_total_load_no1_mw"
    assert at(load, name, "2025-10-26 02:00+02:00", "2025-10-26 02:00+01:00") == [3173.42, 3126.41]
    imbalance = read(excerpts, "entsoe_imbalance_old_2023.csv")
    name = "imbalance_price_positive_hr_eur_per_mwh"
    assert at(imbalance, name, "2023-10-29 02:00+02:00", "2023-10-29 02:00+01:00") == [16.45, 6.22]


def test_regelleistung_fcr_of_2021(excerpts: Path) -> None:
    table = read(excerpts, "regelleistung_fcr_2021.csv")
    price = "fcr_capacity_price_fr_eur_per_mw_h"
    assert len(table[price]) == 365 * 6
    # 10 December: tender 1 at 96 EUR/MW for a block, tender 2 without demand at 0. 3 October: tender 2 alone, 1,634.52
    assert at(table, price, "2021-12-10 00:00+01:00", "2021-10-03 00:00+02:00") == [24.0, 408.63]
    # 12 June, 00-04: Belgium 2 MW more at 78.65 in tender 2; the tender of 87 MW holds
    assert table["fcr_demand_be_mw"].dropna().unique().tolist() == [87.0]
    # 31 October: five hours in the block of the night
    raw = pd.read_csv(excerpts / "regelleistung_fcr_2021.csv", sep=";", na_values="-")
    night = raw[(raw["DATE_FROM"] == "31-10-2021") & (raw["PRODUCTNAME"] == "NEGPOS_00_04")]
    per_block = float(night["FR_SETTLEMENTCAPACITY_PRICE_[EUR/MW]"].iloc[0])
    assert at(table, price, "2021-10-31 00:00+02:00") == pytest.approx([per_block / 5])


def test_regelleistung_fcr_of_2024(excerpts: Path) -> None:
    table = read(excerpts, "regelleistung_fcr_2024.csv")
    # 1 January: 114.80 EUR/MW, Belgium 219.04; 28 March: tender 2 for one MW of Belgium at 160.00
    assert at(table, "fcr_capacity_price_de_eur_per_mw_h", "2024-01-01 00:00+01:00") == pytest.approx([114.80 / 4])
    assert at(table, "fcr_capacity_price_be_eur_per_mw_h", "2024-01-01 00:00+01:00") == pytest.approx([219.04 / 4])
    raw = pd.read_csv(excerpts / "regelleistung_fcr_2024.csv", sep=";", decimal=",", na_values="-")
    first = raw[raw["TENDER_NUMBER"] == 1]["BELGIUM_SETTLEMENTCAPACITY_PRICE_[EUR/MW]"].to_numpy()
    column = table.column("fcr_capacity_price_be_eur_per_mw_h")
    hours = column.times.period_us / 3.6e9
    assert np.allclose(column.values * hours, first, equal_nan=True)
    (told,) = (finding for finding in table.findings if finding.kind == "tender" and "blocks" in finding.text)
    assert told.count == 156


def test_smard_of_2022(excerpts: Path) -> None:
    table = read(excerpts, "smard_2022_hour.csv")
    stamps = ("2022-10-30 02:00+02:00", "2022-10-30 02:00+01:00", "2022-12-31 23:00+01:00")
    assert at(table, "day_ahead_price_de_lu_eur_per_mwh", *stamps) == [100.2, 99.92, -0.68]
    assert at(table, "day_ahead_price_fr_eur_per_mwh", "2022-03-27 01:00+01:00") == [221.93]


def test_a_file_of_24_hours_a_day_is_not_taken_for_local_time(excerpts: Path) -> None:
    """A file headed like SMARD's, made by somebody who gave every day 24 hours."""
    with pytest.raises(MarketFileError, match=r":8650: Start date: found '31/03/2024 02:00'"):
        read(excerpts, "smard_day_ahead.csv")
    assert len(read(excerpts, "smard_day_ahead.csv", zone="UTC").series[0].times) == 366 * 96


def test_energy_charts_of_the_transition_year(excerpts: Path) -> None:
    table = read(excerpts, "energy_charts_si_2025.csv")
    name = "day_ahead_price_si_eur_per_mwh"
    assert table.column(name).resolution_words == "1 h, then 15 min"
    (change,) = (finding for finding in table.findings if finding.kind == "resolution")
    assert "15 min from 2025-10-01 00:00 (line 6555" in change.text
    assert at(table, name, "2025-10-26 02:45+02:00", "2025-10-26 02:00+01:00") == [53.67, 63.05]


def test_energinet(excerpts: Path) -> None:
    local = read(excerpts, "energinet_elspot_semicolon.csv")
    stamps = ("2023-10-29 02:00+02:00", "2023-10-29 02:00+01:00")
    assert at(local, "day_ahead_price_dkk_per_mwh", *stamps) == [189.119995, 166.800003]
    utc = read(excerpts, "energinet_elspot_dk1.csv")
    assert at(utc, "day_ahead_price_dk1_eur_per_mwh", "2021-10-31 00:00+00:00", "2021-10-31 01:00+00:00") == [
        69.03,
        64.49,
    ]
    regulation = read(excerpts, "energinet_realtime_dk1_2021.csv")
    # 4,563 hours lack the volume of imbalance, one hour of the year has no row
    missing = int(regulation["imbalance_surplus_dk1_mw"].isna().sum())
    assert missing + len(regulation.column("imbalance_surplus_dk1_mw").times.gaps) in (4562, 4563, 4564)
    reserve = read(excerpts, "energinet_mfrr_dk1_2021.csv")
    # published: mean 4.7 EUR/MW/h, deviation 15.7
    series = reserve["mfrr_up_price_eur_per_mw_h"]
    assert (series.mean(), series.std()) == (pytest.approx(4.71, abs=0.02), pytest.approx(15.7, abs=0.1))


def test_aemo_prices(excerpts: Path) -> None:
    table = read(excerpts, "aemo_public_prices_20180601.csv")
    # the interval that ends at 04:05
    assert at(table, "energy_price_nsw1_aud_per_mwh", "2018-06-01 04:00+10:00") == [61.45966]
    assert {one.area for one in table.series} == {"NSW1", "QLD1", "SA1", "TAS1", "VIC1"}
    assert all(len(one.times) == 288 and not one.times.gaps for one in table.series)


def test_eco2mix(excerpts: Path) -> None:
    table = read(excerpts, "eco2mix_odre_tr.csv")
    assert at(table, "load_france_mw", "2021-12-11 10:00+01:00", "2021-12-11 10:30+01:00") == [70139.0, 70241.0]
    assert len(table["load_france_mw"]) == 31 * 96


def test_pvgis(excerpts: Path) -> None:
    table = read(excerpts, "pvgis_2023.csv")
    raw = pd.read_csv(excerpts / "pvgis_2023.csv")
    assert table["pv_power_mw"].sum() == pytest.approx(raw["P"].sum() / 1e6)
    assert str(table["pv_power_mw"].index[0]) == "2023-01-01 00:00:00+00:00"


def test_epftoolbox(excerpts: Path) -> None:
    table = read(excerpts, "epftoolbox_fr.csv")
    year = table["day_ahead_price_eur_per_mwh"]["2019"]
    # published: mean 39.5, deviation 14.0
    assert (year.mean(), year.std()) == (pytest.approx(39.51, abs=0.02), pytest.approx(14.01, abs=0.02))
    # the stated gap: the whole year 2016
    assert any("2016-01-01 00:00+0100 to 2017-01-01 00:00+0100, 366 days" in str(one) for one in table.findings)
