"""What pydantic says of the format, in as few words as JSON Schema allows, and the same to a validator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = dict[str, Any]

#: Keywords under which names of the format stand, not keywords.
NAMED = ("properties", "patternProperties", "$defs")
#: Keywords whose values are data, not schemas.
_DATA = ("default", "const", "enum", "examples", "required")

_SCALARS = frozenset({"number", "integer", "string", "boolean", "null"})
_LIMITS = {
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset({"pattern", "minLength", "maxLength"}),
}
_LIMITS["integer"] = _LIMITS["number"]


def parts(schema: Any) -> Iterator[Schema]:
    """Every schema inside a schema, innermost first, and the schema itself."""
    if isinstance(schema, list):
        for item in schema:
            yield from parts(item)
    elif isinstance(schema, dict):
        for keyword, item in schema.items():
            if keyword in NAMED:
                for entry in item.values():
                    yield from parts(entry)
            elif keyword not in _DATA:
                yield from parts(item)
        yield schema


def tidy(schema: Schema) -> None:
    """Take out what says nothing: titles that repeat the key, OpenAPI's discriminator, which JSON Schema lacks."""
    for part in parts(schema):
        if "patternProperties" in part:
            part.setdefault("additionalProperties", False)
        for said in ("title", "discriminator"):
            part.pop(said, None)
        if "anyOf" in part:
            _join_scalars(part)


def _join_scalars(part: Schema) -> None:
    """One list of types for alternatives of plain types, whose limits speak of their own type alone.

    >>> part = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "integer", "minimum": 0}, {"type": "null"}]}
    >>> _join_scalars(part)
    >>> part
    {'type': ['number', 'null'], 'minimum': 0}
    """
    options = [option for option in part["anyOf"] if not _is_integer_of_number(option, part["anyOf"])]
    plain = [option for option in options if _is_plain(option)]
    others = [option for option in options if not _is_plain(option)]
    if len(plain) > 1:
        joined: Schema = {"type": [option["type"] for option in plain]}
        for option in plain:
            joined.update(without(option, "type"))
        plain = [joined]
    if others:
        part["anyOf"] = [*plain, *others]
        return
    del part["anyOf"]
    part.update(plain[0])


def _is_plain(option: Mapping[str, Any]) -> bool:
    kind = option.get("type")
    return isinstance(kind, str) and kind in _SCALARS and option.keys() - {"type"} <= _LIMITS.get(kind, frozenset())


def _is_integer_of_number(option: Schema, options: list[Schema]) -> bool:
    """Whether an alternative of integers is one of numbers already: every integer is a number to JSON Schema."""
    return option.get("type") == "integer" and {**option, "type": "number"} in options


def without(schema: Mapping[str, Any], key: str) -> Schema:
    """A schema but for one keyword."""
    return {name: value for name, value in schema.items() if name != key}


def share_fields(schema: Schema) -> None:
    """Fields that several definitions have word for word, once under `$defs` with references to them."""
    written: dict[tuple[str, str], list[Schema]] = {}
    for definition in schema["$defs"].values():
        for name, field in definition.get("properties", {}).items():
            written.setdefault((name, repr(field)), []).append(definition)
    shared: Schema = {}
    for (name, text), definitions in written.items():
        reference = f"field_{name}"
        number = 1
        # one name may have a second meaning that several definitions share
        while reference in shared:
            number += 1
            reference = f"field_{name}_{number}"
        if len(definitions) > 1 and len(text) > 100:
            shared[reference] = definitions[0]["properties"][name]
            for definition in definitions:
                definition["properties"][name] = {"$ref": f"#/$defs/{reference}"}
    schema["$defs"].update(shared)
