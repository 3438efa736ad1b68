"""What a market file holds: series by the start of each period, with unit, area and lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Literal

import pandas as pd

from mes_stoch.io.market_files.alignment import align
from mes_stoch.io.market_files.finding import Finding
from mes_stoch.io.market_files.market_series import MarketSeries
from mes_stoch.io.market_files.outliers import DEVIATIONS, find_outliers
from mes_stoch.io.market_files.tidy_csv import write_tidy


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
        return pd.concat([one.data for one in self.series], axis=1, sort=True)

    def aligned(self, period: str | int, how: Literal["mean", "complete"] = "complete") -> pd.DataFrame:
        """All series in periods of one length; see :func:`mes_stoch.io.market_files.alignment.align`."""
        return align(self.series, period, how)

    def outliers(self, most: int = 5, deviations: float = DEVIATIONS) -> list[Finding]:
        """Numbers far from others of their hour; see :mod:`mes_stoch.io.market_files.outliers`."""
        return find_outliers(self.series, most, deviations)

    def write(self, path: str | Path, period: str | int | None = None) -> None:
        """Write a CSV that an instance takes as its ``series``; see :mod:`mes_stoch.io.market_files.tidy_csv`."""
        write_tidy(Path(path), self.series, period)
