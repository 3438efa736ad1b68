"""A mapping as YAML with a comment beside every key."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import yaml

_WIDTH = 120
_INDENT = "  "
#: What some readers of YAML take for a number to the base of 60.
_SEXAGESIMAL = re.compile(r"\d+:\d+")


class SaysOf(Protocol):
    """What is said of each path."""

    def __getitem__(self, path: tuple[str | int, ...]) -> str: ...


def commented_yaml(mapping: Mapping[str, Any], comments: SaysOf) -> str:
    """Lines of a mapping of mappings, lists and plain values, each key with its comment.

    A comment stands behind its key where the line has room for it, and above it otherwise. Lists of plain values stay
    on one line.

    >>> print(commented_yaml({"nodes": {"power": {"carrier": "gas"}}, "start": "17:00"}, _Nothing()), end="")
    nodes:
      power:
        carrier: gas
    start: "17:00"
    """
    return "\n".join(_entries(mapping, comments, ())) + "\n"


class _Nothing:
    def __getitem__(self, path: tuple[str | int, ...]) -> str:
        return ""


def _entries(mapping: Mapping[str, Any], comments: SaysOf, path: tuple[str | int, ...]) -> Iterator[str]:
    depth = sum(isinstance(key, str) for key in path) + sum(isinstance(key, int) for key in path)
    for key, value in mapping.items():
        yield from _entry(_INDENT * depth, key, value, comments, (*path, key))


def _entry(indent: str, key: str, value: Any, comments: SaysOf, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield from _line(indent, f"{key}:", comments[path])
        yield from _entries(value, comments, path)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        yield from _line(indent, f"{key}:", comments[path])
        for number, item in enumerate(value):
            lines = list(_entries(item, comments, (*path, number)))
            # the dash takes the place of the first key's indent; comments above that key stay above it
            first = next(place for place, line in enumerate(lines) if not line.lstrip().startswith("#"))
            head = lines[first]
            dash = len(indent) + len(_INDENT)
            lines[first] = f"{head[:dash]}- {head[dash:].lstrip()}"
            yield from lines
    elif isinstance(value, str) and len(indent) + len(key) + len(value) + 4 > _WIDTH:
        yield from _line(indent, f"{key}: >-", comments[path])
        inner = indent + _INDENT
        yield from textwrap.wrap(value, _WIDTH, initial_indent=inner, subsequent_indent=inner, break_long_words=False)
    else:
        yield from _line(indent, f"{key}: {plain(value)}", comments[path])


def _line(indent: str, text: str, comment: str) -> Iterator[str]:
    if not comment:
        yield f"{indent}{text}"
        return
    whole = f"{indent}{text} # {comment}"
    if len(whole) <= _WIDTH:
        yield whole
        return
    yield from (f"{indent}# {line}" for line in textwrap.wrap(comment, _WIDTH - len(indent) - 2))
    yield f"{indent}{text}"


def plain(value: Any) -> str:
    """A plain value, or a list of plain values, as YAML of any version reads it back.

    >>> plain(None), plain(True), plain(0.25), plain("no"), plain("2026-01-14T00:00"), plain(["a", 1])
    ('null', 'true', '0.25', '"no"', '2026-01-14T00:00', '[a, 1]')
    """
    if isinstance(value, list):
        return f"[{', '.join(plain(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if not isinstance(value, str):
        return str(value)
    is_plain = yaml.safe_load(f"[{value}]") == [value] and not _SEXAGESIMAL.fullmatch(value) if value else False
    return value if is_plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
