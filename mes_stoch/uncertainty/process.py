"""What a scenario process is: a small protocol, the context it draws in, and the helpers that processes share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import ClassVar, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.time_axis import blocks, grid_times
from mes_stoch.schema.base import Model
from mes_stoch.schema.instance import Horizon
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.call_tilt import CallTilt

Series = NDArray[np.float64]
Drawn = dict[str, Series]


@dataclass(frozen=True)
class DrawContext:
    """The periods a scenario is drawn for, all of one length.

    Where the first period of a horizon has begun, a process draws for the whole of it: what is drawn is that of the
    horizon that began with the period, whatever the minute.

    Parameters
    ----------
    time : pandas.DatetimeIndex
        Start of each period, local time with zone.
    period_h : float
        Length of a period, h.
    call_limits : mapping, optional
        By series of called shares: the limits of the products that read it. A process draws allowed calls only.
    given : mapping, optional
        Series of the instance common to all scenarios, such as a forecast, each of shape (periods,).
    tilt : CallTilt, optional
        Calls that are drawn likelier than they are, and the record of what that does to a leaf's likelihood.
    begun_h : float
        What is over of the first period when the horizon starts, h.
    """

    time: pd.DatetimeIndex
    period_h: float
    call_limits: Mapping[str, CallLimits] = field(default_factory=dict)
    given: Mapping[str, Series] = field(default_factory=dict)
    tilt: CallTilt | None = None
    begun_h: float = 0.0

    @classmethod
    def of(
        cls,
        horizon: Horizon,
        time: pd.DatetimeIndex,
        call_limits: Mapping[str, CallLimits] | None = None,
        given: Mapping[str, Series] | None = None,
        tilt: CallTilt | None = None,
    ) -> DrawContext:
        """The periods of a horizon."""
        whole = grid_times(time, horizon.begun_h)
        return cls(whole, float(horizon.period_h), call_limits or {}, given or {}, tilt, horizon.begun_h)

    @property
    def periods(self) -> int:
        return len(self.time)

    @cached_property
    def local_hour(self) -> Series:
        """Local clock hour at the middle of each period, in [0, 24)."""
        clock = self.time.hour + self.time.minute / 60.0 + self.time.second / 3600.0
        return np.mod(np.asarray(clock, dtype=float) + self.period_h / 2.0, 24.0)

    @cached_property
    def day_of_period(self) -> NDArray[np.intp]:
        """Number of the local calendar day each period belongs to, from 0."""
        return np.asarray(pd.factorize(self.time.date)[0], dtype=np.intp)

    @property
    def days(self) -> int:
        return int(self.day_of_period[-1]) + 1

    @cached_property
    def is_weekend(self) -> NDArray[np.bool_]:
        return np.asarray(self.time.day_of_week >= 5)

    def block_of_period(self, block_h: float) -> NDArray[np.intp]:
        """Number of the block of local clock hours each period belongs to, from 0."""
        if block_h not in self._block_numbers:
            number = np.empty(self.periods, dtype=np.intp)
            for block, periods in enumerate(blocks(self.time, self.period_h, block_h)):
                number[periods] = block
            self._block_numbers[block_h] = number
        return self._block_numbers[block_h]

    @cached_property
    def _block_numbers(self) -> dict[float, NDArray[np.intp]]:
        """What every node asks for again."""
        return {}

    def autocorrelation(self, per_quarter_hour: float) -> float:
        """Lag-1 autocorrelation at this period length of an AR(1) known by its value at a quarter-hour."""
        return float(per_quarter_hour ** (self.period_h / 0.25))


class ScenarioProcess(Protocol):
    """Draws the data of tree nodes. A process is a class with a ``Parameters`` model and these methods.

    ``draw_day_ahead`` gives what is known when the day-ahead market clears; ``draw_realtime`` what a leaf below that
    node adds. Together they deliver exactly ``series_names()``.

    Names of money carry ``eur``, as everywhere inside, whatever the currency; an instance names them with its own. A
    process whose prices are those of one currency says so in a class attribute ``currency`` (``"AUD"``), and no
    instance in another currency can draw from it.
    """

    Parameters: ClassVar[type[Model]]

    def __init__(self, parameters: Model) -> None: ...

    def series_names(self) -> tuple[str, ...]: ...

    def draw_day_ahead(self, generator: np.random.Generator, context: DrawContext) -> Drawn: ...

    def draw_realtime(
        self, generator: np.random.Generator, context: DrawContext, day_ahead: Mapping[str, Series]
    ) -> Drawn: ...


def autoregressive(innovations: Series, autocorrelation: float) -> Series:
    """Stationary AR(1) of unit variance from standard normal innovations.

    ``x[0] = e[0]``, ``x[t] = rho x[t-1] + sqrt(1 - rho^2) e[t]``.
    """
    if innovations.size == 0:
        return innovations
    driven = np.sqrt(1.0 - autocorrelation**2) * innovations
    driven[0] = innovations[0]
    # a filter of scipy.signal gives the same bits, and takes longer to import than a small instance to solve
    steps = accumulate(driven.tolist(), lambda before, step: step + autocorrelation * before)
    return np.fromiter(steps, dtype=float, count=driven.size)


def correlated(common: Series, own: Series, correlation: float) -> Series:
    """Standard normal innovations that share ``correlation`` with ``common``."""
    return np.asarray(correlation * common + np.sqrt(1.0 - correlation**2) * own, dtype=float)


def daily_shape(hourly: Series, local_hour: Series) -> Series:
    """A shape given at the 24 hours (value at half past), interpolated linearly around the clock."""
    centres = np.arange(24) + 0.5
    return np.asarray(np.interp(local_hour, centres, hourly, period=24.0), dtype=float)
