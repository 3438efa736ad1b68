"""The CSV files of an instance as columns, of which some are replaced or added."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mes_stoch.io.files import stays_inside
from mes_stoch.io.overrides.period_values import TIME, FloatArray
from mes_stoch.io.readers.csv_table import Table, numbers, read_table
from mes_stoch.io.readers.reporter import Reporter

#: The file that is written where an instance has none for what is common to all scenarios; that of its scenarios.
COMMON_FILE, SCENARIO_FILE = "series.csv", "scenarios.csv"
SCENARIO = "scenario"


class ColumnFiles:
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
        named = data.get("series")
        uncertainty = data.get("uncertainty")
        explicit = isinstance(uncertainty, Mapping) and uncertainty.get("kind") == "explicit"
        self.scenario_name = str(uncertainty.get("file")) if explicit and isinstance(uncertainty, Mapping) else None
        self.common_name = str(named) if isinstance(named, str) else _free_name(self.scenario_name)
        self._has_common_file = isinstance(named, str)
        self._has_new_common_file = False
        self._tables: dict[str, Table] = {}
        self._changed: set[str] = set()
        for name, required in ((self.common_name, [TIME]), (self.scenario_name, [SCENARIO, TIME])):
            if name is None or (name == self.common_name and not self._has_common_file) or not stays_inside(name):
                continue
            table = read_table(folder / name, Reporter(name), required)
            # rows that could not be read would be missing in what is written
            if table is not None and table.complete:
                self._tables[name] = table

    @property
    def columns(self) -> list[str]:
        """Names of all series that are there."""
        return [name for table in self._tables.values() for name in _series_in(table)]

    def file_of(self, column: str) -> str | None:
        """The file that has a series."""
        return next((name for name, table in self._tables.items() if column in _series_in(table)), None)

    def scenarios_of(self, file: str) -> list[str]:
        """Scenario of each row; empty text in the file that all have in common."""
        table = self._tables[file]
        return table.columns.get(SCENARIO, [""] * len(table.lines))

    def periods_of(self, file: str) -> list[int] | None:
        """Period of each row, counted in its scenario; ``None`` where a scenario has not a row for each.

        Rows of a scenario follow each other in time; those of several may come in any order.
        """
        counted: dict[str, int] = {}
        found = []
        for name in self.scenarios_of(file):
            counted[name] = counted.get(name, -1) + 1
            found.append(counted[name])
        return found if all(last == len(self.time) - 1 for last in counted.values()) else None

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
            plain = numbers(table, _series_in(table), Reporter(file))
            table.columns.update({name: _cells(values_, table) for name, values_ in plain.items()})
        table.columns[column] = _cells(values, table)
        self._changed.add(file)

    def common(self) -> str:
        """The file that all scenarios have in common; made where there is none."""
        if not self._has_common_file:
            stamps = [f"{moment:%Y-%m-%dT%H:%M:%S%z}" for moment in self.time]
            self._tables[self.common_name] = Table({TIME: stamps}, range(2, len(stamps) + 2))
            self._has_common_file = self._has_new_common_file = True
        return self.common_name

    def written(self) -> dict[str, bytes]:
        return {name: _csv_bytes(self._tables[name]) for name in sorted(self._changed)}

    @property
    def new_common_name(self) -> str | None:
        """Name of the file for what scenarios have in common, where it was made."""
        return self.common_name if self._has_new_common_file and self.common_name in self._changed else None

    def is_readable(self, file: str) -> bool:
        return file in self._tables


def _series_in(table: Table) -> list[str]:
    return [name for name in table.names if name not in (SCENARIO, TIME)]


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
