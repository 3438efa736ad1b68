"""Whole days of the past, drawn by class."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context, numbered_days

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.day_bootstrap import DayBootstrap, DayBootstrapOptions


def fitted(first: str = "2021-01-04", days: int = 14, **options: object) -> DayBootstrap:
    """Two weeks from a Monday."""
    return DayBootstrap.fit(
        numbered_days(first, days), DayBootstrapOptions.model_validate({"series": [PRICE], **options})
    )


def test_a_saturday_is_one_of_two_saturdays() -> None:
    """Days 5 and 12 of two weeks from Monday 2021-01-04 are its Saturdays: 500 and 1200, plus the hour."""
    part, day = fitted(), context("2022-01-15", 24)
    drawn = {float(part.draw(np.random.default_rng(seed), day, {})[PRICE][7]) for seed in range(20)}
    assert drawn == {507.0, 1207.0}


def test_working_days_are_equally_likely() -> None:
    """Ten working days: each 400 of 4,000 draws, give or take four deviations of sqrt(4000 0.1 0.9) = 19."""
    part, day = fitted(), context("2022-01-12", 24)
    draws = [int(part.draw(np.random.default_rng(seed), day, {})[PRICE][0]) // 100 for seed in range(4000)]
    counts = np.bincount(draws, minlength=14)
    assert counts[[5, 6, 12, 13]].sum() == 0
    assert np.abs(counts[[0, 1, 2, 3, 4, 7, 8, 9, 10, 11]] - 400).max() <= 76


def test_without_a_class_any_day_is_drawn() -> None:
    part, day = fitted(match=[]), context("2022-07-15", 24)
    draws = {int(part.draw(np.random.default_rng(seed), day, {})[PRICE][0]) // 100 for seed in range(300)}
    assert draws == set(range(14))


def test_quarter_hours_hold_the_hour_and_two_hours_its_mean() -> None:
    part = fitted(days=1)
    quarters = part.draw(np.random.default_rng(1), context("2022-01-12T10:30", 4, 0.25), {})[PRICE]
    assert quarters.tolist() == [10.0, 10.0, 11.0, 11.0]
    pairs = part.draw(np.random.default_rng(1), context("2022-01-12", 12, 2.0), {})[PRICE]
    assert pairs.tolist() == [0.5 + 2.0 * k for k in range(12)]


def test_what_is_zero_stays_zero_in_periods_of_other_length() -> None:
    """Hours of 0.1, 0.7, 0 and 0: their quarter-hours and two-hour means are no negative rounding errors."""
    time = pd.date_range("2021-01-04", periods=24, freq="h", tz=ZONE)
    history = History(pd.DataFrame({PRICE: np.tile([0.1, 0.7, 0.0, 0.0], 6)}, index=time), "FR")
    part = DayBootstrap.fit(history, DayBootstrapOptions(series=[PRICE], match=[]))
    quarters = part.draw(np.random.default_rng(1), context("2022-01-14", 96, 0.25), {})[PRICE]
    assert quarters.tolist() == np.repeat(np.tile([0.1, 0.7, 0.0, 0.0], 6), 4).tolist()
    pairs = part.draw(np.random.default_rng(1), context("2022-01-14", 12, 2.0), {})[PRICE]
    assert pairs.min() == 0.0
    assert pairs == pytest.approx(np.tile([0.4, 0.0], 6), abs=1e-12)


def test_the_clock_change_repeats_or_leaves_out_an_hour_of_the_donor() -> None:
    part = fitted(first="2021-01-05", days=1, match=[])
    spring = part.draw(np.random.default_rng(1), context("2022-03-27", 23), {})[PRICE]
    assert spring.tolist() == [float(hour) for hour in range(24) if hour != 2]
    autumn = part.draw(np.random.default_rng(1), context("2022-10-30", 25), {})[PRICE]
    assert autumn.tolist() == [float(hour) for hour in [0, 1, 2, 2, *range(3, 24)]]


def test_a_class_without_a_day_is_told() -> None:
    with pytest.raises(UsageError, match="no day of the past is of the class of 2022-07-13: summer, working_day"):
        fitted().draw(np.random.default_rng(1), context("2022-07-13", 24), {})


def test_days_with_a_gap_are_no_donors() -> None:
    history = numbered_days("2021-01-04", 3)
    history.frame.iloc[30, 0] = np.nan
    part = DayBootstrap.fit(history, DayBootstrapOptions(series=[PRICE]))
    assert [donor.day for donor in part.days] == ["2021-01-04", "2021-01-06"]


def two_groups() -> History:
    """Prices of January 2021, spreads of January 2022, a temperature of both: day of the month, in kelvin or so."""
    time = pd.date_range("2021-01-01", "2022-02-01", freq="h", tz=ZONE, inclusive="left", name="time")
    day = np.asarray(time.day, dtype=float)
    frame = pd.DataFrame({PRICE: 100.0 * day, "spread_eur_per_mwh": -day, "outdoor_degc": day}, index=time)
    frame.loc[time.month != 1] = np.nan
    frame.loc[time.year == 2022, PRICE] = np.nan
    frame.loc[time.year == 2021, "spread_eur_per_mwh"] = np.nan
    return History(frame, "FR")


def test_groups_of_other_years_have_donors_of_their_own_and_of_the_same_class() -> None:
    options = DayBootstrapOptions(series=[PRICE], companions=[["spread_eur_per_mwh"]], match=["day_type"])
    part = DayBootstrap.fit(two_groups(), options)
    days = context("2023-01-02", 24 * 7)
    pairs = part.donors(np.random.default_rng(3), days, {})
    assert list(pairs.columns) == [PRICE, "spread_eur_per_mwh"]
    assert [day.year for day in pairs[PRICE]] == [2021] * 7
    assert [day.year for day in pairs["spread_eur_per_mwh"]] == [2022] * 7
    # 2023-01-07 is a Saturday, 2023-01-08 a Sunday: so are their donors in both years
    for name in pairs:
        assert [day.weekday() for day in pairs[name]][5:] == [5, 6]
    drawn = part.draw(np.random.default_rng(3), days, {})
    assert drawn[PRICE][::24].tolist() == [100.0 * day.day for day in pairs[PRICE]]
    assert drawn["spread_eur_per_mwh"][::24].tolist() == [-float(day.day) for day in pairs["spread_eur_per_mwh"]]
    assert drawn[f"latent_donor_{PRICE}"][0] == float(f"{pairs[PRICE].iloc[0]:%Y%m%d}")


def test_weather_that_is_given_chooses_the_class() -> None:
    """Terciles of the days 1 to 31 in January, twice: days to 11 are cold, from 22 on warm."""
    options = DayBootstrapOptions(series=[PRICE], match=[], weather="outdoor_degc", weather_classes=3)
    part = DayBootstrap.fit(two_groups(), options)
    assert part.weather_edges[0] == pytest.approx([11.0, 21.0])
    day = context("2023-01-02", 24)
    for degrees, wanted in ((2.0, range(1, 11)), (15.0, range(11, 21)), (30.0, range(21, 32))):
        given = {"outdoor_degc": np.full(24, degrees)}
        drawn = {int(part.draw(np.random.default_rng(seed), day, given)[PRICE][0]) // 100 for seed in range(200)}
        assert drawn == set(wanted)


def test_donors_of_companions_are_of_the_weather_of_the_first() -> None:
    options = DayBootstrapOptions(
        series=[PRICE], companions=[["spread_eur_per_mwh"]], match=[], weather="outdoor_degc", weather_classes=3
    )
    part = DayBootstrap.fit(two_groups(), options)
    pairs = part.donors(np.random.default_rng(1), context("2023-01-02", 24 * 200), {})
    tercile = [np.searchsorted([11, 21], [day.day for day in pairs[name]], side="right") for name in pairs]
    assert tercile[0].tolist() == tercile[1].tolist()
    # as often as in the past: 10, 10 and 11 of 31 days; 200 draws, four deviations of sqrt(200 / 3 x 2 / 3) = 6.7
    assert np.abs(np.bincount(tercile[0]) - 200 * np.array([10, 10, 11]) / 31).max() <= 27


def test_blocks_of_days_follow_each_other_as_in_the_past() -> None:
    """Three days from a Thursday: donors are Thursday, Friday, Saturday of one week; two such weeks."""
    part = fitted(match=["weekday"], block_days=3)
    pairs = [part.donors(np.random.default_rng(seed), context("2022-01-13", 72), {})[PRICE] for seed in range(20)]
    first = {f"{donors.iloc[0]}" for donors in pairs}
    assert first == {"2021-01-07", "2021-01-14"}
    assert {(donors.iloc[2] - donors.iloc[0]).days for donors in pairs} == {2}


def test_a_block_is_shorter_where_the_past_has_none_so_long() -> None:
    """Of two Sundays the second is the last day: one block can go on, days alone both can."""
    part = fitted(match=["weekday"], block_days=2)
    pairs = part.donors(np.random.default_rng(1), context("2022-01-16", 48), {})[PRICE]
    assert [f"{day}" for day in pairs] == ["2021-01-10", "2021-01-11"]
    lonely = fitted(days=7, match=["weekday"], block_days=2)
    assert [f"{day}" for day in lonely.donors(np.random.default_rng(1), context("2022-01-16", 48), {})[PRICE]] == [
        "2021-01-10",
        "2021-01-04",
    ]


def test_donors_are_near_in_the_year() -> None:
    """Two days at most from 6 January: 4 to 8 January."""
    part = fitted(match=[], days_apart_max=2)
    day = context("2022-01-06", 24)
    draws = {int(part.draw(np.random.default_rng(seed), day, {})[PRICE][0]) // 100 for seed in range(100)}
    assert draws == {0, 1, 2, 3, 4}
