"""Do the series that an instance names exist, and are they in the unit of the field that names them?"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mes_stoch.io.readers.key_hints import nearest_key
from mes_stoch.io.readers.locate import Locator, listed, show, unit_word
from mes_stoch.io.readers.number_words import number_hint
from mes_stoch.io.validation.partial_instance import PartialInstance
from mes_stoch.schema.base import WORDS_FOR_NUMBERS, Model
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.units import conversion_hint, unit_of

EntryPath = tuple[str | int, ...]


def check_series_names(
    instance: Instance | PartialInstance, available_names: Collection[str] | None, locator: Locator | None = None
) -> list[Issue]:
    """Problems with the names of series.

    Parameters
    ----------
    instance : Instance or PartialInstance
        What names the series.
    available_names : collection of str, or None
        All series there are: columns of the CSV files, or what a process draws. ``None`` if not known yet: only units
        are checked then.
    locator : Locator, optional
        Knows the lines of the instance file.

    Returns
    -------
    list of Issue
        Empty if every name fits.
    """
    place = locator or Locator(None)
    issues = []
    for path, name in named_series(instance):
        issue = _issue(path, name, available_names, place)
        if issue is not None:
            issues.append(issue)
    return issues


def named_series(instance: Instance | PartialInstance) -> Iterator[tuple[EntryPath, str]]:
    """Every field that names a series, and the name."""
    for section, entries in (("components", instance.components), ("products", instance.products)):
        for name, entry in entries.items():
            yield from _named_in(entry, (section, name))


def _named_in(entry: Model, path: EntryPath) -> Iterator[tuple[EntryPath, str]]:
    for key in type(entry).model_fields:
        value = getattr(entry, key)
        # only quantities have a unit in their name and text as their value
        if isinstance(value, str) and value not in WORDS_FOR_NUMBERS and unit_of(key) is not None:
            yield (*path, key), value
        elif isinstance(value, Model):
            yield from _named_in(value, (*path, key))
        elif isinstance(value, list | dict):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for place, item in items:
                if isinstance(item, Model):
                    yield from _named_in(item, (*path, key, place))


def _issue(path: EntryPath, name: str, available: Collection[str] | None, locator: Locator) -> Issue | None:
    expected_unit = unit_of(str(path[-1])) or ""
    unit = unit_of(name)
    if available is not None and name not in available:
        fitting = [known for known in available if unit_of(known) == expected_unit]
        near = nearest_key(name, fitting) or nearest_key(name, available)
        known = f"series in {unit_word(expected_unit)}: {listed(fitting)}"
        hint = number_hint(name, str(path[-1])) or (f"did you mean {near}?" if near else known)
        return locator.issue(path, show(name), "the name of a series, or a number", hint)
    if unit == expected_unit:
        return None
    found = (
        f"{show(name)}, a series in {unit_word(unit)}" if unit else f"{show(name)}, whose name does not end in a unit"
    )
    hint = conversion_hint(unit or "", expected_unit)
    return locator.issue(path, found, f"a series in {unit_word(expected_unit)}", hint)
