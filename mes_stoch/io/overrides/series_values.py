"""Series of an instance replaced: values by period in place of what stands in its CSV files.

Two kinds of keys take values by period: ``series.NAME`` changes a column of the instance's files, and a field that may
vary, such as ``components.load.demand_mw``, gets a column of its own. Values are a number for all periods, an array or
table, ``*1.1`` for a multiple of what stands there, or a CSV file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.io.overrides.column_files import ColumnFiles
from mes_stoch.io.overrides.entries import apply_overrides, path_of
from mes_stoch.io.overrides.period_values import TIME, FloatArray, moments_of, periods_of, values_by_period
from mes_stoch.io.overrides.plain_entries import DEEPEST, column_name, plain_entry, texts_in
from mes_stoch.io.overrides.settings import TIMES
from mes_stoch.io.readers.csv_table import numbers, read_table
from mes_stoch.io.readers.locate import OVERRIDES, did_you_mean, listed, show
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.io.readers.yaml_lines import EntryPath, dotted, value_at
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.units import unit_of

_SECTION = "series"
_ARRAYS = (np.ndarray, pd.Series, pd.DataFrame)


@dataclass
class Overrides:
    """What the caller gives, divided.

    Parameters
    ----------
    entries : dict
        Plain data of ``instance.yaml`` by dotted path.
    series : dict
        Values by period by dotted path, those among them that stood inside a mapping.
    issues : list of Issue
        What is no data.
    """

    entries: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Overrides:
        """Overrides as the caller has written them."""
        found = cls()
        for key, value in given.items():
            path = path_of(key)
            rest = found._without_series(path, value)
            if rest is not _NOTHING:
                found.entries[str(key)] = plain_entry(rest, path, OVERRIDES, found.issues)
        return found

    def _without_series(self, path: EntryPath, value: Any) -> Any:
        """What is left of an entry when the series in it are put aside."""
        if _is_of_series(path, value):
            self.series[dotted(path)] = value
            return _NOTHING
        if isinstance(value, Mapping) and value and len(path) <= DEEPEST:
            inner = {str(name): self._without_series((*path, str(name)), item) for name, item in value.items()}
            left = {name: item for name, item in inner.items() if item is not _NOTHING}
            return left or _NOTHING
        return value


#: In the place of an entry that was put aside.
_NOTHING = object()


@dataclass
class SeriesChanges:
    """What changes of the files of an instance.

    Parameters
    ----------
    entries : dict
        Overrides of ``instance.yaml`` by dotted path: what was given of it, and the names of new columns.
    data : mapping
        ``instance.yaml`` with these.
    files : dict of str to bytes
        CSV files to be read in place of the instance's own, by name.
    told : dict
        Every override by its path, in plain data: an array is its values where they are few, else a sentence.
    issues : list of Issue
    """

    entries: dict[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def series_changes(folder: Path, data: Mapping[str, Any], given: Overrides) -> SeriesChanges:
    """The files that have the columns that are given.

    Parameters
    ----------
    folder : Path
        Of the instance, whose CSV files are read.
    data : mapping
        Its ``instance.yaml``, as it was read.
    given : Overrides
    """
    changed, _, _ = apply_overrides(dict(data), given.entries)
    changes = SeriesChanges(dict(given.entries), changed, told=dict(given.entries))
    time = periods_of(changed)
    if time is None:
        # without a horizon there are no periods: reading says what is wrong with it
        return changes
    files = ColumnFiles(folder, changed, time)
    for key, value in given.series.items():
        _change(key, value, files, changes)
    changes.files = files.written()
    if files.new_common_name is not None:
        changes.entries[_SECTION] = files.new_common_name
    return changes


def _is_of_series(path: EntryPath, value: Any) -> bool:
    if path[0] == _SECTION and len(path) > 1:
        return True
    if isinstance(value, _ARRAYS) and np.ndim(value) > 0:
        return True
    return _csv_of(value) is not None and unit_of(str(path[-1])) is not None


def _csv_of(value: Any) -> tuple[Path, str | None] | None:
    """File and column of ``load.csv`` or ``load.csv:column``."""
    if isinstance(value, Path):
        return value, None
    if not isinstance(value, str):
        return None
    file, colon, column = value.partition(".csv:")
    if colon and column:
        return Path(f"{file}.csv"), column
    return (Path(value), None) if value.endswith(".csv") else None


def _change(key: str, value: Any, files: ColumnFiles, changes: SeriesChanges) -> None:
    path = path_of(key)
    if path[0] == _SECTION:
        column = key.split(".", 1)[1]
        file = files.file_of(column)
        issue = None if file is not None else _unknown_series(key, column, value, changes.data, files)
        if issue is not None:
            changes.issues.append(issue)
            return
    else:
        column, file = _own_column(path, value, files, changes)
    target = file if file is not None else _file_for(value, files)
    if not files.is_readable(target):
        # reading the instance says what is wrong with it
        return
    rows, issue = _rows(key, value, column, target, files, has_old=file is not None)
    if rows is None:
        if issue is not None:
            changes.issues.append(issue)
        return
    files.put(target, column, rows)
    if path[0] != _SECTION:
        changes.entries[key] = column
    changes.told[key] = _told(value, rows)


def _own_column(path: EntryPath, value: Any, files: ColumnFiles, changes: SeriesChanges) -> tuple[str, str | None]:
    """Column of a field, and its file where it is there: the one that the field alone names, or a new one."""
    texts = [*texts_in(changes.data), *texts_in(changes.entries)]
    named = value_at(changes.data, path)
    file = files.file_of(named) if isinstance(named, str) and list(texts_in(changes.data)).count(named) == 1 else None
    if file is not None and (not isinstance(value, pd.DataFrame) or file == files.scenario_name):
        return str(named), file
    return column_name(path, {*texts, *files.columns}), None


def _file_for(value: Any, files: ColumnFiles) -> str:
    if isinstance(value, pd.DataFrame) and files.scenario_name is not None:
        return files.scenario_name
    return files.common()


def _unknown_series(key: str, column: str, value: Any, data: Mapping[str, Any], files: ColumnFiles) -> Issue | None:
    """A series that is in no file: one that a field names may be added, by anything but a multiple."""
    is_named = column in set(texts_in(data))
    if is_named and not (isinstance(value, str) and value.startswith(TIMES)):
        return None
    hint = did_you_mean(column, files.columns, "series in files") if files.columns else "no series is in a file of it"
    if is_named:
        hint = "its scenarios are drawn by a process, whose parameters stand in uncertainty.parameters"
        return Issue(OVERRIDES, None, key, f"the series {show(column)}, which is in no file", "values", hint)
    return Issue(OVERRIDES, None, key, show(column), "a series that the instance has or names", hint)


def _rows(
    key: str, value: Any, column: str, file: str, files: ColumnFiles, *, has_old: bool
) -> tuple[FloatArray | None, Issue | None]:
    """Values of every row of a file, or what is wrong with what was given."""
    if isinstance(value, str) and value.startswith(TIMES):
        return _multiple(key, value, files.old(file, column) if has_old else None)
    if isinstance(value, str | Path):
        found = _csv_of(value)
        if found is None:
            expected = "a number, an array, a multiple such as *1.1, or a CSV file"
            return None, Issue(OVERRIDES, None, key, show(value), expected)
        value, issue = _from_csv(key, *found, column, files.time)
        if value is None:
            return None, issue
    scenarios, periods = files.scenarios_of(file), files.periods_of(file)
    if isinstance(value, pd.DataFrame):
        by_scenario, issue = _of_scenarios(key, value, list(dict.fromkeys(scenarios)), files.time)
    else:
        values, issue = values_by_period(value, files.time, key)
        by_scenario = None if values is None else dict.fromkeys(scenarios, values)
    if by_scenario is None or periods is None:
        # where rows are missing or too many, reading says which
        return None, issue
    return np.array([by_scenario[name][period] for name, period in zip(scenarios, periods, strict=True)]), None


def _multiple(key: str, text: str, old: FloatArray | None) -> tuple[FloatArray | None, Issue | None]:
    try:
        factor = float(text[len(TIMES) :])
    except ValueError:
        factor = math.nan
    if not math.isfinite(factor):
        return None, Issue(OVERRIDES, None, key, show(text), "a multiple such as *1.1")
    return (None if old is None else old * factor), None


def _from_csv(
    key: str, file: Path, wanted: str | None, column: str, time: pd.DatetimeIndex
) -> tuple[Any, Issue | None]:
    """The column of a CSV file, by time where it has a column ``time``."""
    reporter = Reporter(str(file))
    if "\0" in str(file):
        return None, Issue(OVERRIDES, None, key, show(str(file)), "the name of a CSV file")
    table = read_table(file, reporter, [])
    if table is None or reporter.has_issues:
        return None, reporter.issues[0]
    names = [name for name in table.names if name != TIME]
    chosen = wanted or (column if column in names else names[0] if len(names) == 1 else None)
    if chosen is None or chosen not in names:
        hint = f"its columns: {listed(names)}; name one as {file}:COLUMN"
        return None, Issue(OVERRIDES, None, key, f"{file}", f"a file with a column {wanted or column}", hint)
    values = numbers(table, [chosen], reporter)[chosen]
    if reporter.has_issues:
        return None, reporter.issues[0]
    if TIME not in table.columns:
        return values, None
    index, issue = moments_of(table.columns[TIME], time, key, may_be_day_first=table.is_spreadsheet)
    return (None, issue) if index is None else (pd.Series(values, index=index), None)


def _of_scenarios(
    key: str, table: pd.DataFrame, wanted: Sequence[str], time: pd.DatetimeIndex
) -> tuple[dict[str, FloatArray] | None, Issue | None]:
    """Values of scenarios, one a column."""
    if wanted == [""]:
        return None, Issue(OVERRIDES, None, key, "a table", "one series: this file has no scenarios")
    if TIME in table.columns:
        table = table.set_index(TIME)
    columns = {str(name): table[name] for name in table.columns}
    missing = [name for name in wanted if name not in columns]
    unknown = [name for name in columns if name not in wanted]
    if missing or unknown:
        found = f"a table without {listed(missing)}" if missing else f"a table with {listed(unknown)}"
        return None, Issue(OVERRIDES, None, key, found, f"a column for each scenario: {listed(wanted)}")
    by_name: dict[str, FloatArray] = {}
    for name in wanted:
        values, issue = values_by_period(columns[name], time, key)
        if values is None:
            return None, issue
        by_name[name] = values
    return by_name, None


def _told(value: Any, rows: FloatArray) -> Any:
    if isinstance(value, str | Path):
        return str(value)
    if np.ndim(value) == 0:
        return np.asarray(value).item()
    return f"{len(rows)} values from {rows.min():g} to {rows.max():g}"
