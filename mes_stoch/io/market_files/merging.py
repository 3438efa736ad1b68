"""Tables of several files as one set of series: years put one after the other, markets side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mes_stoch.io.market_files.market_series import MarketSeries, names_in_words
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.row_times import RowTimes, length_words
from mes_stoch.schema.errors import UsageError


def merged_series(tables: Sequence[MarketTable]) -> tuple[MarketSeries, ...]:
    """Series of all tables; those of one name are put together in order of time.

    Lines are those of each file. A period in two files has the same number in both, or is an error.

    Raises
    ------
    UsageError
    """
    by_name: dict[str, list[tuple[MarketTable, MarketSeries]]] = {}
    for table in tables:
        for one in table.series:
            by_name.setdefault(one.name, []).append((table, one))
    zone = tables[0].zone
    result = []
    for parts in by_name.values():
        joined = parts[0][1] if len(parts) == 1 else _joined(parts)
        times = replace(joined.times, zone=zone) if joined.times.zone != zone else joined.times
        result.append(replace(joined, times=times))
    return tuple(result)


def _joined(parts: Sequence[tuple[MarketTable, MarketSeries]]) -> MarketSeries:
    first = parts[0][1]
    start = np.concatenate([one.times.start_us for _, one in parts])
    period = np.concatenate([one.times.period_us for _, one in parts])
    line = np.concatenate([one.times.line for _, one in parts])
    values = np.concatenate([one.values for _, one in parts])
    part = np.concatenate([np.full(len(one.times), k) for k, (_, one) in enumerate(parts)])
    order = np.argsort(start, kind="stable")
    start, period, line, values, part = (column[order] for column in (start, period, line, values, part))
    same = np.flatnonzero(np.diff(start) == 0)
    keep = np.ones(start.size, dtype=bool)
    for row in same.tolist():
        one, other = values[row], values[row + 1]
        if period[row] == period[row + 1] and (one == other or np.isnan(one) or np.isnan(other)):
            keep[row + 1 if np.isnan(other) else row] = False
            continue
        files = [parts[int(part[k])][0].source.file for k in (row, row + 1)]
        stamp = RowTimes(start[[row]], period[[row]], line[[row]], first.times.zone).index[0]
        raise UsageError(
            f"{first.name} at {stamp:%Y-%m-%d %H:%M%z} is {one:g} in {files[0]} (line {line[row]}) and {other:g} in "
            f"{files[1]} (line {line[row + 1]}); give the files apart"
        )
    times = RowTimes(start[keep], period[keep], line[keep], first.times.zone)
    if (times.end_us[:-1] > times.start_us[1:]).any():
        late = int(np.argmax(times.end_us[:-1] > times.start_us[1:])) + 1
        stamp = times.index[late]
        raise UsageError(f"{first.name} has periods of two lengths at {stamp:%Y-%m-%d %H:%M%z}; give the files apart")
    return replace(first, times=times, values=values[keep])


def resolution_line(series: Sequence[MarketSeries]) -> str | None:
    """One line where series have periods of different lengths; ``None`` where all are alike."""
    by_words: dict[str, list[str]] = {}
    for one in series:
        by_words.setdefault(one.resolution_words, []).append(one.name)
    lengths = {span for one in series for span, _, _ in one.times.resolutions}
    if len(lengths) < 2:
        return None
    parts = " against ".join(f"{words} ({names_in_words(names, 2)})" for words, names in by_words.items())
    shortest, longest = length_words(min(lengths)), length_words(max(lengths))
    short = shortest.replace(" ", "")
    return (
        f"Periods differ: {parts}. With --period {short} a price or power of {longest} holds in each {shortest} and "
        "energy is shared; with --period 1h means are taken and energies added."
    )
