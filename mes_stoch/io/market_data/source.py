"""Where a series comes from, and opening the file it is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from mes_stoch.schema.errors import UsageError

#: Every market used here shares the clock of Paris (Berlin, Copenhagen and Zurich do).
ZONE = "Europe/Paris"


@dataclass(frozen=True)
class DataSource:
    """A file of the data folder and what is known of it.

    Parameters
    ----------
    name : str
        What it is.
    file : str
        Path inside the data folder.
    origin : str
        Public repository it was taken from, and who published the numbers first.
    conversion : str
        What the reader does to the numbers.
    first, last : datetime.date
        Span the file covers.
    """

    name: str
    file: str
    origin: str
    conversion: str
    first: date
    last: date


def read_table(data_folder: Path, source: DataSource, columns: dict[str, str]) -> pd.DataFrame:
    """The columns wanted of a source's file, renamed.

    Raises
    ------
    UsageError
        Where folder, file or a column is not there.
    """
    path = Path(data_folder) / source.file
    if not Path(data_folder).is_dir():
        raise UsageError(f"the data folder {data_folder} does not exist")
    if not path.is_file():
        raise UsageError(f"{source.file} is not in the data folder {data_folder}; it is from {source.origin}")
    try:
        table = pd.read_csv(path, usecols=list(columns))
    except ValueError as error:
        raise UsageError(f"{source.file}: {error}") from None
    renamed: pd.DataFrame = table.rename(columns=columns)
    return renamed


def index_from_utc(stamps: pd.Series[str]) -> pd.DatetimeIndex:
    """Local time of UTC stamps."""
    return pd.DatetimeIndex(pd.to_datetime(stamps, utc=True)).tz_convert(ZONE)


def index_from_local(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Frame indexed by local stamps that carry no offset; days on which the clock changes are dropped.

    Files without offsets treat those days in different ways: an hour repeated, left out, or filled in. One or two days
    a year are not worth a guess.
    """
    stamps = pd.DatetimeIndex(pd.to_datetime(frame[column]))
    days = stamps.normalize()
    start = days.tz_localize(ZONE)
    end = (days + pd.Timedelta(1, unit="D")).tz_localize(ZONE)
    whole = (end - start) == pd.Timedelta(24, unit="h")
    kept = frame.loc[whole].drop(columns=[column])
    kept.index = stamps[whole].tz_localize(ZONE)
    kept.index.name = "time"
    return kept
