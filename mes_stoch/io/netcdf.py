"""NetCDF made in memory: the bytes are then written like any other file.

The NetCDF library keeps a file open that it could not finish, and with it the room on a full disk; and it says
"HDF error" for everything that can go wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import netCDF4
import xarray as xr
from xarray.backends import NetCDF4DataStore

_FIRST_BYTES = 1 << 20


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
