"""JSON as text that is read and compared line by line: what fits on a line stands on one."""

from __future__ import annotations

import json
from typing import Any

#: Few fields are longer: a field is a line.
_WIDTH = 300


def json_text(value: Any, width: int = _WIDTH) -> str:
    """A value as JSON, one blank deeper for each level, with a line feed at the end.

    >>> print(json_text({"a": {"b": 1, "c": [2, 3]}, "d": "long " * 5}, width=30), end="")
    {
     "a": {"b": 1, "c": [2, 3]},
     "d": "long long long long long "
    }
    """
    return "\n".join(_lines(value, 0, "", width)) + "\n"


def _lines(value: Any, depth: int, before: str, width: int) -> list[str]:
    """Lines of a value that stands after some text at a depth."""
    whole = json.dumps(value, ensure_ascii=False)
    start = " " * depth + before
    # a comma may follow
    if not isinstance(value, dict | list) or not value or len(start) + len(whole) < width:
        return [start + whole]
    if isinstance(value, dict):
        entries = [(f"{json.dumps(name, ensure_ascii=False)}: ", item) for name, item in value.items()]
        ends = "{}"
    else:
        entries = [("", item) for item in value]
        ends = "[]"
    found = [start + ends[0]]
    for number, (name, item) in enumerate(entries):
        inner = _lines(item, depth + 1, name, width)
        if number + 1 < len(entries):
            inner[-1] += ","
        found += inner
    return [*found, " " * depth + ends[1]]
