"""What a page of a report is made of: sections with figures, tables, pictures and notes, as plain data.

Nothing here is markup: the template escapes every text, and figures go to the page as JSON.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

#: A figure of plotly: ``data`` and ``layout`` of its JSON form.
Traces = list[dict[str, Any]]


@dataclass(frozen=True)
class Figure:
    """A figure of plotly with the words below it.

    Parameters
    ----------
    key : str
        Name within the page, of letters, digits and hyphens.
    title : str
    caption : str
        What is seen, and how to read it.
    proof : str
        What of it is proven, decided, or an estimate.
    data : list of dict
        Traces. Texts of a user's are written by :func:`plotly_text`.
    layout : dict
    height_px : int
    """

    kind: ClassVar[str] = "figure"

    key: str
    title: str
    caption: str
    proof: str
    data: Traces
    layout: dict[str, Any]
    height_px: int = 380

    @property
    def spec(self) -> dict[str, Any]:
        return {"data": self.data, "layout": self.layout}


@dataclass(frozen=True)
class Table:
    """A table of texts.

    Parameters
    ----------
    numeric : collection of int
        Columns of numbers, which are set at the right.
    note : str
        Below it: what was left out, and where it is.
    is_folded : bool
        Whether it is closed until a reader opens it.
    """

    kind: ClassVar[str] = "table"

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()
    note: str = ""
    is_folded: bool = False


@dataclass(frozen=True)
class Picture:
    """A drawing that is an image of its own, so that nothing in it can act on the page."""

    kind: ClassVar[str] = "picture"

    title: str
    caption: str
    svg: bytes
    described: str
    width_px: int


@dataclass(frozen=True)
class Note:
    """A line of text; ``warning`` where a reader must not miss it."""

    kind: ClassVar[str] = "note"

    text: str
    tone: Literal["plain", "warning"] = "plain"


@dataclass(frozen=True)
class Facts:
    """Labels and texts, one beside the other."""

    kind: ClassVar[str] = "facts"

    rows: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Link:
    """A file beside the page."""

    kind: ClassVar[str] = "link"

    file: str
    text: str


Part = Figure | Table | Picture | Note | Facts | Link


@dataclass(frozen=True)
class Section:
    """A heading with what stands below it."""

    key: str
    title: str
    parts: Sequence[Part] = field(default_factory=tuple)


def plotly_text(text: str) -> str:
    """A text as plotly shows it unchanged: it takes tags such as ``<b>`` and ``<a href>`` in any label for markup.

    >>> plotly_text("<b>low & high</b>")
    '&lt;b&gt;low &amp; high&lt;/b&gt;'
    """
    return html.escape(text, quote=False)


def figures_of(sections: Sequence[Section]) -> dict[str, Figure]:
    """Every figure of some sections by its key.

    Raises
    ------
    ValueError
        Two of one key.
    """
    found: dict[str, Figure] = {}
    for section in sections:
        for part in section.parts:
            if isinstance(part, Figure):
                if part.key in found:
                    raise ValueError(f"two figures are called {part.key}")
                found[part.key] = part
    return found


def table_of(
    title: str,
    rows: Sequence[Mapping[str, str]],
    numeric: Sequence[str] = (),
    note: str = "",
    *,
    is_folded: bool = False,
) -> Table:
    """A table whose rows name their cells; the first row says which columns there are."""
    columns = list(rows[0]) if rows else []
    places = frozenset(columns.index(name) for name in numeric if name in columns)
    return Table(title, columns, [[row[name] for name in columns] for row in rows], places, note, is_folded)
