"""Donor days: which one a day takes, and the hours of it; every pair by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from mes_stoch.io.market_data.donor_days import days_apart_in_year, hours_of_donors, nearest_donors


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_days_apart_do_not_ask_for_the_year() -> None:
    assert days_apart_in_year(day("2019-06-10"), day("2016-06-07")) == 3
    assert days_apart_in_year(day("2019-01-02"), day("2016-12-30")) == 3
    assert days_apart_in_year(day("2019-12-30"), day("2017-01-02")) == 3
    # 2019 has no 29 February
    assert days_apart_in_year(day("2019-03-01"), day("2016-02-29")) == 1
    assert days_apart_in_year(day("2020-02-29"), day("2017-03-01")) == 1


def test_the_day_itself_comes_before_everything() -> None:
    """Thursday the 3rd would take Friday the 4th, were the 4th not there for itself; it is a German holiday besides."""
    wanted = [day("2019-10-03"), day("2019-10-04")]
    donors = [day("2019-10-04"), day("2019-10-07")]
    assert nearest_donors(wanted, donors, "FR", "DE") == {
        day("2019-10-03"): day("2019-10-07"),
        day("2019-10-04"): day("2019-10-04"),
    }
    # on which the class of the day is another in the donor's country
    assert nearest_donors([day("2019-10-03")], [day("2019-10-03")], "FR", "DE")[day("2019-10-03")] == day("2019-10-03")


def test_a_class_is_that_of_the_country() -> None:
    """11 November 2019, a Monday, is a French holiday and no German one: it takes a German Sunday."""
    donors = [day("2016-11-11"), day("2016-11-13"), day("2016-11-12")]
    assert nearest_donors([day("2019-11-11")], donors, "FR", "DE") == {day("2019-11-11"): day("2016-11-13")}
    # in France 11 November 2016 was a holiday as well
    assert nearest_donors([day("2019-11-11")], donors, "FR") == {day("2019-11-11"): day("2016-11-11")}


def test_of_equally_near_donors_the_earliest() -> None:
    """12 June: the 13th of two years and the 11th of a third are all a day off."""
    donors = [day("2017-06-13"), day("2016-06-13"), day("2018-06-11")]
    assert nearest_donors([day("2019-06-12")], donors, "FR") == {day("2019-06-12"): day("2016-06-13")}


def test_a_donor_is_not_used_again_within_half_a_year() -> None:
    """Two Saturdays in June and one donor: the second has none, nor the one before the donor that serves itself."""
    donor = day("2016-06-11")
    assert nearest_donors([day("2019-06-08"), day("2019-06-15")], [donor], "FR") == {day("2019-06-08"): donor}
    itself = day("2019-06-08")
    assert nearest_donors([day("2019-06-01"), itself], [itself], "FR") == {itself: itself}
    # a year later it serves again
    later = [day("2018-06-09"), day("2019-06-08")]
    assert nearest_donors(later, [donor], "FR") == dict.fromkeys(later, donor)


def test_a_donor_of_another_season_is_none() -> None:
    """From Monday 1 April to 16 May there are 45 days, to 17 May one more."""
    assert nearest_donors([day("2019-04-01")], [day("2017-05-16")], "FR") == {day("2019-04-01"): day("2017-05-16")}
    assert nearest_donors([day("2019-04-01")], [day("2017-05-17")], "FR") == {}


def test_hours_are_those_of_the_donor_at_the_same_clock_time() -> None:
    """Quarter-hours 0 to 3 have a mean of 1.5; blocks of four hours hold their number; a day without donor has none."""
    time = pd.date_range("2019-06-03", periods=48, freq="h", tz="Europe/Paris", name="time")
    donors = {day("2019-06-04"): day("2017-06-06")}
    quarters = pd.date_range("2017-06-05", periods=3 * 96, freq="15min", tz="Europe/Paris", name="time")
    counted = pd.DataFrame({"quarter_mw": np.arange(len(quarters), dtype=float) - 96.0}, index=quarters)
    hourly = hours_of_donors(counted, donors, time)
    assert hourly.index.equals(time)
    assert hourly["quarter_mw"].isna().tolist() == [True] * 24 + [False] * 24
    assert hourly["quarter_mw"].tolist()[24:] == [1.5 + 4.0 * hour for hour in range(24)]
    blocks = pd.date_range("2017-06-06", periods=6, freq="4h", tz="Europe/Paris", name="time")
    held = hours_of_donors(pd.DataFrame({"block_mw": range(6)}, index=blocks), donors, time)
    assert held["block_mw"].tolist()[24:] == [hour // 4 for hour in range(24)]
