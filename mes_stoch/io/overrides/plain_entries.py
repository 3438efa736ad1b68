"""What Python has for an entry of ``instance.yaml``, as the plain data that the file would hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mes_stoch.io.readers.yaml_lines import EntryPath, dotted
from mes_stoch.schema.errors import Issue

#: Entries within entries; a mapping that holds itself has no end.
DEEPEST = 40
_TAKEN = "given_"


def plain_entry(
    value: Any,
    path: EntryPath,
    file: str,
    issues: list[Issue],
    column: Callable[[EntryPath, Any], str] | None = None,
) -> Any:
    """Plain data; what is none is told.

    Parameters
    ----------
    path : tuple
        Of the entry.
    file : str
        What an issue calls the place where it was given.
    column : callable, optional
        Takes an array of values by period, and gives the name of the series that stands in its place.
    """
    if len(path) > DEEPEST:
        issues.append(Issue(file, None, dotted(path[:3]), "entries nested too deeply", "a plain mapping"))
        return None
    if isinstance(value, Mapping):
        return {str(key): plain_entry(item, (*path, str(key)), file, issues, column) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_entry(item, (*path, place), file, issues, column) for place, item in enumerate(value)]
    if column is not None and (isinstance(value, pd.Series) or (isinstance(value, np.ndarray) and value.ndim == 1)):
        return column(path, value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes" if value.second == 0 else "seconds")
    if isinstance(value, date | Path):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    found = f"an object of type {type(value).__name__}"
    expected = "a number, text, true or false, a list, a mapping, or an array"
    issues.append(Issue(file, None, dotted(path), found, expected))
    return None


def column_name(path: Sequence[str | int], taken: Collection[str]) -> str:
    """Name of a series of a field's own.

    >>> column_name(("components", "load", "demand_mw"), ())
    'load_demand_mw'
    >>> column_name(("components", "load", "demand_mw"), {"load_demand_mw"})
    'given_load_demand_mw'
    """
    parts = [str(part) for part in path]
    name = "_".join(parts[1:] if len(parts) > 2 else parts)
    while name in taken:
        name = _TAKEN + name
    return name


def texts_in(data: Any, deepest: int = DEEPEST) -> Iterator[str]:
    """Every text that is a value, a series' name among them."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping | list | tuple) and deepest:
        for item in data.values() if isinstance(data, Mapping) else data:
            yield from texts_in(item, deepest - 1)
