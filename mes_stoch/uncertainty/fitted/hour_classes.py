"""Classes of periods by the local clock and by the day, for parameters that differ between them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from mes_stoch.io.market_data.calendar import day_type, season
from mes_stoch.schema.base import Model
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History

DayMatch = Literal["season", "day_type"]


def _divides_a_day(hours: float) -> float:
    if abs(24.0 / hours - round(24.0 / hours)) > 1e-9:
        raise ValueError("a length that divides a day, such as 0.25, 1, 4 or 24 h")
    return hours


#: Hours of one class.
ClassHours = Annotated[float, Field(gt=0, le=24), AfterValidator(_divides_a_day)]


class PeriodClasses(Model):
    """Classes by the hour of the local day, and by the class of the day where that is asked for.

    Hours go by the clock on days of 23 or 25 hours too.
    """

    class_h: ClassHours = Field(description="Hours of one class.")
    match: list[DayMatch] = Field(description="What days of one class have in common.")
    country: str = Field(description="Whose public holidays decide the class of a day.")
    days: list[str] = Field(
        min_length=1, description="Classes of days that the past has; an empty name where there is one for all."
    )

    @classmethod
    def of(cls, history: History, class_h: float, match: Sequence[DayMatch]) -> Self:
        """Those that the past has."""
        names = {day_class(day, match, history.country) for day in set(history.time.date)}
        return cls(class_h=class_h, match=list(match), country=history.country, days=sorted(names))

    @property
    def hours(self) -> int:
        """Classes of hours."""
        return round(24.0 / self.class_h)

    @property
    def count(self) -> int:
        return self.hours * len(self.days)

    def hour(self, time: pd.DatetimeIndex) -> NDArray[np.intp]:
        """Class of the hour of each period, from 0, by its start."""
        clock = np.asarray(time.hour + time.minute / 60.0 + time.second / 3600.0, dtype=float)
        return class_of_clock(clock, self.class_h)

    def place(self, time: pd.DatetimeIndex) -> NDArray[np.intp]:
        """Class of each period, from 0.

        Raises
        ------
        UsageError
            A day of a class that the past does not have.
        """
        if not self.match:
            return self.hour(time)
        number, dates = pd.factorize(time.date)
        names = [day_class(day, self.match, self.country) for day in dates]
        if unseen := sorted(set(names) - set(self.days)):
            raise UsageError(f"the past has no day that is {unseen[0]}; it has {', '.join(self.days)}: match less")
        of_day = np.array([self.days.index(name) for name in names], dtype=np.intp)
        return np.asarray(of_day[number] * self.hours + self.hour(time))


def day_class(day: date, match: Sequence[DayMatch], country: str) -> str:
    """Class of a day in words; an empty one where all days are alike."""
    words: list[str] = []
    if "season" in match:
        words.append(season(day))
    if "day_type" in match:
        words.append(day_type(day, country))
    return " ".join(words)


def class_of_clock(clock_h: NDArray[np.float64], class_h: float) -> NDArray[np.intp]:
    """Class of local clock hours in [0, 24)."""
    return np.asarray(np.floor(clock_h / class_h + 1e-9), dtype=np.intp)


def follows(time: pd.DatetimeIndex, period_h: float) -> NDArray[np.bool_]:
    """Whether each period begins when the one before it ends; the first follows none."""
    starts = time.tz_convert("UTC").as_unit("ns").asi8
    steps = np.diff(starts) == round(period_h * 3600) * 1_000_000_000
    return np.concatenate([[False], steps])
