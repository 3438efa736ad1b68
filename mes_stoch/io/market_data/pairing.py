"""Whole days of donor years, paired by season and class of day.

No year has every series. Series that overlap in the same year form a **group** and are taken from the same date; the
groups of one scenario come from different years, but from days of the same season and class. What is lost is the
dependence between groups; what stays is that within them, and the whole course of every day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from mes_stoch.io.market_data.calendar import DayType, Season, common_day_type, season
from mes_stoch.io.market_data.source import ZONE, DataSource
from mes_stoch.schema.errors import UsageError

DayClass = tuple[Season, DayType]


@dataclass(frozen=True)
class DonorGroup:
    """Series that are taken from the same date.

    Parameters
    ----------
    name : str
        Column of the pairing table.
    frames : sequence of pandas.DataFrame
        Tidy frames, each of its own period length.
    countries : sequence of str
        Whose public holidays decide the class of a day; a day they disagree on is left out.
    sources : sequence of DataSource
    """

    name: str
    frames: Sequence[pd.DataFrame]
    countries: Sequence[str]
    sources: Sequence[DataSource]


def step_h(frame: pd.DataFrame) -> float:
    """Period length of a frame: its most frequent step, h."""
    steps = pd.Series(frame.index[1:] - frame.index[:-1])
    return float(steps.mode().iloc[0] / pd.Timedelta(1, unit="h"))


def whole_days(frame: pd.DataFrame) -> set[date]:
    """Dates on which a frame has every period of 24 hours once, and no gap in any column."""
    clean = frame.dropna()
    clean = clean[~clean.index.duplicated(keep=False)]
    expected = round(24.0 / step_h(frame))
    counts = Counter(local_dates(clean))
    return {day for day, count in counts.items() if count == expected and has_24_hours(day)}


def local_dates(frame: pd.DataFrame) -> list[date]:
    """Local calendar day of every row."""
    return list(pd.DatetimeIndex(frame.index).date)


def has_24_hours(day: date) -> bool:
    """Whether the clock does not change on a day.

    >>> has_24_hours(date(2019, 3, 30)), has_24_hours(date(2019, 3, 31))
    (True, False)
    """
    start = pd.Timestamp(day)
    end = start + pd.Timedelta(1, unit="D")
    return bool(end.tz_localize(ZONE) - start.tz_localize(ZONE) == pd.Timedelta(24, unit="h"))


def candidate_days(group: DonorGroup) -> dict[DayClass, list[date]]:
    """Complete days of a group by class, in order."""
    common = set.intersection(*(whole_days(frame) for frame in group.frames))
    found: dict[DayClass, list[date]] = {}
    for day in sorted(common):
        kind = common_day_type(day, group.countries)
        if kind is not None:
            found.setdefault((season(day), kind), []).append(day)
    return found


def pair_days(
    groups: Sequence[DonorGroup],
    count: int,
    seed: int,
    seasons: Sequence[Season],
    day_types: Sequence[DayType],
) -> pd.DataFrame:
    """The pairing table: one row a scenario, one column of dates a group.

    The first group sets the class of each scenario, so that classes come as often as in its calendar. Within a class
    each group's days are shuffled, and none is used again before all have been; the first rows do not depend on how
    many are asked for.

    Raises
    ------
    UsageError
        Where a class has no complete day in some group.
    """
    if count < 1:
        raise UsageError(f"the number of days must be at least 1, not {count}")
    pools = [candidate_days(group) for group in groups]
    wanted = [(s, d) for s in seasons for d in day_types if (s, d) in pools[0]]
    if not wanted:
        raise UsageError(f"{groups[0].name} has no complete day of {', '.join(seasons)}, {', '.join(day_types)}")
    for group, pool in zip(groups, pools, strict=True):
        for kind in wanted:
            if kind not in pool:
                raise UsageError(f"{group.name} has no complete day of {kind[0]}, {kind[1]} to pair with")
    generators = np.random.default_rng(seed).spawn(len(groups))
    lead = [(kind, day) for kind in wanted for day in pools[0][kind]]
    order = _endless(len(lead), count, generators[0])
    chosen = [lead[index] for index in order]
    rows: dict[str, list[object]] = {
        "scenario": [f"day{number:04d}" for number in range(count)],
        "season": [kind[0] for kind, _ in chosen],
        "day_type": [kind[1] for kind, _ in chosen],
        groups[0].name: [day for _, day in chosen],
    }
    for group, pool, generator in zip(groups[1:], pools[1:], generators[1:], strict=True):
        # One generator a class, spawned for all in a fixed order, whichever of them occur.
        by_class = dict(zip(wanted, generator.spawn(len(wanted)), strict=True))
        queues = {kind: iter(_endless(len(pool[kind]), count, by_class[kind])) for kind in wanted}
        rows[group.name] = [pool[kind][next(queues[kind])] for kind, _ in chosen]
    return pd.DataFrame(rows)


def _endless(size: int, count: int, generator: np.random.Generator) -> list[int]:
    """``count`` numbers below ``size``: shuffled decks one after the other."""
    drawn: list[int] = []
    while len(drawn) < count:
        drawn.extend(int(index) for index in generator.permutation(size))
    return drawn[:count]


def day_values(group: DonorGroup, day: date, periods_per_hour: int) -> pd.DataFrame:
    """All series of a group on one day, held constant from their own period down to the instance's.

    Columns as in the frames; index is the number of the period of the day.

    Raises
    ------
    UsageError
        If the periods of a frame are no multiple of the instance's.
    """
    parts = []
    for frame in group.frames:
        rows = frame.loc[[stamp == day for stamp in local_dates(frame)]]
        repeat = step_h(frame) * periods_per_hour
        if abs(repeat - round(repeat)) > 1e-9 or repeat < 1:
            raise UsageError(f"{group.name}: {step_h(frame):g} h cannot be cut into {periods_per_hour} periods an hour")
        parts.append(rows.loc[rows.index.repeat(round(repeat))].reset_index(drop=True))
    return pd.concat(parts, axis=1)
