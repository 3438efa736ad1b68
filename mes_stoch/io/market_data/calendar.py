"""Classes of days: season, and working day, Saturday, or Sunday and public holiday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from mes_stoch.schema.errors import UsageError

Season = Literal["winter", "spring", "summer", "autumn"]
DayType = Literal["working_day", "saturday", "sunday_or_holiday"]
SEASONS: tuple[Season, ...] = ("winter", "spring", "summer", "autumn")
DAY_TYPES: tuple[DayType, ...] = ("working_day", "saturday", "sunday_or_holiday")

#: Where markets and offices rest on other days than the law says, or only some of the legal ones change how a day is
#: used: (month, day) and days from Easter Sunday. Every other country has the national holidays of ``holidays``.
_OBSERVED: dict[str, tuple[tuple[tuple[int, int], ...], tuple[int, ...]]] = {
    "DK": (((1, 1), (6, 5), (12, 24), (12, 25), (12, 26)), (-3, -2, 1, 26, 39, 50)),
    "CH": (((1, 1), (8, 1), (12, 25), (12, 26)), (-2, 1, 39, 50)),
    "US": (((1, 1), (7, 4), (12, 25)), ()),
}


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876).

    >>> easter(2021)
    datetime.date(2021, 4, 4)
    """
    golden = year % 19
    century, rest = divmod(year, 100)
    leap, skipped = divmod(century, 4)
    correction = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - leap - correction + 15) % 30
    quarter, remainder = divmod(rest, 4)
    weekday = (32 + 2 * skipped + 2 * quarter - moon - remainder) % 7
    shift = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """National public holidays of a year.

    Raises
    ------
    UsageError
        A country that the calendar does not know.
    """
    if country in _OBSERVED:
        fixed, movable = _OBSERVED[country]
        sunday = easter(year)
        days = [date(year, month, day) for month, day in fixed] + [sunday + timedelta(apart) for apart in movable]
        return frozenset(days)
    # the package takes a tenth of a second to load, which only those who ask should wait for
    from holidays import country_holidays

    try:
        return frozenset(country_holidays(country, years=year))
    except NotImplementedError:
        raise UsageError(f"no public holidays are known of {country}: give its ISO 3166 code, such as FR") from None


def season(day: date) -> Season:
    """Meteorological season: winter is December to February.

    >>> season(date(2020, 12, 1))
    'winter'
    """
    return SEASONS[day.month % 12 // 3]


def day_type(day: date, country: str) -> DayType:
    """Class of a day in a country.

    >>> day_type(date(2021, 4, 5), "FR"), day_type(date(2021, 4, 6), "FR"), day_type(date(2021, 4, 10), "FR")
    ('sunday_or_holiday', 'working_day', 'saturday')
    """
    if day.weekday() == 6 or day in public_holidays(country, day.year):
        return "sunday_or_holiday"
    return "saturday" if day.weekday() == 5 else "working_day"


def common_day_type(day: date, countries: Sequence[str]) -> DayType | None:
    """Class of a day if all countries agree on it; a holiday in one only belongs to no class."""
    classes = {day_type(day, country) for country in countries}
    return classes.pop() if len(classes) == 1 else None
