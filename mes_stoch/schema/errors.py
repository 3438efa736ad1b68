"""Errors a user can meet, and the one place where their form is fixed.

Every error that a user's input or a solver can cause derives from :class:`MesStochError` and carries the exit code
of the command line, so that no caller has to guess it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mes_stoch.schema.units import in_currency


@dataclass(frozen=True)
class Issue:
    """One thing wrong with an instance.

    Parameters
    ----------
    file : str
        File the problem is in, relative to the instance folder.
    line : int or None
        Line in that file, counted from 1; ``None`` where a problem has no single line (a missing file).
    key : str
        Dotted path of the entry (``components.battery.energy_max_mwh``) or the CSV column.
    found, expected, hint : str
        What stands there, what should, and how to mend it. ``hint`` may be empty.
    """

    file: str
    line: int | None
    key: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        where = f"{place}: {self.key}" if self.key else place
        text = f"{where}: found {self.found}; expected {self.expected}"
        return f"{text}. Hint: {self.hint}" if self.hint else text

    def in_currency(self, code: str) -> Issue:
        """The same with the names and units of an instance in another currency."""
        words = (in_currency(word, code) for word in (self.key, self.found, self.expected, self.hint))
        return Issue(self.file, self.line, *words)


class MesStochError(Exception):
    """Base of every error raised on purpose; ``exit_code`` is what the command line returns for it."""

    exit_code = 70


class MissingEntryError(Exception):
    """Files of a run lack what the rules of its instance need; gathered and told as :class:`RunFolderError`."""

    def __init__(self, file: str, name: str, expected: str) -> None:
        super().__init__(name)
        self.issue = Issue(file, None, name, "nothing", expected)


class UsageError(MesStochError):
    """The command or call itself does not fit (unknown method, wrong rank count, folder exists)."""

    exit_code = 2


class InstanceError(MesStochError):
    """An instance folder is not valid; carries **all** issues found, not the first."""

    exit_code = 2

    def __init__(self, instance: str, issues: Sequence[Issue]) -> None:
        self.instance = instance
        self.issues = tuple(issues)
        count = len(self.issues)
        head = f"{instance}: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {issue}" for issue in self.issues)]))


class ExtensionError(UsageError):
    """A kind of component, family of products or process that an installed package brings cannot be used."""


class WriteError(UsageError):
    """A result cannot be written where it should go."""

    def __init__(self, target: object, reason: str) -> None:
        self.reason = reason
        super().__init__(f"cannot write {target}: {reason}")


class RunFolderError(UsageError):
    """A run folder is damaged; carries **all** issues found, each with the file and the key or variable."""

    def __init__(self, folder: object, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        count = len(self.issues)
        head = f"{folder} is damaged: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {issue}" for issue in self.issues)]))


class MarketFileError(UsageError):
    """A market file cannot be read, or not without a guess; carries **all** issues found, with file and line."""

    def __init__(self, file: object, issues: Sequence[Issue]) -> None:
        self.issues = tuple(issues)
        count = len(self.issues)
        head = f"{file} cannot be read: {count} problem{'s' if count != 1 else ''}"
        super().__init__("\n".join([head, *(f"  - {issue}" for issue in self.issues)]))


class InterruptedRunError(MesStochError):
    """A run was asked to end before anything was proven; every rank of a parallel run raises it."""

    exit_code = 5


class TimeLimitError(MesStochError):
    """The time limit came before there was anything to write."""

    exit_code = 4


class GapNotReachedError(MesStochError):
    """What was wanted was not reached; what was found is written."""

    exit_code = 4


class ModelError(MesStochError):
    """The model could not be assembled or compiled from a valid instance."""

    exit_code = 70


class InfeasibleError(MesStochError):
    """No dispatch satisfies the instance; the message names component, product and period."""

    exit_code = 3


class UnboundedError(MesStochError):
    """Profit increases without bound; the message names what earns it."""

    exit_code = 3


class SettlementError(MesStochError):
    """The independent settlement of a run folder does not agree with what stands in it."""

    exit_code = 2


class StressError(MesStochError):
    """The stress test of a run found power or energy that is held and cannot be delivered."""

    exit_code = 3


class SolveError(MesStochError):
    """A solver failed, or a result failed its independent check (for example a negative gap)."""

    exit_code = 70
