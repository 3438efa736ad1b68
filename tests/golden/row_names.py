"""Names of rows as the source writes them, and which of them have a tag.

Every call ``x.constraint(owner, name, ...)`` in the packages that make rows is looked up, wherever its module stands.
Its ``name`` is read as a pattern: ``energy_ramp_up``, ``*_within_held``, ``stacked_up_*`` (:mod:`written_text`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from written_text import ANY, Source, argument

#: Where rows are made.
ROOMS = ("components", "products", "model")


def source_files(package: Path) -> list[Path]:
    """Every module of a package's rooms that make rows."""
    return sorted(path for room in ROOMS for path in (package / room).rglob("*.py"))


@dataclass(frozen=True)
class RowCall:
    """One place in the source that makes rows, and the names it can give them."""

    file: Path
    first_line: int
    last_line: int
    patterns: frozenset[str]

    @property
    def place(self) -> str:
        return f"{'/'.join(self.file.parts[-3:])}:{self.first_line}"

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of some name but that there is one."""
        return any(not re.search(r"\w", pattern.replace("_", "")) for pattern in self.patterns)


def row_calls(files: Iterable[Path]) -> list[RowCall]:
    """All places that make rows in some files."""
    source = Source(files)
    found = []
    for path, call in source.methods_called("constraint"):
        name = argument(call, 1, "name")
        if name is not None:
            found.append(RowCall(path, call.lineno, call.end_lineno or call.lineno, source.texts(name)))
    return sorted(found, key=lambda row: (str(row.file), row.first_line))


# -- names and tags ---------------------------------------------------------------------------------------------------


def forms_of_pattern(pattern: str) -> set[str]:
    """Forms that a tag can have which covers a pattern of the source.

    A ``*`` that is glued to a word may be an ending of its own (``energy_taken*``: nothing, or names of groups) or a
    number (``*_edge*``).

    >>> sorted(forms_of_pattern("call_power_taken*"))
    ['call_power_taken', 'call_power_taken*', 'call_power_taken_*']
    """
    glued = re.compile(r"(?<=[a-z0-9])\*")
    forms = {pattern}
    for ending in ("", "_*"):
        forms.add(glued.sub(ending, pattern))
    return {_form(form) for form in forms}


def forms_of_tag(tag: str) -> set[str]:
    """Forms of a tag: as it is, and with its direction and effect left open, as a source may leave them.

    >>> sorted(forms_of_tag("forfeiture_up")), sorted(forms_of_tag("<directed>_within_held"))
    (['forfeiture_*', 'forfeiture_up'], ['*_within_held'])
    """
    return {_form(tag), _form(_WORDS.sub(ANY, tag))}


#: Words that stand for themselves in tags, but not in those that begin with the name of a device or product.
_WORDS = re.compile(r"(?<![a-z0-9])(?:up|down|taken|added)(?![a-z0-9])")


def _form(text: str) -> str:
    text = re.sub(r"<\w+>", ANY, text)
    if text.startswith(ANY):
        text = _WORDS.sub(ANY, text)
    return re.sub(r"\*[_*]*\*", ANY, text)


def not_covered(calls: Iterable[RowCall], tags: Iterable[str]) -> list[str]:
    """Rows of the source that no tag stands for, or of whose name the source says nothing, with their places."""
    known = {form for tag in tags for form in forms_of_tag(tag)}
    missing = []
    for call in calls:
        if call.is_open:
            missing.append(
                f"{call.place}: the source does not say what the rows are called: write out a part of the name"
            )
            continue
        missing += [f"{call.place}: {p}" for p in sorted(call.patterns) if not known & forms_of_pattern(p)]
    return missing


def not_made(calls: Iterable[RowCall], tags: Iterable[str]) -> list[str]:
    """Tags that no row of the source has."""
    forms = {form for call in calls for pattern in call.patterns for form in forms_of_pattern(pattern)}
    return [tag for tag in tags if not forms & forms_of_tag(tag)]
