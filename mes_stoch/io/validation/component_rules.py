"""Rules that several kinds of components have in common."""

from __future__ import annotations

from collections.abc import Iterator

from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue


def below_zero(locator: Locator, path: EntryPath, value: float | str) -> Iterator[Issue]:
    """A power below zero that is written as a number; series are checked with the tree."""
    if not isinstance(value, str) and value < 0:
        yield locator.issue(path, show(value), "a number in MW of at least 0")
