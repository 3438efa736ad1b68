"""A scenario tree in one NetCDF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from mes_stoch.io.artifacts.cf_attributes import with_conventions, without_conventions
from mes_stoch.io.artifacts.run_arrays import Layout, attribute_issues, layout_issues, not_finite, scenario_issues
from mes_stoch.io.files import read_regular, write_whole
from mes_stoch.io.names import name_problem
from mes_stoch.io.readers.netcdf import netcdf_bytes, read_netcdf
from mes_stoch.schema.errors import Issue, UsageError, WriteError
from mes_stoch.schema.tree import PERIOD_LENGTH, WEIGHTING_ATTRIBUTES, ScenarioTree

_TEXT = ("scenario", "day_ahead_node", "leaf")
TREE_COORDINATES: Layout = {
    "time": (("time",), "M"),
    "scenario": (("scenario",), "U"),
    "probability": (("scenario",), "f"),
    "day_ahead_node": (("scenario",), "U"),
    "leaf": (("scenario",), "U"),
}
#: Coordinates that trees of older versions do not have.
OPTIONAL_COORDINATES: Layout = {PERIOD_LENGTH: (("time",), "f")}
#: What a tree's attributes say; others are not kept.
TREE_ATTRIBUTES = ("timezone", "period_h", "currency", "origin", "seed", "process", *WEIGHTING_ATTRIBUTES)
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
    return netcdf_bytes(*storable_tree(tree))


def storable_tree(tree: ScenarioTree) -> tuple[xr.Dataset, dict[str, dict[str, Any]]]:
    """The dataset of a tree as it is stored, and by variable the encoding."""
    dataset = tree.dataset.copy()
    dataset.attrs = {str(key): _storable(value) for key, value in dataset.attrs.items()}
    # whole seconds, so that no reader has to guess a unit or round
    encoding: dict[str, dict[str, Any]] = {
        "time": {"units": "seconds since 1970-01-01", "calendar": "proleptic_gregorian", "dtype": "int64"}
    }
    if PERIOD_LENGTH in dataset.coords:
        encoding[PERIOD_LENGTH] = {"dtype": "float64", "_FillValue": None}
    for name in dataset.data_vars:
        encoding[str(name)] = {"zlib": True, "complevel": 1, "dtype": "float64", "_FillValue": None}
    # what an earlier file's encoding left behind must not decide how this one is written
    return with_conventions(dataset.drop_encoding(), "Scenario tree"), encoding


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
    if not Path(path).exists():
        raise UsageError(f"there is no scenario tree at {path}")
    try:
        content = read_regular(Path(path))
    except OSError as error:
        raise UsageError(f"{path} cannot be read as a scenario tree: {error.strerror or error}") from None
    dataset, issues = read_netcdf(content, str(path))
    if dataset is None:
        raise UsageError(f"{path} cannot be read as a scenario tree:\n" + _listed(issues))
    issues = tree_issues(dataset, str(path))
    if issues:
        raise UsageError(f"{path} is not a scenario tree:\n" + _listed(issues))
    return tree_from(dataset)


def tree_issues(dataset: xr.Dataset, file: str) -> list[Issue]:
    """What keeps a dataset from being a scenario tree."""
    issues = attribute_issues(dataset, file) + layout_issues(dataset, _coordinates(dataset), file)
    if "origin" not in dataset.attrs:
        issues.append(Issue(file, None, "origin", "nothing", "where the scenarios come from"))
    for name in ("origin", "currency", "process"):
        words = dataset.attrs.get(name, "")
        if not isinstance(words, str) or any(0xD800 <= ord(character) < 0xE000 for character in words):
            issues.append(Issue(file, None, name, f"{words!r:.60}", "words"))
    if not _is_seed(dataset.attrs.get("seed", 0)):
        issues.append(Issue(file, None, "seed", f"{dataset.attrs['seed']!r:.60}", "a whole number"))
    issues += _weighting_issues(dataset, file)
    if issues:
        return issues
    if not dataset.sizes["scenario"] or not dataset.sizes["time"]:
        return [Issue(file, None, "scenario", "no scenario or no period", "at least one of each")]
    issues = scenario_issues(dataset, file)
    for label in [label for label in dataset.data_vars if not isinstance(label, str)]:
        issues.append(Issue(file, None, f"{label!r:.60}", f"a name of type {type(label).__name__}", "a text"))
    for name in [label for label in dataset.data_vars if isinstance(label, str)]:
        if name in _coordinates(dataset):
            continue
        dims = dataset[name].dims
        if name_problem(name) or "/" in name:
            issues.append(Issue(file, None, name, "a name that is not a plain one", "the name of a series"))
        if set(dims) not in ({"time"}, {"scenario", "time"}) or dataset[name].dtype.kind not in "fiu":
            shown = ", ".join(map(str, dims)) or "nothing"
            found = f"values of type {dataset[name].dtype} over {shown}"
            issues.append(Issue(file, None, name, found, "numbers over time, or over scenario and time"))
        else:
            issues += not_finite(dataset, name, file)
    return issues


def _weighting_issues(dataset: xr.Dataset, file: str) -> list[Issue]:
    """What attributes say of probabilities, where they say it in the wrong type or only in part."""
    kinds: dict[type, tuple[tuple[type, ...], str]] = {
        int: ((int, np.integer), "a whole number"),
        float: ((float, np.floating), "a number"),
        str: ((str,), "words"),
    }
    issues = []
    for name, kind in WEIGHTING_ATTRIBUTES.items():
        types, expected = kinds[kind]
        value = dataset.attrs.get(name)
        if value is not None and (not isinstance(value, types) or isinstance(value, bool)):
            issues.append(Issue(file, None, name, f"{value!r:.60}", expected))
    if "reduction_method" in dataset.attrs and "reduction_from" not in dataset.attrs:
        issues.append(Issue(file, None, "reduction_from", "nothing", "from how many scenarios the tree was reduced"))
    return issues


def tree_from(dataset: xr.Dataset) -> ScenarioTree:
    """The tree of a dataset in which :func:`tree_issues` finds nothing."""
    dataset = dataset.set_coords([name for name in _coordinates(dataset) if name in dataset.data_vars])
    # NetCDF strings come back as objects
    dataset = dataset.assign_coords(
        {name: (dataset[name].dims, np.array([str(text) for text in dataset[name].values])) for name in _TEXT}
    )
    dataset.attrs = {key: _plain(key, value) for key, value in without_conventions(dataset.attrs).items()}
    for name in set(dataset.variables) - {PERIOD_LENGTH}:
        # a series says its unit by its name; what a file says beside that is for other readers
        dataset[name].attrs = {}
    return ScenarioTree(dataset)


def _coordinates(dataset: xr.Dataset) -> Layout:
    """Coordinates that a tree must have, and what it may have of the others."""
    optional = {name: rule for name, rule in OPTIONAL_COORDINATES.items() if name in dataset.variables}
    return {**TREE_COORDINATES, **optional}


def _listed(issues: list[Issue]) -> str:
    return "\n".join(f"  - {issue}" for issue in issues)


def _is_seed(value: Any) -> bool:
    return isinstance(value, int | np.integer) or (isinstance(value, str) and value.isascii() and value.isdigit())


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
