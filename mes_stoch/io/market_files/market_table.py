"""What a market file holds: series by the start of each period, with unit, area and lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.market_files.finding import Finding
from mes_stoch.io.market_files.row_times import RowTimes, length_words

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SourceFacts:
    """Where a table comes from.

    Parameters
    ----------
    rows : int
        Rows with data.
    first_line, last_line : int
        Lines of the first and last of them.
    encoding : str
    """

    file: str
    rows: int
    first_line: int
    last_line: int
    encoding: str


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


@dataclass(frozen=True)
class MarketTable:
    """Series of one file, or of several put together.

    Parameters
    ----------
    layout : str
        Name of the layout that read it.
    series : tuple of MarketSeries
    findings : tuple of Finding
        What was noticed while reading.
    """

    layout: str
    source: SourceFacts
    zone: tzinfo
    series: tuple[MarketSeries, ...]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def names(self) -> list[str]:
        return [one.name for one in self.series]

    def __getitem__(self, name: str) -> pd.Series[float]:
        """Values of a series by local start of period.

        Raises
        ------
        KeyError
        """
        return self.column(name).data

    def column(self, name: str) -> MarketSeries:
        """A series.

        Raises
        ------
        KeyError
        """
        for one in self.series:
            if one.name == name:
                return one
        raise KeyError(name)

    @property
    def frame(self) -> pd.DataFrame:
        """All series by local start of period; where series have periods of different lengths, a longer one has its
        value at its start alone. :meth:`aligned` gives all of them the same periods."""
        return pd.concat([one.data for one in self.series], axis=1).sort_index()

    def aligned(self, period: str | int, how: Literal["mean", "complete"] = "complete") -> pd.DataFrame:
        """All series in periods of one length; see :func:`mes_stoch.io.market_files.alignment.align`."""
        from mes_stoch.io.market_files.alignment import align

        return align(self.series, period, how)

    def outliers(self, most: int = 5, deviations: float | None = None) -> list[Finding]:
        """Numbers far from others of their hour; see :mod:`mes_stoch.io.market_files.outliers`."""
        from mes_stoch.io.market_files.outliers import DEVIATIONS, find_outliers

        return find_outliers(self.series, most, DEVIATIONS if deviations is None else deviations)

    def write(self, path: str | Path, period: str | int | None = None) -> None:
        """Write a CSV that an instance takes as its ``series``; see :mod:`mes_stoch.io.market_files.tidy_csv`."""
        from mes_stoch.io.market_files.tidy_csv import write_tidy

        write_tidy(Path(path), self.series, period)


def names_in_words(names: Sequence[str], most: int = 3) -> str:
    """Names of series, the first ones, in a sentence."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
