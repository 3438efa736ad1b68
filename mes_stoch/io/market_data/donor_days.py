"""Days of other years that stand in for those of a base year: of the same class, and nearest in the season.

A series that has the day itself gives it, so that what happened together stays together. Any other day takes the donor
of its class (working day, Saturday, Sunday or public holiday) that is nearest by its place in the year. What is lost is
the dependence between that series and the others; what stays is the whole course of the day, its class and its season.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from mes_stoch.io.market_data.calendar import day_type
from mes_stoch.io.market_data.pairing import step_h

#: A donor is not used again within half a year: a window of days would hold the same day twice.
REUSED_AFTER_DAYS = 183
#: Half the length of a season; a donor farther off is of another one.
FARTHEST_DAYS = 45


def days_apart_in_year(day: date, donor: date) -> int:
    """Days from one date to another, whatever their years.

    >>> days_apart_in_year(date(2019, 1, 2), date(2016, 12, 30))
    3
    """
    return min(abs((_in_year(donor, year) - day).days) for year in (day.year - 1, day.year, day.year + 1))


def nearest_donors(
    days: Sequence[date], donors: Iterable[date], country: str, donor_country: str | None = None
) -> dict[date, date]:
    """A donor for each day: the day itself where it is one, else the nearest in the year of the same class.

    Equally near donors go by date, the earliest first, and days are served in their order, after those that have
    themselves: the same pairs every time.

    Parameters
    ----------
    days : sequence of date
        In order.
    donors : iterable of date
        Complete days of the series.
    country, donor_country : str
        Whose public holidays decide the class of a day, and of a donor; default the same.

    Returns
    -------
    dict
        Without days that no donor is left for, within :data:`FARTHEST_DAYS`.
    """
    available = set(donors)
    by_class: dict[str, list[date]] = {}
    for donor in sorted(available):
        by_class.setdefault(day_type(donor, donor_country or country), []).append(donor)
    found = {day: day for day in days if day in available}
    used: dict[date, list[date]] = {day: [day] for day in found}
    for day in days:
        if day in found:
            continue
        free = [
            donor
            for donor in by_class.get(day_type(day, country), [])
            if days_apart_in_year(day, donor) <= FARTHEST_DAYS and _is_free(day, used.get(donor, ()))
        ]
        if free:
            chosen = min(free, key=lambda donor: (days_apart_in_year(day, donor), donor))
            found[day] = chosen
            used.setdefault(chosen, []).append(day)
    return {day: found[day] for day in days if day in found}


def hours_of_donors(frame: pd.DataFrame, donors: dict[date, date], time: pd.DatetimeIndex) -> pd.DataFrame:
    """Series at the same clock times of the donor days.

    Longer periods are held constant over their hours, shorter ones averaged.

    Parameters
    ----------
    frame : DataFrame
        By local time with its zone; donor days are whole in it.
    donors : dict of date to date
        By day.
    time : DatetimeIndex
        Hours, local time with its zone.

    Returns
    -------
    DataFrame
        By ``time``; not a number on days without a donor.
    """
    clock = time.tz_localize(None)
    day = clock.normalize()
    donor_of = pd.Series(
        {pd.Timestamp(one): pd.Timestamp(donor) for one, donor in donors.items()}, dtype="datetime64[ns]"
    )
    wanted = pd.DatetimeIndex(donor_of.reindex(day).to_numpy()) + (clock - day)
    given = frame.set_axis(pd.DatetimeIndex(frame.index).tz_localize(None))
    given = given.loc[np.isin(pd.DatetimeIndex(given.index).normalize(), donor_of.to_numpy())]
    length_h = step_h(frame)
    if length_h < 1.0:
        given = given.resample("h").mean()
    return given.reindex(wanted.floor(pd.Timedelta(max(length_h, 1.0), unit="h"))).set_axis(time)


def _in_year(day: date, year: int) -> date:
    """The same day of another year; 29 February is the 28th where there is none."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def _is_free(day: date, taken: Iterable[date]) -> bool:
    return all(abs((day - other).days) >= REUSED_AFTER_DAYS for other in taken)
