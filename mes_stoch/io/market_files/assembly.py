"""Rows at moments, with their numbers, as series: what every layout ends with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pandas as pd

from mes_stoch.io.market_files.cells import Floats
from mes_stoch.io.market_files.local_clock import RowMoments
from mes_stoch.io.market_files.market_file import MarketFile
from mes_stoch.io.market_files.market_series import MarketSeries, names_in_words
from mes_stoch.io.market_files.market_table import MarketTable, SourceFacts
from mes_stoch.io.market_files.row_times import HOUR_US, RowTimes, length_words, periods_from_steps
from mes_stoch.io.market_files.stamps import Integers
from mes_stoch.io.market_files.unit_words import SeriesUnit, plain_name

_MOST_GAPS = 5
#: Quarter-hours of two days.
_LEAST_HELD = 192


@dataclass(frozen=True)
class MarketColumn:
    """A column of a file that becomes a series, or one for each area.

    Parameters
    ----------
    stem : str
        Name without area and unit.
    unit : SeriesUnit
    source_name : str
        Its name in the file.
    area : str
        Where the column itself says it.
    """

    stem: str
    unit: SeriesUnit
    source_name: str
    area: str = ""

    def name(self, area: str = "") -> str:
        parts = [self.stem, plain_name(area or self.area), self.unit.suffix]
        return "_".join(part for part in parts if part)


@dataclass(frozen=True)
class MarketRows:
    """What a layout has read.

    Parameters
    ----------
    moments : RowMoments
        Starts of periods, or their ends.
    values : mapping of MarketColumn to numpy.ndarray
        By row of the file, in the file's unit.
    lines : sequence of int
        By row of the file.
    end_us : numpy.ndarray of int, optional
        Ends of periods, for each of ``moments``; default by the steps between rows.
    at_end : bool
        Whether ``moments`` are ends.
    period_us : int, optional
        Length of every period, where the layout knows it.
    length_us : numpy.ndarray of int, optional
        Length of the period of each row of the file, where the rows say it.
    """

    moments: RowMoments
    values: Mapping[MarketColumn, Floats]
    lines: Sequence[int]
    end_us: Integers | None = None
    at_end: bool = False
    period_us: int | None = None
    length_us: Integers | None = None


def assemble(
    file: MarketFile,
    layout: str,
    zone: tzinfo,
    rows: MarketRows,
    *,
    areas: Sequence[str] = ("",),
    area: Integers | None = None,
) -> MarketTable:
    """The table of a file.

    Parameters
    ----------
    areas : sequence of str
        Areas of a file with a row for each area and period.
    area : numpy.ndarray of int, optional
        Which of them a row of the file is of.

    Raises
    ------
    MarketFileError
        Two different numbers for one period, periods that overlap, nothing but empty cells.
    """
    series: list[MarketSeries] = []
    for code, name in enumerate(areas):
        own = np.arange(rows.moments.row.size) if area is None else np.flatnonzero(area[rows.moments.row] == code)
        if own.size:
            series += _series_of_area(file, rows, own, name, zone)
    file.stop_if_wrong()
    kept = [one for one in series if np.isfinite(one.values).any()]
    _notice_empty(file, [one.name for one in series if one not in kept])
    if not kept:
        raise file.refusal(
            None, "", "no number in any column", "columns with numbers", "the period may not be published yet"
        )
    _notice_converted(file, list(rows.values))
    lines = np.asarray(rows.lines)
    facts = SourceFacts(file.label, len(lines), int(lines.min()), int(lines.max()), file.content.encoding)
    return MarketTable(layout, facts, zone, _with_own_names(kept), tuple(file.findings))


def _series_of_area(file: MarketFile, rows: MarketRows, own: Integers, area: str, zone: tzinfo) -> list[MarketSeries]:
    lines = np.asarray(rows.lines)
    is_copy = rows.moments.is_copy
    written = own if is_copy is None else own[~is_copy[own]]
    _notice_order(file, rows.moments.moment_us[written], lines[rows.moments.row[written]], area)
    own = own[np.argsort(rows.moments.moment_us[own], kind="stable")]
    own = _without_repeats(file, rows, own, area, zone)
    moment, line = rows.moments.moment_us[own], lines[rows.moments.row[own]]
    times = _times(file, rows, own, moment, line, area, zone)
    if times is None:
        return []
    _notice_gaps(file, times, area)
    _notice_resolutions(file, times, area)
    result = []
    for column, values in rows.values.items():
        converted = values[rows.moments.row[own]] * column.unit.factor
        name = column.name(area)
        result.append(
            MarketSeries(
                name,
                column.unit.suffix,
                area or column.area,
                times,
                converted,
                column.source_name,
                column.unit.is_energy,
            )
        )
    _notice_missing(file, result)
    _notice_held(file, result)
    return result


def _of(area: str) -> str:
    return f" of {area}" if area else ""


def _notice_order(file: MarketFile, moment: Integers, line: Integers, area: str) -> None:
    steps = np.diff(moment)
    if (steps < 0).any():
        if (steps > 0).any():
            late = np.flatnonzero(steps < 0) + 1
            file.notice("order", f"rows{_of(area)} out of order, sorted", line[late].tolist(), int(late.size))
        else:
            file.notice("order", f"rows{_of(area)} from the newest to the oldest, sorted", [int(line[0])])


def _without_repeats(file: MarketFile, rows: MarketRows, own: Integers, area: str, zone: tzinfo) -> Integers:
    """One row a moment: a second one with the same numbers, or with none, is left out, any other is an issue."""
    moment = rows.moments.moment_us[own]
    again = np.flatnonzero(np.diff(moment) == 0) + 1
    if not again.size:
        return own
    lines = np.asarray(rows.lines)[rows.moments.row[own]]
    matrix = np.column_stack([values[rows.moments.row[own]] for values in rows.values.values()])
    keep = np.ones(own.size, dtype=bool)
    clash: list[tuple[int, int]] = []
    for second in again:
        first = int(second) - 1
        while not keep[first]:
            first -= 1
        if _are_same(matrix[first], matrix[second]) or np.isnan(matrix[second]).all():
            keep[second] = False
        elif np.isnan(matrix[first]).all():
            keep[first] = False
        else:
            clash.append((first, int(second)))

    def words(example: int) -> tuple[str, str]:
        first, second = clash[example]
        stamp = RowTimes(moment[[second]], moment[[second]], lines[[second]], zone).index[0]
        differs = int(np.argmax(~_equal(matrix[first], matrix[second])))
        column = list(rows.values)[differs]
        found = f"{stamp:%Y-%m-%d %H:%M%z}{_of(area)} a second time, with another {column.source_name}"
        return f"{found} ({matrix[first, differs]:g} on line {lines[first]}, {matrix[second, differs]:g} here)", (
            "two downloads may have been put together, or the zone is another one"
        )

    file.reporter.add_all([int(lines[k]) for _, k in clash], "", words, "one row a period", kind="repeat")
    dropped = np.flatnonzero(~keep)
    if dropped.size:
        file.notice(
            "repeat",
            f"periods{_of(area)} twice with the same numbers, one kept",
            lines[dropped].tolist(),
            int(dropped.size),
        )
    return own[keep]


def _equal(one: Floats, other: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray((one == other) | (np.isnan(one) & np.isnan(other)))


def _are_same(one: Floats, other: Floats) -> bool:
    return bool(_equal(one, other).all())


def _times(
    file: MarketFile, rows: MarketRows, own: Integers, moment: Integers, line: Integers, area: str, zone: tzinfo
) -> RowTimes | None:
    if rows.end_us is not None:
        period = rows.end_us[own] - moment
    elif rows.period_us is not None:
        period = np.full(moment.size, rows.period_us)
    elif rows.length_us is not None:
        period = rows.length_us[rows.moments.row[own]]
    else:
        found = periods_from_steps(moment, at_end=rows.at_end)
        if found is None:
            expected = "two rows or more, whose distance is the period"
            file.reporter.add(int(line[0]), "", f"one row{_of(area)}", expected, "download a longer span")
            return None
        period = _by_the_clock(moment, found, zone) if found.max() > HOUR_US and not rows.at_end else found
    start = moment - period if rows.at_end else moment
    bad = np.flatnonzero(period <= 0)
    if bad.size:
        file.reporter.add_all(
            line[bad].tolist(), "", lambda _: ("a period that ends before it begins", ""), "an end after the start"
        )
        return None
    overlap = np.flatnonzero(start[:-1] + period[:-1] > start[1:])
    times = RowTimes(start, period, line, zone)
    if overlap.size:

        def words(example: int) -> tuple[str, str]:
            k = int(overlap[example])
            found = f"{times.index[k + 1]:%Y-%m-%d %H:%M%z}{_of(area)}, within the {length_words(int(period[k]))} from "
            return f"{found}{times.index[k]:%H:%M} on line {line[k]}", "rows of two resolutions for the same time"

        file.reporter.add_all(line[overlap + 1].tolist(), "", words, "periods that follow each other", kind="overlap")
    return times


def _by_the_clock(moment: Integers, period: Integers, zone: tzinfo) -> Integers:
    """Lengths of blocks of hours by the clock: where it changes a block has one more or one less."""
    walls = RowTimes(moment, period, moment, zone).index.tz_localize(None)
    by_wall = periods_from_steps(np.asarray(walls.as_unit("us").asi8))
    if by_wall is None:
        return period
    ends = pd.DatetimeIndex((np.asarray(walls.as_unit("us").asi8) + by_wall).view("datetime64[us]"))
    every = np.ones(len(ends), dtype=bool)
    local = ends.tz_localize(zone, ambiguous=every, nonexistent="shift_forward")
    return np.asarray(local.as_unit("us").asi8) - moment


def _notice_gaps(file: MarketFile, times: RowTimes, area: str) -> None:
    gaps = times.gaps
    for gap in gaps[:_MOST_GAPS]:
        begin, end = RowTimes(
            np.array([gap.begin_us, gap.end_us]), times.period_us[:2], times.line[:2], times.zone
        ).index
        span = _span(gap.end_us - gap.begin_us)
        text = f"no rows{_of(area)} from {begin:%Y-%m-%d %H:%M%z} to {end:%Y-%m-%d %H:%M%z}, {span}"
        file.notice("gap", text, [gap.line_before, gap.line_after])
    more = gaps[_MOST_GAPS:]
    if more:
        missing = _span(sum(gap.end_us - gap.begin_us for gap in more))
        file.notice("gap", f"{len(more)} more gaps{_of(area)}, {missing} together", [more[0].line_before], len(more))


def _span(span_us: int) -> str:
    days = span_us / (24 * HOUR_US)
    return f"{days:.3g} days" if days >= 2 else length_words(span_us)


def _notice_resolutions(file: MarketFile, times: RowTimes, area: str) -> None:
    found = times.resolutions
    if len(found) < 2:
        return
    parts = [
        f"{length_words(span)} from {times.index[first]:%Y-%m-%d %H:%M} (line {times.line[first]}, {count} rows)"
        for span, count, first in found
    ]
    file.notice("resolution", f"periods{_of(area)} of several lengths: {', '.join(parts)}", (), len(found))


def _notice_missing(file: MarketFile, series: Sequence[MarketSeries]) -> None:
    """Cells without a number, together for columns that lack the same rows."""
    by_rows: dict[bytes, list[MarketSeries]] = {}
    for one in series:
        empty = np.isnan(one.values)
        if empty.any() and not empty.all():
            by_rows.setdefault(empty.tobytes(), []).append(one)
    for alike in by_rows.values():
        times, empty = alike[0].times, np.isnan(alike[0].values)
        names = names_in_words([one.name for one in alike])
        last = int(np.flatnonzero(~empty)[-1])
        ending = np.arange(len(times)) > last
        within = np.flatnonzero(empty & ~ending)
        if within.size:
            text = f"no number in {within.size} of {len(times)} rows: {names}"
            file.notice("missing", text, times.line[within[:4]].tolist(), int(within.size))
        if ending.any():
            text = f"no numbers after {times.index[last]:%Y-%m-%d %H:%M%z}: {names}"
            file.notice("missing", text, [int(times.line[last])], int(ending.sum()))


def _notice_held(file: MarketFile, series: Sequence[MarketSeries]) -> None:
    """Hourly prices written in every quarter-hour, as ENTSO-E does for the time before October 2025."""
    for one in series:
        until = _held_until(one)
        if until is not None:
            before = f"{one.times.index[until]:%Y-%m-%d %H:%M}"
            text = f"{one.name} has one number an hour, repeated in its quarters, before {before}"
            file.notice("resolution", text, [int(one.times.line[0])], until)


def _held_until(one: MarketSeries) -> int | None:
    """First row of the first hour whose quarters differ, if whole days before it have equal ones."""
    if not one.unit.endswith("_per_mwh") or one.times.period_us.max() != HOUR_US // 4:
        return None
    hour = one.times.start_us // HOUR_US
    is_step = np.nan_to_num(np.diff(one.values)) != 0
    differs = np.flatnonzero((np.diff(hour) == 0) & is_step)
    if not differs.size:
        return None
    changes = int(is_step[: differs[0]].sum())
    first = int(np.searchsorted(hour, hour[differs[0]]))
    return first if first >= _LEAST_HELD and changes > first // 16 else None


def _notice_empty(file: MarketFile, names: Sequence[str]) -> None:
    if names:
        file.notice("missing", f"columns without any number, left out: {names_in_words(names)}", (), len(names))


def _notice_converted(file: MarketFile, columns: Sequence[MarketColumn]) -> None:
    by_factor: dict[tuple[float, str], list[str]] = {}
    for column in columns:
        if column.unit.factor != 1.0:
            by_factor.setdefault((column.unit.factor, column.unit.suffix), []).append(column.source_name)
    for (factor, suffix), names in by_factor.items():
        file.notice("unit", f"multiplied by {factor:.6g} to be in {suffix}: {names_in_words(names)}", (), len(names))


def _with_own_names(series: Sequence[MarketSeries]) -> tuple[MarketSeries, ...]:
    """Series whose names differ: of two alike the second gets a number before its unit."""
    from dataclasses import replace

    seen: dict[str, int] = {}
    result = []
    for one in series:
        seen[one.name] = count = seen.get(one.name, 0) + 1
        stem = one.name.removesuffix(f"_{one.unit}")
        result.append(one if count == 1 else replace(one, name=f"{stem}_{count}_{one.unit}"))
    return tuple(result)
