"""Rows at another step or another time than the horizon, and many wrong rows at once."""

from __future__ import annotations

import time as clock
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from site_folder import SiteFolder, assert_issue

from mes_stoch.io.readers.moments import read_moments
from mes_stoch.io.readers.time_stamps import TimeStampError, parse_time

COMMON, SCENARIOS = "series.csv", "scenarios.csv"


def series(minutes: int, rows: int, start: str = "2025-01-15T00:00") -> str:
    stamps = pd.date_range(start, periods=rows, freq=f"{minutes}min")
    return "time,wards_demand_mw\n" + "".join(f"{stamp.isoformat()},1\n" for stamp in stamps)


@pytest.mark.parametrize(
    ("minutes", "rows", "found", "hint"),
    [
        (
            15,
            32,
            "a row every 15 min",
            "take the mean of every 4 rows or write horizon.period_h: 0.25 and horizon.periods: 32",
        ),
        (30, 16, "a row every 30 min", "horizon.period_h: 0.5 and horizon.periods: 16"),
        (120, 4, "a row every 2 h", "repeat each row for its 2 periods"),
        (240, 2, "a row every 4 h", "horizon.period_h: 4 and horizon.periods: 2"),
        (40, 12, "a row every 40 min", "write the series at the period of the horizon"),
        (15, 96, "a row every 15 min", "take the mean"),
    ],
)
def test_another_resolution_is_one_issue(site: SiteFolder, minutes: int, rows: int, found: str, hint: str) -> None:
    site.write(series(minutes, rows), COMMON)
    site.only_issue("time", 2, f"another resolution: {found}", "a row every 1 h, the period", hint, file=COMMON)


def test_hourly_scenarios_in_a_model_of_quarter_hours(site: SiteFolder) -> None:
    site.edit("period_h: 1\n  periods: 8", "period_h: 0.25\n  periods: 32").write(series(15, 32), COMMON)
    issue = site.only_issue("time", 2, "a row every 1 h in scenario calm and 1 other scenario", file=SCENARIOS)
    assert issue.expected == "a row every 15 min, the period of the horizon"
    assert "repeat each row for its 4 periods" in issue.hint
    assert "horizon.period_h: 1 and" in issue.hint


def test_one_scenario_of_another_resolution(site: SiteFolder) -> None:
    lines = site.text(SCENARIOS).splitlines()
    kept = [line for line in lines if not (line.startswith("windy") and int(line[17:19]) % 2)]
    site.write("\n".join(kept) + "\n", SCENARIOS)
    site.only_issue("time", 10, "a row every 2 h in scenario windy", file=SCENARIOS)


def test_rows_of_another_day_are_one_issue(site: SiteFolder) -> None:
    site.write(series(60, 8, "2024-01-15T00:00"), COMMON)
    site.only_issue("time", 2, "begin at 2024-01-15T00:00:00+0100", "change horizon.start", file=COMMON)
    site.write(series(60, 8, "2025-01-14T23:00"), COMMON)
    site.only_issue("time", 2, "a time in UTC is written with a Z", file=COMMON)


def test_a_hole_is_no_resolution(site: SiteFolder) -> None:
    lines = site.text(COMMON).splitlines()
    site.write("\n".join([lines[0], *lines[1:3], lines[5]]) + "\n", COMMON)
    issues = site.issues()
    assert_issue(issues, "time", 4, "a gap of 2 periods", file=COMMON)
    assert_issue(issues, "time", 4, "too short", file=COMMON)


@pytest.mark.parametrize("kind", ["number", "stamp", "cells", "doubled", "reversed", "names"])
def test_many_wrong_rows_are_told_of_in_seconds(site: SiteFolder, kind: str) -> None:
    """60,000 rows; a million take minutes where every row is told of by itself."""
    count = 20_000
    site.edit("periods: 8", f"periods: {count}")
    stamps = pd.date_range("2025-01-15", periods=count, freq="h", tz="Europe/Paris")
    texts = [stamp.isoformat() for stamp in stamps]
    site.write("time,wards_demand_mw\n" + "".join(f"{text},1\n" for text in texts), COMMON)
    if kind == "doubled":
        texts = [texts[k // 2] for k in range(count)]
    if kind == "reversed":
        texts.reverse()
    cells = {"number": "x,1,0.2", "cells": "1,5,1,0.2"}.get(kind, "40,41,0.2")
    lines = [
        f"{name}{k if kind == 'names' else ''},{'yesterday' if kind == 'stamp' else text},{cells}"
        for name in ("calm", "windy", "still")
        for k, text in enumerate(texts)
    ]
    site.write("\n".join([site.text(SCENARIOS).splitlines()[0], *lines]) + "\n", SCENARIOS)
    begin = clock.process_time()
    issues = site.issues()
    assert clock.process_time() - begin < 10
    assert len(issues) < 20
    assert any("more" in issue.found and len(issue.found.split()[2]) >= 5 for issue in issues)


TEXTS = st.one_of(
    st.datetimes(min_value=pd.Timestamp("1950-01-01"), max_value=pd.Timestamp("2190-01-01")).map(
        lambda t: t.isoformat()
    ),
    st.datetimes(min_value=pd.Timestamp("2025-03-30"), max_value=pd.Timestamp("2025-03-30 05:00")).map(str),
    st.datetimes(min_value=pd.Timestamp("2025-10-26"), max_value=pd.Timestamp("2025-10-26 05:00")).map(str),
    st.sampled_from(["", "yesterday", "2025-01-15", "2025-10-26T02:00+01:00", "1800-01-01", "2025-01-15T00:00:00.5Z"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=8), st.sampled_from(["Europe/Paris", "UTC", "Australia/Lord_Howe"]))
def test_many_stamps_are_read_as_one_is(texts: list[str], name: str) -> None:
    zone = ZoneInfo(name)
    moments = read_moments(texts, zone)
    for position, text in enumerate(texts):
        alone = one(text, zone)
        assert moments.readable[position] == isinstance(alone, pd.Timestamp)
        if isinstance(alone, pd.Timestamp):
            assert pd.Timestamp(int(moments.microseconds[position]), unit="us", tz="UTC") == alone
        else:
            assert str(moments.problem(position)) == alone


def one(text: str, zone: ZoneInfo) -> pd.Timestamp | str:
    try:
        return pd.Timestamp(parse_time(text, zone))
    except TimeStampError as error:
        return str(error)
