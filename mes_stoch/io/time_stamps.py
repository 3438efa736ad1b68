"""Time stamps of the user: the start of the horizon and the rows of a CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pandas as pd

from mes_stoch.io.csv_table import Reporter
from mes_stoch.io.locate import Locator, did_you_mean, shorten, show
from mes_stoch.io.time import period_times
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon

_MOST_PERIODS = 1_000_000
_YEARS = range(1900, 2200)
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
    if stamp.year not in _YEARS:
        raise TimeStampError(f"'{shorten(text)}'", f"a year from {_YEARS[0]} to {_YEARS[-1]}")
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
    if horizon.periods > _MOST_PERIODS:
        issues.append(locator.issue(("horizon", "periods"), str(horizon.periods), f"at most {_MOST_PERIODS} periods"))
    start = None
    try:
        start = parse_time(horizon.start, zone or ZoneInfo("UTC"))
    except TimeStampError as error:
        issues.append(locator.issue(("horizon", "start"), error.found, error.expected, error.hint))
    if issues or start is None or zone is None:
        return None, issues
    if start.year + horizon.period_h * horizon.periods / 8760 > _YEARS[-1]:
        found = f"{horizon.periods} periods of {horizon.period_h:g} h"
        return None, [locator.issue(("horizon", "periods"), found, f"an end before the year {_YEARS[-1]}")]
    return period_times(start, horizon.period_h, horizon.periods, horizon.timezone), []


def find_zone(name: str) -> ZoneInfo | None:
    """A time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def check_times(
    texts: Sequence[str], lines: Sequence[int], time: pd.DatetimeIndex, reporter: Reporter, whose: str = ""
) -> bool:
    """Whether rows are exactly the periods of the horizon, one each, in order; reports where they are not.

    Parameters
    ----------
    texts, lines : sequence
        Time stamps and their lines in the file.
    time : pandas.DatetimeIndex
        Start of each period, local.
    whose : str
        Words for messages, ``" in scenario low"``.
    """
    zone = ZoneInfo(str(time.tz))
    expected = {moment: index for index, moment in enumerate(time.tz_convert("UTC").to_pydatetime())}
    parsed: dict[str, datetime | TimeStampError] = {}
    places: list[tuple[int, datetime]] = []
    sound = True
    for text, line in zip(texts, lines, strict=True):
        moment = parsed.get(text)
        if moment is None:
            try:
                moment = parse_time(text, zone)
            except TimeStampError as error:
                moment = error
            parsed[text] = moment
        if isinstance(moment, TimeStampError):
            reporter.add(line, "time", moment.found + whose, moment.expected, moment.hint)
            sound = False
        else:
            places.append((line, moment))
    # which rows are missing cannot be told while some cannot be read
    problems = list(_order_problems(places, expected, time, whose, complete=sound))
    for line, found, hint, kind in problems:
        reporter.add(line, "time", found, _span_words(time), hint, kind=kind)
    return sound and not problems


def _order_problems(
    places: Sequence[tuple[int, datetime]],
    expected: dict[datetime, int],
    time: pd.DatetimeIndex,
    whose: str,
    *,
    complete: bool,
) -> Iterator[tuple[int | None, str, str, str]]:
    """Line, what was found, hint and kind of problem, for every row or hole out of order."""
    seen: dict[int, int] = {}
    latest = -1
    after_end: list[int] = []
    last = max(expected)
    for line, moment in places:
        index = expected.get(moment)
        shown = f"{moment.astimezone(ZoneInfo(str(time.tz))):%Y-%m-%dT%H:%M:%S%z}"
        if index is None and moment > last:
            after_end.append(line)
        elif index is None:
            what = "before the horizon" if moment < min(expected) else "between two periods"
            yield line, f"{shown}, {what}{whose}", "", "outside"
        elif index in seen:
            yield line, f"{shown} a second time (first on line {seen[index]}){whose}", "remove one row", "duplicate"
        else:
            if index < latest:
                yield line, f"{shown} out of order{whose}", "sort the rows by time", "order"
            latest = max(latest, index)
            seen[index] = line
    if after_end:
        more = f"{len(after_end)} row{'s' if len(after_end) > 1 else ''} after the end of the horizon{whose}"
        yield after_end[0], f"a series that is too long: {more}", "remove them or change horizon.periods", "long"
    if complete:
        yield from _hole_problems(seen, latest, time, whose)


def _hole_problems(
    seen: dict[int, int], latest: int, time: pd.DatetimeIndex, whose: str
) -> Iterator[tuple[int | None, str, str, str]]:
    previous = -1
    for index in sorted(seen):
        if index > previous + 1:
            count = index - previous - 1
            found = f"a gap of {count} period{'s' if count > 1 else ''} from {_stamp(time, previous + 1)}{whose}"
            yield seen[index], found, "add the missing rows before this line", "gap"
        previous = index
    if latest < len(time) - 1:
        found = f"a series that is too short: it ends before {_stamp(time, latest + 1)}{whose}"
        line = seen.get(latest)
        yield line, found, f"{len(seen)} of {len(time)} periods are there", "short"


def _stamp(time: pd.DatetimeIndex, index: int) -> str:
    return f"{time[index]:%Y-%m-%dT%H:%M%z}"


def _span_words(time: pd.DatetimeIndex) -> str:
    return f"the {len(time)} periods of the horizon from {_stamp(time, 0)} to {_stamp(time, -1)}, once each, in order"
