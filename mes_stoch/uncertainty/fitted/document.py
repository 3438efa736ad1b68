"""The file of a fitted process: what it was fitted to, and the parameters of its parts; JSON that a paper can cite."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, ValidationError

from mes_stoch.io.readers.field_issues import field_issues
from mes_stoch.registry import Kind
from mes_stoch.schema.base import Currency, Identifier, Model
from mes_stoch.schema.errors import InstanceError, Issue
from mes_stoch.uncertainty.fitted.part import Part
from mes_stoch.uncertainty.fitted.part_entries import read_entry, require_names
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
    ExtensionError
        A part of a package that does not say which series it draws.
    """
    try:
        document = ProcessDocument.model_validate(content)
    except ValidationError as error:
        raise InstanceError(name, field_issues(error, ProcessDocument, file)) from None
    read, issues = list[tuple[Kind, Part]](), list[Issue]()
    for number, entry in enumerate(document.parts):
        found, wrong = read_entry(entry, file, ("parts", number), lambda part: part)
        issues += wrong
        if found is not None:
            kind, _, part = found
            require_names(kind, part)
            read.append((kind, part))
    parts = [part for _, part in read]
    issues += _order_issues(file, parts) if not issues else []
    if issues:
        raise InstanceError(name, issues)
    return FittedProcess(parts, document.currency, ProcessFile(name, file, tuple(kind for kind, _ in read)))


def _order_issues(file: str, parts: Sequence[Part]) -> list[Issue]:
    """Series drawn twice, and series read by a part that draws before they are drawn.

    Parts of the day-ahead stage draw before those of the leaves, and those of a stage in their order.
    """
    issues, drawn_by = [], dict[str, int]()
    for number, part in enumerate(parts):
        for series in part.series_names():
            if series in drawn_by:
                other = f"a series that no other part draws; parts.{drawn_by[series]} does"
                expected = other if drawn_by[series] < number else "each series once in a part"
                issues.append(Issue(file, None, f"parts.{number}", repr(series), expected))
            drawn_by.setdefault(series, number)
    for number, part in enumerate(parts):
        for series in part.needs():
            other_number = drawn_by.get(series, number)
            stage = parts[other_number].stage
            is_later = other_number > number
            if part.stage == "day_ahead" and stage == "realtime":
                expected = f"series known day-ahead; parts.{other_number} draws it in the leaves"
                hint = f"write stage: realtime for this part, or stage: day_ahead for parts.{other_number}"
            elif part.stage == stage and is_later:
                expected, hint = f"series drawn before; parts.{other_number} comes after", "write that part first"
            else:
                continue
            issues.append(Issue(file, None, f"parts.{number}", f"{series!r} read", expected, hint))
    return issues
