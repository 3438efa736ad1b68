"""CSV text as columns that remember their lines.

Two ways of writing are told apart by the header line, never guessed cell by cell:

- columns separated by **commas**: decimals have a point;
- columns separated by **semicolons** (or tabs), as spreadsheets write them where the comma is the decimal mark:
  decimals have a comma, or a point if no number of the file has a comma, and times may be written
  ``dd/mm/yyyy hh:mm``.

A file that mixes the two, and points that could as well group thousands, are issues.
"""

from __future__ import annotations

import csv
import gc
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.files import read_regular
from mes_stoch.io.readers.locate import listed, shorten
from mes_stoch.io.readers.number_words import NUMBER, number_hint
from mes_stoch.io.readers.reporter import Reporter

_PLAIN_NUMBERS = re.compile(r"[-+.0-9eE]*")
_MAYBE_GROUPED = re.compile(r"[-+]?[1-9][0-9]{0,2}(\.[0-9]{3})+")
_SEPARATOR_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_TWO_WAYS = "commas between columns and a point in decimals, or semicolons between columns and a comma in decimals"


@dataclass(frozen=True)
class Table:
    """Cells of a CSV file by column.

    Parameters
    ----------
    columns : dict of str to list of str
        Cells without surrounding blanks.
    lines : sequence of int
        Line of each row in the file.
    complete : bool
        Whether every row of the file is here; rows with too many or too few cells are not.
    separator : str
        What stands between columns.
    """

    columns: dict[str, list[str]]
    lines: Sequence[int]
    complete: bool = True
    separator: str = ","

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    @property
    def is_spreadsheet(self) -> bool:
        """Whether decimals may have a comma, and days come first in dates."""
        return self.separator != ","


def read_table(path: Path, reporter: Reporter, required: Iterable[str]) -> Table | None:
    """Read a CSV file with a header; ``None`` if it has no rows that can be told apart."""
    text = _text(path, reporter)
    if text is None:
        return None
    text, skipped = _without_preamble(text)
    separator = _separator(text)
    with _without_collections():
        read = _rows(text, separator, skipped, reporter)
        if read is None:
            return None
        rows, lines = read
        if not rows:
            reporter.add(None, "", "an empty file", "a header line and one line a period")
            return None
        return _columns(rows, lines, reporter, list(required), separator)


@contextmanager
def _without_collections() -> Iterator[None]:
    """No garbage collections: a million rows, none of them garbage, would be looked through again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _text(path: Path, reporter: Reporter) -> str | None:
    try:
        return read_regular(path).decode("utf-8-sig")
    except FileNotFoundError:
        reporter.add(None, "", "no such file", "a CSV file", "write it, or correct the name in instance.yaml")
    except OSError as error:
        reporter.add(None, "", error.strerror or "an unreadable file", "a CSV file")
    except UnicodeDecodeError as error:
        found = f"a byte that is not UTF-8 at position {error.start}"
        reporter.add(None, "", found, "a text file in UTF-8", 'save the file as UTF-8 ("CSV UTF-8" in a spreadsheet)')
    return None


def _without_preamble(text: str) -> tuple[str, int]:
    """Text without the line ``sep=;`` that spreadsheets write and read, and how many lines that takes away."""
    first, _, rest = text.partition("\n")
    return (rest, 1) if re.fullmatch(r"sep=[;,\t]\r?", first) else (text, 0)


def _separator(text: str) -> str:
    """What the header line separates names with; names have none of the three."""
    header = next((line for line in io.StringIO(text) if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", header)
    return next((mark for mark in (";", "\t") if mark in bare), ",")


def _rows(text: str, separator: str, skipped: int, reporter: Reporter) -> tuple[list[list[str]], list[int]] | None:
    """Rows that are not blank, and their lines."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        numbered = [(row, reader.line_num) for row in reader]
    except csv.Error as error:
        expected = f"cells separated by {_SEPARATOR_WORDS[separator]}"
        reporter.add(reader.line_num + skipped, "", str(error), expected)
        return None
    padded = re.search(r"[^\S\r\n]", text) is not None
    rows, lines = [], []
    for row, line in numbered:
        cells = [cell.strip() for cell in row] if padded else row
        if any(cells):
            rows.append(cells)
            lines.append(line + skipped)
    return rows, lines


def _columns(
    rows: list[list[str]], lines: list[int], reporter: Reporter, required: list[str], separator: str
) -> Table | None:
    header = rows[0]
    if not _sound_header(header, lines[0], reporter, required, separator):
        return None
    width = len(header)
    body, body_lines = rows[1:], lines[1:]
    ragged = [position for position, row in enumerate(body) if len(row) != width]
    if ragged:
        _report_ragged(body, body_lines, ragged, reporter, width, separator)
        body_lines = [line for row, line in zip(body, body_lines, strict=True) if len(row) == width]
        body = [row for row in body if len(row) == width]
    by_position = list(zip(*body, strict=True)) if body else [() for _ in header]
    columns: dict[str, list[str]] = {}
    for name, cells in zip(header, by_position, strict=True):
        if name:
            columns.setdefault(name, list(cells))
    return Table(columns, body_lines, not ragged, separator)


def _sound_header(header: list[str], line: int, reporter: Reporter, required: list[str], separator: str) -> bool:
    if separator != "," and any("," in name for name in header):
        mark = _SEPARATOR_WORDS[separator]
        reporter.add(
            line, "", f"a header with {mark} and commas", "one separator", "write the names with one of the two"
        )
        return False
    missing = [name for name in required if name not in header]
    for name in missing:
        reporter.add(line, name, f"columns {listed(header)}", f"a column {name}")
    if missing:
        return False
    seen: set[str] = set()
    for position, name in enumerate(header):
        if name == "":
            reporter.add(line, "", f"column {position + 1} without a name", "a name for every column")
        elif name in seen:
            reporter.add(line, name, f"the column {shorten(name)} a second time", "each column once")
        seen.add(name)
    return True


def _report_ragged(
    body: list[list[str]], lines: list[int], ragged: list[int], reporter: Reporter, width: int, separator: str
) -> None:
    def words(example: int) -> tuple[str, str]:
        row = body[ragged[example]]
        other = ";" if separator == "," else ","
        hint = ""
        if any(other in cell for cell in row) and len(row) < width:
            hint = f"the header separates columns by {_SEPARATOR_WORDS[separator]}"
        elif len(row) > width and separator == ",":
            hint = f"write {_TWO_WAYS}"
        return f"{len(row)} cells", hint

    reporter.add_all([lines[k] for k in ragged], "", words, f"{width} cells, as in the header", kind="cells")


def numbers(table: Table, names: Sequence[str], reporter: Reporter) -> dict[str, NDArray[np.float64]]:
    """Columns as numbers; what is none is reported and becomes NaN."""
    comma = table.is_spreadsheet and _has_decimal_commas(table, names)
    if table.is_spreadsheet and not comma and _may_group_thousands(table, names, reporter):
        return {name: np.full(len(table.lines), np.nan) for name in names}
    return {name: _numbers(table, name, reporter, comma) for name in names}


def _has_decimal_commas(table: Table, names: Sequence[str]) -> bool:
    return any("," in cell and NUMBER.fullmatch(cell.replace(",", ".")) for n in names for cell in table.columns[n])


def _may_group_thousands(table: Table, names: Sequence[str], reporter: Reporter) -> bool:
    """Whether the points of a file are those of 1.234 for one thousand and more: told by none that could not be."""
    example: tuple[int, str, str] | None = None
    for name in names:
        for position, cell in enumerate(table.columns[name]):
            if "." not in cell:
                continue
            if not _MAYBE_GROUPED.fullmatch(cell):
                return False
            example = example or (table.lines[position], name, cell)
    if example is None:
        return False
    line, name, cell = example
    found = f"'{cell}' in a file separated by {_SEPARATOR_WORDS[table.separator]}, which may be {cell.replace('.', '')}"
    hint = "write decimals with a comma, or separate the columns by commas"
    reporter.add(line, name, found, "decimals that cannot be taken for thousands", hint)
    return True


def _numbers(table: Table, name: str, reporter: Reporter, comma: bool) -> NDArray[np.float64]:
    cells = table.columns[name]
    plain = [cell.replace(",", ".") for cell in cells] if comma else cells
    values = _plain_numbers(plain)
    if values is None:
        values = np.array([float(cell) if NUMBER.fullmatch(cell) else np.nan for cell in plain], dtype=np.float64)
    if comma:
        # the comma is the decimal mark of this file
        mixed = np.fromiter(("." in cell for cell in cells), dtype=bool, count=len(cells))
        values[mixed] = np.nan
    bad = np.flatnonzero(~np.isfinite(values))

    def words(example: int) -> tuple[str, str]:
        cell = cells[bad[example]]
        return f"'{shorten(cell)}'" if cell else "an empty cell", _cell_hint(cell, name, table, comma)

    reporter.add_all([table.lines[int(k)] for k in bad], name, words, "a finite number", kind="number")
    return values


def _plain_numbers(cells: list[str]) -> NDArray[np.float64] | None:
    """All cells at once where they are numbers as the format writes them; Python's own reader takes more, as 1_000."""
    if not _PLAIN_NUMBERS.fullmatch("".join(cells)):
        return None
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        return None


def _cell_hint(cell: str, name: str, table: Table, comma: bool) -> str:
    if comma and "." in cell:
        return f"other numbers of this file have a decimal comma; write {_TWO_WAYS}, and no separators of thousands"
    if not table.is_spreadsheet and "," in cell:
        return f"write {_TWO_WAYS}"
    return number_hint(cell, name)
