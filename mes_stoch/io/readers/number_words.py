"""Numbers as the format writes them, and what is said of text that is meant as one."""

from __future__ import annotations

import re

from mes_stoch.io.readers.locate import unit_word
from mes_stoch.schema.units import FOREIGN_UNITS, unit_of

#: A number in YAML and CSV files alike: the decimal forms of YAML 1.2.
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")

_GROUPED = re.compile(r"[-+]?[0-9]{1,3}([_'\u2019\s][0-9]{3})+([.,][0-9]+)?|[-+]?[0-9]+(_[0-9]+)+([.,][0-9]+)?")
_COMMA = re.compile(r"[-+]?[0-9]*,[0-9]+([eE][-+]?[0-9]+)?")
_PERCENT = re.compile(r"(?P<number>[-+]?[0-9]+([.,][0-9]*)?)\s*%")
_WITH_UNIT = re.compile(r"(?P<number>[-+]?[0-9]+([.,][0-9]*)?)\s*(?P<unit>[A-Za-z€$£][\w/€$£²³]*)")
_SECONDS = {"s": 1, "sec": 1, "min": 60, "minutes": 60, "h": 3600, "hours": 3600, "d": 86_400, "days": 86_400}


def number_hint(text: str, name: str = "") -> str:
    """How to write what looks like a number and is none of the format; empty for other text.

    ``name`` is that of the field or series, whose end says the unit.

    >>> number_hint("1_000")
    'write 1000, without separators between digits'
    >>> number_hint("95 %")
    'write 0.95: a share is written per unit'
    >>> number_hint("2000 kW", "power_max_mw"), number_hint("15min", "period_h")
    ('write 2: 2000 kW is 2 MW', 'write 0.25: 15 min is 0.25 h')
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
        return _unit_hint(amount["number"].replace(",", "."), amount["unit"], unit_of(name))
    return ""


def _unit_hint(number: str, written: str, expected: str | None) -> str:
    """What to write for an amount with its unit: that amount in the field's own unit."""
    plain = written.lower().replace("€", "eur").replace("/", "_per_")
    factor = None
    if expected in _SECONDS and plain in _SECONDS:
        factor = _SECONDS[plain] / _SECONDS[expected]
    elif FOREIGN_UNITS.get(plain, ("", 1.0))[0] == expected:
        factor = FOREIGN_UNITS[plain][1]
    if factor is None or factor == 1 or expected is None:
        return f"write {number}: the unit stands in the name"
    value = f"{float(number) * factor:.6g}"
    return f"write {value}: {number} {written} is {value} {unit_word(expected)}"
