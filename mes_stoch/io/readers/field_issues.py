"""From pydantic's errors of one model to issues: what a field was given, what it takes, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mes_stoch.io.names import printable
from mes_stoch.io.readers.key_hints import meant_key
from mes_stoch.io.readers.locate import listed, show, unit_word
from mes_stoch.io.readers.yaml_lines import dotted
from mes_stoch.schema.base import PATTERNS_IN_WORDS, WORDS_FOR_NUMBERS
from mes_stoch.schema.component import EntryPath
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.units import unit_of

#: What pydantic puts into a path for the member of a union that it tried.
UNION_MEMBERS = frozenset({"float", "int", "str", "constrained-str", "constrained-float"}) | {
    f"literal['{word}']" for word in WORDS_FOR_NUMBERS
}


def no_line(_: Sequence[str | int]) -> int | None:
    """Where no line is known."""
    return None


def field_issues(
    error: ValidationError,
    model: type[BaseModel],
    file: str,
    *,
    under: EntryPath = (),
    line: Callable[[Sequence[str | int]], int | None] = no_line,
    hints: Mapping[str, str] | None = None,
    a_key: str = "a key of the format",
    is_partial: bool = False,
) -> list[Issue]:
    """Everything a model has against data, one issue a field.

    A field that is missing because its name is misspelt is one mistake, not two.

    Parameters
    ----------
    model : type
        That refused the data; its fields are what an unknown key may have been meant to be.
    file : str
        For messages.
    under : tuple, optional
        Path of the data in the file.
    line : callable, optional
        Line of an entry by its path.
    hints : mapping, optional
        How to mend a field, by its dotted path in the model; default its description.
    a_key : str
        What is expected of a key that is unknown.
    is_partial : bool
        Whether what is missing is no mistake.
    """
    grouped: dict[EntryPath, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        grouped.setdefault(_path(detail), []).append(detail)
    explained = set(_meant(grouped, model))
    issues = []
    for path, found in grouped.items():
        first = found[0]["type"]
        if first == "missing" and (is_partial or path in explained):
            continue
        fields = fields_at(model, path[:-1])
        name = str(path[-1]) if path else ""
        if first == "extra_forbidden":
            meant = meant_key(name, fields)
            value, expected, hint = show(name), a_key, meant[0] if meant else f"keys here: {listed(fields, most=20)}"
        elif first == "missing":
            value, expected, hint = "nothing", f"the key {name}", ""
        else:
            expected, hint = expected_words(found, next((part for part in reversed(path) if isinstance(part, str)), ""))
            value = show(found[0]["input"])
        description = fields[name].description if name in fields else None
        hint = (hints or {}).get(dotted(path)) or hint or description or ""
        place = (*under, *path)
        issues.append(Issue(file, line(place), printable(dotted(place)), printable(value), expected, printable(hint)))
    return issues


def _path(detail: ErrorDetails) -> EntryPath:
    """Path of the entry in the data, without the union members that pydantic adds."""
    path = detail["loc"]
    if path and path[-1] == "[key]":
        path = path[:-1]
    is_member = len(path) > 1 and path[-1] in UNION_MEMBERS and detail["type"] != "extra_forbidden"
    return path[:-1] if is_member else path


def _meant(grouped: Mapping[EntryPath, list[ErrorDetails]], model: type[BaseModel]) -> Iterator[EntryPath]:
    """Paths of the fields that unknown keys are slips of."""
    for path, found in grouped.items():
        if found[0]["type"] == "extra_forbidden":
            meant = meant_key(str(path[-1]), fields_at(model, path[:-1]))
            if meant is not None:
                yield (*path[:-1], meant[1])


def fields_at(model: type[BaseModel], path: EntryPath) -> Mapping[str, Any]:
    """Fields of the model that describes the mapping at a path."""
    found: type[BaseModel] | None = model
    for part in path:
        if found is not None and isinstance(part, str) and part in found.model_fields:
            # the entries of a list or a mapping are described by the field that holds them
            found = model_in(found.model_fields[part].annotation)
    return {} if found is None else found.model_fields


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model of a field, or of the entries of its list or mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (list, dict, tuple, Union, UnionType, Annotated):
        return next((model for model in map(model_in, get_args(annotation)) if model is not None), None)
    return None


def expected_words(found: Sequence[ErrorDetails], name: str) -> tuple[str, str]:
    """What a field takes, and how to write it where there is more to say.

    Parameters
    ----------
    found : sequence
        Errors of the field: several where it takes one of several types.
    name : str
        Of the field; it tells the unit.
    """
    detail, kinds = told_of(found), {one["type"] for one in found} - {"literal_error"}
    unit = unit_of(name)
    if "string_type" in kinds and len(kinds) > 1 and unit and detail["type"] != "finite_number":
        return f"a number in {unit_word(unit)} or the name of a series that ends in _{unit}", ""
    return _words(detail, f" in {unit_word(unit)}" if unit else "")


def told_of(found: Sequence[ErrorDetails]) -> ErrorDetails:
    """The error of a field that says most."""
    # a penalty may say "auto", which is not what a wrong number is told
    told = [detail for detail in found if detail["type"] != "literal_error"] or list(found)
    return next((one for one in told if one["type"] == "finite_number"), told[0])


def _words(detail: ErrorDetails, in_unit: str) -> tuple[str, str]:
    kind, message, context = detail["type"], detail["msg"], detail.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return PATTERNS_IN_WORDS.get(str(context.get("pattern")), message[:1].lower() + message[1:]), ""
    if kind == "value_error":
        return str(context.get("error", message)), ""
    if kind == "finite_number":
        return f"a finite number{in_unit}", ""
    bounds = {"greater_than": ("gt", "above"), "greater_than_equal": ("ge", "of at least")}
    bounds |= {"less_than": ("lt", "below"), "less_than_equal": ("le", "of at most")}
    if kind in bounds:
        key, word = bounds[kind]
        return f"a number{in_unit} {word} {context.get(key, 0):g}", ""
    fixed = {
        "float_type": (f"a number{in_unit}", ""),
        "int_type": ("a whole number", ""),
        "bool_type": ("true or false", ""),
        "string_type": ("text", "put it in quotes"),
        "list_type": ("a list", "write [a, b] or one '- a' a line"),
        "dict_type": ("a mapping", "write 'key: value' lines, indented"),
        "model_type": ("a mapping", "write 'key: value' lines, indented"),
        "model_attributes_type": ("a mapping", "write 'key: value' lines, indented"),
    }
    if kind in fixed:
        return fixed[kind]
    if kind == "too_short":
        return f"at least {context.get('min_length', 1)} entry", ""
    if kind == "literal_error":
        return str(context.get("expected", message)).replace("'", ""), ""
    return message[:1].lower() + message[1:], ""
