"""Series in periods of one length: prices and powers are held or averaged, energies shared or added.

**Equations.** With the share :math:`w_{ij}` of the length of period *i* of a series that lies in period *j*, and
lengths :math:`d`, a price or power is :math:`\\bar x_j = \\sum_i w_{ij} d_i x_i / \\sum_i w_{ij} d_i` and an energy
:math:`e_j = \\sum_i w_{ij} e_i`: an hour's price holds in each of its quarter-hours, four quarter-hours' prices have
their mean in the hour, an hour's energy is shared equally, and those of quarter-hours are added.

Periods begin at full hours of the local clock. Where a part of a period has no number, neither has the period, unless
``how="mean"``: then a price or power is the mean of what is known. Nothing is interpolated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from mes_stoch.io.market_files.market_series import Floats, MarketSeries
from mes_stoch.io.market_files.row_times import HOUR_US, MINUTE_US
from mes_stoch.io.market_files.stamps import Integers
from mes_stoch.schema.errors import UsageError

#: Lengths that divide an hour, in whole minutes.
MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
_WORDS = re.compile(r"(?P<number>\d+)\s*(?P<unit>min|h)?")


def period_minutes(period: str | int) -> int:
    """Minutes of a period: ``15``, ``"15min"`` or ``"1h"``.

    >>> period_minutes("1h"), period_minutes("15min"), period_minutes(5)
    (60, 15, 5)

    Raises
    ------
    UsageError
        A length that does not divide an hour.
    """
    found = _WORDS.fullmatch(str(period).strip())
    minutes = 0 if found is None else int(found["number"]) * (60 if found["unit"] == "h" else 1)
    if minutes not in MINUTES:
        allowed = ", ".join(f"{length}min" for length in MINUTES[:-1])
        raise UsageError(f"a period of {period!r}; expected {allowed} or 1h")
    return minutes


def align(
    series: Sequence[MarketSeries], period: str | int, how: Literal["mean", "complete"] = "complete"
) -> pd.DataFrame:
    """Series by local start of period, all periods of one length, without gaps in the index.

    Parameters
    ----------
    period : str or int
        ``"15min"``, ``"1h"``, or minutes: any of :data:`MINUTES`.
    how : {"complete", "mean"}
        Whether a period needs numbers for all its time.

    Raises
    ------
    UsageError
    """
    if how not in ("complete", "mean"):
        raise UsageError(f"how is 'complete' or 'mean', not {how!r}")
    length = period_minutes(period) * MINUTE_US
    first = min(int(one.times.start_us[0]) for one in series)
    last = max(int(one.times.end_us[-1]) for one in series)
    # the local clock's hours, which are not those of UTC in every zone
    offset = series[0].times.index[0].utcoffset()
    shift = 0 if offset is None else round(offset.total_seconds() * 1e6) % HOUR_US
    begin = (first + shift) // length * length - shift
    edges = np.arange(begin, last + length, length, dtype=np.int64)
    edges = edges if edges[-1] >= last else np.append(edges, edges[-1] + length)
    columns = {one.name: _on(one, edges, how) for one in series}
    index = pd.DatetimeIndex(edges[:-1].view("datetime64[us]"), name="time").tz_localize("UTC")
    return pd.DataFrame(columns, index=index.tz_convert(series[0].times.zone))


def _on(one: MarketSeries, edges: Integers, how: Literal["mean", "complete"]) -> Floats:
    """Values in the periods between edges, by sums up to each edge."""
    known = np.isfinite(one.values)
    start, end = one.times.start_us, one.times.end_us
    span = (end - start).astype(np.float64)
    per_us = np.where(known, one.values / span if one.is_energy else one.values, 0.0)
    total = integral_between(start, end, per_us, edges)
    covered = integral_between(start, end, known.astype(np.float64), edges)
    length = float(edges[1] - edges[0])
    is_whole = covered > length * (1 - 1e-9)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = total if one.is_energy else total / covered
    enough = is_whole if how == "complete" or one.is_energy else covered > 0
    return np.where(enough, value, np.nan)


def integral_between(start: Integers, end: Integers, density: Floats, edges: Integers) -> Floats:
    """Integral of a step function that is 0 outside its steps, between neighbouring edges.

    Parameters
    ----------
    start, end : array of int, shape (steps,)
        One after the other, gaps allowed.
    density : array, shape (steps,)
    edges : array of int, shape (..., edges)

    Returns
    -------
    array, shape (..., edges - 1)
        In the unit of the density times that of time.
    """
    lengths = (end - start).astype(np.float64)
    sums = np.concatenate([[0.0], np.cumsum(density * lengths)])
    row = np.searchsorted(start, edges, side="right") - 1
    inside = np.maximum(row, 0)
    part = np.minimum(edges - start[inside], lengths[inside])
    up_to = sums[inside] + density[inside] * part
    up_to = np.where(row < 0, 0.0, up_to)
    return np.asarray(np.diff(up_to))
