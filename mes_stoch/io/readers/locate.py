"""Words and places for messages: what was found, what is meant, and where it stands."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mes_stoch.io.readers.yaml_lines import Document, dotted, parse_yaml, value_at
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.units import FORMAT_CURRENCY, UNIT_WORDS, in_currency

INSTANCE_FILE = "instance.yaml"
OVERRIDES = "overrides"

_LONGEST_SHOWN = 60


class Locator:
    """Makes issues that point into the instance file, or at the override that replaced an entry.

    Parameters
    ----------
    document : Document or None
        The file as read; ``None`` where only the content is known, so that issues carry no line.
    overridden : iterable of tuple
        Paths of entries given by the caller instead of the file.
    currency : str
        Currency of the instance. Paths and texts come in the format's names; issues speak of what the user wrote.
    """

    def __init__(
        self,
        document: Document | None,
        overridden: Iterable[tuple[str | int, ...]] = (),
        currency: str = FORMAT_CURRENCY,
    ) -> None:
        self._document = document
        self._currency = currency
        self._overridden = tuple(overridden)

    def issue(self, path: Sequence[str | int], found: str, expected: str, hint: str = "") -> Issue:
        place = tuple(path)
        if any(place[: len(given)] == given or self._is_new(place, given) for given in self._overridden):
            return self._spoken(OVERRIDES, None, place, found, expected, hint)
        line = None if self._document is None else self._document.line(self._written(place))
        file = INSTANCE_FILE if self._document is None else self._document.file
        return self._spoken(file, line, place, found, expected, hint)

    def _is_new(self, place: tuple[str | int, ...], given: tuple[str | int, ...]) -> bool:
        """Whether an override that lies deeper, or beside it, brought what the file does not have."""
        depth = 0
        while depth < min(len(place), len(given)) and place[depth] == given[depth]:
            depth += 1
        if self._document is None or depth == 0:
            return False
        return value_at(self._document.data, self._written(place[:depth])) is None

    def _written(self, path: Sequence[str | int]) -> list[str | int]:
        """A path as it stands in the file; its second part is the user's name of a node, component or product."""
        return [
            in_currency(part, self._currency) if isinstance(part, str) and depth != 1 else part
            for depth, part in enumerate(path)
        ]

    def _spoken(self, file: str, line: int | None, path: Sequence[str | int], *words: str) -> Issue:
        spoken = (in_currency(word, self._currency) for word in words)
        return Issue(file, line, dotted(self._written(path)), *spoken)


def located(issues: Iterable[Issue], inputs: Mapping[str, bytes], currency: str) -> list[Issue]:
    """Issues of data, each at the line of the instance file where the entry stands that they speak of.

    Parameters
    ----------
    issues : iterable of Issue
        In the format's names. What is no entry of the file keeps its place.
    inputs : mapping of str to bytes
        Files of the instance by name; without the instance file nothing is located.
    """
    document = Document(INSTANCE_FILE)
    parse_yaml(inputs.get(INSTANCE_FILE, b"").decode("utf-8-sig"), document)
    written = document.data if isinstance(document.data, dict) else {}
    locator = Locator(document, currency=currency)
    found = []
    for issue in issues:
        path = _path(issue.key)
        if issue.line is None and in_currency(str(path[0]), currency) in written:
            data = "" if issue.file == INSTANCE_FILE else f" in {issue.file}"
            found.append(locator.issue(path, issue.found + data, issue.expected, issue.hint))
        else:
            found.append(issue.in_currency(currency))
    return found


def _path(key: str) -> list[str | int]:
    """Parts of a dotted path: ``components.pump.outputs[0].ratio_per_unit``."""
    return [int(part) if part.isdigit() else part for part in re.split(r"[.\[\]]+", key)]


def show(value: Any) -> str:
    """A value as the user wrote it, short enough for one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str):
        return f"'{shorten(value)}'"
    return shorten(str(value))


def shorten(text: str) -> str:
    """Text on one line and not longer than a message can bear."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_SHOWN else flat[: _LONGEST_SHOWN - 3] + "..."


def unit_word(unit: str) -> str:
    """A unit as it is printed: ``EUR/MWh`` for ``eur_per_mwh``."""
    return UNIT_WORDS.get(unit, unit)


def listed(names: Collection[str], most: int = 12) -> str:
    """Names in a sentence, in their own order; ``none`` where there are none."""
    shown = list(names)
    if not shown:
        return "none"
    rest = f" and {len(shown) - most} more" if len(shown) > most else ""
    return ", ".join(shorten(name) for name in shown[:most]) + rest


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that ``name`` is most likely a slip of."""
    by_lower = {entry.lower(): entry for entry in known}
    found = get_close_matches(name.lower()[:200], list(by_lower), n=1, cutoff=0.7)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, known: Collection[str], what: str = "known names") -> str:
    """A hint for an unknown name: the nearest one, or the list."""
    near = nearest(name, known)
    return f"did you mean {near}?" if near else f"{what}: {listed(known)}"
