"""An instance described in Python: the mapping that ``instance.yaml`` would hold, with its series as arrays and tables.

The description is written as the files of an instance and read like them, so that whatever holds for a folder holds
here; only places are named by key and not by line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias, cast

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.io.files import read_regular
from mes_stoch.io.instance import LoadedInstance, read_document
from mes_stoch.io.overrides.column_files import COMMON_FILE, SCENARIO, SCENARIO_FILE
from mes_stoch.io.overrides.period_values import TIME, periods_of, values_by_period
from mes_stoch.io.overrides.plain_entries import column_name, plain_entry, texts_in
from mes_stoch.io.readers.locate import INSTANCE_FILE, listed, show
from mes_stoch.io.readers.yaml_lines import Document, EntryPath
from mes_stoch.io.yaml_text import yaml_text
from mes_stoch.schema.errors import InstanceError, Issue, UsageError

#: What an issue calls the mapping, in place of a file.
DESCRIPTION = "site"

SeriesTable: TypeAlias = "pd.DataFrame | Mapping[str, Any]"
Scenarios: TypeAlias = "pd.DataFrame | xr.Dataset | Mapping[str, SeriesTable]"


def read_description(
    description: Mapping[str, Any],
    series: SeriesTable | None = None,
    scenarios: Scenarios | None = None,
    folder: str | Path = ".",
) -> LoadedInstance:
    """Check a described instance.

    Parameters
    ----------
    description : mapping
        As in ``instance.yaml``; a field that takes a series may hold an array of values by period.
    series : DataFrame or mapping, optional
        Series common to all scenarios, by name: a table by period or by time, or arrays and numbers.
    scenarios : mapping, DataFrame or Dataset, optional
        Series of explicit scenarios: a table for each scenario by name; or one table with columns (or index levels)
        ``scenario`` and, if it likes, ``time``; or a data set with these dimensions, whose times are UTC as in a tree.
    folder : path
        Where files that the description names are looked for.

    Raises
    ------
    InstanceError
        With every problem found, by key.
    """
    if not isinstance(description, Mapping):
        raise UsageError(f"a site is described by a mapping as in {INSTANCE_FILE}, not by {show(description)}")
    issues: list[Issue] = []
    common, by_scenario = _columns(series), None if scenarios is None else _by_scenario(scenarios)
    arrays: dict[str, Any] = {}
    taken = {*common, *(name for table in (by_scenario or {}).values() for name in table), *texts_in(description)}

    def column(path: EntryPath, values: Any) -> str:
        name = column_name(path, {*taken, *arrays})
        arrays[name] = values
        return name

    data = plain_entry(description, (), DESCRIPTION, issues, column)
    name = str(data.get("name", DESCRIPTION))
    time = periods_of(data)
    files = _files_named(data, Path(folder))
    tables = _Tables(data, time)
    if series is not None or arrays:
        tables.put_common({**common, **arrays})
    if by_scenario is not None:
        tables.put_scenarios(by_scenario)
    issues += tables.issues
    files |= tables.files
    try:
        with TemporaryDirectory(prefix="mes-stoch-site-") as copy:
            for inner, content in {**files, INSTANCE_FILE: yaml_text(data).encode("utf-8")}.items():
                (Path(copy) / inner).parent.mkdir(parents=True, exist_ok=True)
                (Path(copy) / inner).write_bytes(content)
            loaded = read_document(Path(copy), Document(DESCRIPTION, data))
    except InstanceError as error:
        told = {issue.key for issue in issues}
        issues += [issue for issue in tables.told_by_key(error.issues) if issue.key not in told]
        # nothing is left out but what follows from another problem
        issues = issues or list(error.issues)
    if issues:
        raise InstanceError(name, issues)
    return replace(loaded, folder=Path(folder), has_lines=False)


def _files_named(data: Mapping[str, Any], folder: Path) -> dict[str, bytes]:
    """Content of files that the description names; their readers say what is wrong with others."""
    uncertainty = data.get("uncertainty")
    inner = uncertainty if isinstance(uncertainty, dict) else {}
    found = {}
    for holder, key in ((data, "series"), (inner, "file"), (inner, "process_file")):
        name = holder.get(key)
        if not isinstance(name, str) or not name:
            continue
        try:
            content = read_regular(folder / name)
        except (OSError, ValueError):
            continue
        # what lies elsewhere is taken beside the instance, as the files of a run are
        found[Path(name).name] = content
        holder[key] = Path(name).name  # type: ignore[index]
    return found


class _Tables:
    """Series as the CSV files of an instance, and what is wrong with them.

    Parameters
    ----------
    data : dict
        The description; names of files are put into it.
    time : pandas.DatetimeIndex or None
        Start of each period; ``None`` where the horizon is not right, so that nothing can be said of series.
    """

    def __init__(self, data: dict[str, Any], time: pd.DatetimeIndex | None) -> None:
        self._data = data
        self._time = time
        self._scenarios: list[str] = []
        self._wrong: set[str] = set()
        self._own: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.issues: list[Issue] = []

    def put_common(self, columns: Mapping[str, Any]) -> None:
        """Series that all scenarios have in common."""
        if self._data.get("series") is not None:
            found = f"the file {show(self._data['series'])} beside series that are given"
            self._tell("series", found, "one of the two", "leave the key out, and give all common series")
        self._data["series"] = COMMON_FILE
        self._own.add(COMMON_FILE)
        if self._time is not None:
            frame = pd.DataFrame({"time": _stamps(self._time), **self._checked(columns, "")})
            self.files[COMMON_FILE] = _csv_bytes(frame)

    def put_scenarios(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        """Series of each explicit scenario."""
        uncertainty = self._data.setdefault("uncertainty", {"kind": "explicit"})
        if not isinstance(uncertainty, dict) or uncertainty.get("kind", "explicit") != "explicit":
            self._tell("uncertainty", "a process beside scenarios that are given", "kind: explicit, or no scenarios")
            return
        if "file" in uncertainty:
            found = f"the file {show(uncertainty['file'])} beside scenarios that are given"
            self._tell("uncertainty.file", found, "one of the two", "leave the key out")
        uncertainty.update(kind="explicit", file=SCENARIO_FILE)
        self._own.add(SCENARIO_FILE)
        names = list(dict.fromkeys(name for table in tables.values() for name in table))
        for scenario, table in tables.items():
            missing = [name for name in names if name not in table]
            if missing:
                self._tell(f"scenarios.{scenario}", f"no series {listed(missing)}", "the same series in all scenarios")
                self._wrong.update(missing)
        if self._time is None or self.issues or not tables:
            if not tables:
                self._tell("scenarios", "no scenario", "a table for each scenario")
            return
        self._scenarios = [str(name) for name in tables]
        frames = [
            pd.DataFrame({"scenario": name, "time": _stamps(self._time), **self._checked(table, f"scenarios.{name}.")})
            for name, table in tables.items()
        ]
        self.files[SCENARIO_FILE] = _csv_bytes(pd.concat(frames))

    def told_by_key(self, issues: Sequence[Issue]) -> list[Issue]:
        """What reading found, by key; what only follows from a series that is wrong or missing is left out."""
        return [self._by_key(issue) for issue in issues if not self._is_echo(issue)]

    def _is_echo(self, issue: Issue) -> bool:
        # a table that could not be written was told of, or the horizon is at fault
        if issue.file in self._own and issue.file not in self.files:
            return True
        return any(name in f"{issue.key} {issue.found}".split() or f"'{name}'" in issue.found for name in self._wrong)

    def _by_key(self, issue: Issue) -> Issue:
        if issue.file == INSTANCE_FILE:
            return replace(issue, file=DESCRIPTION, line=None)
        if issue.file not in self._own:
            return issue
        found = issue.found
        if issue.line is not None and issue.line > 1 and self._time is not None:
            scenario, period = divmod(issue.line - 2, len(self._time))
            whose = f" of {self._scenarios[scenario]}" if issue.file == SCENARIO_FILE else ""
            found = f"{found} (period from {self._time[period]:%Y-%m-%dT%H:%M%z}{whose})"
        return replace(issue, file=Path(issue.file).stem, line=None, found=found)

    def _checked(self, columns: Mapping[str, Any], place: str) -> dict[str, np.ndarray[Any, np.dtype[np.float64]]]:
        if self._time is None:
            return {}
        found = {}
        for name, value in columns.items():
            values, issue = values_by_period(value, self._time, f"{place}{name}")
            if values is not None:
                found[str(name)] = values
            elif issue is not None:
                self.issues.append(replace(issue, file="scenarios" if place else "series"))
                self._wrong.add(str(name))
        return found

    def _tell(self, key: str, found: str, expected: str, hint: str = "") -> None:
        self.issues.append(Issue(DESCRIPTION, None, key, found, expected, hint))


def _columns(table: SeriesTable | None) -> dict[str, Any]:
    """Series by name, each with its times where the table has them."""
    if table is None:
        return {}
    if isinstance(table, pd.DataFrame):
        frame = table.set_index(TIME) if TIME in table.columns else table
        return {str(name): frame[name] for name in frame.columns}
    if isinstance(table, Mapping):
        return {str(name): values for name, values in table.items()}
    raise UsageError(f"series are a table or a mapping of arrays, not {type(table).__name__}")


def _by_scenario(scenarios: Scenarios) -> dict[str, dict[str, Any]]:
    """Series of each scenario by name."""
    if isinstance(scenarios, xr.Dataset):
        return _of_dataset(scenarios)
    if isinstance(scenarios, pd.DataFrame):
        frame = scenarios.reset_index() if SCENARIO in scenarios.index.names else scenarios
        if SCENARIO not in frame.columns:
            raise UsageError("a table of scenarios has a column, or a level of its index, called scenario")
        if frame[SCENARIO].isna().any():
            raise UsageError("a table of scenarios names one in each row; some have none")
        groups = frame.groupby(SCENARIO, sort=False)
        return {str(name): _columns(rows.drop(columns=SCENARIO).reset_index(drop=True)) for name, rows in groups}
    if isinstance(scenarios, Mapping):
        return {str(name): _columns(table) for name, table in cast("Mapping[str, SeriesTable]", scenarios).items()}
    raise UsageError(f"scenarios are a mapping, a table or a data set, not {type(scenarios).__name__}")


def _of_dataset(scenarios: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Series of a data set: by time where it has times, which are UTC as in a tree unless they have a zone."""
    if not {SCENARIO, TIME} <= set(scenarios.dims):
        raise UsageError("a data set of scenarios has the dimensions scenario and time")
    times = scenarios.indexes.get(TIME)
    if isinstance(times, pd.DatetimeIndex) and times.tz is None:
        times = times.tz_localize("UTC")
    found: dict[str, dict[str, Any]] = {str(name): {} for name in scenarios[SCENARIO].values}
    for variable, array in scenarios.data_vars.items():
        for position, name in enumerate(found):
            one = array.isel({SCENARIO: position}, missing_dims="ignore")
            if times is None or one.dims != (TIME,):
                found[name][str(variable)] = one.to_numpy()
            else:
                found[name][str(variable)] = pd.Series(one.to_numpy(), index=times.rename(TIME))
    return found


def _stamps(time: pd.DatetimeIndex) -> list[str]:
    return [moment.isoformat() for moment in time]


def _csv_bytes(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False, lineterminator="\n").encode("utf-8")
