"""A page of a report, read as a browser reads it: elements, visible text and figures."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

_UNSEEN = ("script", "style")


class ReadPage(HTMLParser):
    """Elements and text of a page.

    ``elements`` are tags with their attributes; ``scripts`` the contents of script elements; ``text`` what is shown.
    """

    def __init__(self, content: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self._shown: list[str] = []
        self._inside = ""
        self.feed(content)
        self.close()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._shown).split())

    @property
    def figures(self) -> dict[str, Any]:
        """Figures by key, as they are handed to plotly."""
        found: dict[str, Any] = json.loads(self.scripts[0])
        return found

    def all_of(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of a tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in _UNSEEN:
            self._inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside == "script":
            self.scripts[-1] += data
        elif not self._inside:
            self._shown.append(data)


def trace_called(figure: dict[str, Any], start: str) -> dict[str, Any]:
    """The trace of a figure whose name begins so."""
    return next(trace for trace in figure["data"] if str(trace.get("name", "")).startswith(start))
