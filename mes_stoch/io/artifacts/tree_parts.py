"""A scenario tree of any size in one NetCDF file, written and read part by part.

The file is that of :mod:`mes_stoch.io.artifacts.tree`, with a dimension ``scenario`` that may grow: ``read_tree`` reads
it as well. Only trees whose scenarios are equally likely come in parts, since a part of others stands for nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import netCDF4
import numpy as np
import xarray as xr
from numpy.typing import NDArray
from xarray.backends import NetCDF4DataStore

from mes_stoch.io.artifacts.run_arrays import layout_issues, scenario_issues
from mes_stoch.io.artifacts.tree import TREE_COORDINATES, storable_tree, tree_from, tree_issues
from mes_stoch.io.files import open_regular, write_whole
from mes_stoch.io.readers.netcdf import UnreadableError, damage_told, open_netcdf
from mes_stoch.schema.errors import Issue, UsageError, WriteError
from mes_stoch.schema.tree import ScenarioTree

#: Scenarios of a part, where nobody says otherwise: 96 periods of 25 series are 10 MB.
PART_SCENARIOS = 500
_CHUNK_BYTES = 1 << 18
_NAMES_OF_A_CHUNK = 1024
#: Difference of probabilities that is rounding, as a share of them.
_EQUAL = 1e-9


@dataclass(frozen=True)
class TreeSize:
    """What a tree holds, for those who do not hold the tree.

    Parameters
    ----------
    scenarios, day_ahead_nodes, periods, series : int
    seed : int, optional
        Root seed of a tree that is drawn.
    """

    scenarios: int
    day_ahead_nodes: int
    periods: int
    series: int
    seed: int | None

    @classmethod
    def of(cls, tree: ScenarioTree) -> TreeSize:
        return cls(
            len(tree.scenario_names),
            len(tree.day_ahead_nodes),
            tree.periods,
            len(tree.series_names),
            tree.dataset.attrs.get("seed"),
        )

    def with_more(self, part: ScenarioTree) -> TreeSize:
        """The size with a part that has day-ahead nodes of its own."""
        other = TreeSize.of(part)
        return TreeSize(
            self.scenarios + other.scenarios,
            self.day_ahead_nodes + other.day_ahead_nodes,
            self.periods,
            self.series,
            self.seed,
        )


def write_tree_parts(parts: Iterable[ScenarioTree], path: str | Path) -> TreeSize:
    """Write a tree of equally likely scenarios as its parts come, each held no longer than it takes to write.

    An existing file is replaced once all is written; if a part cannot be had or written, it stays as it was.

    Parameters
    ----------
    parts : iterable of ScenarioTree
        Of one tree, in order, cut between day-ahead nodes: what ``Site.stream`` or :func:`stream_tree` gives.
        Probabilities in the file are 1 / (number of all scenarios).
    path : str or pathlib.Path

    Raises
    ------
    UsageError
        The file cannot be written, there is no part, or parts are not of one tree of equally likely scenarios.
    """
    found: list[TreeSize] = []
    try:
        write_whole(Path(path), lambda stream: found.append(_written(iter(parts), stream, path)))
    except WriteError as error:
        raise UsageError(f"the scenario tree cannot be written to {path}: {error.reason}") from error
    return found[0]


def _written(parts: Iterator[ScenarioTree], stream: BinaryIO, path: str | Path) -> TreeSize:
    first = next(parts, None)
    if first is None:
        raise UsageError(f"no part of a scenario tree, so none was written to {path}")
    _require_equal(first)
    with _filled(stream) as file:
        with _library_told(stream):
            _start(file, first)
        size = TreeSize.of(first)
        for part in parts:
            _require_equal(part)
            _require_same_tree(first, part)
            with _library_told(stream):
                _append(file, part, size.scenarios)
            size = size.with_more(part)
        with _library_told(stream):
            file.variables["probability"][:] = np.full(size.scenarios, 1.0 / size.scenarios)
    return size


def store_tree(tree: ScenarioTree, stream: BinaryIO) -> None:
    """Write a tree that is held whole into an open file, a part at a time, whatever its probabilities.

    No more than a part is held a second time.

    Raises
    ------
    OSError
    """
    count = len(tree.scenario_names)
    cuts = [slice(first, first + PART_SCENARIOS) for first in range(0, count, PART_SCENARIOS)]
    with _filled(stream) as file:
        for cut in cuts:
            part = ScenarioTree(tree.dataset.isel(scenario=cut))
            with _library_told(stream):
                if cut.start:
                    _append(file, part, cut.start)
                else:
                    _start(file, part)


@contextmanager
def _filled(stream: BinaryIO) -> Iterator[Any]:
    """An open, empty file as one of the NetCDF library, by its descriptor: no path is followed a second time."""
    with _library_told(stream):
        file = netCDF4.Dataset(f"/dev/fd/{stream.fileno()}", mode="w", format="NETCDF4")
    try:
        yield file
        with _library_told(stream):
            file.close()
    except BaseException:
        _give_up(file, stream)
        raise


def _give_up(file: Any, stream: BinaryIO) -> None:
    """Close a file that could not be finished. The library may keep it open all the same, but not the room it took."""
    os.ftruncate(stream.fileno(), 0)
    try:
        if file.isopen():
            file.close()
    except RuntimeError:
        os.ftruncate(stream.fileno(), 0)


@contextmanager
def _library_told(stream: BinaryIO) -> Iterator[None]:
    """The library says "HDF error" for a full disk as for anything else: ask the system whether it still writes.

    Raises
    ------
    OSError
    """
    try:
        yield
    except RuntimeError as error:
        os.pwrite(stream.fileno(), bytes(1 << 20), os.fstat(stream.fileno()).st_size)
        raise OSError(None, f"the NetCDF library says: {error}") from error


def _start(file: Any, first: ScenarioTree) -> None:
    """Everything that does not grow, and the scenarios of the first part."""
    tree = first.dataset.transpose("scenario", "time")
    dataset, encoding = storable_tree(ScenarioTree(tree))
    rows = max(1, _CHUNK_BYTES // (8 * first.periods))
    for name in dataset.variables:
        if "scenario" in dataset[name].dims:
            by_period = "time" in dataset[name].dims
            chunk = (rows, first.periods) if by_period else (_NAMES_OF_A_CHUNK,)
            encoding.setdefault(str(name), {})["chunksizes"] = chunk
    store = NetCDF4DataStore(file)  # type: ignore[no-untyped-call]
    dataset.dump_to_store(store, encoding=encoding, unlimited_dims=["scenario"])
    for variable in file.variables.values():
        # the library's own is 64 MiB for each variable; a chunk that the next part goes on with is kept
        variable.set_var_chunk_cache(2 * _CHUNK_BYTES)


def _append(file: Any, part: ScenarioTree, start: int) -> None:
    stop = start + len(part.scenario_names)
    for name, array in part.dataset.variables.items():
        if "scenario" in array.dims:
            values = array.transpose("scenario", ...).values
            file.variables[str(name)][start:stop] = values.astype(object) if values.dtype.kind == "U" else values


def _require_equal(part: ScenarioTree) -> None:
    """Refuse scenarios of unequal weight.

    Raises
    ------
    UsageError
    """
    if part.weighting is not None or not _are_equal(part.probabilities):
        why = part.weighting or "of scenarios of unequal probability"
        raise UsageError(f"a tree that is {why} cannot be written in parts: write it whole, with write_tree")


def _are_equal(probabilities: NDArray[np.float64]) -> bool:
    return bool(np.allclose(probabilities, 1.0 / len(probabilities), rtol=_EQUAL, atol=0.0))


def _require_same_tree(first: ScenarioTree, part: ScenarioTree) -> None:
    """Refuse a part of another tree: other attributes, series, periods, or numbers that all scenarios have in common.

    Raises
    ------
    UsageError
    """
    one, other = (
        tree.dataset.drop_vars([name for name, array in tree.dataset.variables.items() if "scenario" in array.dims])
        for tree in (first, part)
    )
    if not one.identical(other) or set(first.series_names) != set(part.series_names):
        raise UsageError("parts of different scenario trees cannot be written to one file")


def stream_tree(path: str | Path, part: int = PART_SCENARIOS) -> Iterator[ScenarioTree]:
    """Read a tree of equally likely scenarios part by part; never more than a part and all names are held.

    Parameters
    ----------
    path : str or pathlib.Path
        What ``mes-stoch tree``, :func:`write_tree_parts` or :func:`mes_stoch.io.artifacts.tree.write_tree` wrote.
    part : int
        Scenarios of a part at most, but for a day-ahead node that has more; no node is cut.

    Yields
    ------
    ScenarioTree
        With the names and data of the file; probabilities of a part sum to 1.

    Raises
    ------
    UsageError
        There is no such file, it is no scenario tree, or its scenarios are not equally likely.
    """
    if part < 1:
        raise UsageError(f"a part has at least one scenario, not {part}")
    if not Path(path).exists():
        raise UsageError(f"there is no scenario tree at {path}")
    return _read_parts(Path(path), str(path), part)


def _read_parts(path: Path, name: str, part: int) -> Iterator[ScenarioTree]:
    try:
        stream = open_regular(path)
    except OSError as error:
        raise UsageError(f"{name} cannot be read as a scenario tree: {error.strerror or error}") from None
    try:
        with stream, open_netcdf(stream, name) as dataset:
            for first, last in _cuts(_checked_nodes(dataset, name), part):
                with damage_told(name):
                    loaded = dataset.isel(scenario=slice(first, last)).load()
                issues = tree_issues(loaded, name)
                if issues:
                    raise _no_tree(name, issues)
                loaded["probability"] = ("scenario", np.full(last - first, 1.0 / (last - first)))
                yield tree_from(loaded)
    except UnreadableError as error:
        raise UsageError(f"{name} cannot be read as a scenario tree:\n{_listed(error.issues)}") from None


def _no_tree(name: str, issues: list[Issue]) -> UsageError:
    return UsageError(f"{name} is not a scenario tree:\n{_listed(issues)}")


def _listed(issues: list[Issue]) -> str:
    return "\n".join(f"  - {issue}" for issue in issues)


def _checked_nodes(dataset: xr.Dataset, name: str) -> list[str]:
    """Day-ahead node of every scenario, once what is said of all scenarios together is found right.

    Raises
    ------
    UsageError
    """
    with damage_told(name):
        about = dataset.drop_vars([key for key in dataset.variables if key not in TREE_COORDINATES]).load()
    issues = layout_issues(about, TREE_COORDINATES, name)
    issues = issues or scenario_issues(about, name)
    if not issues and not (about.sizes["scenario"] and about.sizes["time"]):
        issues = [Issue(name, None, "scenario", "no scenario or no period", "at least one of each")]
    if issues:
        raise _no_tree(name, issues)
    if not _are_equal(np.asarray(about["probability"].values, dtype=float)):
        raise UsageError(
            f"{name} has scenarios of unequal probability, and a part of them stands for nothing: read it whole, with "
            "read_tree"
        )
    return [str(node) for node in about["day_ahead_node"].values]


def _cuts(nodes: list[str], part: int) -> Iterator[tuple[int, int]]:
    """First and last position (not included) of every part: as long as may be, and no node in two of them."""
    last_of_node = {node: position for position, node in enumerate(nodes)}
    start, cut, reach = 0, 0, -1
    for position, node in enumerate(nodes):
        reach = max(reach, last_of_node[node])
        if reach > position:
            continue
        # every node seen so far ends here
        if position + 1 - start > part and cut > start:
            yield start, cut
            start = cut
        cut = position + 1
    yield start, cut
