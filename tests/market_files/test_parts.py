"""Numbers, stamps, the clock, lengths of periods, alignment, outliers and tidy files, each by itself and by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mes_stoch.io.market_files.alignment import align
from mes_stoch.io.market_files.market_series import MarketSeries
from mes_stoch.io.market_files.market_table import MarketTable, SourceFacts
from mes_stoch.io.market_files.merging import merged_series, resolution_line
from mes_stoch.io.market_files.outliers import find_outliers
from mes_stoch.io.market_files.row_times import HOUR_US, MINUTE_US, RowTimes, lengths_of_rows, periods_from_steps
from mes_stoch.io.market_files.tidy_csv import tidy_frame
from mes_stoch.schema.errors import MarketFileError, UsageError

Read = Callable[..., MarketTable]
BEGIN_US = 1_735_689_600_000_000  # 2025-01-01 00:00 UTC


def series(
    values: list[float], minutes: int | list[int] = 60, name: str = "price_eur_per_mwh", skip: tuple[int, ...] = ()
) -> MarketSeries:
    """A series from midnight on; rows in ``skip`` are not there."""
    lengths = np.array([minutes] * len(values) if isinstance(minutes, int) else minutes, dtype=np.int64) * MINUTE_US
    starts = BEGIN_US + np.concatenate([[0], np.cumsum(lengths)[:-1]])
    keep = np.setdiff1d(np.arange(len(values)), skip)
    times = RowTimes(starts[keep], lengths[keep], keep + 2, UTC)
    unit = "mwh" if name.endswith("_mwh") and "per" not in name else "eur_per_mwh"
    return MarketSeries(name, unit, "", times, np.array(values, dtype=float)[keep], name, unit == "mwh")


def table(one: MarketSeries, file: str = "a.csv") -> MarketTable:
    return MarketTable("test", SourceFacts(file, 1, 2, 3, "UTF-8"), UTC, (one,))


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.5", "2", "-3.25"], [1.5, 2.0, -3.25]),
        (["1,5", "2", "-3,25"], [1.5, 2.0, -3.25]),
        (["1.234,5", "2,0"], [1234.5, 2.0]),
        (["1,234.5", "2.0"], [1234.5, 2.0]),
        (["1 234,5", "2,0"], [1234.5, 2.0]),
        (["1\u00a0234,5", "1\u202f000,0"], [1234.5, 1000.0]),
        (["1'234.5", "2.0"], [1234.5, 2.0]),
        (["\u22125,5", "1,0"], [-5.5, 1.0]),
        (["14,950000", "2,010000"], [14.95, 2.01]),
        (["1e3", "2.5E-1"], [1000.0, 0.25]),
        (["-", "n/e", "", "7,5"], [np.nan, np.nan, np.nan, 7.5]),
    ],
)
def test_numbers_as_files_write_them(read: Read, cells: list[str], numbers: list[float]) -> None:
    rows = "".join(f"2025-01-01 {hour:02d}:00;{cell}\n" for hour, cell in enumerate(cells))
    found = read(f"t;p\n{rows}", columns="time=t, zone=UTC, p=price_eur_per_mwh")
    assert np.array_equal(found["price_eur_per_mwh"], numbers, equal_nan=True)


def test_marks_that_may_group_thousands_are_refused_unless_said(read: Read) -> None:
    text = "t;p\n2025-01-01 00:00;1.234\n2025-01-01 01:00;2.345\n"
    columns = "time=t, zone=UTC, p=price_eur_per_mwh"
    with pytest.raises(MarketFileError, match=r":2: p: found '1.234' .* which may be 1234; .*decimal="):
        read(text, columns=columns)
    assert list(read(text, columns=f"{columns}, decimal=point")["price_eur_per_mwh"]) == [1.234, 2.345]
    assert list(read(text, columns=f"{columns}, thousands=point")["price_eur_per_mwh"]) == [1234.0, 2345.0]
    # between commas a point begins decimals
    assert list(read(text.replace(";", ","), columns=columns)["price_eur_per_mwh"]) == [1.234, 2.345]


def test_a_decimal_point_among_decimal_commas_is_an_issue(read: Read) -> None:
    text = "t;p\n2025-01-01 00:00;1,5\n2025-01-01 01:00;2.75\n"
    with pytest.raises(
        MarketFileError, match=r":3: p: found '2.75'; .* other numbers of the file have a decimal comma"
    ):
        read(text, columns="time=t, zone=UTC, p=price_eur_per_mwh")


@pytest.mark.parametrize(
    ("stamps", "option", "first"),
    [
        (["2025-01-13 00:00", "2025-01-13 01:00"], "", "2025-01-13 00:00"),
        (["2025-01-13T00:00:00Z", "2025-01-13T01:00:00Z"], "", "2025-01-13 00:00"),
        (["2025-01-13T02:00+02:00", "2025-01-13T03:00+02:00"], "", "2025-01-13 00:00"),
        (["2025/01/13 00:00:00", "2025/01/13 01:00:00"], "", "2025-01-13 00:00"),
        (["13.01.2025 00:00", "13.01.2025 01:00"], "", "2025-01-13 00:00"),
        (["1/13/2025 0:00", "1/13/2025 1:00"], "", "2025-01-13 00:00"),
        (["20250113:0000", "20250113:0100"], "", "2025-01-13 00:00"),
        (["02/01/2025 00:00", "02/01/2025 01:00"], "format=day_first", "2025-01-02 00:00"),
        (["02/01/2025 00:00", "02/01/2025 01:00"], "format=month_first", "2025-02-01 00:00"),
        (["13.01.2025 23:00", "13.01.2025 24:00"], "", "2025-01-13 23:00"),
    ],
)
def test_times_as_files_write_them(read: Read, stamps: list[str], option: str, first: str) -> None:
    text = "t;p\n" + "".join(f"{stamp};1\n" for stamp in stamps)
    found = read(text, columns=", ".join(filter(None, ["time=t, zone=UTC", option, "p=price_eur_per_mwh"])))
    index = found["price_eur_per_mwh"].index
    assert f"{index[0]:%Y-%m-%d %H:%M}" == first
    assert index[1] - index[0] == pd.Timedelta("1h")


def test_days_and_months_that_cannot_be_told_are_refused(read: Read) -> None:
    with pytest.raises(MarketFileError, match="'02/01/2025 00:00', which may be the day or the month first"):
        read("t;p\n02/01/2025 00:00;1\n02/01/2025 01:00;2\n", columns="time=t, zone=UTC, p=price_eur_per_mwh")


def test_clock_rules(read: Read) -> None:
    """A file of 24 hours a day, at both clock changes of Paris in 2025."""
    rows = [
        f"2025-{day} {hour:02d}:00;{10 * (1 + k) + hour}"
        for k, day in enumerate(("03-30", "10-26"))
        for hour in range(24)
    ]
    text = "t;p\n" + "\n".join(rows) + "\n"
    columns = "time=t, zone=Europe/Paris, p=price_eur_per_mwh"
    with pytest.raises(
        MarketFileError, match=r":4: t: found '2025-03-30 02:00', which clocks in Europe/Paris never show"
    ):
        read(text, columns=columns)
    found = read(text, columns=columns, clock="removed")["price_eur_per_mwh"]
    assert len(found) == 23 + 25
    assert found[pd.Timestamp("2025-03-30 01:00+01:00")] == 11.0
    assert found[pd.Timestamp("2025-03-30 03:00+02:00")] == 13.0
    assert found[pd.Timestamp("2025-10-26 02:00+02:00")] == found[pd.Timestamp("2025-10-26 02:00+01:00")] == 22.0
    # in UTC every day has 24 hours
    assert len(read(text, columns=columns.replace("Europe/Paris", "UTC"))["price_eur_per_mwh"]) == 48
    assert len(read(text, columns=columns.replace("Europe/Paris", "+01:00"))["price_eur_per_mwh"]) == 48


def test_each_stamp_twice_in_a_row(read: Read) -> None:
    """Quarter-hours of the hour shown twice, sorted by the clock's time."""
    rows = "".join(
        f"2025-10-26 02:{minute};{k}\n" for k, minute in enumerate(("00", "00", "15", "15", "30", "30", "45", "45"))
    )
    text = f"t;p\n2025-10-26 01:45;-1\n{rows}2025-10-26 03:00;9\n"
    found = read(text, columns="time=t, zone=Europe/Paris, p=price_eur_per_mwh")["price_eur_per_mwh"]
    assert list(found) == [-1.0, 0.0, 2.0, 4.0, 6.0, 1.0, 3.0, 5.0, 7.0, 9.0]


def test_a_quarter_missing_in_the_second_hour(read: Read) -> None:
    rows = "".join(
        f"2025-10-26 {time};{k}\n"
        for k, time in enumerate(("02:00", "02:15", "02:30", "02:45", "02:00", "02:30", "02:45", "03:00"))
    )
    found = read(f"t;p\n2025-10-26 01:45;-1\n{rows}", columns="time=t, zone=Europe/Paris, p=price_eur_per_mwh")
    values = found["price_eur_per_mwh"]
    assert values[pd.Timestamp("2025-10-26 02:00+01:00")] == 4.0
    assert pd.Timestamp("2025-10-26 02:15+01:00") not in values.index
    (gap,) = (finding for finding in found.findings if finding.kind == "gap")
    assert "no rows from 2025-10-26 02:15+0100 to 2025-10-26 02:30+0100, 15 min" in str(gap)


def minutes(*steps: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.int64) * MINUTE_US


@pytest.mark.parametrize(
    ("steps", "lengths"),
    [
        # a gap of three quarters is no hour
        ((15, 15, 60, 15, 15), [15, 15, 15, 15, 15, 15]),
        # hours, then quarters; the last hour lasts until the first quarter
        ((60, 60, 60, 60, 15, 15, 15, 15), [60, 60, 60, 60, 15, 15, 15, 15, 15]),
        # quarters, then hours
        ((15, 15, 15, 15, 60, 60, 60, 60), [15, 15, 15, 15, 60, 60, 60, 60, 60]),
        ((60,), [60, 60]),
    ],
)
def test_lengths_from_steps(steps: tuple[int, ...], lengths: list[int]) -> None:
    found = periods_from_steps(minutes(*steps))
    assert found is not None
    assert list(found // MINUTE_US) == lengths


def test_lengths_from_steps_of_ends() -> None:
    """Stamps are ends: the first quarter ends a quarter after the last hour."""
    found = periods_from_steps(minutes(60, 60, 60, 60, 15, 15, 15, 15), at_end=True)
    assert found is not None
    assert list(found // MINUTE_US) == [60, 60, 60, 60, 60, 15, 15, 15, 15]
    assert periods_from_steps(minutes(), at_end=True) is None


def test_lengths_that_rows_say() -> None:
    start = minutes(60, 60, 60, 60)
    end = start + HOUR_US
    end[2] += HOUR_US  # 01:00 - 03:00, where the clock goes on
    found = lengths_of_rows(start, end)
    assert found is not None
    assert list(found // MINUTE_US) == [60] * 5
    assert lengths_of_rows(start, start) is None


def test_blocks_of_four_hours_by_the_clock(read: Read) -> None:
    days = ("2025-03-30", "2025-03-31", "2025-10-26", "2025-10-27")
    text = "t;p\n" + "".join(f"{day} {hour:02d}:00;{hour},5\n" for day in days for hour in range(0, 24, 4))
    (one,) = read(text, columns="time=t, zone=Europe/Paris, p=capacity_price_eur_per_mw").series
    hours = one.times.period_us // HOUR_US
    assert list(hours) == [3, *[4] * 11, 5, *[4] * 11]
    assert one.resolution_words == "4 h"
    assert len(one.times.gaps) == 1


def test_every_second_hour_missing_is_told_by_the_ends(read: Read) -> None:
    rows = "".join(
        f'"01.06.2025 {hour:02d}:00 - 01.06.2025 {hour + 1:02d}:00","{hour}","EUR"\n' for hour in range(0, 20, 2)
    )
    found = read(f'"MTU (UTC)","Day-ahead Price [EUR/MWh]","Currency"\n{rows}')
    assert found.series[0].resolution_words == "1 h"
    assert len(found.series[0].times.gaps) == 9


def test_alignment_of_prices() -> None:
    hourly, quarterly = series([10.0, 20.0]), series([1.0, 2.0, 3.0, 6.0, 5.0, 5.0, 5.0, 5.0], 15, "other_eur_per_mwh")
    quarters = align([hourly, quarterly], "15min")
    assert list(quarters["price_eur_per_mwh"]) == [10.0] * 4 + [20.0] * 4
    assert list(quarters["other_eur_per_mwh"]) == [1.0, 2.0, 3.0, 6.0, 5.0, 5.0, 5.0, 5.0]
    hours = align([hourly, quarterly], "1h")
    assert list(hours["other_eur_per_mwh"]) == [3.0, 5.0]
    fives = align([hourly], 5)
    assert len(fives) == 24
    assert list(fives["price_eur_per_mwh"][11:13]) == [10.0, 20.0]


def test_alignment_of_energy() -> None:
    energy = series([8.0, 4.0], 60, "energy_mwh")
    assert list(align([energy], "15min")["energy_mwh"]) == [2.0] * 4 + [1.0] * 4
    parts = series([1.0, 2.0, 3.0, 4.0], 15, "energy_mwh")
    assert list(align([parts], "1h")["energy_mwh"]) == [10.0]
    assert list(align([parts], "30min")["energy_mwh"]) == [3.0, 7.0]


def test_alignment_of_unequal_lengths() -> None:
    # 20 minutes at 3 and 10 of the next 20 at 9 in the first half-hour: (20 * 3 + 10 * 9) / 30
    one = series([3.0, 9.0, 6.0], 20)
    assert list(align([one], "30min")["price_eur_per_mwh"]) == pytest.approx([5.0, 7.0])


def test_a_missing_part_leaves_a_period_without_a_number() -> None:
    one = series([1.0, 2.0, 3.0, 6.0, 4.0, 4.0, 4.0, 4.0], 15, skip=(1,))
    assert np.array_equal(align([one], "1h")["price_eur_per_mwh"], [np.nan, 4.0], equal_nan=True)
    # of what is known: (1 + 3 + 6) / 3
    assert list(align([one], "1h", "mean")["price_eur_per_mwh"]) == pytest.approx([10 / 3, 4.0])
    energy = series([1.0, np.nan, 3.0, 6.0], 15, "energy_mwh")
    assert align([energy], "1h", "mean")["energy_mwh"].isna().all(), "a part of an energy is no energy"


def test_alignment_follows_the_local_hour() -> None:
    """Kathmandu is 5:45 from UTC: its hours begin at a quarter past those of UTC."""
    from zoneinfo import ZoneInfo

    times = RowTimes(
        BEGIN_US + 15 * MINUTE_US + np.arange(8) * 15 * MINUTE_US,
        np.full(8, 15 * MINUTE_US),
        np.arange(8),
        ZoneInfo("Asia/Kathmandu"),
    )
    one = MarketSeries("price_eur_per_mwh", "eur_per_mwh", "", times, np.arange(8.0), "p")
    hours = align([one], "1h")
    assert list(hours["price_eur_per_mwh"]) == [1.5, 5.5]
    assert hours.index[0].minute == 0


@pytest.mark.parametrize("period", ["7min", "2h", "0", "-15", "15 sec", "", "hour", 45])
def test_periods_that_do_not_divide_an_hour(period: str | int) -> None:
    with pytest.raises(
        UsageError, match="expected 1min, 2min, 3min, 4min, 5min, 6min, 10min, 12min, 15min, 20min, 30min or 1h"
    ):
        align([series([1.0])], period)


def test_outliers() -> None:
    """Thirty days whose hours are 10 + hour, give or take 1: the deviation of an hour is 1.4826."""
    values = [10.0 + hour + (-1.0) ** day for day in range(30) for hour in range(24)]
    values[24 * 5 + 18] = 500.0
    values[24 * 7 + 3] = -60.0
    found = find_outliers([series(values)], most=5)
    assert [finding.lines for finding in found] == [(24 * 5 + 18 + 2,), (24 * 7 + 3 + 2,)]
    assert "price_eur_per_mwh is 500 at 2025-01-06 18:00+0000" in found[0].text
    assert len(find_outliers([series(values)], most=1)) == 1
    assert find_outliers([series([5.0] * 100)]) == []
    assert find_outliers([series([1.0, 900.0])]) == [], "too few numbers to tell"


def test_years_are_put_together() -> None:
    first = series([1.0, 2.0, 3.0])
    later = MarketSeries(
        first.name,
        first.unit,
        "",
        RowTimes(first.times.start_us + 2 * HOUR_US, first.times.period_us, first.times.line, UTC),
        np.array([3.0, 4.0, 5.0]),
        "p",
    )
    (joined,) = merged_series([table(first), table(later, "b.csv")])
    assert list(joined.values) == [1.0, 2.0, 3.0, 4.0, 5.0]
    other = MarketSeries(first.name, first.unit, "", later.times, np.array([9.0, 4.0, 5.0]), "p")
    with pytest.raises(UsageError, match=r"is 3 in a.csv \(line 4\) and 9 in b.csv \(line 2\)"):
        merged_series([table(first), table(other, "b.csv")])
    halves = series([1.0] * 12, 30)
    with pytest.raises(UsageError):
        merged_series([table(first), table(halves, "b.csv")])


def test_one_line_where_periods_differ() -> None:
    hourly, quarterly = series([1.0, 2.0]), series([1.0] * 8, 15, "imbalance_eur_per_mwh")
    line = resolution_line([hourly, quarterly])
    assert line is not None
    assert "\n" not in line
    assert line.startswith("Periods differ: 1 h (price_eur_per_mwh) against 15 min (imbalance_eur_per_mwh).")
    assert resolution_line([quarterly, hourly]) is not None
    assert resolution_line([hourly]) is None


def test_tidy_frames_need_one_length() -> None:
    mixed = [series([1.0, 2.0]), series([1.0] * 8, 15, "imbalance_eur_per_mwh")]
    with pytest.raises(UsageError, match="periods of 15 min, 1 h; say which to write"):
        tidy_frame(mixed)
    assert len(tidy_frame(mixed, "15min")) == 8
    assert len(tidy_frame(mixed, "15min", "2025-01-01T00:30", "2025-01-01T01:15")) == 3
    for first, last in (("2026-01-01", None), (None, "2024-01-01"), ("soon", None)):
        with pytest.raises(UsageError):
            tidy_frame(mixed, 15, first, last)


def test_tables_from_python(read: Read, tmp_path: Path) -> None:
    import mes_stoch as ms
    from market_files.invented import ENTSOE_NEW

    path = tmp_path / "prices.csv"
    path.write_bytes(ENTSOE_NEW.content)
    found = ms.read_market_file(path)
    assert isinstance(found, ms.MarketTable)
    assert list(found.frame.columns) == found.names == ["day_ahead_price_fr_eur_per_mwh"]
    assert found.frame.index.name == "time"
    found.write(tmp_path / "tidy.csv", "15min")
    lines = (tmp_path / "tidy.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["time,day_ahead_price_fr_eur_per_mwh", "2025-09-30T19:00+02:00,40.0"]
    with pytest.raises(KeyError):
        found["nothing"]
    with pytest.raises(UsageError, match="'atlantis' is no time zone"):
        ms.read_market_file(path, zone="atlantis")
    with pytest.raises(UsageError, match="'entso' is no layout of market files; did you mean entsoe"):
        ms.read_market_file(path, "entso")
    with pytest.raises(UsageError, match="clock is 'clock' or 'removed'"):
        ms.read_market_file(path, clock="no")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="the layout generic needs a column map"):
        ms.read_market_file(path, "generic")
    with pytest.raises(MarketFileError, match="no such file"):
        ms.read_market_file(tmp_path / "gone.csv")
    with pytest.raises(MarketFileError, match="a folder"):
        ms.read_market_file(tmp_path)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ("zone=UTC, p=price_eur_per_mwh", "says no time"),
        ("time=t, p=price_eur_per_mwh", "says no zone"),
        ("time=t, zone=UTC", "names no column of numbers"),
        ("time=t, zone=Paris, p=price_eur_per_mwh", "'Paris' is no time zone"),
        ("time=t, zone=UTC, p=price", "does not end in a unit"),
        ("time=t, zone=UTC, p=price_xyz_per_mwh", "does not end in a unit"),
        ("time=t, zone=UTC, p=Price_eur_per_mwh", "expected small letters"),
        ("time=t, zone=UTC, p=a_mw, q=a_mw", "gives a_mw to two columns"),
        ("time=t, zone=UTC, format=american, p=a_mw", "format=american"),
        ("time=t, zone=UTC, separator=pipe, p=a_mw", "separator=pipe"),
        ("time=t, zone=UTC, decimal=dot, p=a_mw", "decimal=dot"),
        ("time=t, zone=UTC, header=0, p=a_mw", "header=0"),
        ("time=t, zone=UTC, stamp=middle, p=a_mw", "stamp=middle"),
        ("time=t, time=u, zone=UTC, p=a_mw", "time twice"),
        ("time=t, nonsense", "'nonsense' in the column map says nothing"),
        ("no such file", "is no column map and no file with one"),
    ],
)
def test_column_maps_that_do_not_fit(read: Read, columns: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read("t;p\n2025-01-01 00:00;1\n", columns=columns)


def test_column_maps(read: Read, tmp_path: Path) -> None:
    text = "made by hand\n;Tag;Uhr;Zone;Last kW;Preis\n" + "".join(
        f"x;01.02.2025;{hour:02d}:00;{zone};{hour}.000,5;-\n" for hour in range(1, 4) for zone in ("A", "B")
    )
    columns = {
        "time": "Uhr",
        "date": "Tag",
        "zone": "Europe/Berlin",
        "format": "day_first",
        "header": "2",
        "area": "Zone",
        "stamp": "end",
        "separator": "semicolon",
        "decimal": "comma",
        "thousands": "point",
        "Last kW": "load_kw",
    }
    found = read(text, columns=columns)
    # kW become MW; 1:00 is the end of the first hour
    assert list(found["load_a_mw"]) == pytest.approx([1.0005, 2.0005, 3.0005])
    assert str(found["load_a_mw"].index[0]) == "2025-02-01 00:00:00+01:00"
    as_text = tmp_path / "map.txt"
    as_text.write_text(
        "# columns of the file\n" + "\n".join(f"{key}={value}" for key, value in columns.items()), encoding="utf-8"
    )
    pd.testing.assert_frame_equal(read(text, columns=str(as_text)).frame, found.frame)
    with pytest.raises(
        MarketFileError, match=r":2: Last kWh: found columns .*; expected a column Last kWh. Hint: did you mean"
    ):
        read(text, columns={("Last kWh" if key == "Last kW" else key): value for key, value in columns.items()})
