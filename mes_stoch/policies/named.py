"""Policies by their names, with their options: ``share_of_capacity:share=0.3``."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from mes_stoch.io.readers.locate import did_you_mean
from mes_stoch.policies.policy import Policy, PolicyDecision, PolicyForesight, PolicyProblem
from mes_stoch.registry import OWN, POLICIES, Kind, kinds, refused
from mes_stoch.schema.errors import ExtensionError, UsageError

logger = logging.getLogger("mes_stoch.policies")

EVERY = "all"


@dataclass(frozen=True)
class NamedPolicy:
    """A policy with the name it is told by.

    Parameters
    ----------
    name : str
        As asked for, with its options.
    policy : Policy
    kind : Kind or None
        Where it comes from; ``None`` for an object handed in.
    """

    name: str
    policy: Policy
    kind: Kind | None = None

    @property
    def brought_by(self) -> str:
        """``mes_stoch``, or name and version of the package that brings it."""
        return OWN if self.kind is None else self.kind.brought_by

    def commit(self, problem: PolicyProblem) -> PolicyDecision | PolicyForesight:
        """What the policy commits, checked; mistakes of a package are told with its name.

        Raises
        ------
        ExtensionError, InfeasibleError, NotInTimeError, UsageError
        TypeError, ValueError
            An object handed in gives something else.
        """
        if self.kind is None:
            return _checked(self.policy.commit(problem), problem)
        with self.kind.errors_named(f"{self.name}.commit"):
            return _checked(self.policy.commit(problem), problem)


def policies_named(asked: str | Sequence[str | Policy]) -> tuple[NamedPolicy, ...]:
    """Policies as they are asked for.

    Parameters
    ----------
    asked : str, or sequence of str and Policy
        Names, in a text separated by commas; ``all`` are the built-in ones and those of installed packages. Options
        follow a name: ``share_of_capacity:share=0.3``. An object is a policy of the caller's own.

    Raises
    ------
    UsageError
        With every name and option that is wrong.
    ExtensionError
        A package's policy cannot be used.
    """
    entries: list[str | Policy] = [*asked.split(",")] if isinstance(asked, str) else [*asked]
    problems: list[str] = []
    found: dict[str, NamedPolicy] = {}
    for entry in entries:
        if not isinstance(entry, str):
            name = _free(type(entry).__name__, found)
            found[name] = NamedPolicy(name, entry)
            continue
        named = _every() if entry.strip() == EVERY else _named(entry.strip(), problems)
        found |= {one.name: one for one in named}
    if not entries or not (found or problems):
        problems.append("no policy is named")
    if problems:
        raise UsageError("\n  - ".join(["policies:", *problems]) if len(problems) > 1 else f"policies: {problems[0]}")
    return tuple(found.values())


def _free(name: str, taken: Mapping[str, NamedPolicy]) -> str:
    number = 2
    free = name
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return free


def _every() -> list[NamedPolicy]:
    """All policies; one of a package that cannot be used is left out, with a warning."""
    found = []
    for name, kind in kinds(POLICIES).items():
        try:
            found += [NamedPolicy(name, kind.policy()(), kind)]
        except ExtensionError as error:
            logger.warning("%s", error)
    return found


def _named(text: str, problems: list[str]) -> list[NamedPolicy]:
    name, *options = text.split(":")
    known = kinds(POLICIES)
    kind = known.get(name)
    if kind is None:
        reason = refused(POLICIES).get(name)
        hint = did_you_mean(name, [*known, EVERY], "there are")
        problems.append(reason or f"{name!r} is not known; {hint}")
        return []
    given = _options(kind, options, problems)
    if given is None:
        return []
    try:
        with kind.errors_named(name):
            return [NamedPolicy(text, kind.policy()(**given), kind)]
    except ExtensionError:
        raise
    except UsageError as error:
        problems.append(str(error))
        return []


def _options(kind: Kind, options: Sequence[str], problems: list[str]) -> dict[str, Any] | None:
    """Options as the class of the policy declares them."""
    declared = kind.policy()
    types = {field.name: str(field.type) for field in fields(declared)} if is_dataclass(declared) else {}
    given: dict[str, Any] = {}
    for option in options:
        key, equals, value = option.partition("=")
        if not equals or key not in types:
            takes = f"it takes {', '.join(types)}" if types else "it takes none"
            problems.append(f"{kind.tag}: {option!r} is not an option like share=0.3; {takes}")
            continue
        try:
            given[key] = _value(value, types[key])
        except ValueError:
            problems.append(f"{kind.tag}: {key} is a number; found {value!r}")
    return given if len(given) == len(options) else None


def _value(text: str, type_name: str) -> Any:
    if "float" in type_name:
        return float(text)
    return int(text) if "int" in type_name else text


def _checked(decision: Any, problem: PolicyProblem) -> PolicyDecision | PolicyForesight:
    """What a policy gives, if it is what it should be."""
    if isinstance(decision, PolicyForesight):
        return decision
    if not isinstance(decision, PolicyDecision):
        raise TypeError(f"a {type(decision).__name__} where a PolicyDecision is expected")
    expected = len(problem.leaves.root.columns)
    root = np.asarray(decision.root, dtype=float)
    if root.shape != (expected,) or not np.isfinite(root).all():
        raise ValueError(f"a root of shape {root.shape} where {expected} finite numbers are expected")
    count = len(problem.leaves.scenario_names)
    if decision.base_schedules is not None and len(decision.base_schedules) != count:
        raise ValueError(
            f"{len(decision.base_schedules)} base schedules where one for each of {count} scenarios is expected"
        )
    return decision
