"""Rows of a compiled program as text that a person can check: names, bounds, coefficients, columns; no solver.

Rows and columns stand in the order of their names, whatever order they were declared in. Numbers have nine significant
digits; what is smaller than :data:`NOTHING` is rounding of 0.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from golden_sites import GoldenSite, Show

FOLDER = Path(__file__).parent
EQUATIONS = FOLDER / "equations.yaml"
RECORD = "python tests/golden/record.py"

NOTHING = 1e-12

#: Characters of a line of words.
_WIDTH = 100

_PLACEHOLDER = re.compile(r"<(\w+)>")


@dataclass(frozen=True)
class Equation:
    """What a tag stands for: the equation in words of the documentation, and where it is written."""

    tag: str
    text: str
    section: str | None
    docstring: str | None

    @property
    def file(self) -> Path:
        return golden_file(self.tag)

    @property
    def head(self) -> list[str]:
        places = [f'docs/model.md, "{self.section}"'] if self.section else []
        places += [f"docstring of {self.docstring}"] if self.docstring else []
        lines = [f"# {line}".rstrip() for line in self.text.splitlines()]
        return [f"# {self.tag}", "#", *lines, "#", f"# {'; '.join(places)}", f"# written by: {RECORD}"]


def equations() -> dict[str, Equation]:
    """Every tag that rows can have, with its equation."""
    entries = yaml.safe_load(EQUATIONS.read_text(encoding="utf-8"))
    return {
        tag: Equation(tag, entry["equation"].rstrip(), entry.get("section"), entry.get("docstring"))
        for tag, entry in entries.items()
    }


def golden_file(tag: str) -> Path:
    """File of a tag: names in angle brackets, which file systems may refuse, become capitals."""
    return FOLDER / f"{_PLACEHOLDER.sub(lambda found: found[1].upper(), tag)}.txt"


def golden_files() -> list[Path]:
    """The golden files there are."""
    return sorted(FOLDER.glob("*.txt"))


@dataclass(frozen=True)
class Golden:
    """The text of every tag that some site shows, and what sites say they show and do not have."""

    texts: dict[str, str]
    problems: list[str]


def golden_texts(sites: Iterable[GoldenSite]) -> Golden:
    """Put the rows that sites show together by their tags."""
    known = equations()
    sections: dict[str, list[str]] = {}
    problems = []
    for site in sites:
        tags = Tags(site, known)
        for show in site.shows:
            problems += [f"{site.name} has no rows {rows}" for rows in show.rows if not named_families(site, rows)]
            shown: dict[str, list[Any]] = {}
            for family in shown_families(site, show):
                tag = tags.of(family.quantity)
                if tag is None:
                    problems.append(f"{site.name}: no tag of {EQUATIONS.name} fits {family.name}")
                else:
                    shown.setdefault(tag, []).append(family)
            for tag, families in shown.items():
                sections.setdefault(tag, []).append(_section(site, show.note, families))
    texts = {tag: "\n".join([*known[tag].head, "", "\n".join(parts)]) for tag, parts in sections.items()}
    return Golden(texts, problems)


def shown_families(site: GoldenSite, show: Show) -> list[Any]:
    """Families of rows that a site shows, in the order they were declared."""
    names = {family.name for rows in show.rows for family in named_families(site, rows)}
    return [family for family in site.program.row_groups if family.name in names]


def named_families(site: GoldenSite, rows: str) -> list[Any]:
    """Families of rows of a name, in which ``*`` stands for anything."""
    return [family for family in site.program.row_groups if fnmatchcase(family.name, rows)]


class Tags:
    """Finds the tag of a row of one site, whose names take the places of ``<device>``, ``<directed>`` and the like."""

    def __init__(self, site: GoldenSite, tags: Iterable[str]) -> None:
        words = _words(site.instance)
        # what is written out goes before what stands for a name
        ordered = sorted(tags, key=lambda tag: (-len(_PLACEHOLDER.sub("", tag)), tag))
        self._patterns = [(tag, _pattern(tag, words)) for tag in ordered]

    def of(self, quantity: str) -> str | None:
        """The tag of a row, by what stands behind its owner; ``None`` where none fits."""
        return next((tag for tag, pattern in self._patterns if pattern.fullmatch(quantity)), None)


def _words(instance: Any) -> dict[str, str]:
    """What a placeholder can be in a site, as regular expressions."""
    groups = {getattr(product, "exclusivity_group", None) for product in instance.products.values()} - {None}
    products = _either(instance.products)
    return {
        "device": _either(instance.components),
        "product": products,
        "directed": f"{products}(?:_up|_down)?",
        "effect": "(?:taken|added)",
        "direction": "(?:up|down)",
        "group": _either(groups),
        "groups": f"{_either(groups)}(?:_{_either(groups)})*",
        "n": r"\d+",
    }


def _either(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(map(re.escape, names), key=len, reverse=True))})"


def _pattern(tag: str, words: Mapping[str, str]) -> re.Pattern[str]:
    parts = _PLACEHOLDER.split(tag)
    return re.compile("".join(words[part] if k % 2 else re.escape(part) for k, part in enumerate(parts)))


def _section(site: GoldenSite, note: str, families: Sequence[Any]) -> str:
    rows = [int(row) for family in families for row in family.positions]
    program = site.program.scenario(0)
    matrix = program.matrix[rows, :].tocsr()
    told, used = [], set()
    for k in sorted(range(len(rows)), key=lambda k: _place(site.program.row_names[rows[k]])):
        inside = slice(matrix.indptr[k], matrix.indptr[k + 1])
        pairs = zip(matrix.indices[inside], matrix.data[inside], strict=True)
        entries = {int(column): float(value) for column, value in pairs if abs(value) > NOTHING}
        limits = _between(program.row_lower[rows[k]], program.row_upper[rows[k]])
        told += [f"{site.program.row_names[rows[k]]}: {limits}", *_table(site, entries, _coefficient(entries))]
        used |= entries.keys()
    head = [f"== {site.name}", *textwrap.wrap(note, _WIDTH, initial_indent="   ", subsequent_indent="   ")]
    return "\n".join([*head, "", *told, "", "columns", *_table(site, used, _column(program)), ""])


def _table(site: GoldenSite, columns: Iterable[int], words: Callable[[int], str]) -> list[str]:
    """A line a column, in the order of their names."""
    names = site.program.column_names
    ordered = sorted(columns, key=lambda column: _place(names[column]))
    width = max((len(names[column]) for column in ordered), default=0)
    return [f"    {names[column]:<{width}}  {words(column)}" for column in ordered]


def _coefficient(entries: Mapping[int, float]) -> Callable[[int], str]:
    return lambda column: f"{number(entries[column]):>12}"


def _column(program: Any) -> Callable[[int], str]:
    """Bounds of a column, whether it is integer, and its cost where it has one."""

    def words(column: int) -> str:
        kind = ", integer" if program.integer[column] else ""
        cost = f", cost {number(program.cost[column])}" if abs(program.cost[column]) > NOTHING else ""
        return f"{_between(program.column_lower[column], program.column_upper[column])}{kind}{cost}"

    return words


def _place(name: str) -> tuple[str, int]:
    """Order of names: ``level[2]`` before ``level[10]``."""
    family, _, index = name.rstrip("]").rpartition("[")
    return family, int(index)


def _between(lower: float, upper: float) -> str:
    if lower == upper:
        return f"= {number(lower)}"
    if np.isinf(lower) and np.isinf(upper):
        return "free"
    if np.isinf(lower):
        return f"<= {number(upper)}"
    return f">= {number(lower)}" if np.isinf(upper) else f"{number(lower)} .. {number(upper)}"


def number(value: float) -> str:
    """Nine significant digits, and one way to write 0."""
    return "0" if abs(value) <= NOTHING else f"{value:.9g}"
