"""``PATH=VALUE`` as people write it on a command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mes_stoch.io.readers.locate import shorten
from mes_stoch.io.readers.yaml_lines import Document, parse_yaml
from mes_stoch.schema.errors import UsageError

#: What a value of ``series.NAME`` begins with that multiplies what stands there.
TIMES = "*"
_HOW = "write PATH=VALUE, as components.battery.energy_max_mwh=8, or series.NAME=*1.1"


def settings_from(texts: Sequence[str], option: str = "--set") -> dict[str, Any]:
    """Overrides by dotted path; a value is read as ``instance.yaml`` would: number, text, true, list, mapping.

    Raises
    ------
    UsageError
        With all settings that are none, or given twice.

    >>> settings_from(["bids.steps=false", "components.battery.provides=[fr_fcr]", "series.price_eur_per_mwh=*1.1"])
    {'bids.steps': False, 'components.battery.provides': ['fr_fcr'], 'series.price_eur_per_mwh': '*1.1'}
    """
    found: dict[str, Any] = {}
    problems = []
    for text in texts:
        path, equals, written = (part.strip() for part in text.partition("="))
        if not equals or not path:
            problems.append(f"{option} {shorten(text)}: {_HOW}")
            continue
        if path in found:
            problems.append(f"{option} {path}: given a second time")
        value, problem = value_of(written)
        if problem is not None:
            problems.append(f"{option} {path}: {problem}")
        found[path] = value
    if problems:
        raise UsageError("; ".join(problems))
    return found


def axes_from(texts: Sequence[str], option: str = "--over") -> dict[str, list[Any]]:
    """Values by path of ``PATH=V1,V2,...``; commas inside brackets belong to a value.

    Raises
    ------
    UsageError
        With all texts that are no axis, or given twice.

    >>> axes_from(["components.battery.energy_max_mwh=4,8", "risk=null,{measure: cvar, beta: 0.5}"])
    {'components.battery.energy_max_mwh': [4, 8], 'risk': [None, {'measure': 'cvar', 'beta': 0.5}]}
    """
    found: dict[str, list[Any]] = {}
    problems = []
    for text in texts:
        path, equals, written = (part.strip() for part in text.partition("="))
        if not equals or not path or not written:
            problems.append(f"{option} {shorten(text)}: write PATH=V1,V2, as components.battery.energy_max_mwh=4,8")
            continue
        if path in found:
            problems.append(f"{option} {path}: given a second time")
        found[path] = []
        for part in _split(written):
            value, problem = value_of(part.strip())
            if problem is not None:
                problems.append(f"{option} {path}: {problem}")
            found[path].append(value)
    if problems:
        raise UsageError("; ".join(problems))
    return found


def _split(text: str) -> list[str]:
    """At the commas that are in no bracket and no quotes."""
    parts, depth, quote = [""], 0, ""
    for mark in text:
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "'\"":
            quote = mark
        else:
            depth += (mark in "[{") - (mark in "]}")
        if mark == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += mark
    return parts


def value_of(written: str) -> tuple[Any, str | None]:
    """A value as YAML reads it, or why it is none."""
    if written.startswith(TIMES):
        return written, None
    document = Document("")
    parse_yaml(written, document)
    if document.issues:
        issue = document.issues[0]
        return None, f"found {issue.found}; expected a value as in instance.yaml"
    return document.data, None
