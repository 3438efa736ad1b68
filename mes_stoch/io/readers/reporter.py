"""Issues of one file, as many of each kind as a person would read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mes_stoch.schema.errors import Issue
from mes_stoch.schema.units import FORMAT_CURRENCY

#: Examples of one kind in one column that are written out; the others are counted.
MOST_EXAMPLES = 3
#: Columns that are spoken of for one kind; problems of that kind in the others are counted together.
MOST_COLUMNS = 10

#: What is found and how to mend it, for the n-th problem of a kind.
Words = Callable[[int], tuple[str, str]]


@dataclass
class _Kind:
    """Problems of one kind in one column."""

    examples: list[Issue] = field(default_factory=list)
    count: int = 0


@dataclass
class Reporter:
    """Collects issues of one file: of each kind and column three examples, and how many more there are.

    Columns come in the format's names; issues speak of them in the instance's ``currency``, as the file does.
    """

    file: str
    currency: str = FORMAT_CURRENCY
    _kinds: dict[str, dict[str, _Kind]] = field(default_factory=dict)

    def add(self, line: int | None, key: str, found: str, expected: str, hint: str = "", *, kind: str = "") -> None:
        """One problem."""
        self.add_all([line], key, lambda _: (found, hint), expected, kind=kind)

    def add_all(self, lines: Sequence[int | None], key: str, words: Words, expected: str, *, kind: str = "") -> None:
        """Many problems of one kind; ``words`` is asked for those alone that are written out.

        Parameters
        ----------
        lines : sequence of int
            Line of each problem.
        words : callable
            ``found`` and ``hint`` of the problem at a position of ``lines``.
        """
        if not len(lines):
            return
        entry = self._kinds.setdefault(kind or expected, {}).setdefault(key, _Kind())
        for position in range(min(len(lines), MOST_EXAMPLES - len(entry.examples))):
            found, hint = words(position)
            issue = Issue(self.file, lines[position], key, found, expected, hint)
            entry.examples.append(issue.in_currency(self.currency))
        entry.count += len(lines)

    @property
    def has_issues(self) -> bool:
        return bool(self._kinds)

    @property
    def issues(self) -> list[Issue]:
        """Examples and counts."""
        result: list[Issue] = []
        for by_column in self._kinds.values():
            entries = list(by_column.values())
            for entry in entries[:MOST_COLUMNS]:
                result += entry.examples
                more = entry.count - len(entry.examples)
                if more:
                    last = entry.examples[-1]
                    result.append(Issue(self.file, None, last.key, f"... and {more} more", last.expected))
            rest = entries[MOST_COLUMNS:]
            if rest:
                count = sum(entry.count for entry in rest)
                found = f"... and {count} more in {len(rest)} other columns"
                result.append(Issue(self.file, None, "", found, rest[0].examples[-1].expected))
        return result
