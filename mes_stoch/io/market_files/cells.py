"""Cells as numbers: decimal marks, marks between thousands, and cells that say there is no number."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.market_files.grid import SEPARATOR_WORDS, TextGrid
from mes_stoch.io.market_files.market_file import MarketFile
from mes_stoch.io.readers.locate import shorten

Floats = NDArray[np.float64]

#: Cells by which publishers say that there is no number.
NO_NUMBER = frozenset({"", "-", "--", "n/e", "N/A", "n.a.", "NA", "NaN", "nan", "ND", "null", "NULL", "*"})
_PLAIN = re.compile(r"[-+.0-9eE]*")
_BLANKS = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2212": "-", "\u2019": "'"})


@dataclass(frozen=True)
class NumberStyle:
    """How a file writes numbers: ``decimal`` is a point or a comma, ``grouping`` stands between thousands."""

    decimal: str = "."
    grouping: str = ""

    def pattern(self) -> re.Pattern[str]:
        whole = r"\d+"
        if self.grouping:
            whole = rf"(?:\d{{1,3}}(?:{re.escape(self.grouping)}\d{{3}})+|\d+)"
        mark = re.escape(self.decimal)
        return re.compile(rf"[-+]?(?:{whole}(?:{mark}\d*)?|{mark}\d+)(?:[eE][-+]?\d+)?", re.ASCII)


POINT, COMMA = NumberStyle(), NumberStyle(",")
GERMAN, ENGLISH = NumberStyle(",", "."), NumberStyle(".", ",")


def read_numbers(
    file: MarketFile,
    grid: TextGrid,
    names: Sequence[str],
    style: NumberStyle | None = None,
    no_number: Collection[str] = NO_NUMBER,
) -> dict[str, Floats]:
    """Columns as numbers, not a number where a cell says that there is none; other text is an issue.

    Parameters
    ----------
    style : NumberStyle, optional
        Default what the file shows.

    Raises
    ------
    MarketFileError
        If it cannot be told whether marks group thousands or begin decimals.
    """
    cells = {name: [cell.translate(_BLANKS) for cell in grid.columns[name]] for name in names}
    known = style or _style_of(file, grid, cells, no_number)
    return {name: _column(file, grid, name, texts, known, no_number) for name, texts in cells.items()}


def _column(
    file: MarketFile, grid: TextGrid, name: str, texts: list[str], style: NumberStyle, no_number: Collection[str]
) -> Floats:
    blank = np.fromiter((text in no_number for text in texts), dtype=bool, count=len(texts))
    values = _at_once(texts, blank, style)
    if values is None:
        pattern = style.pattern()
        values = np.array(
            [np.nan if is_blank else _number(text, style, pattern) for text, is_blank in zip(texts, blank, strict=True)]
        )
    wrong = np.flatnonzero(~np.isfinite(values) & ~blank)

    def words(example: int) -> tuple[str, str]:
        text = texts[wrong[example]]
        hint = ""
        if COMMA.pattern().fullmatch(text) or POINT.pattern().fullmatch(text):
            hint = f"other numbers of the file have a decimal {'point' if style.decimal == '.' else 'comma'}"
        return f"'{shorten(text)}'", hint

    lines = [grid.lines[int(k)] for k in wrong]
    file.reporter.add_all(lines, shorten(name), words, "a finite number, or an empty cell", kind="number")
    return values


def _at_once(texts: list[str], blank: NDArray[np.bool_], style: NumberStyle) -> Floats | None:
    """All cells together where they are plain numbers; Python's own reader takes more, such as 1_000."""
    given = ["0" if is_blank else text for text, is_blank in zip(texts, blank, strict=True)]
    if style.decimal == ",":
        if any("." in text for text in given):
            return None
        given = [text.replace(",", ".") for text in given]
    if not _PLAIN.fullmatch("".join(given)):
        return None
    try:
        values = np.array(given, dtype=np.float64)
    except ValueError:
        return None
    values[blank] = np.nan
    return values


def _number(text: str, style: NumberStyle, pattern: re.Pattern[str]) -> float:
    if not pattern.fullmatch(text):
        return np.nan
    bare = text.replace(style.grouping, "") if style.grouping else text
    return float(bare.replace(style.decimal, "."))


def _style_of(file: MarketFile, grid: TextGrid, cells: dict[str, list[str]], no_number: Collection[str]) -> NumberStyle:
    """The style that the marks in a file allow."""
    points = commas = False
    clear: NumberStyle | None = None
    grouping = ""
    unclear: tuple[int, str, str] | None = None
    for name, texts in cells.items():
        for position, text in enumerate(texts):
            if text in no_number or text.isdecimal():
                continue
            if re.search(r"\d[ ']\d{3}(?!\d)", text):
                grouping = " " if " " in text else "'"
            has_point, has_comma = "." in text, "," in text
            points, commas = points or has_point, commas or has_comma
            if has_point and has_comma:
                clear = clear or (GERMAN if text.rindex(",") > text.rindex(".") else ENGLISH)
            elif has_point or has_comma:
                if _may_group(text, "." if has_point else ","):
                    unclear = unclear or (grid.lines[position], name, text)
                elif clear is None:
                    clear = NumberStyle("." if has_point else ",")
    if clear is not None:
        both = points and commas and not clear.grouping
        other = ("," if clear.decimal == "." else ".") if both else clear.grouping
        return NumberStyle(clear.decimal, grouping or other)
    if unclear is not None:
        return _of_unclear(file, grid, unclear, grouping)
    return NumberStyle(".", grouping)


def _of_unclear(file: MarketFile, grid: TextGrid, unclear: tuple[int, str, str], grouping: str) -> NumberStyle:
    """Marks that may all stand between thousands; a point in columns separated by commas begins decimals."""
    line, name, text = unclear
    if "." in text and grid.separator == ",":
        return NumberStyle(".", grouping)
    other = re.sub(r"[.,]", "", text)
    found = f"'{text}' in a file separated by {SEPARATOR_WORDS[grid.separator]}, which may be {other}"
    hint = "say which: --columns decimal=, or --columns thousands=. (or the other mark)"
    raise file.refusal(line, shorten(name), found, "numbers whose mark can be told", hint)


def _may_group(text: str, mark: str) -> bool:
    return re.fullmatch(rf"[-+]?[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+", text) is not None
