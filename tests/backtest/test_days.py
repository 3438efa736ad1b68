"""Which days are complete, operated and looked back on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.backtests import made_up

import mes_stoch as ms
from mes_stoch.backtesting.plan import plan_days
from mes_stoch.backtesting.workers import DayError
from mes_stoch.schema.errors import UsageError


def hourly(first: str, days: int) -> ms.RealDays:
    """A series that counts the hours, over local days of any length."""
    start = pd.Timestamp(first, tz="Europe/Copenhagen")
    end = (pd.Timestamp(first) + timedelta(days=days)).tz_localize("Europe/Copenhagen")
    time = pd.date_range(start, end, freq="h", inclusive="left", name="time")
    return ms.RealDays("counted", pd.DataFrame({"count_mw": np.arange(len(time), dtype=float)}, index=time))


def test_days_with_a_gap_or_a_clock_change_are_left_out_with_a_reason() -> None:
    """The clock changes on 28 March 2021; of the 30th one hour is not known."""
    real = hourly("2021-03-26", 6)
    values = real.values.copy()
    values.loc[pd.Timestamp("2021-03-30T05:00", tz="Europe/Copenhagen")] = np.nan
    real = ms.RealDays("counted", values)
    assert real.complete == (date(2021, 3, 26), date(2021, 3, 27), date(2021, 3, 29), date(2021, 3, 31))
    assert real.left_out == {
        date(2021, 3, 28): "the clock changes, or the day is cut short",
        date(2021, 3, 30): "a gap in count_mw",
    }
    with pytest.raises(UsageError, match="no complete day 2021-03-30: a gap in count_mw"):
        real.of(date(2021, 3, 30), 1.0)


def test_hours_are_held_constant_over_shorter_periods() -> None:
    """The 25th hour of the series begins the second day; its two halves have its value."""
    day = hourly("2021-02-01", 2).of(date(2021, 2, 2), 0.5)
    assert day["count_mw"].tolist() == np.repeat(np.arange(24.0, 48.0), 2).tolist()
    with pytest.raises(UsageError, match="cannot be cut"):
        hourly("2021-02-01", 2).of(date(2021, 2, 2), 8.0)


def test_windows_end_two_days_before_and_skip_days_that_are_not_complete() -> None:
    """Of 1 to 10 February the 4th has a gap; the first day with three complete days before it is the 5th."""
    values = hourly("2021-02-01", 10).values.copy()
    values.loc[pd.Timestamp("2021-02-04T12:00", tz="Europe/Copenhagen")] = np.nan
    real = ms.RealDays("counted", values)
    first, second, third = plan_days(real, 3, 3)
    assert [task.day.day for task in (first, second, third)] == [5, 6, 7]
    assert [day.day for day in first.window] == [1, 2, 3]
    # the 4th is missing, and the newest day known on the 5th is the 4th
    assert [day.day for day in second.window] == [1, 2, 3]
    assert [day.day for day in third.window] == [2, 3, 5]
    assert [task.day.day for task in plan_days(real, 2, 3, date(2021, 2, 8))] == [8, 9]


def test_what_cannot_be_planned_is_told() -> None:
    real = hourly("2021-02-01", 5)
    with pytest.raises(UsageError, match="has 2 days to operate with 2 complete days before them, not 3"):
        plan_days(real, 3, 2)
    with pytest.raises(UsageError, match="the first of 1 days, 2021-02-02, has no 2 complete days up to 2021-01-31"):
        plan_days(real, 1, 2, date(2021, 2, 2))
    with pytest.raises(UsageError, match="1 day or more"):
        plan_days(real, 0, 2)


def test_series_are_checked_like_any_tree(three_periods: ms.Site) -> None:
    days = {"2021-03-01": (20, 50, 20), "2021-03-02": (1, 1, 1), "2021-03-03": (20, 5000, 60)}
    with pytest.raises(DayError, match=r"2021-03-03(.|\n)*a price between -1000 and 1000"):
        ms.backtest(three_periods, made_up(days), days=1, window_days=1)
    short = ms.RealDays("short", made_up(days).values.drop(columns="reserve_price_eur_per_mw_h"))
    with pytest.raises(DayError, match="reserve_price_eur_per_mw_h"):
        ms.backtest(three_periods, short, days=1, window_days=1)


def test_an_instance_that_is_not_one_drawn_day_is_refused(instances: Path) -> None:
    with pytest.raises(UsageError, match="not one day of 24 hours from midnight; its scenarios are written out"):
        ms.backtest(ms.read(instances / "tiny_site"), made_up({"2021-03-01": (1, 1, 1)}), days=1)


def test_days_of_another_clock_are_refused(three_periods: ms.Site) -> None:
    """Midnight in Helsinki is an hour before midnight in Copenhagen."""
    values = made_up({"2021-03-01": (1, 1, 1)}).values
    moved = values.set_axis(values.index.tz_localize(None).tz_localize("Europe/Helsinki"))
    with pytest.raises(UsageError, match="those of Europe/Copenhagen, and those of moved are of Europe/Helsinki"):
        ms.backtest(three_periods, ms.RealDays("moved", moved), days=1)
