"""From pydantic's errors to issues in the user's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mes_stoch.io.readers.field_issues import UNION_MEMBERS, expected_words, model_in, told_of
from mes_stoch.io.readers.key_hints import unknown_key_hint
from mes_stoch.io.readers.locate import Locator, did_you_mean, listed, show
from mes_stoch.io.readers.number_words import number_hint
from mes_stoch.io.readers.yaml_lines import dotted, value_at
from mes_stoch.registry import COMPONENTS, PRODUCT_FAMILIES, RISK_MEASURES, Group
from mes_stoch.schema.base import MAPPING_TAG, NUMBER_TAG, Model
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.emission import Co2
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Bids, Horizon, Instance, Node, SolveDefaults, Start, Uncertainty
from mes_stoch.schema.kinds import component_classes, product_classes, risk_classes, unusable
from mes_stoch.schema.units import unit_of

_DISCRIMINATORS = {"components": "type", "products": "family", "uncertainty": "kind", "risk": "measure"}
#: Sections that are one entry; the others map names to entries.
_SINGLE = ("uncertainty", "risk")


def _by_tag(union: Any, discriminator: str) -> dict[str, type[Model]]:
    members: tuple[type[Model], ...] = get_args(get_args(union)[0])
    return {str(get_args(member.model_fields[discriminator].annotation)[0]): member for member in members}


_UNCERTAINTY_KINDS = _by_tag(Uncertainty, "kind")
_GROUPS: dict[str, Group] = {"components": COMPONENTS, "products": PRODUCT_FAMILIES, "risk": RISK_MEASURES}
_PLAIN: dict[str, type[Model]] = {
    "horizon": Horizon,
    "bids": Bids,
    "solve": SolveDefaults,
    "start": Start,
    "co2": Co2,
}


def model_issues(data: Mapping[str, Any], locator: Locator) -> list[Issue]:
    """Everything the schema has against the data of an instance."""
    try:
        Instance.model_validate(dict(data), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=True, include_input=True)
    else:
        details = []
    grouped: dict[EntryPath, list[ErrorDetails]] = {}
    for detail in details:
        grouped.setdefault(_plain_path(detail), []).append(detail)
    issues = []
    explained: set[EntryPath] = set()
    unknown = {path for path, found in grouped.items() if found[0]["type"] == "extra_forbidden"}
    for path in sorted(unknown, key=dotted):
        hint, meant = unknown_key_hint(str(path[-1]), _model_at(path[:-1], data))
        if meant is not None:
            explained.add((*path[:-1], meant))
        issues.append(locator.issue(path, f"an unknown key {show(str(path[-1]))}", "a key of the format", hint))
    for path, found in grouped.items():
        # a field missing because its name is misspelt is one mistake, not two
        if path not in unknown and not (path in explained and found[0]["type"] == "missing"):
            issues.append(_issue(path, found, data, locator))
    if isinstance(data.get("format"), bool):
        issues.append(locator.issue(("format",), show(data["format"]), "the format number 1"))
    return issues


def _plain_path(detail: ErrorDetails) -> EntryPath:
    """Path of the entry in the file, without the union members pydantic puts in between."""
    path = [part for part in detail["loc"] if part not in (NUMBER_TAG, MAPPING_TAG)]
    tag_position = 1 if path and path[0] in _SINGLE else 2
    if path and path[0] in _DISCRIMINATORS and len(path) > tag_position and path[tag_position] != "[key]":
        del path[tag_position]
    if path and path[-1] == "[key]":
        path.pop()
    if len(path) >= 2 and path[-1] in UNION_MEMBERS and unit_of(str(path[-2])) and detail["type"] != "extra_forbidden":
        path.pop()
    return tuple(path)


def _model_at(path: EntryPath, data: Mapping[str, Any]) -> type[Model] | None:
    """The model that describes the mapping at a path."""
    if not path:
        return Instance
    head = str(path[0])
    if head == "nodes":
        return Node if len(path) == 2 else None
    if head in _PLAIN:
        return _PLAIN[head] if len(path) == 1 else None
    if head not in _DISCRIMINATORS:
        return None
    depth = 1 if head in _SINGLE else 2
    entry = value_at(data, path[:depth])
    tag = entry.get(_DISCRIMINATORS[head]) if isinstance(entry, dict) else None
    model = _tagged(head).get(tag) if isinstance(tag, str) else None
    for part in path[depth:]:
        if model is not None and isinstance(part, str) and part in model.model_fields:
            # the entries of a list or a mapping are described by the field that holds them
            inner = model_in(model.model_fields[part].annotation)
            model = inner if inner is not None and issubclass(inner, Model) else None
    return model


def _tagged(section: str) -> Mapping[str, type[Model]]:
    """Models of a section's entries by their tag."""
    if section == "uncertainty":
        return _UNCERTAINTY_KINDS
    if section == "risk":
        return risk_classes()
    return component_classes() if section == "components" else product_classes()


def _issue(path: EntryPath, found: list[ErrorDetails], data: Mapping[str, Any], locator: Locator) -> Issue:
    parent = _model_at(path[:-1], data)
    name = str(path[-1]) if path else ""
    description = ""
    if parent is not None and name in parent.model_fields:
        description = parent.model_fields[name].description or ""
    detail = told_of(found)
    if detail["type"] == "missing":
        return locator.issue(path, "nothing", f"the key {name}", description)
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return _tag_issue(path, data, locator)
    if path == ("format",):
        hint = "this version of mes_stoch reads format 1"
        return locator.issue(path, show(detail["input"]), "the format number 1", hint)
    expected, hint = expected_words(found, name)
    value = path[-1] if detail["loc"][-1] == "[key]" else detail["input"]
    hint = _value_hint(value, name, detail["type"], parent) or hint
    return locator.issue(path, show(value), expected, hint or description)


def _value_hint(value: Any, name: str, kind: str, parent: type[Model] | None) -> str:
    """How to write what was meant by a value that is none: a number for people, a share in percent, a series."""
    if isinstance(value, str) and kind in ("float_type", "int_type"):
        said: str = getattr(parent, "other_values", {}).get((name, value), "")
        return said or number_hint(value, name) or _no_series_hint(value, name, parent)
    share = unit_of(name) == "per_unit" and isinstance(value, int | float) and 1 < value <= 100
    if share and kind in ("less_than", "less_than_equal"):
        return f"write {value / 100:g}: {value:g} % is {value / 100:g} per unit"
    return ""


def _no_series_hint(value: str, name: str, parent: type[Model] | None) -> str:
    """Why a name cannot stand where a number must."""
    if unit_of(value) is None or parent is None:
        return ""
    share = getattr(parent, "shares", {}).get(name)
    if share is not None:
        return (
            f"{name} is one number for the whole horizon; write the largest here, and what share of it can be used in "
            f"{share}, which takes a series"
        )
    able = [key for key, field in parent.model_fields.items() if unit_of(key) and _takes_text(field.annotation)]
    others = f"series are taken by {listed(able)}" if able else "no key here takes a series"
    return (
        f"{name} is one number for the whole horizon and all scenarios; limits and rules that change in time cannot be "
        f"expressed: {others}"
    )


def _takes_text(annotation: Any) -> bool:
    return annotation is str or any(_takes_text(part) for part in get_args(annotation))


def _tag_issue(path: EntryPath, data: Mapping[str, Any], locator: Locator) -> Issue:
    head = str(path[0])
    key, known = _DISCRIMINATORS[head], list(_tagged(head))
    entry = value_at(data, path)
    if not isinstance(entry, dict) or key not in entry:
        return locator.issue((*path, key), "nothing", f"the key {key}", f"one of {', '.join(known)}")
    tag = entry[key]
    reason = unusable(_GROUPS[head]).get(tag) if head in _GROUPS and isinstance(tag, str) else None
    if reason is not None:
        return locator.issue((*path, key), show(tag), f"one of {', '.join(known)}", reason)
    hint = did_you_mean(tag, known) if isinstance(tag, str) else ""
    return locator.issue((*path, key), show(tag), f"one of {', '.join(known)}", hint)
