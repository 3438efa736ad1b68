"""Blocks of local clock hours, and days of 23 and 25 hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from site_folder import SiteFolder

from mes_stoch.io.readers.time_stamps import TimeStampError, find_zone, parse_time
from mes_stoch.rules.time_axis import block_problem, blocks, period_times

ZONE = "Europe/Paris"
SPRING, AUTUMN, PLAIN = "2025-03-30", "2025-10-26", "2025-01-15"


def day(date: str, period_h: float, periods: int) -> pd.DatetimeIndex:
    start = pd.Timestamp(date, tz=ZONE).to_pydatetime()
    return period_times(start, period_h, periods, ZONE)


@pytest.mark.parametrize(
    ("date", "hours", "expected"),
    [(PLAIN, 24, [4] * 6), (SPRING, 23, [3, 4, 4, 4, 4, 4]), (AUTUMN, 25, [5, 4, 4, 4, 4, 4])],
)
@pytest.mark.parametrize("per_hour", [1, 4])
def test_four_hour_blocks_follow_the_clock(date: str, hours: int, expected: list[int], per_hour: int) -> None:
    time = day(date, 1 / per_hour, hours * per_hour)
    found = blocks(time, 1 / per_hour, 4)
    assert [len(block) for block in found] == [per_hour * length for length in expected]
    assert [time[block[0]].hour for block in found] == [0, 4, 8, 12, 16, 20]
    assert block_problem(time, 1 / per_hour, 4) is None


@pytest.mark.parametrize(("date", "hours"), [(PLAIN, 24), (SPRING, 23), (AUTUMN, 25)])
def test_short_blocks_follow_elapsed_time(date: str, hours: int) -> None:
    # a 25-hour day has 100 quarter-hours on the market, though its clock shows eight of them twice
    quarters = day(date, 0.25, 4 * hours)
    assert [len(block) for block in blocks(quarters, 0.25, 0.25)] == [1] * (4 * hours)
    assert [len(block) for block in blocks(quarters, 0.25, 1)] == [4] * hours


def test_a_day_and_several_days() -> None:
    time = day(SPRING, 1, 23 + 24)
    assert [len(block) for block in blocks(time, 1, 24)] == [23, 24]
    assert [len(block) for block in blocks(time, 1, 48)] == [47]
    assert block_problem(time, 1, 48) is None


@pytest.mark.parametrize(
    ("date", "periods", "period_h", "block_h", "word"),
    [
        (PLAIN, 24, 1, 5, "divides 24 h"),
        (PLAIN, 24, 1, 36, "divides 24 h"),
        (PLAIN, 24, 1, 0.25, "multiple of the period"),
        (PLAIN, 48, 0.5, 0.75, "multiple of the period"),
        (PLAIN, 23, 1, 4, "ends a block at the end"),
        ("2025-01-15T06:00", 24, 1, 4, "begins a block at the start"),
        (PLAIN, 24, 1, 48, "ends a block at the end"),
        # a four-hour period from 00:00 on the spring day lasts until 05:00 on the clock
        (SPRING, 6, 4, 4, "ends a block at the end"),
        # two-hour periods from 00:00 begin at odd hours all summer, and at even hours again by its end
        (SPRING, 12 * 211, 2, 4, "no period straddles, as that of 2025-03-30T03:00+0200"),
    ],
)
def test_horizons_that_blocks_do_not_fit(date: str, periods: int, period_h: float, block_h: float, word: str) -> None:
    problem = block_problem(day(date, period_h, periods), period_h, block_h)
    assert problem is not None
    assert word in problem


@given(
    first=st.dates(min_value=pd.Timestamp("2020-01-01").date(), max_value=pd.Timestamp("2030-12-31").date()),
    days=st.integers(1, 3),
    per_hour=st.sampled_from([1, 2, 4, 12]),
    block_h=st.sampled_from([0.5, 1, 2, 3, 4, 6, 8, 12, 24]),
    zone=st.sampled_from([ZONE, "UTC", "Australia/Sydney", "Australia/Lord_Howe", "America/New_York"]),
)
def test_whole_days_always_split_into_whole_blocks(
    first: object, days: int, per_hour: int, block_h: float, zone: str
) -> None:
    start = pd.Timestamp(str(first), tz=zone)
    end = (pd.Timestamp(str(first)) + pd.Timedelta(days=days)).tz_localize(zone)
    periods = round((end - start) / pd.Timedelta(1, unit="h") * per_hour)
    time = period_times(start.to_pydatetime(), 1 / per_hour, periods, zone)
    found = blocks(time, 1 / per_hour, block_h)
    assert np.array_equal(np.concatenate(found), np.arange(periods))
    if block_h >= 2:
        assert len(found) == days * 24 / block_h


@pytest.mark.parametrize(
    ("date", "hours", "first_hours"),
    [
        (SPRING, 23, ["00:00+0100", "01:00+0100", "03:00+0200"]),
        (AUTUMN, 25, ["01:00+0200", "02:00+0200", "02:00+0100"]),
    ],
)
def test_days_of_23_and_25_hours_are_read(site: SiteFolder, date: str, hours: int, first_hours: list[str]) -> None:
    stamps = [moment.isoformat() for moment in day(date, 1, hours)]
    site.edit("start: 2025-01-15T00:00", f"start: {date}T00:00").edit("periods: 8", f"periods: {hours}")
    site.write("time,wards_demand_mw\n" + "".join(f"{stamp},1\n" for stamp in stamps), "series.csv")
    header = site.text("scenarios.csv").splitlines()[0]
    lines = [f"{name},{stamp},40,40,0" for name in ("calm", "windy") for stamp in stamps]
    site.write("\n".join([header, *lines]) + "\n", "scenarios.csv")
    loaded = site.read()
    assert len(loaded.time) == hours
    begin = 0 if hours == 23 else 1
    assert [f"{moment:%H:%M%z}" for moment in loaded.time[begin : begin + 3]] == first_hours
    assert loaded.time[-1].hour == 23


def test_the_hour_shown_twice_needs_an_offset(site: SiteFolder) -> None:
    stamps = [moment.isoformat()[:19] for moment in day(AUTUMN, 1, 4)]
    site.edit("start: 2025-01-15T00:00", f"start: {AUTUMN}T00:00")
    site.write("time,wards_demand_mw\n" + "".join(f"{stamp},1\n" for stamp in stamps), "series.csv")
    issues = [issue for issue in site.issues() if issue.file == "series.csv"]
    assert [(issue.line, issue.key) for issue in issues] == [(4, "time"), (5, "time")]
    assert "show twice" in issues[0].found
    assert "2025-10-26T02:00:00+02:00 or 2025-10-26T02:00:00+01:00" in issues[0].hint


def test_parse_time() -> None:
    zone = find_zone(ZONE)
    assert zone is not None
    assert parse_time("2025-07-01T12:00", zone).isoformat() == "2025-07-01T10:00:00+00:00"
    assert parse_time("2025-10-26T02:00+01:00", zone).isoformat() == "2025-10-26T01:00:00+00:00"
    with pytest.raises(TimeStampError, match="never show"):
        parse_time("2025-03-30T02:15", zone)


def test_a_block_longer_than_any_horizon_is_one() -> None:
    """Its length in days need not be a number the machine can divide by."""
    time = day(PLAIN, 1.0, 24)
    assert [len(block) for block in blocks(time, 1.0, 24.0 * 1e30)] == [24]
