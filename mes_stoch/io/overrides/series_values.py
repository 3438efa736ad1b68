"""Series of an instance replaced: values by period in place of what stands in its CSV files.

Two kinds of keys take values by period: ``series.NAME`` changes a column of the instance's files, and a field that may
vary, such as ``components.load.demand_mw``, gets a column of its own. Values are a number for all periods, an array or
table, ``*1.1`` for a multiple of what stands there, or a CSV file.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ValidationError

from mes_stoch.io.overrides.entries import apply_overrides, path_of
from mes_stoch.io.overrides.settings import TIMES
from mes_stoch.io.readers.csv_table import Table, numbers, read_table
from mes_stoch.io.readers.locate import OVERRIDES, Locator, did_you_mean, listed, show
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.io.readers.time_stamps import horizon_time
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Horizon
from mes_stoch.schema.units import unit_of

FloatArray = NDArray[np.float64]

#: The file that is written where an instance has none for what is common to all scenarios.
COMMON_FILE, SCENARIO_FILE = "series.csv", "scenarios.csv"
_SECTION = "series"
_ARRAYS = (np.ndarray, pd.Series, pd.DataFrame)


@dataclass
class SeriesChanges:
    """What changes of the files of an instance.

    Parameters
    ----------
    entries : dict
        Overrides of ``instance.yaml`` by dotted path: what was given of it, and the names of new columns.
    files : dict of str to bytes
        CSV files to be read in place of the instance's own, by name.
    told : dict
        Every override by its path, in plain data: an array is its values where they are few, else a sentence.
    issues : list of Issue
    """

    entries: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)


def has_series(overrides: Mapping[str, Any] | None) -> bool:
    """Whether any override is of values by period."""
    return any(_is_of_series(key, value) for key, value in (overrides or {}).items())


def series_changes(folder: Path, data: Mapping[str, Any], overrides: Mapping[str, Any]) -> SeriesChanges:
    """Divide overrides into entries and columns, and make the files that have the columns.

    Parameters
    ----------
    folder : Path
        Of the instance, whose CSV files are read.
    data : mapping
        Its ``instance.yaml``, as it was read.
    overrides : mapping
        By dotted path.
    """
    changes = SeriesChanges(entries={key: value for key, value in overrides.items() if not _is_of_series(key, value)})
    changes.told = dict(changes.entries)
    given = {key: value for key, value in overrides.items() if _is_of_series(key, value)}
    changed, _, _ = apply_overrides(dict(data), changes.entries)
    time = _time(changed)
    if time is None:
        # without a horizon there are no periods: reading says what is wrong with it
        return changes
    files = _Files(folder, changed, time)
    for key, value in given.items():
        _change(key, value, changed, files, changes)
    changes.files = files.written()
    if files.has_new_common_file:
        changes.entries[_SECTION] = files.common_name
    return changes


def values_by_period(value: Any, time: pd.DatetimeIndex, key: str) -> tuple[FloatArray | None, Issue | None]:
    """A number, an array or a series as values of the periods, or what is wrong with it."""
    count = f"{len(time)} values, one for each period of the horizon"
    if isinstance(value, pd.Series) and isinstance(value.index, pd.DatetimeIndex):
        return _by_time(value, time, key)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None, Issue(OVERRIDES, None, key, f"values that are no numbers ({show(value)})", count)
    if array.ndim == 0:
        array = np.full(len(time), float(array))
    if array.shape != (len(time),):
        words = " x ".join(map(str, array.shape)) + (" values" if array.ndim == 1 else " numbers")
        return None, Issue(OVERRIDES, None, key, f"an array of {words}", count)
    if not np.isfinite(array).all():
        period = int(np.flatnonzero(~np.isfinite(array))[0])
        return None, Issue(OVERRIDES, None, key, f"{array[period]} in period {period}", "finite numbers")
    return array, None


def _by_time(value: pd.Series[Any], time: pd.DatetimeIndex, key: str) -> tuple[FloatArray | None, Issue | None]:
    index = pd.DatetimeIndex(value.index)
    try:
        moments = (index.tz_localize(time.tz) if index.tz is None else index).tz_convert("UTC")
    except ValueError as error:
        return None, Issue(OVERRIDES, None, key, f"local times that name no one moment ({error})", "times with a zone")
    if moments.has_duplicates:
        return None, Issue(OVERRIDES, None, key, "times that come twice", "each time once")
    found = pd.Series(np.asarray(value, dtype=float), index=moments).reindex(time.tz_convert("UTC"))
    missing = np.flatnonzero(found.isna().to_numpy())
    if missing.size:
        first = f"{time[int(missing[0])]:%Y-%m-%dT%H:%M%z}"
        text = f"no value for {missing.size} of {len(time)} periods, the first at {first}"
        return None, Issue(OVERRIDES, None, key, text, "a value for each period of the horizon")
    return found.to_numpy(dtype=float), None


def _is_of_series(key: str, value: Any) -> bool:
    path = path_of(key)
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


def _time(data: Mapping[str, Any]) -> pd.DatetimeIndex | None:
    try:
        horizon = Horizon.model_validate(data.get("horizon"), strict=True)
    except ValidationError:
        return None
    return horizon_time(horizon, Locator(None))[0]


class _Files:
    """The CSV files of an instance as columns of text, of which some are replaced.

    Parameters
    ----------
    folder : Path
    data : mapping
        Entries of the instance, overrides of entries applied.
    time : pandas.DatetimeIndex
        Start of each period.
    """

    def __init__(self, folder: Path, data: Mapping[str, Any], time: pd.DatetimeIndex) -> None:
        self.time = time
        named = data.get(_SECTION)
        uncertainty = data.get("uncertainty")
        explicit = isinstance(uncertainty, Mapping) and uncertainty.get("kind") == "explicit"
        self.scenario_name = str(uncertainty.get("file")) if explicit and isinstance(uncertainty, Mapping) else None
        self.has_new_common_file = False
        self.common_name = str(named) if isinstance(named, str) else _free_name(self.scenario_name)
        self._has_common_file = isinstance(named, str)
        self._tables: dict[str, Table] = {}
        self._changed: set[str] = set()
        for name, required in ((self.common_name, ["time"]), (self.scenario_name, ["scenario", "time"])):
            if name is not None and (name != self.common_name or self._has_common_file):
                table = read_table(folder / name, Reporter(name), required)
                if table is not None:
                    self._tables[name] = table

    @property
    def columns(self) -> list[str]:
        """Names of all series that are there."""
        return [name for table in self._tables.values() for name in table.names if name not in ("scenario", "time")]

    def file_of(self, column: str) -> str | None:
        return next((name for name, table in self._tables.items() if column in table.columns), None)

    def scenarios_of(self, file: str) -> list[str]:
        """Scenario of each row; empty text in the file that all have in common."""
        table = self._tables[file]
        return table.columns.get("scenario", [""] * len(table.lines))

    def old(self, file: str, column: str) -> FloatArray | None:
        """Values that stand there; ``None`` where they are no numbers."""
        reporter = Reporter(file)
        found = numbers(self._tables[file], [column], reporter)[column]
        return None if reporter.has_issues else found

    def put(self, file: str, column: str, values: Sequence[float] | FloatArray) -> None:
        """Replace or add a column."""
        table = self._tables[file]
        if table.is_spreadsheet and file not in self._changed:
            # decimals of one file are written in one way
            others = [name for name in table.names if name not in ("scenario", "time")]
            plain = numbers(table, others, Reporter(file))
            table.columns.update({name: _cells(plain[name], table) for name in others})
        table.columns[column] = _cells(values, table)
        self._changed.add(file)

    def common(self) -> str:
        """The file that all scenarios have in common; made where there is none."""
        if not self._has_common_file:
            stamps = [f"{moment:%Y-%m-%dT%H:%M:%S%z}" for moment in self.time]
            self._tables[self.common_name] = Table({"time": stamps}, range(2, len(stamps) + 2))
            self._has_common_file = self.has_new_common_file = True
        return self.common_name

    def written(self) -> dict[str, bytes]:
        return {name: _csv_bytes(self._tables[name]) for name in sorted(self._changed)}

    def is_readable(self, file: str) -> bool:
        return file in self._tables


def _free_name(taken: str | None) -> str:
    return COMMON_FILE if taken != COMMON_FILE else f"common_{COMMON_FILE}"


def _cells(values: Sequence[float] | FloatArray, table: Table) -> list[str]:
    texts = [repr(float(value)) for value in values]
    return [text.replace(".", ",") for text in texts] if table.is_spreadsheet else texts


def _csv_bytes(table: Table) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=table.separator, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*table.columns.values(), strict=True))
    return text.getvalue().encode("utf-8")


def _change(key: str, value: Any, data: dict[str, Any], files: _Files, changes: SeriesChanges) -> None:
    path = path_of(key)
    if path[0] == _SECTION:
        column = key.split(".", 1)[1]
        file = files.file_of(column)
        issue = None if file is not None else _unknown_series(key, column, value, data, files)
    else:
        column = _new_name(path)
        file, issue = None, None
    if issue is not None:
        changes.issues.append(issue)
        return
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


def _file_for(value: Any, files: _Files) -> str:
    if isinstance(value, pd.DataFrame) and files.scenario_name is not None:
        return files.scenario_name
    return files.common()


def _unknown_series(key: str, column: str, value: Any, data: Mapping[str, Any], files: _Files) -> Issue | None:
    """A series that is in no file: one that a field names may be added, by anything but a multiple."""
    is_named = column in set(_texts(data))
    if is_named and not (isinstance(value, str) and value.startswith(TIMES)):
        return None
    hint = did_you_mean(column, files.columns, "series in files") if files.columns else "no series is in a file of it"
    if is_named:
        hint = "its scenarios are drawn by a process, whose parameters stand in uncertainty.parameters"
        return Issue(OVERRIDES, None, key, f"the series {show(column)}, which is in no file", "values", hint)
    return Issue(OVERRIDES, None, key, show(column), "a series that the instance has or names", hint)


def _texts(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for item in data.values():
            yield from _texts(item)
    elif isinstance(data, list):
        for item in data:
            yield from _texts(item)


def _new_name(path: Sequence[str | int]) -> str:
    """Name of the column for a field: ``components.load.demand_mw`` is ``load_demand_mw``."""
    parts = [str(part) for part in path]
    return "_".join(parts[1:] if len(parts) > 2 else parts)


def _rows(
    key: str, value: Any, column: str, file: str, files: _Files, *, has_old: bool
) -> tuple[FloatArray | None, Issue | None]:
    """Values of every row of a file, or what is wrong with what was given."""
    scenarios = files.scenarios_of(file)
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
    if isinstance(value, pd.DataFrame):
        return _of_scenarios(key, value, scenarios, files.time)
    values, issue = values_by_period(value, files.time, key)
    if values is None:
        return None, issue
    if len(scenarios) % len(files.time):
        # rows are missing or too many: reading says which
        return None, None
    return np.tile(values, len(scenarios) // len(files.time)), None


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
    table = read_table(file, reporter, [])
    if table is None:
        return None, reporter.issues[0]
    names = [name for name in table.names if name != "time"]
    chosen = wanted or (column if column in names else names[0] if len(names) == 1 else None)
    if chosen is None or chosen not in names:
        hint = f"its columns: {listed(names)}; name one as {file}:COLUMN"
        return None, Issue(OVERRIDES, None, key, f"{file}", f"a file with a column {wanted or column}", hint)
    values = numbers(table, [chosen], reporter)[chosen]
    if reporter.has_issues:
        return None, reporter.issues[0]
    if "time" not in table.columns:
        return values, None
    try:
        index = pd.DatetimeIndex(pd.to_datetime(table.columns["time"], utc=_has_offsets(table.columns["time"])))
    except ValueError as error:
        return None, Issue(str(file), None, "time", str(error).splitlines()[0], "time stamps in ISO 8601")
    return pd.Series(values, index=index), None


def _has_offsets(texts: Sequence[str]) -> bool:
    return any(text.endswith("Z") or "+" in text[10:] or "-" in text[10:] for text in texts)


def _of_scenarios(
    key: str, table: pd.DataFrame, scenarios: Sequence[str], time: pd.DatetimeIndex
) -> tuple[FloatArray | None, Issue | None]:
    """Values of scenarios, one a column."""
    wanted = list(dict.fromkeys(scenarios))
    if wanted == [""]:
        return None, Issue(OVERRIDES, None, key, "a table", "one series: this file has no scenarios")
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
    counted = dict.fromkeys(wanted, 0)
    rows = np.empty(len(scenarios))
    for row, name in enumerate(scenarios):
        if counted[name] >= len(time):
            return None, None
        rows[row] = by_name[name][counted[name]]
        counted[name] += 1
    return rows, None


def _told(value: Any, rows: FloatArray) -> Any:
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, Path):
        return str(value)
    return f"{len(rows)} values from {rows.min():g} to {rows.max():g}"
