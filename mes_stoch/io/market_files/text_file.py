"""Bytes of a download as text: encodings, compression, spreadsheets."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from mes_stoch.io.files import LARGEST_DATA_BYTES, read_regular
from mes_stoch.io.readers.locate import listed, shorten
from mes_stoch.schema.errors import Issue, MarketFileError

_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_SAVE_AS_CSV = 'save it as CSV in a spreadsheet ("CSV UTF-8")'


@dataclass(frozen=True)
class FileText:
    """A file as text, and how it was written.

    Parameters
    ----------
    encoding : str
        In words.
    is_sheet : bool
        Whether the text was made of a spreadsheet's first sheet: cells separated by semicolons, a line a row.
    """

    text: str
    encoding: str
    is_sheet: bool = False


def read_text(path: Path, label: str) -> FileText:
    """The text of a file, of the one file in a zip archive, or of the first sheet of a spreadsheet.

    Raises
    ------
    MarketFileError
        No such file, an empty one, one that is no text.
    """
    try:
        content = read_regular(path)
    except FileNotFoundError:
        raise _refused(label, "no such file", "a file of market data", "correct its name") from None
    except OSError as error:
        raise _refused(label, error.strerror or "an unreadable file", "a file of market data") from None
    return _as_text(content, label)


def _as_text(content: bytes, label: str) -> FileText:
    if content[:2] == b"\x1f\x8b":
        content = _gunzipped(content, label)
    if content[:4] == b"PK\x03\x04":
        return _from_archive(content, label)
    if content[:4] == _OLD_EXCEL:
        raise _refused(label, "an old Excel file (.xls)", "a text file with separated columns", _SAVE_AS_CSV)
    if content[:4] == b"%PDF":
        raise _refused(label, "a PDF", "a text file with separated columns")
    text, encoding = _decoded(content, label)
    if not text.strip():
        raise _refused(label, "an empty file", "a header line and rows", "download it again")
    found = _NO_TEXT.search(text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        hint = "the download may be damaged, or compressed in a way that is not read"
        raise _refused(label, f"a byte {ord(found[0]):#04x} that no text has", "a text file", hint, line)
    if re.match(r"\s*(<!doctype html|<html)", text, re.IGNORECASE):
        hint = "the download was answered with a page: sign in again, or take the file from the page"
        raise _refused(label, "a web page", "a text file with separated columns", hint, 1)
    return FileText(text, encoding)


def _decoded(content: bytes, label: str) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise _refused(label, "half a character of UTF-16", "a whole text file", "download it again") from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # what Windows writes in western Europe; its few bytes without a meaning are Latin-1's
        try:
            return content.decode("cp1252"), "Latin-1"
        except UnicodeDecodeError:
            return content.decode("latin-1"), "Latin-1"
    return text, "UTF-8 with a byte-order mark" if content[:3] == b"\xef\xbb\xbf" else "UTF-8"


def _gunzipped(content: bytes, label: str) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            inner = stream.read(LARGEST_DATA_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise _refused(label, "a damaged gzip archive", "a whole file", "download it again") from None
    return _of_bearable_size(inner, label)


def _from_archive(content: bytes, label: str) -> FileText:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.filename == "xl/workbook.xml" for entry in members):
                return _from_sheet(content, label)
            if len(members) != 1:
                found = f"a zip archive of {len(members)} files ({listed([m.filename for m in members], 4)})"
                raise _refused(label, found, "an archive of one file", "unpack it and name the files")
            with archive.open(members[0]) as stream:
                inner = stream.read(LARGEST_DATA_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError):
        raise _refused(label, "a damaged or encrypted zip archive", "a whole file", "download it again") from None
    if inner[:4] == b"PK\x03\x04":
        raise _refused(label, "an archive inside an archive", "an archive of one file", "unpack it once")
    return _as_text(_of_bearable_size(inner, label), label)


def _from_sheet(content: bytes, label: str) -> FileText:
    """The first sheet, a line a row."""
    try:
        import openpyxl
    except ModuleNotFoundError:
        hint = f"{_SAVE_AS_CSV}, or install what reads spreadsheets: pip install 'mes_stoch[data]'"
        raise _refused(label, "a spreadsheet (.xlsx)", "a text file with separated columns", hint) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = [[_cell_text(cell) for cell in row] for row in book.worksheets[0].iter_rows(values_only=True)]
        book.close()
    except Exception as error:
        # the package raises whatever the damage leads to
        found = f"a spreadsheet that does not open ({type(error).__name__}: {shorten(str(error))})"
        raise _refused(label, found, "a whole spreadsheet", _SAVE_AS_CSV) from error
    stream = io.StringIO()
    csv.writer(stream, delimiter=";", lineterminator="\n").writerows(rows)
    if not stream.getvalue().strip("; \n"):
        raise _refused(label, "an empty sheet", "a header line and rows", "put the table on the first sheet")
    return FileText(stream.getvalue(), "spreadsheet", is_sheet=True)


def _cell_text(cell: Any) -> str:
    """A cell as a text file has it; line breaks would shift the lines of all rows below."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != datetime.min.time() else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join(str(cell).split("\n"))


def _of_bearable_size(content: bytes, label: str) -> bytes:
    if len(content) > LARGEST_DATA_BYTES:
        raise _refused(label, "an archive that unpacks to too much", f"at most {LARGEST_DATA_BYTES:,} bytes")
    return content


def _refused(label: str, found: str, expected: str, hint: str = "", line: int | None = None) -> MarketFileError:
    return MarketFileError(label, [Issue(label, line, "", found, expected, hint)])


def numbered_rows(text: str, separator: str, first_line: int = 1) -> Iterator[tuple[int, list[str]]]:
    """Rows of separated cells from a line on, with the line each begins on.

    Raises
    ------
    csv.Error
    """
    stream = io.StringIO(text, newline="")
    for _ in range(first_line - 1):
        stream.readline()
    reader = csv.reader(stream, delimiter=separator)
    begins = first_line
    for row in reader:
        yield begins, row
        begins = first_line + reader.line_num
