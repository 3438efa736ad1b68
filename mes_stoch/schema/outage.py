"""Outages and maintenance of a unit, of which a share that is available is drawn."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from mes_stoch.schema.base import LOCAL_TIME, Model, Positive

#: What can be counted in ns whatever the timezone.
_YEARS = range(1900, 2200)


def _local_time(text: str) -> str:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        raise ValueError("a local time of the horizon's timezone, without an offset")
    if moment.year not in _YEARS:
        raise ValueError(f"a year between {_YEARS.start} and {_YEARS.stop - 1}")
    return text


#: ``2025-12-25T06:00``; text, since the format keeps times as they are written.
LocalTimeText = Annotated[str, Field(pattern=LOCAL_TIME), AfterValidator(_local_time)]
Share = Annotated[float, Field(ge=0, le=1)]


class MaintenanceWindow(Model):
    """A planned outage, in local time."""

    start: LocalTimeText = Field(description="First moment, e.g. 2025-11-20T06:00.")
    end: LocalTimeText = Field(description="First moment after it, e.g. 2025-11-21T18:00.")

    @model_validator(mode="after")
    def _in_order(self) -> MaintenanceWindow:
        if self.end <= self.start:
            raise ValueError("maintenance ends after it starts")
        return self


class Outages(Model):
    """Random outages of a unit, and planned ones; they act on the component whose availability names the series."""

    mean_time_to_failure_h: Positive | None = Field(
        default=None, description="Mean time in service until it fails; null: it does not fail by itself."
    )
    mean_time_to_repair_h: Positive = Field(default=24.0, description="Mean length of such an outage.")
    available_in_outage_per_unit: Share = Field(
        default=0.0, description="Share that stays available in an outage; above 0 for a derating."
    )
    in_service_at_start: bool | None = Field(
        default=None, description="State in the first period; null: as likely as in the long run."
    )
    maintenance: list[MaintenanceWindow] = Field(
        default_factory=list, description="Planned outages, in which nothing is available."
    )
