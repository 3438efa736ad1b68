"""Putting the report into a document, between two marks."""

from __future__ import annotations

from pathlib import Path

from mes_stoch.schema.errors import UsageError

START, END = "<!-- bench:start -->", "<!-- bench:end -->"


def write_between_marks(document: Path, text: str) -> None:
    """Replace what stands between the marks; the rest of the document stays as it is.

    Raises
    ------
    UsageError
        There is no such document, or it lacks the marks.
    """
    head, tail = around_marks(document)
    document.write_text(f"{head}{START}\n\n{text.strip()}\n\n{END}{tail}", encoding="utf-8")


def around_marks(document: Path) -> tuple[str, str]:
    """What stands before and after the marks; also the check to make before hours of measuring.

    Raises
    ------
    UsageError
        There is no such document, or it lacks the marks.
    """
    try:
        content = document.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot read {document}: {error.strerror}") from None
    head, start, rest = content.partition(START)
    _, end, tail = rest.partition(END)
    if not (start and end):
        raise UsageError(f"{document} lacks the lines {START} and {END} between which the report belongs")
    return head, tail
