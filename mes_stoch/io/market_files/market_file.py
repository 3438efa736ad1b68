"""What a layout is given: the text of a file, the reader's options, and a place for what is wrong or worth a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta, timezone, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

from mes_stoch.io.market_files.finding import Finding, FindingKind
from mes_stoch.io.market_files.text_file import FileText, read_text
from mes_stoch.io.readers.locate import did_you_mean
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.io.readers.time_stamps import find_zone
from mes_stoch.schema.errors import MarketFileError, UsageError

#: Lines that a layout may look at to recognise a file.
HEAD_LINES = 40
_HEAD_CHARACTERS = 200_000

#: How stamps without an offset are read on days of 23 and 25 hours: as the clock shows them, or as a file whose
#: publisher gave every day 24 hours.
ClockRule = Literal["clock", "removed"]


@dataclass(frozen=True)
class ReadOptions:
    """What a user says of a file beside its layout.

    Parameters
    ----------
    zone : str, optional
        Zone of stamps without an offset: an IANA name, ``UTC``, or a fixed offset such as ``+01:00``. Default the
        layout's.
    clock : {"clock", "removed"}, optional
        Default the layout's.
    """

    zone: str | None = None
    clock: ClockRule | None = None


@dataclass(frozen=True)
class FileHead:
    """First lines of a file, without line ends."""

    lines: tuple[str, ...]

    @property
    def first(self) -> str:
        """The first line that is not blank."""
        return next((line for line in self.lines if line.strip()), "")

    def find(self, wanted: Callable[[str], bool]) -> int | None:
        """Number of the first line that is wanted, counted from 1."""
        return next((number for number, line in enumerate(self.lines, 1) if wanted(line)), None)


@dataclass
class MarketFile:
    """A file being read."""

    path: Path
    label: str
    content: FileText
    options: ReadOptions = field(default_factory=ReadOptions)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reporter = Reporter(self.label)

    @property
    def text(self) -> str:
        return self.content.text

    @cached_property
    def head(self) -> FileHead:
        lines = self.text[:_HEAD_CHARACTERS].splitlines()[:HEAD_LINES]
        return FileHead(tuple(lines))

    def zone(self, default: str) -> tzinfo:
        """The zone of stamps without an offset."""
        return zone_of(self.options.zone or default)

    def stated_zone(self, name: str) -> tzinfo:
        """The zone that the file or its publisher states, which no option changes.

        Raises
        ------
        UsageError
            If the user has said another.
        """
        if self.options.zone not in (None, name):
            raise UsageError(
                f"{self.label} is in {name}, not {self.options.zone}: --zone is for files that do not say their zone"
            )
        return zone_of(name)

    def clock(self, default: ClockRule = "clock") -> ClockRule:
        return self.options.clock or default

    def notice(self, kind: FindingKind, text: str, lines: list[int] | tuple[int, ...] = (), count: int = 1) -> None:
        """Something that is worth a word."""
        self.findings.append(Finding(kind, text, tuple(dict.fromkeys(lines)), count))

    def refusal(self, line: int | None, key: str, found: str, expected: str, hint: str = "") -> MarketFileError:
        """The error of a problem that ends reading, with those found before it."""
        self.reporter.add(line, key, found, expected, hint)
        return self._error()

    def stop_if_wrong(self) -> None:
        """End reading if something is wrong.

        Raises
        ------
        MarketFileError
        """
        if self.reporter.has_issues:
            raise self._error()

    def _error(self) -> MarketFileError:
        return MarketFileError(self.label, self.reporter.issues)


def open_market_file(path: str | Path, options: ReadOptions | None = None) -> MarketFile:
    """A file, decoded.

    Raises
    ------
    MarketFileError
    """
    content = read_text(Path(path), str(path))
    file = MarketFile(Path(path), str(path), content, options or ReadOptions())
    if content.encoding == "Latin-1":
        file.notice("text", "the file is in Latin-1, not UTF-8")
    if not content.is_sheet and not content.text.endswith(("\n", "\r")) and "\n" in content.text:
        last = content.text.count("\n") + 1
        file.notice("text", "the last line has no line end: the download may have been cut there", [last])
    return file


def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name, or as a fixed offset from UTC.

    >>> zone_of("+01:00").utcoffset(None)
    datetime.timedelta(seconds=3600)

    Raises
    ------
    UsageError
    """
    if len(name) == 6 and name[0] in "+-" and name[3] == ":" and (name[1:3] + name[4:]).isdigit():
        hours, minutes = int(name[1:3]), int(name[4:])
        if hours < 15 and minutes < 60:
            shift = timedelta(hours=hours, minutes=minutes)
            return timezone(shift if name[0] == "+" else -shift)
    found = find_zone(name) if name else None
    if found is None:
        hint = did_you_mean(name, available_timezones(), "for example") if name else ""
        example = hint if hint.startswith("did you") else "for example Europe/Paris, UTC or +01:00"
        raise UsageError(f"{name!r} is no time zone; {example}")
    return found
