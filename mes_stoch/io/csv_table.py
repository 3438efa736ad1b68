"""CSV text as columns that remember their lines."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.locate import listed, shorten
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.units import FORMAT_CURRENCY

#: Problems of one kind in one file that are written out; the others are counted.
MOST_ISSUES = 10


@dataclass
class Reporter:
    """Collects issues of one file, and of each kind no more than a person would read.

    Columns come in the format's names; issues speak of them in the instance's ``currency``, as the file does.
    """

    file: str
    currency: str = FORMAT_CURRENCY
    _issues: dict[str, list[Issue]] = field(default_factory=dict)
    _left_out: dict[str, int] = field(default_factory=dict)

    def add(self, line: int | None, key: str, found: str, expected: str, hint: str = "", *, kind: str = "") -> None:
        label = kind or expected
        known = self._issues.setdefault(label, [])
        if len(known) < MOST_ISSUES:
            known.append(Issue(self.file, line, key, found, expected, hint).in_currency(self.currency))
        else:
            self._left_out[label] = self._left_out.get(label, 0) + 1

    @property
    def issues(self) -> list[Issue]:
        result = []
        for label, known in self._issues.items():
            result += known
            more = self._left_out.get(label, 0)
            if more:
                result.append(Issue(self.file, None, known[-1].key, f"... and {more} more", known[-1].expected))
        return result


@dataclass(frozen=True)
class Table:
    """Cells of a CSV file by column.

    Parameters
    ----------
    columns : dict of str to list of str
        Cells without surrounding blanks.
    lines : list of int
        Line of each row in the file.
    complete : bool
        Whether every row of the file is here; rows with too many or too few cells are not.
    """

    columns: dict[str, list[str]]
    lines: list[int]
    complete: bool = True

    @property
    def names(self) -> list[str]:
        return list(self.columns)


def read_table(path: Path, reporter: Reporter, required: Iterable[str]) -> Table | None:
    """Read a CSV file with a header; ``None`` if it has no rows that can be told apart."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        reporter.add(None, "", "no such file", "a CSV file", "write it, or correct the name in instance.yaml")
        return None
    except OSError as error:
        reporter.add(None, "", error.strerror or "an unreadable file", "a CSV file")
        return None
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8 at position {error.start}"
        reporter.add(None, "", found, "a text file in UTF-8", "save the file as UTF-8")
        return None
    reader = csv.reader(io.StringIO(text, newline=""))
    rows: list[list[str]] = []
    lines: list[int] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append([cell.strip() for cell in row])
                lines.append(reader.line_num)
    except csv.Error as error:
        reporter.add(reader.line_num, "", str(error), "comma-separated cells")
        return None
    if not rows:
        reporter.add(None, "", "an empty file", "a header line and one line a period")
        return None
    return _columns(rows, lines, reporter, list(required))


def _columns(rows: list[list[str]], lines: list[int], reporter: Reporter, required: list[str]) -> Table | None:
    header, header_line = rows[0], lines[0]
    missing = [name for name in required if name not in header]
    if missing:
        hint = ""
        if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
            hint = "separate the columns by commas, and write decimals with a point"
        for name in missing:
            reporter.add(header_line, name, f"columns {listed(header)}", f"a column {name}", hint)
        return None
    for position, name in enumerate(header):
        if name == "":
            reporter.add(header_line, "", f"column {position + 1} without a name", "a name for every column")
        elif name in header[:position]:
            reporter.add(header_line, name, f"the column {shorten(name)} a second time", "each column once")
    whole, whole_lines = [], []
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if len(row) == len(header):
            whole.append(row)
            whole_lines.append(line)
        else:
            hint = "decimals are written with a point" if len(row) > len(header) else ""
            reporter.add(line, "", f"{len(row)} cells", f"{len(header)} cells, as in the header", hint)
    by_position = list(zip(*whole, strict=True)) if whole else [() for _ in header]
    columns: dict[str, list[str]] = {}
    for name, cells in zip(header, by_position, strict=True):
        if name:
            columns.setdefault(name, list(cells))
    return Table(columns, whole_lines, complete=len(whole) == len(rows) - 1)


def numbers(table: Table, name: str, reporter: Reporter) -> NDArray[np.float64]:
    """A column as numbers; what is none is reported and becomes NaN."""
    cells = table.columns[name]
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        values = np.array([_number(cell) for cell in cells], dtype=np.float64)
    for position in np.flatnonzero(~np.isfinite(values)):
        cell = cells[int(position)]
        found = f"'{shorten(cell)}'" if cell else "an empty cell"
        hint = "decimals are written with a point" if "," in cell else ""
        reporter.add(table.lines[int(position)], name, found, "a finite number", hint, kind="number")
    return values


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")
