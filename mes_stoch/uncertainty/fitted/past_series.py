"""The specification of a process from its file, and the past series that it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from mes_stoch.io.market_files.alignment import align
from mes_stoch.io.market_files.front import read_market_file
from mes_stoch.io.market_files.market_series import MarketSeries
from mes_stoch.io.market_files.market_table import MarketTable
from mes_stoch.io.market_files.merging import merged_series
from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.io.readers.locate import show
from mes_stoch.io.readers.yaml_lines import read_yaml
from mes_stoch.schema.errors import InstanceError, Issue, UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.specification import HINTS, PastFile, Specification, chosen_parts

_MINUTES_OF_AN_HOUR = 60


def read_specification(path: Path) -> Specification:
    """A specification from its YAML file.

    Raises
    ------
    InstanceError
        With every problem, each with its line.
    """
    document = read_yaml(path, path.name)
    if not isinstance(document.data, dict):
        found = "an empty file" if document.data is None else show(document.data)
        hint = "begin with 'country: FR' and 'parts:'"
        issues = document.issues or [Issue(path.name, 1, "", found, "a mapping of keys to values", hint)]
        raise InstanceError(str(path), issues)
    try:
        specification = Specification.model_validate(document.data)
    except ValidationError as error:
        wrong = field_issues(error, Specification, document.file, line=document.line, hints=HINTS)
        raise InstanceError(str(path), [*document.issues, *wrong]) from None
    issues = [*document.issues, *chosen_parts(specification, document.file, document.line)[1]]
    if issues:
        raise InstanceError(str(path), issues)
    return specification


def past_series(specification: Specification, folder: Path) -> History:
    """The series of a specification's files, in periods of its length.

    Prices and powers are held or averaged, energies shared or added
    (:func:`mes_stoch.io.market_files.alignment.align`); where a part of a period is not known, nor is the period.

    Parameters
    ----------
    folder : path
        What the names of files are relative to.

    Raises
    ------
    MarketFileError
        A file that cannot be read; every problem with its line.
    UsageError
        No files, or a name that a file does not have.
    """
    if not specification.files:
        raise UsageError("the specification names no files: write `files:`, or hand a frame of past series over")
    minutes = round(specification.period_h * _MINUTES_OF_AN_HOUR)
    tables, sources = [], []
    for entry in specification.files:
        table = read_market_file(folder / entry.file, entry.layout, entry.columns, zone=entry.zone, clock=entry.clock)
        chosen = _chosen(entry, table)
        tables.append(_with(table, chosen))
        sources.append(f"{entry.file} ({table.layout}): {', '.join(one.name for one in chosen)}")
    frame = align(merged_series(tables), minutes)
    index = pd.DatetimeIndex(frame.index).tz_convert(specification.timezone)
    return History(frame.set_axis(index), specification.country, tuple(sources))


def read_past(path: Path, tree: ScenarioTree) -> pd.DataFrame:
    """Series of a market file in the periods and the zone of a tree; an hour's price holds in its quarter-hours.

    Raises
    ------
    MarketFileError
        A file that cannot be read.
    UsageError
        Periods that do not divide an hour.
    """
    minutes = float(tree.dataset.attrs["period_h"]) * _MINUTES_OF_AN_HOUR
    if minutes > _MINUTES_OF_AN_HOUR or abs(minutes - round(minutes)) > 1e-9:
        raise UsageError(f"past series come in periods of up to an hour, and the tree's have {minutes:g} minutes")
    frame = align(read_market_file(path).series, round(minutes))
    return frame.set_axis(pd.DatetimeIndex(frame.index).tz_convert(str(tree.dataset.attrs["timezone"])))


def _chosen(entry: PastFile, table: MarketTable) -> list[MarketSeries]:
    if not entry.rename:
        return list(table.series)
    missing = [name for name in entry.rename if name not in table.names]
    if missing:
        has = ", ".join(table.names)
        raise UsageError(f"{entry.file} has no {', '.join(missing)}; it has {has}")
    return [replace(table.column(name), name=new) for name, new in entry.rename.items()]


def _with(table: MarketTable, series: list[MarketSeries]) -> MarketTable:
    return replace(table, series=tuple(series))
