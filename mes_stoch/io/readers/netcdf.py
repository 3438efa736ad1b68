"""NetCDF made and read in memory: the bytes are written, hashed and checked like those of any other file.

What is too large for memory is read part by part from a file that is open (:func:`open_netcdf`).

The NetCDF library keeps a file open that it could not finish, and with it the room on a full disk; it says "HDF error"
for everything that can go wrong; and it makes room for whatever a header declares before it looks for the data.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import netCDF4
import numpy as np
import xarray as xr
from xarray.backends import NetCDF4DataStore

from mes_stoch.schema.errors import Issue

_FIRST_BYTES = 1 << 20
_CHUNK_CACHE_BYTES = 1 << 20
#: Compression makes a file a thousand times smaller at the very most; what declares more than that is damaged.
_MOST_BYTES_PER_BYTE, _ALWAYS_BYTES = 2000, 1 << 26
_TEXT_BYTES = 64
_MOST_DIMENSIONS = 4
_CALENDARS = ("standard", "gregorian", "proleptic_gregorian")
_TIME_UNITS = re.compile(r"(days|hours|minutes|seconds|milliseconds|microseconds|nanoseconds) since [12][0-9]{3}-.*")
#: Attributes with which a reader changes the numbers; nothing written here has them.
_CHANGES_NUMBERS = ("scale_factor", "add_offset", "missing_value", "_Unsigned")


class UnreadableError(Exception):
    """A NetCDF file that cannot be read; whoever asked for it says what it should have been."""

    def __init__(self, issues: list[Issue]) -> None:
        super().__init__(*issues)
        self.issues = issues


def netcdf_bytes(dataset: xr.Dataset, encoding: Mapping[str, Mapping[str, Any]]) -> memoryview:
    """A dataset as the content of a NetCDF-4 file.

    Parameters
    ----------
    dataset : xarray.Dataset
    encoding : mapping
        By variable, as :meth:`xarray.Dataset.to_netcdf` takes it.
    """
    file = netCDF4.Dataset("memory.nc", mode="w", format="NETCDF4", memory=_FIRST_BYTES)
    try:
        store = NetCDF4DataStore(file)  # type: ignore[no-untyped-call]
        dataset.dump_to_store(store, encoding={name: dict(own) for name, own in encoding.items()})
    except BaseException:
        file.close()
        raise
    content: memoryview = file.close()
    return content


def read_netcdf(content: bytes, name: str) -> tuple[xr.Dataset | None, list[Issue]]:
    """A dataset from the content of a file, once its header has been found sound.

    Returns
    -------
    tuple
        The dataset, with what is wrong; ``None`` where it cannot be read.
    """
    try:
        file = netCDF4.Dataset("memory.nc", mode="r", memory=content)
    except (OSError, RuntimeError, ValueError) as error:
        return None, [Issue(name, None, "", f"content that is not NetCDF ({_first_line(error)})", "a NetCDF file")]
    try:
        issues = _header_issues(file, name, len(content))
        if issues:
            return None, issues
        with xr.open_dataset(NetCDF4DataStore(file)) as opened:  # type: ignore[no-untyped-call]
            return opened.load(), []
    except Exception as error:
        # whatever a damaged file makes a reader stumble over is the file's fault, and the readers name no error of
        # their own for it
        found = f"content that cannot be read ({type(error).__name__}: {_first_line(error)})"
        return None, [Issue(name, None, "", found, "the file as it was written")]
    finally:
        if file.isopen():
            file.close()


@contextmanager
def open_netcdf(stream: BinaryIO, name: str) -> Iterator[xr.Dataset]:
    """A dataset whose values are read from an open file as they are asked for, once its header has been found sound.

    The file is opened by its descriptor: what has taken its place on the disk since is not read, and no character of
    its path means anything to the NetCDF library.

    Raises
    ------
    UnreadableError
        What is wrong with the file.
    """
    try:
        file = netCDF4.Dataset(f"/dev/fd/{stream.fileno()}", mode="r")
    except (OSError, RuntimeError, ValueError) as error:
        found = f"content that is not NetCDF ({_first_line(error)})"
        raise UnreadableError([Issue(name, None, "", found, "a NetCDF file")]) from None
    try:
        with damage_told(name):
            issues = _header_issues(file, name, os.fstat(stream.fileno()).st_size)
            if issues:
                raise UnreadableError(issues)
            for variable in file.variables.values():
                # the library's own is 64 MiB for each variable, and no chunk is wanted twice
                variable.set_var_chunk_cache(_CHUNK_CACHE_BYTES)
            dataset = xr.open_dataset(NetCDF4DataStore(file), cache=False)  # type: ignore[no-untyped-call]
        yield dataset
    finally:
        if file.isopen():
            file.close()


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """What a damaged file makes a reader stumble over is the file's fault, and readers have no error of their own.

    Raises
    ------
    UnreadableError
    """
    try:
        yield
    except UnreadableError:
        raise
    except Exception as error:
        found = f"content that cannot be read ({type(error).__name__}: {_first_line(error)})"
        raise UnreadableError([Issue(name, None, "", found, "the file as it was written")]) from None


def _header_issues(file: Any, name: str, size: int) -> list[Issue]:
    issues = []
    if file.groups:
        issues.append(Issue(name, None, next(iter(file.groups)), "a group", "variables alone"))
    declared = 0
    for key, variable in file.variables.items():
        problem = _variable_problem(variable)
        if problem is not None:
            issues.append(Issue(name, None, str(key), *problem))
            continue
        width = _TEXT_BYTES if variable.dtype is str else variable.dtype.itemsize
        declared += math.prod(int(length) for length in variable.shape) * width
    most = max(_ALWAYS_BYTES, _MOST_BYTES_PER_BYTE * size)
    if declared > most:
        found = f"variables of {declared:,} bytes declared by a file of {size:,}"
        issues.append(Issue(name, None, "", found, f"at most {most:,} bytes"))
    return issues


def _variable_problem(variable: Any) -> tuple[str, str] | None:
    """What was found and what was expected, where a variable is none that a run writes."""
    if variable.dtype is not str and getattr(variable.dtype, "kind", "") not in "fiu":
        return f"values of type {variable.dtype}", "numbers or text"
    if len(variable.dimensions) > _MOST_DIMENSIONS:
        return f"{len(variable.dimensions)} dimensions", f"at most {_MOST_DIMENSIONS}"
    if len(set(variable.dimensions)) < len(variable.dimensions):
        return "one dimension twice", "each dimension once"
    attributes = {key: variable.getncattr(key) for key in variable.ncattrs()}
    for key in _CHANGES_NUMBERS:
        if key in attributes:
            return f"the attribute {key}", "numbers as they are"
    calendar, units = attributes.get("calendar"), attributes.get("units")
    if calendar is not None and calendar not in _CALENDARS:
        return f"the calendar {calendar!r}", f"one of {', '.join(_CALENDARS)}"
    if isinstance(units, str) and " since " in units and not _TIME_UNITS.fullmatch(units):
        return f"the unit {units[:80]!r}", "a unit of time like 'seconds since 1970-01-01'"
    return None


def time_axis_problem(values: Any) -> str | None:
    """What is wrong with a coordinate of starts of spans, in words."""
    array = np.asarray(values)
    if array.dtype.kind != "M":
        return "no times"
    if np.isnat(array).any():
        return "times that are none"
    if len(array) > 1 and not (np.diff(array) > np.timedelta64(0)).all():
        return "times that do not follow each other"
    return None


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
