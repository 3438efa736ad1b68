"""Numbers as the format writes them, and what is said of text that is meant as one."""

from __future__ import annotations

import re

#: A number in YAML and CSV files alike: the decimal forms of YAML 1.2.
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

_GROUPED = re.compile(r"[-+]?[0-9]{1,3}([_'\u2019\s][0-9]{3})+([.,][0-9]+)?|[-+]?[0-9]+(_[0-9]+)+([.,][0-9]+)?")
_COMMA = re.compile(r"[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?")
_PERCENT = re.compile(r"(?P<number>[-+]?[0-9]+([.,][0-9]*)?)\s*%")
_WITH_UNIT = re.compile(r"(?P<number>[-+]?[0-9]+([.,][0-9]*)?)\s*[A-Za-z€$£][\w/€$£²³]*")


def number_hint(text: str) -> str:
    """How to write what looks like a number and is none of the format; empty for other text.

    >>> number_hint("1_000")
    'write 1000, without separators between digits'
    >>> number_hint("95 %")
    'write 0.95: a share is written per unit'
    >>> number_hint("spot")
    ''
    """
    if NUMBER.fullmatch(text):
        return "write it without quotes"
    if _GROUPED.fullmatch(text):
        bare = re.sub(r"[^-+0-9.,]", "", text).replace(",", ".")
        return f"write {bare}, without separators between digits"
    if _COMMA.fullmatch(text):
        return f"write {text.replace(',', '.')}: decimals are written with a point"
    share = _PERCENT.fullmatch(text)
    if share:
        value = float(share["number"].replace(",", ".")) / 100
        return f"write {value:g}: a share is written per unit"
    amount = _WITH_UNIT.fullmatch(text)
    if amount:
        return f"write {amount['number'].replace(',', '.')}: the unit stands in the name"
    return ""
