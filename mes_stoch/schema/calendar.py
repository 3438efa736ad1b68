"""Windows of a contract: the months, days and hours in which it obliges."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mes_stoch.schema.base import CLOCK_TIME, DATE, Model

Month = Annotated[int, Field(ge=1, le=12)]
Days = Literal["all", "working_days", "weekends"]
ClockTime = Annotated[str, Field(pattern=CLOCK_TIME)]


def _calendar_day(text: str) -> str:
    date.fromisoformat(text)
    return text


#: ``2025-12-25``; text, since the format keeps dates as they are written.
DateText = Annotated[str, Field(pattern=DATE), AfterValidator(_calendar_day)]


class CalendarWindow(Model):
    """Hours of local clock time on some days of some months; a contract's calendar is the union of its windows.

    Public holidays are listed in the contract, since they differ by region and year.
    """

    months: list[Month] = Field(
        default_factory=lambda: list(range(1, 13)), description="Months in which it obliges, 1 to 12; default: all."
    )
    days: Days = Field(default="all", description="Working days are Monday to Friday but for the contract's holidays.")
    time_from: ClockTime = Field(
        default="00:00", description="Beginning of the hours of obligation, by the local clock, e.g. 17:00."
    )
    time_to: ClockTime = Field(
        default="24:00", description="End of these hours; before time_from the window goes over midnight."
    )
