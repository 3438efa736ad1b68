"""Steps of a hub: the periods of the horizon, cut at the same moments within each where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mes_stoch.components.shared.hub_context import Columns, Values
from mes_stoch.rules.time_axis import grid_times

_TOLERANCE_H = 1e-9


@dataclass(frozen=True)
class Steps:
    """Time of a hub.

    Parameters
    ----------
    period_of_step : int array, shape (steps,)
    hours : array, shape (steps,)
        Length of each step, h.
    start : pandas.DatetimeIndex
        Start of each step, local.
    """

    period_of_step: Columns
    hours: Values
    start: pd.DatetimeIndex

    def __len__(self) -> int:
        return len(self.hours)

    def first_of(self, period: int) -> int:
        """First step of a period; the number of steps for the end of the horizon."""
        return int(np.searchsorted(self.period_of_step, period))


def make_steps(time: pd.DatetimeIndex, period_h: float, cuts_h: Sequence[float] = (), begun_h: float = 0.0) -> Steps:
    """Periods, each cut at so many hours after its start.

    Of the first period ``begun_h`` may be over when the horizon starts; its cuts are counted from when it began.

    Parameters
    ----------
    time : pandas.DatetimeIndex
        Start of each period, local.
    period_h : float
    cuts_h : sequence of float
        Moments within a period; those at its ends are no cuts.

    >>> day = pd.date_range("2025-01-15", periods=2, freq="h", tz="Europe/Paris")
    >>> make_steps(day, 1.0, [0.25]).hours
    array([0.25, 0.75, 0.25, 0.75])
    """
    inner = sorted({round(cut, 9) for cut in cuts_h if _TOLERANCE_H < cut < period_h - _TOLERANCE_H})
    edges = np.array([0.0, *inner, period_h])
    starts = grid_times(time, begun_h).repeat(len(edges) - 1) + pd.to_timedelta(
        np.tile(edges[:-1], len(time)), unit="h"
    )
    period_of_step = np.repeat(np.arange(len(time)), len(edges) - 1)
    hours = np.tile(np.diff(edges), len(time))
    if begun_h == 0:
        return Steps(period_of_step, hours, pd.DatetimeIndex(starts))
    passed = int(np.searchsorted(edges, begun_h + _TOLERANCE_H, side="right")) - 1
    # what lies before the start of the horizon is left out
    starts, hours = pd.DatetimeIndex(starts[passed + 1 :].insert(0, time[0])), hours[passed:]
    hours[0] = edges[passed + 1] - begun_h
    return Steps(period_of_step[passed:], hours, starts)
