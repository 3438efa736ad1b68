"""Series of a new site that no process draws."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mes_stoch.schema.units import in_currency
from mes_stoch.starting.choices import Choices
from mes_stoch.starting.compose import local_day, periods_of


def series_csv(choices: Choices) -> str:
    """A column for each series of the kind of site, by the hour of the local clock; times carry their offset."""
    shapes = choices.site.series
    names = [in_currency(name, choices.country.currency) for name in shapes]
    lines = [",".join(["time", *names])]
    zone = ZoneInfo(choices.country.timezone)
    first, step = local_day(choices)[0].astimezone(UTC), timedelta(hours=choices.country.period_h)
    for period in range(periods_of(choices)):
        moment: datetime = (first + period * step).astimezone(zone)
        values = [f"{shape.hours[moment.hour]:g}" for shape in shapes.values()]
        lines.append(",".join([moment.isoformat(timespec="minutes"), *values]))
    return "\n".join(lines) + "\n"
