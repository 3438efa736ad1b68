"""Whole days of real series, under the names that an instance uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import pandas as pd

from mes_stoch.io.market_data.pairing import has_24_hours, local_dates, step_h, whole_days
from mes_stoch.io.market_data.source import DataSource
from mes_stoch.schema.errors import UsageError


@dataclass(frozen=True)
class RealDays:
    """Series of one area over a span of days, with where they come from.

    Parameters
    ----------
    name : str
        Of the area and the year.
    values : DataFrame
        By the start of each period in local time with its zone, equally spaced; a column a series, named with its unit
        as in an instance. Not a number where nothing is known.
    sources : sequence of DataSource
    notes : sequence of str
        What was assumed, in words.
    pairing : DataFrame, optional
        By day: the dates from which series were taken that not every day has of itself. Without rows where all series
        are of the day.
    """

    name: str
    values: pd.DataFrame
    sources: Sequence[DataSource] = ()
    notes: Sequence[str] = ()
    pairing: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        index = self.values.index
        if not isinstance(index, pd.DatetimeIndex) or index.tz is None or not len(index):
            raise UsageError(f"real series are indexed by local time with its zone; those of {self.name} are not")
        if index.has_duplicates or not index.is_monotonic_increasing:
            raise UsageError(f"real series have every period once, in order; those of {self.name} do not")

    @property
    def period_h(self) -> float:
        """Length of a period, h."""
        return step_h(self.values)

    @cached_property
    def complete(self) -> tuple[date, ...]:
        """Days of 24 hours without a gap in any series, in order."""
        return tuple(sorted(whole_days(self.values)))

    @cached_property
    def left_out(self) -> dict[date, str]:
        """Days between the first and the last one that cannot be taken, and why."""
        dates = local_dates(self.values)
        known, span = set(self.complete), (dates[-1] - dates[0]).days
        gaps = self.values.isna().groupby(dates).any()
        found = {}
        for day in (dates[0] + timedelta(number) for number in range(span + 1)):
            if day in known:
                continue
            # files without offsets have a gap as well where the clock changes
            columns = _with_gap(gaps, day) if has_24_hours(day) else []
            found[day] = f"a gap in {', '.join(columns)}" if columns else "the clock changes, or the day is cut short"
        return found

    def of(self, day: date, period_h: float) -> pd.DataFrame:
        """All series on one day, held constant from their own period down to the instance's.

        Returns
        -------
        DataFrame
            A row a period of the day, numbered from 0.

        Raises
        ------
        UsageError
            A day that is not complete, or periods that are no multiple of the instance's.
        """
        if day not in self._complete:
            raise UsageError(
                f"{self.name} has no complete day {day}: {self.left_out.get(day, 'it is outside the data')}"
            )
        repeat = self.period_h / period_h
        if repeat < 1 or abs(repeat - round(repeat)) > 1e-9:
            raise UsageError(
                f"{self.name} has periods of {self.period_h:g} h, which cannot be cut into those of {period_h:g} h "
                "that the instance has"
            )
        rows = self.values.iloc[self._rows[day]]
        return rows.loc[rows.index.repeat(round(repeat))].reset_index(drop=True)

    @cached_property
    def _complete(self) -> frozenset[date]:
        return frozenset(self.complete)

    @cached_property
    def _rows(self) -> dict[date, slice]:
        dates = pd.Series(local_dates(self.values))
        places = {day: group.index for day, group in dates.groupby(dates)}
        return {day: slice(int(rows[0]), int(rows[-1]) + 1) for day, rows in places.items()}


def _with_gap(gaps: pd.DataFrame, day: date) -> list[str]:
    """Series that have a gap on a day."""
    if day not in gaps.index:
        return ["every series"]
    return [str(name) for name in gaps.columns if bool(gaps[name][day])]
