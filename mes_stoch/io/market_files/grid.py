"""Text of separated columns, with the line of each row."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mes_stoch.io.market_files.market_file import MarketFile
from mes_stoch.io.market_files.text_file import numbered_rows
from mes_stoch.io.readers.locate import did_you_mean, listed, shorten

SEPARATOR_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs"}


@dataclass(frozen=True)
class TextGrid:
    """Cells by column, without surrounding blanks.

    Parameters
    ----------
    columns : dict of str to list of str
        A name that the header has twice gets a number: ``Status (2)``.
    lines : list of int
        Line of each row.
    """

    columns: dict[str, list[str]]
    lines: list[int]
    separator: str
    header_line: int

    @property
    def names(self) -> list[str]:
        return list(self.columns)

    def __len__(self) -> int:
        return len(self.lines)


def separator_of(line: str, marks: Sequence[str] = (";", "\t", ",")) -> str:
    """What a header line separates names with: the commonest of the marks outside quotes.

    >>> separator_of('"a;b",c,d')
    ','
    """
    bare = "".join(part for k, part in enumerate(line.split('"')) if k % 2 == 0)
    return max(marks, key=lambda mark: (bare.count(mark), -marks.index(mark)))


def read_grid(
    file: MarketFile,
    header_line: int,
    separator: str,
    required: Sequence[str] = (),
    *,
    is_aside: Callable[[list[str]], bool] | None = None,
    is_label: Callable[[str], bool] | None = None,
) -> TextGrid:
    """Columns below a header.

    Parameters
    ----------
    header_line : int
        Counted from 1.
    required : sequence of str
        Columns that must be there.
    is_aside : callable, optional
        Whether a row is no data: units, sums, a legal notice.
    is_label : callable, optional
        Whether the last name of the header may be a title of the table, for which rows have no cell.

    Raises
    ------
    MarketFileError
        Rows with too many or too few cells, no rows, missing columns.
    """
    try:
        rows = [(line, [cell.strip() for cell in row]) for line, row in _rows(file, separator, header_line)]
    except csv.Error as error:
        found, hint = f"cells that cannot be told apart ({error})", "a quotation mark may have lost its partner"
        raise file.refusal(None, "", found, "separated cells", hint) from None
    rows = [(line, row) for line, row in rows if any(row)]
    if not rows:
        raise file.refusal(header_line, "", "no header line", "a header line and rows")
    header = _numbered(_without_empty_end(rows[0][1]))
    _require(file, header, required, rows[0][0], separator)
    body = rows[1:] if is_aside is None else [(line, row) for line, row in rows[1:] if not is_aside(row)]
    if not body:
        raise file.refusal(rows[0][0], "", "a header without rows", "a row a period", "download it again")
    width = len(header)
    fitted = [_fitted(row, width) for _, row in body]
    if is_label is not None and is_label(header[-1]):
        fitted = [[*row, ""] if len(row) == width - 1 else row for row in fitted]
    _report_ragged(file, [line for line, _ in body], fitted, width, separator)
    file.stop_if_wrong()
    by_position = list(zip(*fitted, strict=True))
    columns = {name: list(cells) for name, cells in zip(header, by_position, strict=True)}
    return TextGrid(columns, [line for line, _ in body], separator, rows[0][0])


def _rows(file: MarketFile, separator: str, header_line: int) -> list[tuple[int, list[str]]]:
    return list(numbered_rows(file.text, separator, header_line))


def _without_empty_end(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _fitted(row: list[str], width: int) -> list[str]:
    """A row without empty cells beyond the header's, which some files end every line with."""
    return row[:width] if len(row) > width and not any(row[width:]) else row


def _numbered(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    result = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return result


def _require(file: MarketFile, header: list[str], required: Sequence[str], line: int, separator: str) -> None:
    for name in required:
        if name not in header:
            found = f"columns {listed([shown or '(no name)' for shown in header])}"
            hint = did_you_mean(name, header) if header else ""
            hint = hint if hint.startswith("did you") else "download the file again, or give its columns (--columns)"
            if len(header) == 1:
                hint = f"the columns may not be separated by {SEPARATOR_WORDS[separator]}"
            file.reporter.add(line, shorten(name), found, f"a column {name}", hint)
    file.stop_if_wrong()


def _report_ragged(file: MarketFile, lines: list[int], rows: list[list[str]], width: int, separator: str) -> None:
    ragged = [position for position, row in enumerate(rows) if len(row) != width]

    def words(example: int) -> tuple[str, str]:
        row = rows[ragged[example]]
        other = next((mark for mark in SEPARATOR_WORDS if mark != separator and any(mark in cell for cell in row)), "")
        hint = "the row may have been cut: download the file again" if len(row) < width else ""
        if len(row) < width and other:
            hint = f"the header separates columns by {SEPARATOR_WORDS[separator]}, this row by {SEPARATOR_WORDS[other]}"
        if len(row) > width and separator == ",":
            hint = "decimals with a comma do not go with columns separated by commas"
        return f"{len(row)} cell{'s' if len(row) != 1 else ''}", hint

    expected = f"{width} cells, as in the header"
    file.reporter.add_all([lines[k] for k in ragged], "", words, expected, kind="cells")
