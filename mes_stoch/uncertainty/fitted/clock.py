"""Where a period stands in its day, its week and its year: the classes that parts of a process are fitted by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_data.calendar import DAY_TYPES, SEASONS, day_type, season

Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Clock:
    """Classes of periods.

    Parameters
    ----------
    slot : array
        Number of the period of its day by clock time, from 0: on a day of 23 hours one is left out, on one of 25 hours
        one comes twice.
    day_type : array
        0 working day, 1 Saturday, 2 Sunday or public holiday.
    season : array
        0 winter, 1 spring, 2 summer, 3 autumn.
    month : array
        0 January, ..., 11 December.
    year_phase : array
        Share of the year that has passed, in [0, 1).
    """

    slot: Numbers
    day_type: Numbers
    season: Numbers
    month: Numbers
    year_phase: NDArray[np.float64]

    def after(self, periods: int) -> Clock:
        """The same without the first periods."""
        return self._rows(slice(periods, None))

    def until(self, periods: int) -> Clock:
        """The first periods alone."""
        return self._rows(slice(periods))

    def _rows(self, rows: slice) -> Clock:
        return Clock(self.slot[rows], self.day_type[rows], self.season[rows], self.month[rows], self.year_phase[rows])


def clock_of(time: pd.DatetimeIndex, period_h: float, country: str) -> Clock:
    """Classes of the periods that begin at local times."""
    hours = np.asarray(time.hour + time.minute / 60.0, dtype=float)
    codes, days = pd.factorize(time.date)
    classes = np.array([_of_day(day.year, day.month, day.day, country) for day in days], dtype=np.intp)
    phase = (np.asarray(time.day_of_year, dtype=float) - 1.0 + hours / 24.0) / 366.0
    return Clock(
        slot=np.asarray(np.floor(hours / period_h + 1e-9), dtype=np.intp),
        day_type=classes[codes, 0],
        season=classes[codes, 1],
        month=np.asarray(time.month, dtype=np.intp) - 1,
        year_phase=phase,
    )


@lru_cache(maxsize=4096)
def _of_day(year: int, month: int, number: int, country: str) -> tuple[int, int]:
    day = pd.Timestamp(year, month, number).date()
    return DAY_TYPES.index(day_type(day, country)), SEASONS.index(season(day))


def regular(frame: pd.DataFrame, period_h: float) -> pd.DataFrame:
    """A frame with every period between its first and its last, not a number where there was none.

    Lags are steps of time: over a month kept back there is none.
    """
    zone = pd.DatetimeIndex(frame.index).tz
    return frame.tz_convert("UTC").asfreq(f"{round(period_h * 3600)}s").tz_convert(zone)
