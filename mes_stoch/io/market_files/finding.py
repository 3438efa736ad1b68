"""What a reader noticed in a file that it could read all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

#: Line numbers that a finding spells out.
MOST_LINES = 3

FindingKind = Literal["gap", "missing", "repeat", "clock", "tender", "order", "resolution", "unit", "text", "outlier"]


@dataclass(frozen=True)
class Finding:
    """One thing noticed.

    Parameters
    ----------
    kind : str
        ``gap`` (rows that are not there), ``missing`` (rows without a number), ``repeat`` (a period twice with the
        same numbers), ``clock`` (hours that the clock repeats or skips), ``tender`` (a block auctioned twice),
        ``order``, ``resolution`` (periods of several lengths), ``unit`` (numbers converted), ``text`` (how the file is
        written), ``outlier``.
    text : str
        A sentence without its place.
    lines : tuple of int
        Lines of the file, the first ones at least.
    count : int
        How many rows or periods it is about.
    """

    kind: FindingKind
    text: str
    lines: tuple[int, ...] = ()
    count: int = 1

    def __str__(self) -> str:
        return f"{self.text}{lines_in_words(self.lines, self.count)}"


def lines_in_words(lines: Sequence[int], count: int | None = None) -> str:
    """Lines in brackets, as many as a person reads; empty where there are none.

    >>> lines_in_words([3]), lines_in_words([3, 5, 9, 12], 40)
    (' (line 3)', ' (lines 3, 5, 9 and more)')
    """
    if not lines:
        return ""
    shown = ", ".join(str(line) for line in lines[:MOST_LINES])
    more = " and more" if max(count or 0, len(lines)) > MOST_LINES else ""
    return f" (line{'s' if len(lines) > 1 else ''} {shown}{more})"
