"""Names of money in the instance's own currency, turned into the format's names, and what is said in the wrong one.

The format's names of money carry ``eur``. An instance with ``currency: AUD`` writes ``price_aud_per_mwh`` and names
series such as ``spot_price_aud_per_mwh``. Everything after reading works with the format's names, whatever the
currency; issues speak of what the user wrote (:meth:`mes_stoch.schema.errors.Issue.in_currency`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mes_stoch.io.readers.csv_table import Table
from mes_stoch.io.readers.locate import Locator, show
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.units import FORMAT_CURRENCY, currency_of, unit_of, with_currency

EntryPath = tuple[str | int, ...]

_LIMITS = (
    "price_minimum_eur_per_mwh",
    "price_maximum_eur_per_mwh",
    "price_limit_eur_per_mwh",
    "energy_price_limit_eur_per_mwh",
)
_CODE = re.compile(r"[A-Za-z]{3}")
#: Mappings whose keys are the user's own names, or those of a process; none of them is a key of the format.
_NAMES = ("nodes", "components", "products")
_OWN_NAMES = (("uncertainty", "parameters"), ("uncertainty", "probabilities"), ("uncertainty", "day_ahead_nodes"))


def currency_code(data: Mapping[str, Any]) -> str | None:
    """The instance's currency; ``None`` where the entry is no code, so that no name can be in the wrong one."""
    given = data.get("currency", FORMAT_CURRENCY)
    # small letters are one mistake, told by the schema; every name of money would otherwise be another
    return given.upper() if isinstance(given, str) and _CODE.fullmatch(given) else None


def in_format_names(data: dict[str, Any], currency: str | None, locator: Locator) -> tuple[dict[str, Any], list[Issue]]:
    """The instance's data with the format's names of money, and an issue for each name in another currency.

    Parameters
    ----------
    data : dict
        Entries as the user wrote them, overrides applied.
    currency : str or None
        The instance's currency; ``None`` takes any.
    locator : Locator
        One that speaks of names as they are written.

    Returns
    -------
    tuple
        New data, in which a name in the wrong currency is taken as the one that was meant; and the issues.
    """
    reading = _Reading(currency, locator)
    result = reading.value(data, ())
    return result, reading.issues


def path_in_format(path: EntryPath, currency: str | None) -> EntryPath:
    """The path of an entry in the format's names."""
    return tuple(format_name(part, currency) if isinstance(part, str) else part for part in path)


def columns_in_format(table: Table, file: str, currency: str | None) -> tuple[Table, list[Issue]]:
    """A table whose columns have the format's names, and an issue for each column in another currency."""
    columns: dict[str, list[str]] = {}
    issues = []
    # columns in the right currency come first: one in the wrong one must not take their place
    ordered = sorted(table.columns, key=lambda name: _wrong(name, currency) is not None)
    for name in ordered:
        found = _wrong(name, currency)
        if found is not None and currency is not None:
            expected, hint = _expected(name, found, currency)
            issues.append(Issue(file, 1, name, f"the column {name}", expected, hint))
        columns.setdefault(format_name(name, currency), table.columns[name])
    names = {format_name(name, currency): None for name in table.columns}
    return replace(table, columns={name: columns[name] for name in names}), issues


def without_foreign_limits(
    filled: Mapping[str, Any], written: Mapping[str, Any], currency: str | None
) -> dict[str, Any]:
    """Products without the price limits that the catalogue knows in euros, where the instance has another currency.

    They are limits of markets that trade in euros, not amounts that anybody pays: an instance gives its own or none.
    """
    if currency in (None, FORMAT_CURRENCY):
        return dict(filled)
    return {name: _without_limits(entry, written.get(name)) for name, entry in filled.items()}


def _without_limits(entry: Any, written: Any) -> Any:
    if not isinstance(entry, dict):
        return entry
    given = written if isinstance(written, dict) else {}
    return {key: value for key, value in entry.items() if key not in _LIMITS or key in given}


def catalogue_amounts(
    written: Mapping[str, Any], filled: Mapping[str, Any], currency: str | None, locator: Locator
) -> list[Issue]:
    """Amounts that the catalogue would fill in euros where the instance has another currency.

    ``written`` and ``filled`` are the products before and after the catalogue's defaults, in the format's names.
    """
    if currency in (None, FORMAT_CURRENCY):
        return []
    issues = []
    for name, entry in filled.items():
        given = written.get(name) or {}
        if not (isinstance(entry, dict) and isinstance(given, dict)):
            continue
        left = [key for key, value in entry.items() if key not in given and is_amount(key, value)]
        if left:
            found = "amounts of the catalogue in EUR: " + ", ".join(f"{key} {entry[key]:g}" for key in left)
            hint = "give here " + " and ".join(with_currency(key, currency or "") for key in left)
            place = locator.issue(("products", name), "", "")
            issues.append(Issue(place.file, place.line, place.key, found, f"amounts in {currency}", hint))
    return issues


def without_echoes(issues: Iterable[Issue], told: Iterable[Issue], currency: str | None) -> list[Issue]:
    """Issues other than those about an entry whose currency has been told to be wrong: one mistake, one message."""
    code = currency or FORMAT_CURRENCY
    places = {(issue.file, _in_code(issue.key, code)) for issue in told}
    return [issue for issue in issues if (issue.file, _in_code(issue.key, code)) not in places]


class _Reading:
    """Walks through the data; an entry that several aliases share is met once under each of its paths."""

    def __init__(self, currency: str | None, locator: Locator) -> None:
        self._currency = currency
        self._locator = locator
        self._known: dict[tuple[int, bool], Any] = {}
        self.issues: list[Issue] = []

    def value(self, value: Any, path: EntryPath) -> Any:
        if not isinstance(value, dict | list):
            return value
        # shared by aliases: turned once, or a file of aliases to aliases would take for ever
        own_names = path in _OWN_NAMES or (len(path) == 1 and path[0] in _NAMES)
        identity = (id(value), own_names)
        if identity not in self._known:
            if isinstance(value, list):
                self._known[identity] = [self.value(item, (*path, index)) for index, item in enumerate(value)]
            elif own_names:
                self._known[identity] = {key: self.value(item, (*path, key)) for key, item in value.items()}
            else:
                self._known[identity] = self._mapping(value, path)
        return self._known[identity]

    def _mapping(self, value: dict[str, Any], path: EntryPath) -> dict[str, Any]:
        right: dict[str, Any] = {}
        meant: dict[str, Any] = {}
        for key, item in value.items():
            place = (*path, key)
            found = _wrong(key, self._currency)
            if found is not None:
                self._tell(place, key, found, "an unknown key")
            name = format_name(key, self._currency)
            target = right if found is None else meant
            target[name] = self._series(item, place) if isinstance(item, str) else self.value(item, place)
        return {**meant, **right}

    def _series(self, name: str, path: EntryPath) -> str:
        """The name of a series, where an entry is one that may hold it."""
        if unit_of(format_name(str(path[-1]), None)) is None:
            return name
        found = _wrong(name, self._currency)
        if found is not None:
            self._tell(path, name, found, "the series")
        return format_name(name, self._currency)

    def _tell(self, path: EntryPath, name: str, found: str, what: str) -> None:
        if self._currency is not None:
            expected, hint = _expected(name, found, self._currency)
            self.issues.append(self._locator.issue(path, f"{what} {show(name)}", expected, hint))


def _wrong(name: str, currency: str | None) -> str | None:
    """The currency of a name of money that is not the instance's."""
    if currency is None:
        return None
    found = currency_of(name, currency)
    return None if found == currency else found


def format_name(name: str, currency: str | None) -> str:
    return _in_code(name, FORMAT_CURRENCY, currency)


def _in_code(name: str, code: str, own: str | None = None) -> str:
    """The last part of a dotted name in another currency."""
    head, dot, last = name.rpartition(".")
    return name if currency_of(last, own or FORMAT_CURRENCY) is None else f"{head}{dot}{with_currency(last, code)}"


def _expected(name: str, found: str, currency: str) -> tuple[str, str]:
    """What a name in the wrong currency should be, and how to mend it."""
    meant = with_currency(name, currency)
    hint = f"write {meant}: the instance's currency is {currency}"
    if currency == FORMAT_CURRENCY:
        hint += f"; or say `currency: {found}` at the top of instance.yaml and write every amount in it"
    return f"an amount in {currency}", hint


def is_amount(key: str, value: Any) -> bool:
    """Whether a default of the catalogue is an amount of money other than nothing."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and value != 0 and currency_of(key) is not None
