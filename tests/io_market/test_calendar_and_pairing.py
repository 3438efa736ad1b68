"""Classes of days and the pairing of donor years, on made-up series."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from mes_stoch.io.market_data.calendar import common_day_type, day_type, easter, public_holidays, season
from mes_stoch.io.market_data.pairing import DonorGroup, candidate_days, day_values, pair_days, whole_days
from mes_stoch.io.market_data.source import index_from_local
from mes_stoch.schema.errors import UsageError


def frame(start: str, end: str, step: str = "h", column: str = "x_mw") -> pd.DataFrame:
    index = pd.date_range(start, end, freq=step, tz="Europe/Paris", inclusive="left", name="time")
    return pd.DataFrame({column: np.arange(len(index), dtype=float)}, index=index)


def group(name: str, *frames: pd.DataFrame) -> DonorGroup:
    return DonorGroup(name, frames, ("FR",), ())


@pytest.mark.parametrize(
    ("year", "sunday"), [(2016, date(2016, 3, 27)), (2019, date(2019, 4, 21)), (2024, date(2024, 3, 31))]
)
def test_easter(year: int, sunday: date) -> None:
    assert easter(year) == sunday


def test_french_holidays_of_2021() -> None:
    # the eleven national holidays; Ascension on 13 May, Whit Monday on 24 May
    assert len(public_holidays("FR", 2021)) == 11
    assert {date(2021, 4, 5), date(2021, 5, 13), date(2021, 5, 24), date(2021, 7, 14)} <= public_holidays("FR", 2021)
    assert date(2021, 10, 3) in public_holidays("DE", 2021)


def test_holidays_of_other_countries() -> None:
    """Belgium's national day; a substitute day in Britain, for the Boxing Day of 2021 was a Sunday."""
    assert date(2021, 7, 21) in public_holidays("BE", 2021)
    assert date(2021, 12, 28) in public_holidays("GB", 2021)
    with pytest.raises(UsageError, match="no public holidays are known of XX"):
        public_holidays("XX", 2021)


@pytest.mark.parametrize(
    ("country", "fixed", "movable"),
    [
        ("FR", ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)), (1, 39, 50)),
        ("DE", ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26)), (-2, 1, 39, 50)),
    ],
)
@pytest.mark.parametrize("year", [2015, 2019, 2020, 2021, 2024])
def test_the_package_of_holidays_agrees_with_the_law(
    country: str, fixed: tuple[tuple[int, int], ...], movable: tuple[int, ...], year: int
) -> None:
    """Code du travail, L3133-1; holidays common to all German states."""
    sunday = easter(year)
    wanted = {date(year, *day) for day in fixed} | {sunday + timedelta(apart) for apart in movable}
    assert public_holidays(country, year) == wanted


def test_classes() -> None:
    assert [season(date(2021, month, 15)) for month in (1, 3, 6, 9, 12)] == [
        "winter",
        "spring",
        "summer",
        "autumn",
        "winter",
    ]
    assert day_type(date(2021, 11, 11), "FR") == "sunday_or_holiday"
    assert day_type(date(2021, 11, 11), "DE") == "working_day"
    assert common_day_type(date(2021, 11, 11), ("FR", "DE")) is None
    assert common_day_type(date(2021, 11, 12), ("FR", "DE")) == "working_day"


def test_whole_days_leave_out_gaps_repeats_and_clock_changes() -> None:
    data = frame("2021-03-24", "2021-03-31")
    data.loc[pd.Timestamp("2021-03-25 07:00", tz="Europe/Paris"), "x_mw"] = np.nan
    data = pd.concat([data.drop(pd.Timestamp("2021-03-26 05:00", tz="Europe/Paris")), data.iloc[[0]]]).sort_index()
    # 24: repeated hour; 25: gap; 26: missing hour; 28: clock change
    assert whole_days(data) == {date(2021, 3, day) for day in (27, 29, 30)}


def test_local_stamps_lose_the_days_of_the_clock_change() -> None:
    stamps = pd.date_range("2021-03-27", "2021-03-30", freq="h", inclusive="left").astype(str)
    kept = index_from_local(pd.DataFrame({"time": stamps, "x_mw": 1.0}), "time")
    assert sorted({stamp.date().isoformat() for stamp in kept.index}) == ["2021-03-27", "2021-03-29"]
    assert str(kept.index.tz) == "Europe/Paris"


def test_pairing_keeps_groups_on_one_date_and_classes_together() -> None:
    groups = [
        group("first", frame("2019-01-01", "2020-01-01"), frame("2019-06-01", "2020-01-01", "4h", "y_mw")),
        group("second", frame("2021-01-01", "2022-01-01", "15min", "z_mw")),
    ]
    table = pair_days(groups, 60, 5, ("summer", "autumn"), ("working_day", "saturday"))
    assert list(table.columns) == ["scenario", "season", "day_type", "first", "second"]
    for row in table.to_dict("records"):
        for name in ("first", "second"):
            assert (season(row[name]), day_type(row[name], "FR")) == (row["season"], row["day_type"])
        assert row["first"] >= date(2019, 6, 1)
    assert table["first"].is_unique
    # classes come as often as in the first group's calendar: about five working days to a Saturday
    assert 0.7 < (table["day_type"] == "working_day").mean() < 0.95


def test_pairing_does_not_depend_on_the_number() -> None:
    groups = [group("first", frame("2019-01-01", "2020-01-01")), group("second", frame("2021-01-01", "2022-01-01"))]
    few = pair_days(groups, 5, 1, ("winter",), ("saturday",))
    many = pair_days(groups, 40, 1, ("winter",), ("saturday",))
    pd.testing.assert_frame_equal(few, many.head(5))
    # 12 winter Saturdays in 2019 and 13 in 2021: each comes once before any comes again
    assert many["first"].head(12).is_unique
    assert many["second"].head(12).is_unique
    assert not few.equals(pair_days(groups, 5, 2, ("winter",), ("saturday",)))


def test_pairing_says_what_is_missing() -> None:
    groups = [group("first", frame("2019-01-01", "2020-01-01")), group("second", frame("2021-06-01", "2021-07-01"))]
    with pytest.raises(UsageError, match="second has no complete day of winter, working_day"):
        pair_days(groups, 3, 1, ("winter",), ("working_day",))
    with pytest.raises(UsageError, match="at least 1"):
        pair_days(groups, 0, 1, ("summer",), ("working_day",))


def test_day_values_are_held_constant() -> None:
    both = group("first", frame("2019-06-03", "2019-06-05"), frame("2019-06-03", "2019-06-05", "4h", "y_mw"))
    values = day_values(both, date(2019, 6, 4), 4)
    assert values.shape == (96, 2)
    assert values["x_mw"].tolist() == [float(24 + quarter // 4) for quarter in range(96)]
    assert values["y_mw"].tolist() == [float(6 + quarter // 16) for quarter in range(96)]
    assert candidate_days(both)[("summer", "working_day")] == [date(2019, 6, 3), date(2019, 6, 4)]
