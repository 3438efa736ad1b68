"""Calls of the past: power that was activated as shares, and its runs as calls with a length and a share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.hour_classes import follows
from mes_stoch.uncertainty.process import Series


class PastCall(NamedTuple):
    """One run of called periods: its first period, its length, and its mean called share."""

    first: int
    length_h: float
    share: float


def shares(history: History, name: str, offered: float | str | None) -> Series:
    """A past series of activated power as shares of what was offered, in [0, 1]; not a number in gaps.

    Parameters
    ----------
    offered : float or str, optional
        A number or a past series; ``None``: the most ever activated.
    """
    activated = history.values(name)
    finite = activated[np.isfinite(activated)]
    if finite.size == 0 or finite.max() <= 0.0 or finite.min() < 0.0:
        raise UsageError(f"{name} is to hold activated power, which is never negative and not always zero")
    whole = history.values(offered) if isinstance(offered, str) else float(finite.max() if offered is None else offered)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.where(np.asarray(whole) > 0.0, activated / whole, np.nan)
    return np.clip(found, 0.0, 1.0)


def past_calls(shares: Series, called: NDArray[np.bool_], history: History) -> list[PastCall]:
    """Runs of called periods that begin and end within what is known.

    Parameters
    ----------
    shares : array, shape (periods,)
        Not a number where nothing is known.
    called : bool array, shape (periods,)
    """
    known, is_next = np.isfinite(shares), follows(history.time, history.period_h)
    found: list[PastCall] = []
    first: int | None = None
    for period in range(1, len(shares)):
        has_before = is_next[period] and known[period] and known[period - 1]
        if not has_before:
            first = None
        elif called[period] and not called[period - 1]:
            first = period
        elif first is not None and not called[period]:
            inside = shares[first:period]
            found.append(PastCall(first, (period - first) * history.period_h, float(inside.mean())))
            first = None
    return found
