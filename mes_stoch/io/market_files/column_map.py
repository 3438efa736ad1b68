"""Columns of a file of no known layout, in the user's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from mes_stoch.io.market_files.market_file import zone_of
from mes_stoch.io.market_files.stamps import FORMS
from mes_stoch.io.market_files.unit_words import unit_of_name
from mes_stoch.io.readers.locate import did_you_mean, listed
from mes_stoch.schema.errors import UsageError

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", ",": ",", ";": ";", "\t": "\t"}
_MARKS = {"point": ".", "comma": ",", "space": " ", "none": "", "": "", ".": ".", ",": ",", "'": "'", "apostrophe": "'"}
_EXAMPLE = "time=Date, zone=Europe/Paris, Price=day_ahead_price_eur_per_mwh"


@dataclass(frozen=True)
class ColumnMap:
    """What a file has in which column.

    Parameters
    ----------
    time : str
        Column of stamps; ``-`` for a first column without a name.
    zone : str
        Zone of stamps without an offset: an IANA name, ``UTC`` or an offset.
    columns : dict of str to str
        Name of each series by its column; a name ends in its unit.
    date : str, optional
        Column of days, where ``time`` has the hours alone.
    format : str, optional
        ``iso``, ``day_first``, ``month_first``, ``year_first`` or ``compact``; default what the rows show.
    separator : str, optional
        ``comma``, ``semicolon`` or ``tab``; default what the header shows.
    decimal, thousands : str, optional
        ``point``, ``comma``, ``space``, ``apostrophe``, ``none``; default what the numbers show.
    area : str, optional
        Column of areas, in a file with a row for each area and period.
    header : int
        Line of the header; default the first.
    stamp : str
        ``start`` or ``end``: what of a period a stamp is.
    """

    time: str
    zone: str
    columns: Mapping[str, str] = field(default_factory=dict)
    date: str | None = None
    format: str | None = None
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    area: str | None = None
    header: int = 1
    stamp: str = "start"


_KEYS = tuple(one.name for one in fields(ColumnMap) if one.name != "columns")


def column_map_of(given: ColumnMap | Mapping[str, str] | str) -> ColumnMap:
    """A column map from text, from a mapping, or from a file of a line an entry.

    >>> column_map_of("time=Date, zone=UTC, Price=price_eur_per_mwh").columns
    {'Price': 'price_eur_per_mwh'}

    Raises
    ------
    UsageError
    """
    if isinstance(given, ColumnMap):
        return given
    entries = dict(given) if isinstance(given, Mapping) else _entries(given)
    options = {key: str(value).strip() for key, value in entries.items() if key in _KEYS}
    columns = {key: str(value).strip() for key, value in entries.items() if key not in _KEYS}
    for key in ("time", "zone"):
        if not options.get(key):
            raise UsageError(f"the column map says no {key}; write it like {_EXAMPLE}")
    zone_of(options["zone"])
    _check_names(columns)
    return ColumnMap(
        options["time"],
        options["zone"],
        columns,
        date=options.get("date"),
        format=_one_of("format", options.get("format"), {name: name for name in FORMS}),
        separator=_one_of("separator", options.get("separator"), _SEPARATORS),
        decimal=_one_of("decimal", options.get("decimal"), {key: _MARKS[key] for key in ("point", "comma", ".", ",")}),
        thousands=_one_of("thousands", options.get("thousands"), _MARKS),
        area=options.get("area"),
        header=_whole(options.get("header", "1")),
        stamp=_stamp(options.get("stamp", "start")),
    )


def _entries(text: str) -> dict[str, str]:
    path = Path(text)
    if "=" not in text:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            raise UsageError(f"{text!r} is no column map and no file with one; write it like {_EXAMPLE}") from None
    result: dict[str, str] = {}
    for entry in re.split(r",\s+|\n", text):
        if not entry.strip() or entry.lstrip().startswith("#"):
            continue
        key, sign, value = entry.rpartition("=")
        if not sign or not key.strip():
            raise UsageError(f"'{entry.strip()}' in the column map says nothing; write entries like {_EXAMPLE}")
        if key.strip() in result:
            raise UsageError(f"the column map has {key.strip()} twice")
        result[key.strip()] = value.strip()
    return result


def _check_names(columns: Mapping[str, str]) -> None:
    if not columns:
        raise UsageError(f"the column map names no column of numbers; write it like {_EXAMPLE}")
    for column, name in columns.items():
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r}, for the column {column}: expected small letters, digits and underscores")
        if unit_of_name(name) is None:
            units = "_eur_per_mwh, _mw, _degc or _per_unit"
            raise UsageError(f"{name!r}, for the column {column}, does not end in a unit such as {units}")
    twice = sorted({name for name in columns.values() if list(columns.values()).count(name) > 1})
    if twice:
        raise UsageError(f"the column map gives {listed(twice)} to two columns")


def _one_of(key: str, value: str | None, known: Mapping[str, str]) -> str | None:
    if value is None:
        return None
    if value not in known:
        words = [word for word in known if word.isalpha() or "_" in word]
        raise UsageError(f"{key}={value} in the column map: {did_you_mean(value, words, 'expected one of')}")
    return known[value]


def _whole(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise UsageError(f"header={value} in the column map: expected the line of the header, 1 or more")
    return int(value)


def _stamp(value: str) -> str:
    if value not in ("start", "end"):
        raise UsageError(f"stamp={value} in the column map: expected start or end")
    return value
