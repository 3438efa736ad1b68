"""Calendars of contracts on local clock time: months, days, holidays, midnight, and days of 23 and 25 hours."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.products.flexibility.format import LocalFlexibility
from mes_stoch.rules.calendar import in_windows, obliged
from mes_stoch.schema.calendar import CalendarWindow

PARIS = "Europe/Paris"


def hours(start: str, count: int, freq: str = "h") -> pd.DatetimeIndex:
    return pd.date_range(pd.Timestamp(start, tz=PARIS), periods=count, freq=freq)


def inside(time: pd.DatetimeIndex, *windows: dict[str, Any], holidays: tuple[str, ...] = ()) -> list[str]:
    """Local starts of the periods inside."""
    mask = in_windows([CalendarWindow(**window) for window in windows], holidays, time)
    return [f"{moment:%d %H:%M}" for moment in time[mask]]


def contract(**fields: Any) -> LocalFlexibility:
    required = {
        "zone": "north",
        "volume_max_mw": 1.0,
        "activation_price_eur_per_mwh": 0.0,
        "activation_per_unit": 0.0,
    }
    return LocalFlexibility.model_validate({**product_catalogue()["enedis_local_reserved"], **required, **fields})


def test_months() -> None:
    """The night from January to February, with a window in January alone: its last hour is 23 to 24."""
    time = hours("2025-01-31T22:00", 4)
    assert inside(time, {"months": [1]}) == ["31 22:00", "31 23:00"]
    assert inside(time, {"months": [2]}) == ["01 00:00", "01 01:00"]
    assert inside(time, {"months": [1, 2]}) == ["31 22:00", "31 23:00", "01 00:00", "01 01:00"]


def test_working_days_and_weekends() -> None:
    """14 days from Monday 6 January 2025: ten working days, four of weekends, two hours each."""
    time = hours("2025-01-06T00:00", 14 * 24)
    window = {"time_from": "17:00", "time_to": "19:00"}
    working = inside(time, {**window, "days": "working_days"})
    weekends = inside(time, {**window, "days": "weekends"})
    assert len(working) == 20
    assert weekends == [f"{day:02} {hour}:00" for day in (11, 12, 18, 19) for hour in (17, 18)]
    assert len(inside(time, window)) == 28
    assert not set(working) & set(weekends)


def test_holidays_are_no_working_days() -> None:
    """Monday to Wednesday, the Tuesday a holiday: it is no working day, and no weekend either."""
    time = hours("2025-01-06T00:00", 72, "h")
    window = {"time_from": "12:00", "time_to": "13:00"}
    assert inside(time, {**window, "days": "working_days"}, holidays=("2025-01-07",)) == ["06 12:00", "08 12:00"]
    assert inside(time, {**window, "days": "weekends"}, holidays=("2025-01-07",)) == []
    assert inside(time, window, holidays=("2025-01-07",)) == ["06 12:00", "07 12:00", "08 12:00"]


def test_a_window_over_midnight_belongs_to_the_day_it_begins_on() -> None:
    """22:00 to 02:00 of working days: Friday's ends on Saturday morning, Sunday has none, Monday's begins at 22:00."""
    night = {"days": "working_days", "time_from": "22:00", "time_to": "02:00"}
    friday = hours("2025-01-10T21:00", 8)
    assert inside(friday, night) == ["10 22:00", "10 23:00", "11 00:00", "11 01:00"]
    sunday = hours("2025-01-12T21:00", 8)
    assert inside(sunday, night) == []
    monday = hours("2025-01-13T00:00", 24)
    assert inside(monday, night) == ["13 22:00", "13 23:00"]
    assert inside(monday, night, holidays=("2025-01-13",)) == []


def test_a_night_of_january_ends_in_february() -> None:
    night = {"months": [1], "time_from": "22:00", "time_to": "02:00"}
    assert inside(hours("2025-01-31T22:00", 6), night) == ["31 22:00", "31 23:00", "01 00:00", "01 01:00"]
    assert inside(hours("2025-02-01T22:00", 4), night) == []


def test_windows_are_a_union() -> None:
    time = hours("2025-01-06T00:00", 24)
    found = inside(
        time, {"time_from": "08:00", "time_to": "10:00"}, {"time_from": "09:00", "time_to": "11:00"}, {"months": [7]}
    )
    assert found == ["06 08:00", "06 09:00", "06 10:00"]


@pytest.mark.parametrize(
    ("day", "count", "window_h"),
    [
        # 01:00 to 04:00 on the clock: 02:00 is left out in spring and comes twice in autumn
        ("2025-03-30", 23, 2),
        ("2025-03-31", 24, 3),
        ("2025-10-26", 25, 4),
    ],
)
def test_days_of_23_and_25_hours(day: str, count: int, window_h: int) -> None:
    time = hours(f"{day}T00:00", count)
    assert time[-1].hour == 23
    assert len(inside(time, {"time_from": "01:00", "time_to": "04:00"})) == window_h
    assert len(inside(time, {"time_from": "08:00", "time_to": "19:00"})) == 11
    assert len(inside(time, {})) == count


def test_a_night_in_which_the_clock_changes() -> None:
    """22:00 to 06:00 lasts 7 hours in spring and 9 in autumn."""
    night = {"time_from": "22:00", "time_to": "06:00"}
    assert len(inside(hours("2025-03-29T12:00", 20), night)) == 7
    assert len(inside(hours("2025-10-25T12:00", 22), night)) == 9


def test_quarter_hours() -> None:
    time = hours("2025-01-06T17:00", 12, "15min")
    assert inside(time, {"time_from": "17:30", "time_to": "18:15"}) == ["06 17:30", "06 17:45", "06 18:00"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [True] * 6),
        ({"contract_start": "2025-01-07"}, [False, False, False, True, True, True]),
        ({"contract_end": "2025-01-06"}, [True, True, True, False, False, False]),
        # an evening window of the last day goes on after midnight, and one of the day before the first does not
        (
            {"contract_end": "2025-01-06", "calendar": [{"time_from": "22:00", "time_to": "02:00"}]},
            [False, True, True, True, True, False],
        ),
        ({"contract_start": "2025-01-07", "calendar": [{"time_from": "22:00", "time_to": "02:00"}]}, [False] * 6),
    ],
)
def test_contract_days(fields: dict[str, Any], expected: list[bool]) -> None:
    """From 21:00 on 6 January to 03:00 on the 7th."""
    time = hours("2025-01-06T21:00", 6)
    windows = [CalendarWindow(**window) for window in fields.pop("calendar", [])]
    product = contract(**fields).model_copy(update={"calendar": windows})
    assert obliged(product, time).tolist() == expected
