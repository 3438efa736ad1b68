"""French days: pairs, units, gaps and the clock on made-up files, by hand; and the real ones."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from helpers.french_files import write_french_files

from mes_stoch.io.market_data.calendar import day_type
from mes_stoch.io.market_data.donor_days import FARTHEST_DAYS, REUSED_AFTER_DAYS, days_apart_in_year
from mes_stoch.io.market_data.france import read_france
from mes_stoch.io.market_data.french_day_ahead import SOURCE as DAY_AHEAD
from mes_stoch.io.market_data.real_days import RealDays
from mes_stoch.schema.errors import UsageError

#: Friday to Monday over the change of the clock on 27 October, a Thursday, and 1 November, a French holiday.
DAYS = ("2019-10-25", "2019-10-26", "2019-10-27", "2019-10-28", "2019-10-31", "2019-11-01")
#: Friday, Monday, Saturday, the Sunday of the clock, a French holiday, Tuesday.
FCR = ("2021-10-22", "2021-10-25", "2021-10-30", "2021-10-31", "2021-11-01", "2021-11-02")
#: Two of the days themselves, a Wednesday, a Sunday, days of September 2020, and one under the mixed-price rule.
AFRR_CAPACITY = (
    "2019-07-31",
    "2019-10-25",
    "2019-10-26",
    "2019-10-30",
    "2019-11-03",
    "2020-09-16",
    "2020-09-17",
)
#: Tuesday, Thursday, Saturday, Tuesday, Friday, Saturday, Wednesday, Sunday.
AFRR_CALLED = (
    "2016-10-25",
    "2016-10-27",
    "2016-10-29",
    "2016-11-01",
    "2017-10-27",
    "2017-10-28",
    "2017-11-01",
    "2017-11-05",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files in which 28 October has no hour of five, and an hour of 1 November a price of -20."""
    write_french_files(tmp_path, DAYS, FCR, AFRR_CAPACITY, AFRR_CALLED)
    path = tmp_path / DAY_AHEAD.file
    table = pd.read_csv(path)
    table = table[table["time_local"] != "2019-10-28 05:00:00"]
    table.loc[table["time_local"] == "2019-11-01 03:00:00", "Price"] = -20.0
    table.to_csv(path, index=False)
    return tmp_path


def at(real: RealDays, stamp: str) -> dict[str, float]:
    return {str(name): float(value) for name, value in real.values.loc[pd.Timestamp(stamp, tz="Europe/Paris")].items()}


def test_days_are_paired(folder: Path) -> None:
    """28 October, which is left out, has its pairs as well: 2 November, 30 October 2019, 27 October 2016.

    - FCR: of the working days 22 and 25 October and 2 November, Friday the 25th takes the 25th, Monday the 28th the
      2nd (5 days, not 6) and Thursday the 31st what is left; the holiday takes the holiday.
    - aFRR capacity: the 25th and 26th are there; the 31st takes 17 September 2020 (44 days), for the 30th is taken;
      the French holiday is a working day in Germany and takes a German Sunday.
    - aFRR called: 27 October of both years is a day from the 28th, and 1 November a day from the 31st: the earlier.
    """
    pairing = read_france(folder).pairing
    assert {str(day): [str(donor) for donor in donors] for day, *donors in pairing.itertuples()} == {
        "2019-10-25": ["2021-10-25", "2019-10-25", "2016-10-25"],
        "2019-10-26": ["2021-10-30", "2019-10-26", "2017-10-28"],
        "2019-10-31": ["2021-10-22", "2020-09-17", "2016-11-01"],
        "2019-11-01": ["2021-11-01", "2019-11-03", "2017-11-05"],
    }
    assert list(pairing.columns) == ["fcr_capacity", "afrr_capacity", "afrr_called"]


def test_units_are_converted(folder: Path) -> None:
    """Friday 25 October at 14:00, in the fourth block; the heat is that of 13:00 standard time.

    Day-ahead 20 + 25 + 14 = 59, balancing energy 59 + (38 - 40) = 57, 5 % less for long and more for short. FCR is
    4 (25 + 3) / 4 of the second tender; aFRR 2 x 25 / 4 up and 25 / 4 down; called up 250 MW of at most 290 in one of
    four quarters.
    """
    real = read_france(folder)
    assert at(real, "2019-10-25 14:00") == pytest.approx(
        {
            "da_price_eur_per_mwh": 59.0,
            "imbalance_long_eur_per_mwh": 54.15,
            "imbalance_short_eur_per_mwh": 59.85,
            "afrr_energy_price_up_eur_per_mwh": 57.0,
            "afrr_energy_price_down_eur_per_mwh": 57.0,
            "heat_demand_mw": 6.3,
            "fcr_capacity_price_eur_per_mw_h": 28.0,
            "afrr_up_capacity_price_eur_per_mw_h": 12.5,
            "afrr_down_capacity_price_eur_per_mw_h": 6.25,
            "afrr_activation_up_per_unit": 250 / 290 / 4,
            "afrr_activation_down_per_unit": 0.0,
        }
    )
    # the first block of a day that was tendered twice: not the 999 of the first tender
    assert at(real, "2019-10-25 00:00")["fcr_capacity_price_eur_per_mw_h"] == 25.0
    # after the change of the clock local and standard time are the same
    assert at(real, "2019-11-01 14:00")["heat_demand_mw"] == pytest.approx(6.4)
    # 17 September 2020 stands in for 31 October
    assert at(real, "2019-10-31 00:00")["afrr_up_capacity_price_eur_per_mw_h"] == 8.5


def test_calls_of_both_directions_are_at_most_the_whole(folder: Path) -> None:
    """In the first quarter 250 of 290 MW are called up and all of 62 MW down: together 1."""
    called = at(read_france(folder), "2019-10-25 00:00")
    assert called["afrr_activation_up_per_unit"] == pytest.approx(250 / 290 / (1 + 250 / 290) / 4)
    assert called["afrr_activation_down_per_unit"] == pytest.approx(1 / (1 + 250 / 290) / 4)


def test_long_is_paid_less_than_short_below_zero(folder: Path) -> None:
    """-22 EUR/MWh: long -23.1, short -20.9."""
    prices = at(read_france(folder), "2019-11-01 03:00")
    assert prices["imbalance_long_eur_per_mwh"] == pytest.approx(-23.1)
    assert prices["imbalance_short_eur_per_mwh"] == pytest.approx(-20.9)


def test_gaps_and_the_clock_are_left_out(folder: Path) -> None:
    """28 October, which misses an hour, is left out with every series that follows from it; others have no gap."""
    real = read_france(folder)
    assert [str(day) for day in real.complete] == ["2019-10-25", "2019-10-26", "2019-10-31", "2019-11-01"]
    assert real.left_out[date(2019, 10, 27)] == "the clock changes, or the day is cut short"
    assert real.left_out[date(2019, 10, 28)] == (
        "a gap in da_price_eur_per_mwh, imbalance_long_eur_per_mwh, imbalance_short_eur_per_mwh, "
        "afrr_energy_price_up_eur_per_mwh, afrr_energy_price_down_eur_per_mwh"
    )
    assert "da_price_eur_per_mwh" in real.left_out[date(2019, 10, 29)]
    with pytest.raises(UsageError, match="no complete day 2019-10-28: a gap in da_price"):
        real.of(date(2019, 10, 28), 1.0)


def test_a_day_without_a_donor_is_left_out(tmp_path: Path) -> None:
    """No Saturday among the calls: Saturday the 26th is left out, and says what it has no day for."""
    working = [day for day in AFRR_CALLED if day not in ("2016-10-29", "2017-10-28")]
    write_french_files(tmp_path, DAYS, FCR, AFRR_CAPACITY, working)
    real = read_france(tmp_path)
    assert real.left_out[date(2019, 10, 26)] == "a gap in afrr_activation_up_per_unit, afrr_activation_down_per_unit"
    assert date(2019, 10, 28) in real.complete


@pytest.mark.data
def test_real_series_are_those_that_were_published(data_folder: Path) -> None:
    """France 2019: day-ahead 39.5 EUR/MWh with a deviation of 14.0; FCR 2021: 70.0 EUR/MW per four hours."""
    real = read_france(data_folder)
    assert len(real.complete) == 365 - 2
    assert {str(day) for day in real.left_out} == {"2019-03-31", "2019-10-27"}
    assert set(real.left_out.values()) == {"the clock changes, or the day is cut short"}
    values = real.values
    assert values["da_price_eur_per_mwh"].mean() == pytest.approx(39.5, abs=0.1)
    assert values["da_price_eur_per_mwh"].std() == pytest.approx(14.0, abs=0.1)
    spread = values["afrr_energy_price_up_eur_per_mwh"] - values["da_price_eur_per_mwh"]
    assert spread.std() == pytest.approx(9.7, abs=0.1)
    # 358 of the 363 days of 2021, some of them twice
    assert values["fcr_capacity_price_eur_per_mw_h"].mean() == pytest.approx(70.0 / 4, abs=0.3)
    # 66.5 GWh of heat a year
    assert values["heat_demand_mw"].mean() * 8760 / 1000 == pytest.approx(66.5, abs=1.0)
    assert (values["imbalance_long_eur_per_mwh"] <= values["imbalance_short_eur_per_mwh"]).sum() == 24 * 363


@pytest.mark.data
def test_real_pairs_keep_class_season_and_date(data_folder: Path) -> None:
    pairing = read_france(data_folder).pairing
    years = {"fcr_capacity": {2021}, "afrr_capacity": {2019, 2020}, "afrr_called": {2016, 2017}}
    countries = {"fcr_capacity": "FR", "afrr_capacity": "DE", "afrr_called": "DE"}
    for name, donors in pairing.items():
        last_use: dict[date, date] = {}
        for day, donor in donors.items():
            assert donor.year in years[str(name)]
            if donor != day:
                assert day_type(donor, countries[str(name)]) == day_type(day, "FR")
                assert days_apart_in_year(day, donor) <= FARTHEST_DAYS
            assert donor not in last_use or (day - last_use[donor]).days >= REUSED_AFTER_DAYS
            last_use[donor] = day
    # from August on, after the mixed-price rule, aFRR capacity is of the day itself
    late = pairing[[day >= date(2019, 8, 1) for day in pairing.index]]
    assert (late["afrr_capacity"] == late.index).all()
