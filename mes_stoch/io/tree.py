"""A scenario tree in one NetCDF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mes_stoch.io.files import write_whole
from mes_stoch.io.netcdf import netcdf_bytes
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.schema.tree import ScenarioTree

_TEXT = ("scenario", "day_ahead_node", "leaf")
_COORDINATES = ("time", "scenario", "probability", "day_ahead_node", "leaf")
_ATTRIBUTES = ("timezone", "period_h", "origin")
_LARGEST_INTEGER = np.iinfo(np.int64).max


def write_tree(tree: ScenarioTree, path: str | Path) -> None:
    """Write a tree; an existing file is replaced once all is written.

    Parameters
    ----------
    tree : ScenarioTree
    path : str or pathlib.Path

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    content = tree_bytes(tree)
    try:
        write_whole(Path(path), lambda stream: stream.write(content))
    except WriteError as error:
        raise UsageError(f"the scenario tree cannot be written to {path}: {error.reason}") from error


def tree_bytes(tree: ScenarioTree) -> memoryview:
    """A tree as the content of its file."""
    dataset = tree.dataset.copy()
    dataset.attrs = {str(key): _storable(value) for key, value in dataset.attrs.items()}
    # whole seconds, so that no reader has to guess a unit or round
    encoding: dict[str, dict[str, Any]] = {
        "time": {"units": "seconds since 1970-01-01", "calendar": "proleptic_gregorian", "dtype": "int64"}
    }
    for name in dataset.data_vars:
        encoding[str(name)] = {"zlib": True, "complevel": 1, "dtype": "float64", "_FillValue": None}
    # what an earlier file's encoding left behind must not decide how this one is written
    dataset = dataset.drop_encoding()
    return netcdf_bytes(dataset, encoding)


def read_tree(path: str | Path) -> ScenarioTree:
    """Read what :func:`write_tree` wrote.

    Parameters
    ----------
    path : str or pathlib.Path

    Raises
    ------
    UsageError
        If there is no such file, or it is no scenario tree.
    """
    if not Path(path).is_file():
        raise UsageError(f"there is no scenario tree at {path}")
    try:
        with xr.open_dataset(Path(path), engine="netcdf4") as opened:
            dataset = opened.load()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as a scenario tree: {error}") from error
    lacking = [name for name in _COORDINATES if name not in dataset.variables]
    lacking += [name for name in _ATTRIBUTES if name not in dataset.attrs]
    if lacking:
        raise UsageError(f"{path} is not a scenario tree: it has no {', '.join(lacking)}")
    dataset = dataset.set_coords([name for name in _COORDINATES if name in dataset.data_vars])
    # NetCDF strings come back as objects
    dataset = dataset.assign_coords(
        {name: (dataset[name].dims, np.array([str(text) for text in dataset[name].values])) for name in _TEXT}
    )
    dataset.attrs = {key: _plain(key, value) for key, value in dataset.attrs.items()}
    return ScenarioTree(dataset)


def _storable(value: object) -> object:
    """NetCDF integers have 64 bits, seeds may have more."""
    if isinstance(value, int) and not isinstance(value, bool) and value > _LARGEST_INTEGER:
        return str(value)
    return int(value) if isinstance(value, bool) else value


def _plain(key: str, value: Any) -> Any:
    """Python's own number where NetCDF gives NumPy's."""
    if key == "seed":
        return int(value)
    return value.item() if isinstance(value, np.generic) else value
