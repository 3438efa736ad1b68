"""Gate closures as moments in time.

A gate is written relative to delivery: ``Y-1 00:00``, ``Q-1 00:00`` and ``M-1 00:00`` count from the first day of the
year, quarter or month that comes so many before that of delivery, ``D-1 08:00`` from the day of delivery, ``H-60min``
from the start of the period itself. All in local clock time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mes_stoch.schema.product import Stage

#: Stages in the order in which they are decided.
STAGES: tuple[Stage, ...] = ("commit", "day_ahead", "realtime")


@dataclass(frozen=True)
class MarketGate:
    """When a market closes: ``before`` units (``Y``, ``Q``, ``M``, ``D``) at a clock time, or minutes (``H``) ahead."""

    unit: str
    before: int
    clock: pd.Timedelta

    def closing(self, time: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Local clock time at which trade closes in each period that starts at ``time``, without zone."""
        local = time.tz_localize(None)
        if self.unit == "H":
            return local - pd.Timedelta(self.before, unit="min")
        day = local.normalize()
        if self.unit == "D":
            day = day - pd.Timedelta(self.before, unit="D")
        else:
            day = (local.to_period(self.unit) - self.before).to_timestamp()
        return pd.DatetimeIndex(day + self.clock)


def parse_gate(text: str) -> MarketGate:
    """A gate as the schema lets it be written.

    >>> parse_gate("D-1 08:30").before, parse_gate("H-5min").unit
    (1, 'H')
    """
    if text.startswith("H"):
        return MarketGate("H", int(text.removeprefix("H-").removesuffix("min")), pd.Timedelta(0))
    date, clock = text.split(" ")
    unit, _, before = date.partition("-")
    return MarketGate(unit, int(before or 0), pd.Timedelta(f"{clock}:00"))


def closing_times(gate: str, time: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Local clock time at which a gate closes for each period that starts at ``time``, without zone."""
    return parse_gate(gate).closing(time)


def closes_before(first: str, second: str, time: pd.DatetimeIndex) -> bool:
    """Whether the first gate closes before the second, whichever period is delivered.

    Gates that come in one order for some periods of the day and in the other for others have no order: ``D 10:00`` and
    ``H-5min``.
    """
    one, other = closing_times(first, time), closing_times(second, time)
    return bool(np.all(one <= other) and np.any(one < other))
