"""Numbers far from the others of their hour of the day.

A number is an outlier if it is more than ``deviations`` times the scaled median absolute deviation (1.4826 MAD, the
standard deviation of a normal distribution) from the median of its local hour; the deviation of an hour is taken to
be at least a tenth of that of the whole series, so that hours that hardly change (PV at night) do not report every
watt. An outlier need not be a mistake: prices have spikes. It is told, never changed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.io.market_files.finding import Finding
from mes_stoch.io.market_files.market_series import Floats, MarketSeries

#: Scaled deviations beyond which a number is told.
DEVIATIONS = 10.0
_SCALE = 1.4826
_LEAST_NUMBERS = 24
_LEAST_SHARE = 0.1


def find_outliers(series: Sequence[MarketSeries], most: int = 5, deviations: float = DEVIATIONS) -> list[Finding]:
    """The farthest outliers of each series, at most ``most`` of them, farthest first."""
    found = []
    for one in series:
        distance = _distances(one)
        far = np.flatnonzero(distance > deviations)
        for row in far[np.argsort(-distance[far], kind="stable")][:most]:
            stamp = f"{one.times.index[row]:%Y-%m-%d %H:%M%z}"
            text = (
                f"{one.name} is {one.values[row]:g} at {stamp}, {distance[row]:.0f} deviations from its hour's median"
            )
            found.append(Finding("outlier", text, (int(one.times.line[row]),)))
    return found


def _distances(one: MarketSeries) -> Floats:
    """Scaled distance of each number from the median of its hour; 0 where there is too little to tell."""
    values = one.values
    known = np.isfinite(values)
    result = np.zeros(values.size)
    if known.sum() < _LEAST_NUMBERS:
        return result
    overall = _deviation(values[known])
    hours = np.asarray(one.times.index.hour)
    for hour in range(24):
        rows = known & (hours == hour)
        if not rows.any():
            continue
        scale = max(_deviation(values[rows]), _LEAST_SHARE * overall)
        if scale > 0:
            result[rows] = np.abs(values[rows] - np.median(values[rows])) / scale
    return result


def _deviation(values: Floats) -> float:
    return float(_SCALE * np.median(np.abs(values - np.median(values))))
