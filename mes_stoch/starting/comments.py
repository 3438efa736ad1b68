"""What is said beside each key of a new instance: its meaning and unit from the schema, and whose the number is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

EntryPath = tuple[str | int, ...]

#: What stands beside a number that was made up for the example, and beside one that a market sets and that the user has
#: to check.
YOURS = "yours"
TO_CHECK = "a rule: check it"

_SECTIONS_OF_NUMBERS = ("components", "products")
_RULES = re.compile(r"block_h|settlement_period_h|sustain_h|price_(minimum|maximum)_\w+")
_KEYWORDS_OF_PARTS = ("allOf", "oneOf", "anyOf")


class Comments:
    """Comments by path.

    Parameters
    ----------
    schema : mapping
        JSON Schema of the format, in the currency of the instance.
    instance : mapping
        What is commented.
    own : mapping
        Comments that are said in place of the schema's, by path.
    """

    def __init__(self, schema: Mapping[str, Any], instance: Mapping[str, Any], own: Mapping[EntryPath, str]) -> None:
        self._schema = schema
        self._instance = instance
        self._own = own

    def __getitem__(self, path: EntryPath) -> str:
        if path in self._own:
            return self._own[path]
        value = value_at(self._instance, path)
        said = self._described(path)
        words = _first_clause(said, for_null=value is None)
        whose = whose_number(path, value)
        return f"{words} ({whose})" if whose and words else words

    def _described(self, path: EntryPath) -> str:
        options = [self._schema]
        value: Any = self._instance
        for key in path:
            options = [inner for option in options for inner in self._inside(option, key, value)]
            value = value[key]
        return next((str(option["description"]) for option in options if "description" in option), "")

    def _inside(self, option: Mapping[str, Any], key: str | int, value: Any) -> Iterator[Mapping[str, Any]]:
        """Schemas of an entry below a value that a schema may be of."""
        for part in self._parts(option, value):
            if isinstance(key, int):
                if "items" in part:
                    yield part["items"]
            elif key in part.get("properties", {}):
                yield self._resolved(part["properties"][key])
            else:
                yield from (
                    inner for pattern, inner in part.get("patternProperties", {}).items() if re.search(pattern, key)
                )
                if isinstance(part.get("additionalProperties"), Mapping):
                    yield part["additionalProperties"]

    def _parts(self, option: Mapping[str, Any], value: Any) -> Iterator[Mapping[str, Any]]:
        """A schema and those that it is made of, but for those that are of another kind."""
        own = self._resolved(option)
        if not self._is_of(own, value):
            return
        yield own
        for keyword in _KEYWORDS_OF_PARTS:
            for inner in own.get(keyword, ()):
                yield from self._parts(inner, value)

    def _resolved(self, option: Mapping[str, Any]) -> Mapping[str, Any]:
        reference = option.get("$ref")
        if reference is None:
            return option
        definition = self._schema["$defs"][str(reference).rpartition("/")[2]]
        return {**definition, **option}

    def _is_of(self, option: Mapping[str, Any], value: Any) -> bool:
        """Whether the tags that a schema asks for are those of a value."""
        if not isinstance(value, Mapping):
            return True
        for key, field in option.get("properties", {}).items():
            if "const" in field and key in value and value[key] != field["const"]:
                return False
            if key == "like" and key in value and value[key] not in field.get("enum", ()):
                return False
        return True


def whose_number(path: EntryPath, value: Any) -> str:
    """Whether a number was made up for the example, or is a rule; empty for what is neither, and for other values."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not (path[0] in _SECTIONS_OF_NUMBERS or path[:2] == ("uncertainty", "parameters")):
        return ""
    return TO_CHECK if path[0] == "products" and _RULES.fullmatch(str(path[-1])) else YOURS


def value_at(instance: Any, path: Sequence[str | int]) -> Any:
    """What stands at a path."""
    for key in path:
        instance = instance[key]
    return instance


def _first_clause(text: str, *, for_null: bool) -> str:
    """The first of the clauses of a description, and for a null what it means.

    >>> _first_clause("[MW] Largest withdrawal; null for no limit (gas mains).", for_null=True)
    '[MW] Largest withdrawal; null for no limit (gas mains)'
    >>> _first_clause("[MW] Largest withdrawal; null for no limit (gas mains).", for_null=False)
    '[MW] Largest withdrawal'
    """
    clauses = [clause.strip(" .;") for clause in re.split(r"(?<!e\.g\.)(?<=[;.])\s", text) if clause.strip()]
    if not clauses:
        return ""
    null = [clause for clause in clauses[1:] if clause.startswith("null")] if for_null else []
    return "; ".join([clauses[0], *null])
