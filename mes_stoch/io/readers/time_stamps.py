"""Time stamps of the user: the start of the horizon and the rows of a CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd

from mes_stoch.io.readers.locate import Locator, did_you_mean, shorten, show
from mes_stoch.rules.time_axis import grid_problem, period_times
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

_MOST_PERIODS = 1_000_000
#: Years in which a time stamp may lie.
YEARS = range(1900, 2200)
_EXAMPLE = "2025-01-15T00:00+01:00"


class TimeStampError(ValueError):
    """A time stamp that names no moment; carries what was found, expected, and a hint."""

    def __init__(self, found: str, expected: str, hint: str = "") -> None:
        super().__init__(found)
        self.found, self.expected, self.hint = found, expected, hint


def parse_time(text: str, zone: ZoneInfo) -> datetime:
    """The moment a time stamp names, in UTC; without an offset it is local time in ``zone``.

    Raises
    ------
    TimeStampError
        Text that is no time stamp, or a local time that the clock shows twice or never.
    """
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        raise TimeStampError(f"'{shorten(text)}'", "a time stamp in ISO 8601", f"write it like {_EXAMPLE}") from None
    if stamp.year not in YEARS:
        raise TimeStampError(f"'{shorten(text)}'", f"a year from {YEARS[0]} to {YEARS[-1]}")
    if stamp.tzinfo is not None:
        return stamp.astimezone(UTC)
    local = stamp.replace(tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != stamp:
        hint = "the clock jumps over it in spring"
        raise TimeStampError(f"'{text}', which {zone.key} clocks never show", "a time that exists", hint)
    later = local.replace(fold=1)
    if later.utcoffset() != local.utcoffset():
        first, second = _offset(local), _offset(later)
        hint = f"write the offset: {text}{first} or {text}{second}"
        raise TimeStampError(f"'{text}', which {zone.key} clocks show twice", "a time that is not ambiguous", hint)
    return moment


def _offset(local: datetime) -> str:
    compact = f"{local:%z}"
    return f"{compact[:3]}:{compact[3:5]}"


def horizon_time(horizon: Horizon, locator: Locator) -> tuple[pd.DatetimeIndex | None, list[Issue]]:
    """Start of each period of the horizon, or why there is none."""
    issues = []
    zone = find_zone(horizon.timezone)
    if zone is None:
        hint = did_you_mean(horizon.timezone, available_timezones(), "for example") if horizon.timezone else ""
        path = ("horizon", "timezone")
        hint = hint if hint.startswith("did") else "for example Europe/Paris"
        issues.append(locator.issue(path, show(horizon.timezone), "the name of a time zone (IANA)", hint))
    seconds = horizon.period_h * 3600
    # a period in thirds of an hour cannot be written exactly
    if seconds < 1 or abs(seconds - round(seconds)) > 1e-6 * seconds:
        found, expected = f"{horizon.period_h:g}", "a whole number of seconds, in h"
        issues.append(locator.issue(("horizon", "period_h"), found, expected, "write 20 minutes as 0.3333333"))
    issues += _first_period_issues(horizon, locator)
    if horizon.periods > _MOST_PERIODS:
        issues.append(locator.issue(("horizon", "periods"), str(horizon.periods), f"at most {_MOST_PERIODS} periods"))
    start = None
    try:
        start = parse_time(horizon.start, zone or ZoneInfo("UTC"))
    except TimeStampError as error:
        issues.append(locator.issue(("horizon", "start"), error.found, error.expected, error.hint))
    if issues or start is None or zone is None:
        return None, issues
    if start.year + horizon.period_h * horizon.periods / 8760 > YEARS[-1]:
        found = f"{horizon.periods} periods of {horizon.period_h:g} h"
        return None, [locator.issue(("horizon", "periods"), found, f"an end before the year {YEARS[-1]}")]
    time = period_times(start, horizon.period_h, horizon.periods, horizon.timezone, horizon.begun_h)
    problem = None if horizon.begun_h == 0 else _off_grid(time[0], horizon)
    if problem is not None:
        found, hint = f"{horizon.first_period_h:g}", "let it end where a period ends; the start may be at any second"
        return None, [locator.issue(("horizon", "first_period_h"), found, f"an end that {problem}", hint)]
    return time, []


def _first_period_issues(horizon: Horizon, locator: Locator) -> list[Issue]:
    first_h = horizon.first_period_h
    if first_h is None:
        return []
    found = f"{first_h:g}"
    if first_h > horizon.period_h:
        expected = f"at most period_h ({horizon.period_h:g})"
        hint = "the first period is what is left of one; leave this out where it is a whole one"
        return [locator.issue(("horizon", "first_period_h"), found, expected, hint)]
    seconds = first_h * 3600
    if seconds < 1 or abs(seconds - round(seconds)) > 1e-6 * seconds:
        expected, hint = "a whole number of seconds, in h", "write 40 minutes as 0.6666667"
        return [locator.issue(("horizon", "first_period_h"), found, expected, hint)]
    return []


def _off_grid(start: pd.Timestamp, horizon: Horizon) -> str | None:
    """Why the first period does not end where one of those after it can begin."""
    end = start + pd.Timedelta(round(horizon.lengths_h[0] * 3600), unit="s")
    return grid_problem(end, horizon.period_h)


def find_zone(name: str) -> ZoneInfo | None:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None
