"""The file of a fitted process: what it was fitted to, and the parameters of its parts; JSON that a paper can cite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from mes_stoch.registry import PROCESS_PARTS, kinds, refused
from mes_stoch.schema.base import Currency, Identifier, Model
from mes_stoch.schema.errors import ExtensionError, InstanceError, Issue
from mes_stoch.uncertainty.fitted.part import Part
from mes_stoch.uncertainty.fitted.process import FittedProcess, ProcessFile


class Provenance(Model):
    """What a process was fitted to."""

    sources: list[str] = Field(default_factory=list, description="Where the series come from.")
    first_day: str = Field(description="First local day of the past series, such as 2019-01-01.")
    last_day: str = Field(description="Last local day.")
    period_h: float = Field(gt=0, description="Length of a period of the past series, h.")
    timezone: str = Field(description="Zone of the past series.")
    months_kept_back: list[str] = Field(
        default_factory=list, description="Months of the span that the process has not seen, such as 2019-11."
    )
    versions: dict[str, str] = Field(default_factory=dict, description="Of the packages that fitted it.")


class ProcessDocument(Model):
    """A fitted process as its file holds it."""

    format: Literal[1] = 1
    currency: Currency = Field(description="ISO 4217 code of every price; names carry `eur` whatever it is.")
    country: str = Field(min_length=2, max_length=3, description="Whose public holidays decide the class of a day.")
    fitted_to: Provenance
    parts: list[dict[str, Any]] = Field(min_length=1, description="`kind` and parameters of each part, as they draw.")


def document_text(document: ProcessDocument) -> str:
    """Content of the file: a line a parameter, lists of numbers on one line."""
    head = document.model_dump(exclude={"parts"})
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    parts = []
    for part in document.parts:
        inner = ",\n".join(f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in part.items())
        parts.append("    {\n" + inner + "\n    }")
    return "{\n" + "\n".join(lines) + '\n  "parts": [\n' + ",\n".join(parts) + "\n  ]\n}\n"


def part_entry(kind: Identifier, part: Part) -> dict[str, Any]:
    """A part as a document holds it."""
    return {"kind": kind, **part.model_dump(mode="json")}


def process_of(name: str, file: str, content: Mapping[str, Any]) -> FittedProcess:
    """The process of a file's content.

    Parameters
    ----------
    name : str
        Of the instance that draws from it.
    file : str
        For messages.
    content : mapping
        As JSON gives it.

    Raises
    ------
    InstanceError
        With every problem of the file.
    """
    try:
        document = ProcessDocument.model_validate(content)
    except ValidationError as error:
        raise InstanceError(name, _issues(file, "", error)) from None
    parts, issues = [], []
    for number, entry in enumerate(document.parts):
        part, found = _part(file, f"parts.{number}", entry)
        issues += found
        if part is not None:
            parts.append(part)
    issues += _order_issues(file, parts) if not issues else []
    if issues:
        raise InstanceError(name, issues)
    source = ProcessFile(name, file, tuple(str(entry["kind"]) for entry in document.parts))
    return FittedProcess(parts, document.currency, source)


def _part(file: str, key: str, entry: Mapping[str, Any]) -> tuple[Part | None, list[Issue]]:
    tag = entry.get("kind")
    known = kinds(PROCESS_PARTS)
    if not isinstance(tag, str) or tag not in known:
        hint = refused(PROCESS_PARTS).get(str(tag), "")
        return None, [Issue(file, None, f"{key}.kind", repr(tag), f"one of: {', '.join(sorted(known))}", hint)]
    try:
        found: type[Part] = known[tag].process_part()
        return found.model_validate({name: value for name, value in entry.items() if name != "kind"}), []
    except ExtensionError as error:
        return None, [Issue(file, None, f"{key}.kind", repr(tag), "a part that can be used", str(error))]
    except ValidationError as error:
        return None, _issues(file, f"{key}.", error)


def _order_issues(file: str, parts: Sequence[Part]) -> list[Issue]:
    """Series drawn twice, and day-ahead parts that come after those of leaves they would have to wait for."""
    issues, seen = [], dict[str, int]()
    for number, part in enumerate(parts):
        for series in part.series_names():
            if series in seen:
                other = f"a series that no other part draws; parts.{seen[series]} does"
                expected = other if seen[series] < number else "each series once in a part"
                issues.append(Issue(file, None, f"parts.{number}", repr(series), expected))
            seen.setdefault(series, number)
    return issues


def _issues(file: str, prefix: str, error: ValidationError) -> list[Issue]:
    issues = []
    for problem in error.errors():
        # what holds between several fields belongs to none of them
        key = (prefix + ".".join(str(part) for part in problem["loc"])).removesuffix(".")
        found = "nothing" if problem["type"] == "missing" else f"{problem['input']!r:.60}"
        issues.append(Issue(file, None, key, found, problem["msg"].removeprefix("Value error, ")))
    return issues
