"""Invented past series and contexts that tests of fitted processes share."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.process import DrawContext

ZONE = "Europe/Paris"
PRICE = "da_price_eur_per_mwh"


def context(start: str, periods: int, period_h: float = 1.0) -> DrawContext:
    """Equal periods from a local time."""
    time = pd.date_range(pd.Timestamp(start, tz=ZONE), periods=periods, freq=pd.Timedelta(hours=period_h))
    return DrawContext(time, period_h)


def numbered_days(first: str, days: int) -> History:
    """Hourly price of ``100 day + hour``, numbered from the first day."""
    time = pd.date_range(first, periods=days * 24, freq="h", tz=ZONE, name="time")
    values = np.repeat(np.arange(days) * 100.0, 24) + np.tile(np.arange(24.0), days)
    return History(pd.DataFrame({PRICE: values}, index=time), "FR", ("invented",))
