"""A series of a market file: numbers by period, with unit, area and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_files.row_times import RowTimes, length_words

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class MarketSeries:
    """One column.

    Parameters
    ----------
    name : str
        Ends in the unit, as a series of an instance does.
    unit : str
        End of the name.
    area : str
        Bidding zone, control area or region, as the publisher writes it; empty where the file does not say.
    times : RowTimes
    values : numpy.ndarray of float
        Not a number where the file has none.
    source_name : str
        The column in the file.
    is_energy : bool
        Whether numbers are of a whole period (MWh): two quarter-hours are added, where of a price or a power the mean
        is taken.
    """

    name: str
    unit: str
    area: str
    times: RowTimes
    values: Floats
    source_name: str
    is_energy: bool = False

    @property
    def data(self) -> pd.Series[float]:
        """Values by local start of period."""
        return pd.Series(self.values, index=self.times.index, name=self.name)

    @property
    def resolution_words(self) -> str:
        return ", then ".join(length_words(span) for span, _, _ in self.times.resolutions)


def names_in_words(names: Sequence[str], most: int = 3) -> str:
    """Names of series, the first ones, in a sentence."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
