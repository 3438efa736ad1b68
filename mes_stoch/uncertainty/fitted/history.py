"""Past series that a process is fitted to: one frame over time, and its whole days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_data.pairing import has_24_hours, local_dates, step_h
from mes_stoch.schema.errors import UsageError

#: days, periods a day, series
DayArray = NDArray[np.float64]


@dataclass(frozen=True)
class History:
    """Series of the past under the names that an instance uses.

    Parameters
    ----------
    frame : DataFrame
        By the start of each period in local time with its zone, equally spaced and in order; a column a series, named
        with its unit. Not a number where nothing is known.
    country : str
        ISO 3166 code of the country whose public holidays decide the class of a day.
    sources : sequence of str
        Where the series come from, in words that a paper can cite.

    Raises
    ------
    UsageError
        A frame that is not indexed so.
    """

    frame: pd.DataFrame
    country: str
    sources: Sequence[str] = ()

    def __post_init__(self) -> None:
        index = self.frame.index
        if not isinstance(index, pd.DatetimeIndex) or index.tz is None or len(index) < 2:
            raise UsageError("past series are a frame indexed by local time with its zone, of at least two periods")
        if index.has_duplicates or not index.is_monotonic_increasing:
            raise UsageError("past series have every period once, in order")

    @property
    def time(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.frame.index)

    @property
    def period_h(self) -> float:
        """Length of a period, h."""
        return step_h(self.frame)

    @property
    def periods_per_day(self) -> int:
        return round(24.0 / self.period_h)

    def require(self, names: Sequence[str]) -> None:
        """Refuse names of series that are not there.

        Raises
        ------
        UsageError
        """
        missing = [name for name in names if name not in self.frame.columns]
        if missing:
            known = ", ".join(map(str, self.frame.columns))
            raise UsageError(f"the past series have no {', '.join(missing)}; they have {known}")

    def values(self, name: str) -> NDArray[np.float64]:
        """One series, shape (periods,), not a number in gaps."""
        self.require([name])
        return np.asarray(self.frame[name], dtype=float)

    def whole_days(self, names: Sequence[str]) -> tuple[tuple[date, ...], DayArray]:
        """Days of 24 hours on which every one of some series is known in every period.

        Returns
        -------
        dates : tuple of date
            In order.
        values : array, shape (days, periods_per_day, series)
        """
        self.require(names)
        values = np.asarray(self.frame[list(names)], dtype=float)
        found = [
            (day, rows)
            for day, rows in self._rows.items()
            if len(rows) == self.periods_per_day and np.isfinite(values[rows]).all()
        ]
        shape = (0, self.periods_per_day, len(names))
        return (
            tuple(day for day, _ in found),
            np.stack([values[rows] for _, rows in found]) if found else np.empty(shape),
        )

    def between(self, first: date, last: date) -> History:
        """The part from one day to another, both included."""
        dates = np.array(local_dates(self.frame))
        kept = (dates >= first) & (dates <= last)
        return History(self.frame.loc[kept], self.country, self.sources)

    def split(self, months_kept_back: Sequence[str]) -> tuple[History, History]:
        """What to fit to, and the months kept back, such as ``2019-11``.

        Raises
        ------
        UsageError
            Nothing is left on one of the sides, or a month is not in the history.
        """
        month = np.array([f"{day:%Y-%m}" for day in local_dates(self.frame)])
        if missing := sorted(set(months_kept_back) - set(month)):
            raise UsageError(f"the past series have no {', '.join(missing)}, which is to be kept back")
        back = np.isin(month, list(months_kept_back))
        if back.all() or not back.any():
            raise UsageError("keep back some months of the past series, not all and not none")
        return (
            History(self.frame.loc[~back], self.country, self.sources),
            History(self.frame.loc[back], self.country, self.sources),
        )

    @cached_property
    def _rows(self) -> dict[date, NDArray[np.intp]]:
        """Rows of each day of 24 hours whose periods follow each other without a step left out."""
        dates = np.array(local_dates(self.frame))
        edges = np.flatnonzero(dates[1:] != dates[:-1]) + 1
        parts = np.split(np.arange(len(dates)), edges) if len(dates) else []
        return {dates[part[0]]: part for part in parts if has_24_hours(dates[part[0]])}
