"""Data series beside an instance: one CSV common to all scenarios, one with explicit scenarios."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mes_stoch.io.files import stays_inside
from mes_stoch.io.names import name_problem
from mes_stoch.io.readers.csv_table import Table, numbers, read_table
from mes_stoch.io.readers.currency import columns_in_format
from mes_stoch.io.readers.locate import Locator, listed, show
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.io.readers.time_rows import RowTimes
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import ExplicitScenarios
from mes_stoch.schema.tree import TREE_NAMES
from mes_stoch.schema.units import FORMAT_CURRENCY

_TOLERANCE = 1e-9


@dataclass
class SeriesData:
    """What the CSV files of an instance hold.

    ``names`` is ``None`` where it cannot be told which series there are: a file could not be read, or a process is to
    draw them. Names are the format's; ``currency_issues`` tells of columns in another currency than the instance's.
    """

    series: pd.DataFrame = field(default_factory=pd.DataFrame)
    scenario_series: dict[str, pd.DataFrame] | None = None
    probabilities: dict[str, float] | None = None
    names: set[str] | None = None
    issues: list[Issue] = field(default_factory=list)
    currency_issues: list[Issue] = field(default_factory=list)


def read_all_series(
    folder: Path, partial: PartialInstance, time: pd.DatetimeIndex | None, locator: Locator
) -> SeriesData:
    """Read and check every CSV file that an instance names."""
    data = SeriesData()
    common: set[str] | None = set()
    if partial.series is not None:
        common = _read_common(folder, partial, time, locator, data)
    elif time is not None:
        data.series = pd.DataFrame(index=time)
    drawn: set[str] | None = None
    if isinstance(partial.uncertainty, ExplicitScenarios):
        drawn = _read_scenarios(folder, partial, partial.uncertainty, time, locator, data)
        doubled = sorted((common or set()) & (drawn or set()))
        for name in doubled:
            found, hint = f"the column {name}, which {partial.series} has too", "remove it from one of the two files"
            issue = Issue(partial.uncertainty.file, 1, name, found, "each series in one file", hint)
            data.issues.append(issue.in_currency(partial.currency or FORMAT_CURRENCY))
    if common is not None and drawn is not None:
        data.names = common | drawn
    return data


def _inside(folder: Path, file: str, path: tuple[str, ...], locator: Locator, issues: list[Issue]) -> Path | None:
    """A file of the instance: its name stays inside the folder; what a link there leads to is copied into runs."""
    if stays_inside(file):
        return folder / file
    hint = "copy the file beside instance.yaml and write its name"
    issues.append(locator.issue(path, show(file), "a file inside the instance folder", hint))
    return None


#: Of names that are no series: where what they stand for is said.
_SAID_ELSEWHERE = {"probability": " (probabilities stand in uncertainty.probabilities)"}


def _check_names(names: Iterable[str], what: str, table: Table, reporter: Reporter) -> None:
    """Names that a terminal, a spreadsheet or the files of a run would take for something else."""
    for name in names:
        problem = name_problem(name)
        if problem is None and what == "series" and "/" in name:
            problem = "holds a slash, which a result file takes for a folder"
        if problem is None and what == "series" and name[:1].isascii() and not (name[:1].isalnum() or name[:1] == "_"):
            problem = f"begins with {name[:1]!r}, with which no name of a result file begins"
        if problem is None and what == "series" and name in TREE_NAMES:
            problem = "is a name that a scenario tree has for something else" + _SAID_ELSEWHERE.get(name, "")
        if problem is not None:
            line = table.lines[table.columns["scenario"].index(name)] if what == "scenario" else None
            reporter.add(line, what, f"{show(name)}, which {problem}", f"a plain name of a {what}")


def _read_common(
    folder: Path, partial: PartialInstance, time: pd.DatetimeIndex | None, locator: Locator, data: SeriesData
) -> set[str] | None:
    file = partial.series or ""
    path = _inside(folder, file, ("series",), locator, data.issues)
    if path is None:
        return None
    reporter = Reporter(file, partial.currency or FORMAT_CURRENCY)
    table = _table(path, reporter, ["time"], partial, data)
    if table is None:
        data.issues += reporter.issues
        return None
    names = [name for name in table.names if name != "time"]
    _check_names(names, "series", table, reporter)
    values = numbers(table, names, reporter)
    if time is not None and partial.horizon is not None:
        RowTimes(time, partial.horizon, reporter).check(
            table.columns["time"], table.lines, complete=table.complete, may_be_day_first=table.is_spreadsheet
        )
    data.issues += reporter.issues
    if time is not None and not reporter.has_issues:
        data.series = pd.DataFrame(values, index=time)
    return set(names)


def _table(
    path: Path, reporter: Reporter, required: list[str], partial: PartialInstance, data: SeriesData
) -> Table | None:
    """A CSV file with the format's names of money in its header."""
    table = read_table(path, reporter, required)
    if table is None:
        return None
    table, issues = columns_in_format(table, reporter.file, partial.currency)
    data.currency_issues += issues
    return table


def _read_scenarios(
    folder: Path,
    partial: PartialInstance,
    explicit: ExplicitScenarios,
    time: pd.DatetimeIndex | None,
    locator: Locator,
    data: SeriesData,
) -> set[str] | None:
    path = _inside(folder, explicit.file, ("uncertainty", "file"), locator, data.issues)
    if path is None:
        return None
    reporter = Reporter(explicit.file, partial.currency or FORMAT_CURRENCY)
    table = _table(path, reporter, ["scenario", "time"], partial, data)
    if table is None:
        data.issues += reporter.issues
        data.issues += _sum_issues(explicit.probabilities, locator)
        return None
    scenario, rows = _scenarios_of_rows(table, reporter)
    names = [name for name in table.names if name not in ("scenario", "time")]
    _check_names(names, "series", table, reporter)
    _check_names(rows, "scenario", table, reporter)
    values = numbers(table, names, reporter)
    if time is not None and partial.horizon is not None and rows:
        RowTimes(time, partial.horizon, reporter).check(
            table.columns["time"],
            table.lines,
            scenario,
            rows,
            complete=table.complete,
            may_be_day_first=table.is_spreadsheet,
        )
    if not rows and not reporter.has_issues:
        reporter.add(None, "", "a header without rows", "rows for every scenario and period")
    data.issues += reporter.issues
    data.issues += _probability_issues(explicit, rows, locator)
    data.issues += _node_issues(explicit, rows, locator)
    if time is not None and not reporter.has_issues:
        block = np.column_stack([values[name] for name in names]) if names else np.zeros((len(scenario), 0))
        # all rows are there once, in order of time within a scenario
        ordered = block[np.argsort(scenario, kind="stable")].reshape(len(rows), len(time), len(names))
        data.scenario_series = {
            name: pd.DataFrame(ordered[number], index=time, columns=names) for number, name in enumerate(rows)
        }
        given = explicit.probabilities
        equal = 1.0 / len(rows)
        data.probabilities = {name: equal if given is None else given.get(name, 0.0) for name in rows}
    return set(names)


def _scenarios_of_rows(table: Table, reporter: Reporter) -> tuple[NDArray[np.int64], list[str]]:
    """Number of each row's scenario, -1 for none, and the scenarios in the order in which they appear."""
    cells = table.columns["scenario"]
    codes, distinct = pd.factorize(np.array(cells, dtype=object))
    numbers_, names = np.asarray(codes, dtype=np.int64), [str(name) for name in distinct]
    if "" in names:
        unnamed = names.index("")
        lines = [table.lines[int(k)] for k in np.flatnonzero(numbers_ == unnamed)]
        reporter.add_all(lines, "scenario", lambda _: ("an empty cell", ""), "the name of a scenario")
        names.pop(unnamed)
        numbers_ = np.where(numbers_ == unnamed, -1, numbers_ - (numbers_ > unnamed))
    return numbers_, names


def _probability_issues(explicit: ExplicitScenarios, scenarios: list[str], locator: Locator) -> list[Issue]:
    given = explicit.probabilities
    if given is None:
        return []
    issues = []
    place = ("uncertainty", "probabilities")
    for name in given:
        if name not in scenarios:
            hint = f"scenarios in {explicit.file}: {listed(scenarios)}"
            issues.append(locator.issue((*place, name), show(name), "the name of a scenario", hint))
    missing = [name for name in scenarios if name not in given]
    if missing:
        found = f"no probability for {listed(missing)}"
        hint = "give one for each scenario, or leave probabilities out for equal ones"
        issues.append(locator.issue(place, found, "a probability for every scenario", hint))
    return issues + _sum_issues(given, locator)


def _node_issues(explicit: ExplicitScenarios, scenarios: list[str], locator: Locator) -> list[Issue]:
    given = explicit.day_ahead_nodes
    if given is None:
        return []
    place = ("uncertainty", "day_ahead_nodes")
    hint = f"scenarios in {explicit.file}: {listed(scenarios)}"
    issues = [
        locator.issue((*place, name), show(name), "the name of a scenario", hint)
        for name in given
        if name not in scenarios
    ]
    missing = [name for name in scenarios if name not in given]
    if missing:
        found, hint = f"no node for {listed(missing)}", "leave day_ahead_nodes out for two stages"
        issues.append(locator.issue(place, found, "a day-ahead node for every scenario", hint))
    return issues


def _sum_issues(given: dict[str, float] | None, locator: Locator) -> list[Issue]:
    if given is None:
        return []
    total = math.fsum(given.values())
    if abs(total - 1.0) <= _TOLERANCE:
        return []
    hint = "divide each by their sum; days_per_year, not probability, scales money to a year"
    found, expected = f"probabilities that sum to {total:.10g}", "a sum of 1"
    return [locator.issue(("uncertainty", "probabilities"), found, expected, hint)]
