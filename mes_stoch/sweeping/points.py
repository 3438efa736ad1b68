"""Points of a sweep: what is overridden at each of them, and the name of its run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.schema.errors import UsageError

_LONGEST_NAME = 60
_MOST_POINTS = 100_000


@dataclass(frozen=True)
class Point:
    """One point.

    Parameters
    ----------
    number : int
        Position in the sweep, from 0.
    overrides : dict
        By dotted path, as for :func:`mes_stoch.read`.
    """

    number: int
    overrides: dict[str, Any]

    def name(self, common: str) -> str:
        """Of the point's run folder: readable, and another one wherever anything that its numbers depend on differs.

        Parameters
        ----------
        common : str
            What all points of the sweep depend on.

        >>> Point(0, {"components.battery.energy_max_mwh": 8}).name("")
        'energy_max_mwh=8-32e3f823'
        """
        digest = hashlib.sha256(f"{common}\n{_text_of(self.overrides)}".encode()).hexdigest()[:8]
        words = ",".join(f"{path.rsplit('.', 1)[-1]}={shown(value)}" for path, value in self.overrides.items())
        readable = re.sub(r"[^A-Za-z0-9_.,=+-]", "x", words)[:_LONGEST_NAME]
        return f"{readable}-{digest}" if readable else f"as_it_is-{digest}"


def points_of(grid: Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Any]] | pd.DataFrame) -> list[Point]:
    """Points in their order.

    Parameters
    ----------
    grid : mapping, sequence of mappings, or DataFrame
        Values by path: every combination of them, the last path varying fastest. Or the points themselves, one mapping
        or one row each.

    Raises
    ------
    UsageError
        No point, too many, or values that are no list.

    >>> [point.overrides for point in points_of({"a.b": [1, 2], "c": ["x"]})]
    [{'a.b': 1, 'c': 'x'}, {'a.b': 2, 'c': 'x'}]
    """
    found = [Point(number, overrides) for number, overrides in enumerate(_overrides(grid))]
    if not found:
        raise UsageError("a sweep has at least one point: give values of a path, as {'bids.steps': [True, False]}")
    seen: set[str] = set()
    for point in found:
        text = _text_of(point.overrides)
        if text in seen:
            raise UsageError(f"point {point.number + 1} of the sweep ({words(point.overrides)}) is there before")
        seen.add(text)
    return found


def _overrides(grid: Any) -> Iterator[dict[str, Any]]:
    if isinstance(grid, pd.DataFrame):
        grid = [dict(zip(map(str, grid.columns), row, strict=True)) for row in grid.itertuples(index=False, name=None)]
    if isinstance(grid, Mapping):
        values = {str(path): _listed(path, given) for path, given in grid.items()}
        count = int(np.prod([len(given) for given in values.values()], dtype=float))
        if count > _MOST_POINTS:
            raise UsageError(f"a sweep of {count} points; at most {_MOST_POINTS}")
        for chosen in product(*values.values()) if values else ():
            yield dict(zip(values, map(_plain, chosen), strict=True))
        return
    for point in grid:
        if not isinstance(point, Mapping):
            raise UsageError(f"a point of a sweep maps paths to values; found {type(point).__name__}")
        yield {str(path): _plain(value) for path, value in point.items()}


def _listed(path: object, given: Any) -> list[Any]:
    if isinstance(given, str | Mapping) or not hasattr(given, "__iter__"):
        raise UsageError(f"{path}: a sweep takes a list of values for each path; found {given!r}")
    return list(given)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _text_of(overrides: Mapping[str, Any]) -> str:
    def spelled(value: Any) -> Any:
        if isinstance(value, np.ndarray | pd.Series | pd.DataFrame):
            return hashlib.sha256(np.ascontiguousarray(np.asarray(value, dtype=float)).tobytes()).hexdigest()
        return str(value)

    return json.dumps(overrides, sort_keys=True, default=spelled)


def shown(value: Any) -> str:
    """A value in a cell or a name."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, np.ndarray | pd.Series | pd.DataFrame):
        return "values"
    return json.dumps(value, default=str)


def words(overrides: Mapping[str, Any]) -> str:
    """A point in a sentence."""
    return ", ".join(f"{path} = {shown(value)}" for path, value in overrides.items()) or "as it is"
