"""Entries of ``instance.yaml`` replaced by dotted path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from mes_stoch.io.readers.locate import OVERRIDES, did_you_mean, show
from mes_stoch.io.readers.yaml_lines import EntryPath, dotted, value_at
from mes_stoch.schema.errors import Issue

_POSITION = re.compile("0|[1-9][0-9]{0,8}")

#: Sections whose entries have names of the user's own, and what an entry is called.
_NAMED = {"nodes": "a node", "components": "a component", "products": "a product"}


def apply_overrides(
    data: dict[str, Any], overrides: Mapping[str, Any] | None
) -> tuple[dict[str, Any], list[EntryPath], list[Issue]]:
    """Replace entries by what the caller gives.

    Keys are dotted paths (``uncertainty.scenarios``, ``components.chp.inputs.0.ratio_per_unit``). A mapping as value is
    merged entry by entry into one that is there, and stands as it is where nothing is: so a component is added, whole.
    A path that goes through a node, component or product that is not there is a slip, and told.

    Returns
    -------
    tuple
        The new data, the paths replaced, and problems with paths that lead nowhere.
    """
    if not overrides:
        return data, [], []
    result = deepcopy(data)
    replaced: list[EntryPath] = []
    issues: list[Issue] = []
    for key, value in overrides.items():
        _set(result, path_of(key), value, replaced, issues)
    return result, replaced, issues


def path_of(key: str) -> EntryPath:
    """Parts of a dotted path; whole numbers are positions in a list, or names.

    >>> path_of("components.chp.inputs.0.node"), path_of("uncertainty.probabilities.01")
    (('components', 'chp', 'inputs', 0, 'node'), ('uncertainty', 'probabilities', '01'))
    """
    return tuple(int(part) if _POSITION.fullmatch(part) else part for part in str(key).split("."))


def _set(data: dict[str, Any], path: EntryPath, value: Any, replaced: list[EntryPath], issues: list[Issue]) -> None:
    if isinstance(value, Mapping) and value and isinstance(value_at(data, path), dict):
        # a name inside a mapping is whole, whatever dots it has
        for name, item in value.items():
            _set(data, (*path, str(name)), item, replaced, issues)
        return
    issue = _unknown_entry(data, path) or _put(data, path, deepcopy(value))
    if issue is None:
        replaced.append(path)
    else:
        issues.append(issue)


def _unknown_entry(data: Mapping[str, Any], path: EntryPath) -> Issue | None:
    """A path into a node, component or product that the instance does not have."""
    what = _NAMED.get(str(path[0]))
    section = data.get(str(path[0]))
    if what is None or len(path) < 3 or not isinstance(section, dict) or str(path[1]) in section:
        return None
    name = str(path[1])
    hint = did_you_mean(name, list(section), f"{path[0]} of the instance")
    whole = f"to add one, give it whole: {path[0]}.{name} = {{...}}"
    return Issue(OVERRIDES, None, dotted(path), show(name), f"{what} of the instance", f"{hint}; {whole}")


def _put(data: dict[str, Any], path: EntryPath, value: Any) -> Issue | None:
    place: Any = data
    for depth, part in enumerate(path[:-1]):
        if isinstance(place, dict):
            if place.get(str(part)) is None:
                place[str(part)] = {}
            place = place[str(part)]
        elif isinstance(place, list) and isinstance(part, int) and part < len(place):
            place = place[part]
        else:
            return _nowhere(place, path, depth)
    last = path[-1]
    if isinstance(place, dict):
        place[str(last)] = value
    elif isinstance(place, list) and isinstance(last, int) and last < len(place):
        place[last] = value
    else:
        return _nowhere(place, path, len(path) - 1)
    return None


def _nowhere(place: Any, path: EntryPath, depth: int) -> Issue:
    """A path that goes on where there is no entry to go to."""
    above = dotted(path[:depth])
    if isinstance(place, list):
        expected = f"a position from 0 to {len(place) - 1}" if place else "a position that is there: the list is empty"
        return Issue(OVERRIDES, None, dotted(path), f"{show(str(path[depth]))} in the list {above}", expected)
    found = f"a path that leads through no mapping: {above} is {show(place)}"
    return Issue(OVERRIDES, None, dotted(path), found, "an entry")
