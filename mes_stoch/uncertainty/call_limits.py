"""What a product says of its calls: how many, how long, how far apart, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.rules.calendar import obliged
from mes_stoch.rules.call_history import CallHistory
from mes_stoch.schema.flexibility import Flexibility

Mask = NDArray[np.bool_]
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class CallLimits:
    """What a product says of its calls; ``None`` and 0 are no limits.

    Parameters
    ----------
    calls_max_per_day : int, optional
        Calls that begin on a local day.
    call_hours_max_per_day : float, optional
        Hours called on a local day, h.
    calls_max : int, optional
        Calls over the horizon.
    call_minimum_h, call_maximum_h : float
        Length of a call, h.
    rest_minimum_h : float
        From the end of a call to the beginning of the next, h.
    open : bool array, shape (periods,), optional
        Periods in which a call may run; ``None``: all.
    before : CallHistory, optional
        Calls before the first period, which count; ``None``: nothing is known of them.
    """

    calls_max_per_day: int | None = None
    call_hours_max_per_day: float | None = None
    calls_max: int | None = None
    call_minimum_h: float = 0.0
    call_maximum_h: float | None = None
    rest_minimum_h: float = 0.0
    open: Mask | None = None
    before: CallHistory | None = None

    @property
    def is_none(self) -> bool:
        """Whether every series of calls is allowed."""
        return self.open is None and self == CallLimits()

    def and_also(self, other: CallLimits) -> CallLimits:
        """Limits of calls that have to satisfy both, as where two products read one series.

        The calls before the horizon are one history, which either may know.
        """
        both_open = [mask for mask in (self.open, other.open) if mask is not None]
        return CallLimits(
            _smaller(self.calls_max_per_day, other.calls_max_per_day),
            _smaller(self.call_hours_max_per_day, other.call_hours_max_per_day),
            _smaller(self.calls_max, other.calls_max),
            max(self.call_minimum_h, other.call_minimum_h),
            _smaller(self.call_maximum_h, other.call_maximum_h),
            max(self.rest_minimum_h, other.rest_minimum_h),
            np.logical_and.reduce(both_open) if both_open else None,
            self.before or other.before,
        )


def _smaller(one: Number | None, other: Number | None) -> Number | None:
    given = [number for number in (one, other) if number is not None]
    return min(given) if given else None


def limits_of(product: Flexibility, time: pd.DatetimeIndex, before: CallHistory | None = None) -> CallLimits:
    """Limits of a product's calls over periods that start at ``time`` (local), and what they count from before.

    Its window counts as far as it is the same in all scenarios; a series of it is checked scenario by scenario.
    """
    inside = obliged(product, time)
    if not isinstance(product.window_per_unit, str) and product.window_per_unit <= 0:
        inside = np.zeros(len(time), dtype=bool)
    return CallLimits(
        product.calls_max_per_day,
        product.call_hours_max_per_day,
        product.calls_max,
        product.call_minimum_h,
        product.call_maximum_h,
        product.rest_minimum_h,
        None if inside.all() else inside,
        before,
    )
