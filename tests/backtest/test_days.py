"""Which days are complete, operated and looked back on."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.backtests import made_up

import mes_stoch as ms
from mes_stoch.backtesting.day import _information
from mes_stoch.backtesting.plan import newest_known, plan_days
from mes_stoch.backtesting.workers import DayError
from mes_stoch.model.site_program import build_leaf_program
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


def test_a_change_of_the_clock_is_told_as_such_where_the_file_has_a_gap_then() -> None:
    """Files without offsets leave the day out; the hours of it are then not known either."""
    values = hourly("2021-03-27", 3).values.copy()
    values.loc["2021-03-28"] = np.nan
    left_out = ms.RealDays("counted", values).left_out
    assert left_out == {date(2021, 3, 28): "the clock changes, or the day is cut short"}


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
    with pytest.raises(UsageError, match="it names reserve_price_eur_per_mw_h, which short does not bring"):
        ms.backtest(three_periods, short, days=1, window_days=1)


def test_an_instance_that_is_not_one_drawn_day_is_refused(instances: Path) -> None:
    with pytest.raises(UsageError, match="not one day of 24 hours from midnight; its scenarios are written out"):
        ms.backtest(ms.read(instances / "tiny_site"), made_up({"2021-03-01": (1, 1, 1)}), days=1)


def test_calls_before_one_date_are_not_those_before_every_day(three_periods: ms.Site) -> None:
    file = three_periods.folder / "instance.yaml"
    file.write_text(file.read_text("utf-8") + "start: {calls: {reserve: {calls_so_far: 1}}}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"its calls before the horizon \(start.calls\) are those of one date alone"):
        ms.backtest(ms.read(three_periods.folder), made_up({"2021-03-01": (1, 1, 1)}), days=1)


def test_days_of_another_clock_are_refused(three_periods: ms.Site) -> None:
    """Midnight in Helsinki is an hour before midnight in Copenhagen."""
    values = made_up({"2021-03-01": (1, 1, 1)}).values
    moved = values.set_axis(values.index.tz_localize(None).tz_localize("Europe/Helsinki"))
    with pytest.raises(UsageError, match="those of Europe/Copenhagen, and those of moved are of Europe/Helsinki"):
        ms.backtest(three_periods, ms.RealDays("moved", moved), days=1)


def test_a_window_ends_before_the_first_gate_closes(three_periods: ms.Site, tmp_path: Path) -> None:
    """With a gate on the afternoon two days before, that day is not over either; in the month before, nothing of it."""
    days = {f"2021-03-0{number}": (number, number, number) for number in range(1, 6)}
    text = (three_periods.folder / "instance.yaml").read_text(encoding="utf-8")
    newest = {}
    for gate in ("D-1 08:00", "D-2 15:00"):
        folder = tmp_path / gate[:3]
        folder.mkdir()
        other = text.replace("like: fr_mfrr_up", f"like: fr_mfrr_up\n    gate: {gate}")
        (folder / "instance.yaml").write_text(other, encoding="utf-8")
        (day,) = ms.backtest(ms.read(folder), made_up(days), days=1, first=date(2021, 3, 5), window_days=1).days
        newest[gate] = day.window[-1]
    assert newest == {"D-1 08:00": date(2021, 3, 3), "D-2 15:00": date(2021, 3, 2)}
    assert newest_known(date(2021, 3, 5), ["D-1 08:00", "M-1 12:00"]) == date(2021, 1, 31)


def test_a_rule_of_availability_is_refused(three_periods: ms.Site) -> None:
    text = (three_periods.folder / "instance.yaml").read_text(encoding="utf-8")
    other = text.replace("like: fr_mfrr_up", "like: fr_mfrr_up\n    availability: {}")
    (three_periods.folder / "instance.yaml").write_text(other, encoding="utf-8")
    with pytest.raises(UsageError, match="reserve has a rule of availability"):
        ms.backtest(ms.read(three_periods.folder), made_up({"2021-03-01": (1, 1, 1)}), days=1)


def test_changed_numbers_are_those_of_the_days(three_periods: ms.Site) -> None:
    """Half the reserve earns half of 192; the rest of the day is as in ``test_one_day_by_hand``."""
    days = {"2021-03-01": (20, 50, 20), "2021-03-02": (900, 0, 900), "2021-03-03": (20, 10, 60)}
    half = three_periods.replace({"products.reserve.volume_max_mw": 0.5, "components.generator.power_max_mw": 0.5})
    (day,) = ms.backtest(half, made_up(days), days=1, window_days=1).days
    assert (day.planned, day.realised) == pytest.approx((192 / 2 + 240, 192 / 2 + 320), rel=1e-6)


def test_a_folder_that_changes_meanwhile_changes_no_day(three_periods: ms.Site) -> None:
    """All days are of the site as it was read: those of ``test_one_day_by_hand``, whatever its folder has become."""
    days = {"2021-03-01": (20, 50, 20), "2021-03-02": (900, 0, 900), "2021-03-03": (20, 10, 60)}
    (three_periods.folder / "instance.yaml").write_text("format: 2", encoding="utf-8")
    (day,) = ms.backtest(three_periods, made_up(days), days=1, window_days=1).days
    assert (day.planned, day.realised) == pytest.approx((192 + 240, 192 + 320), rel=1e-6)


def test_what_enables_in_every_interval_is_not_known_at_the_gate(instances: Path) -> None:
    """FCAS clears with the energy of each interval: its prices of the afternoon are nobody's in the morning."""
    site = ms.read(instances / "campus_au")
    day = build_leaf_program(site.instance, site.tree(1))
    enabled = {product.capacity_price for product in site.instance.called_products().values()}
    assert {name for name in enabled if isinstance(name, str)}
    assert not enabled & _information(day).known_day_ahead


def test_a_level_that_each_day_would_decide_is_refused(three_periods: ms.Site) -> None:
    """Between two days energy would come from nothing."""
    text = (three_periods.folder / "instance.yaml").read_text(encoding="utf-8")
    other = text.replace("initial_mwh: 0", "initial_mwh: cyclic")
    (three_periods.folder / "instance.yaml").write_text(other, encoding="utf-8")
    with pytest.raises(UsageError, match=r"battery\.initial_mwh: a backtest operates one day after another"):
        ms.backtest(ms.read(three_periods.folder), made_up({"2021-03-01": (1, 1, 1)}), days=1)
