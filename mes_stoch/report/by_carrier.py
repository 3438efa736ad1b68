"""Flows, prices and levels of a run by carrier: labelled arrays with units, and tables in local time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from mes_stoch.report.datasets import PRICE_PREFIX, local_time
from mes_stoch.schema.errors import UsageError

#: What a component holds at the end of each period stands in the solution under its name and this.
_LEVEL = ".level_mwh"
_PLACED = ("carrier", "node", "component")
_PRICES, _LEVELS = "market prices", "levels at the end of periods"


@dataclass(frozen=True, repr=False)
class ByCarrier(Mapping[str, xr.DataArray]):
    """Numbers of a run over scenarios and time: ``series[carrier]`` as an array, ``series(scenario)`` as a table.

    A mapping from carrier to array. Calling it, or :meth:`frame`, gives pandas tables in the time zone of the instance.

    Parameters
    ----------
    array : xarray.DataArray
        All of them, dims ``(scenario, time, <last>)``, where the last is ``flow``, ``product`` or ``component``. The
        index ``time`` is UTC, the start of each period, so that a day of 23 or 25 hours has each of its periods once;
        ``local_time`` beside it says the same on local clocks (ISO 8601 with the offset). ``carrier`` lies along the
        last dimension, ``probability`` along ``scenario``. Attributes: ``units``, ``long_name``, ``timezone``.
    labels : tuple of str
        Coordinates along the last dimension that name its entries: the levels of a table's columns.
    entry : str
        The coordinate that is the last dimension of the array of one carrier.
    """

    array: xr.DataArray
    labels: tuple[str, ...]
    entry: str

    def __repr__(self) -> str:
        sizes = ", ".join(f"{name}: {size}" for name, size in self.array.sizes.items())
        carriers = ", ".join(self) or "no carrier"
        return f"<{self.array.attrs['long_name']}, {self.array.attrs['units']} ({sizes}): {carriers}>"

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(str(name) for name in self.array["carrier"].values))

    def __len__(self) -> int:
        return len(dict.fromkeys(self.array["carrier"].values))

    def __contains__(self, carrier: object) -> bool:
        return carrier in list(self)

    def __getitem__(self, carrier: str) -> xr.DataArray:
        """Those of one carrier: dims ``(scenario, time, component)``, of prices ``(scenario, time, product)``.

        A component with flows at two nodes of the carrier stands there twice; the coordinate ``node`` tells them apart.

        Raises
        ------
        KeyError
            The run has nothing of such a carrier.
        """
        if carrier not in self:
            raise KeyError(f"{carrier!r}; there are {', '.join(self) or 'none'}")
        last = str(self.array.dims[-1])
        chosen = self.array.isel({last: np.flatnonzero(self.array["carrier"].values == carrier)})
        chosen = chosen.drop_vars("carrier").assign_attrs(carrier=carrier)
        return chosen if last == self.entry else chosen.swap_dims({last: self.entry})

    def __call__(self, scenario: int | str = 0) -> pd.DataFrame:
        """Those of one scenario (position or name), by local time; columns as :attr:`labels` say."""
        return self.frame(scenario)

    def frame(self, scenario: int | str | None = None) -> pd.DataFrame:
        """A table with an index in local time, and columns by carrier and name.

        Parameters
        ----------
        scenario : int or str, optional
            Position or name; default all of them, with an index ``(scenario, time)``.

        Raises
        ------
        UsageError
            The run has no such scenario.
        """
        names = [str(name) for name in self.array["scenario"].values]
        columns = pd.MultiIndex.from_arrays(
            [self.array[level].values.astype(str) for level in self.labels], names=list(self.labels)
        )
        time = local_time(self.array, "time")
        if scenario is not None:
            table = self.array.values[_place(scenario, names)]
            return pd.DataFrame(table, index=time, columns=columns)
        index = pd.MultiIndex.from_product([names, time], names=["scenario", "time"])
        return pd.DataFrame(self.array.values.reshape(len(index), len(columns)), index=index, columns=columns)


def flows_by_carrier(flows: xr.Dataset) -> ByCarrier:
    """Called operation of every component at its nodes, MW, into the node positive."""
    array = flows["flow_mw"] if "flow_mw" in flows else _nothing(flows, "flow", _PLACED, "MW")
    return ByCarrier(_labelled(array, flows, "flows into the node"), _PLACED, "component")


def prices_by_carrier(flows: xr.Dataset, carriers: Mapping[str, str]) -> ByCarrier:
    """Prices of the energy markets.

    Parameters
    ----------
    carriers : mapping
        What is traded on a market, by product.
    """
    names = [str(name) for name in flows.data_vars if str(name).startswith(PRICE_PREFIX)]
    unit = f"{flows.attrs.get('currency', 'EUR')}/MWh"
    products = [name.removeprefix(PRICE_PREFIX) for name in names]
    labels = ("carrier", "product")
    if not names:
        return ByCarrier(_labelled(_nothing(flows, "product", labels, unit), flows, _PRICES), labels, "product")
    array = xr.concat([flows[name].drop_attrs() for name in names], dim="product", coords="minimal", compat="override")
    array = array.transpose("scenario", "time", "product").assign_coords(
        product=("product", np.array(products, dtype=str)),
        carrier=("product", np.array([carriers[name] for name in products], dtype=str)),
    )
    array.attrs["units"] = unit
    return ByCarrier(_labelled(array, flows, _PRICES), labels, "product")


def levels_by_carrier(solution: xr.Dataset, flows: xr.Dataset) -> ByCarrier:
    """What every store holds at the end of each period, MWh."""
    stores = [str(name).removesuffix(_LEVEL) for name in solution.data_vars if str(name).endswith(_LEVEL)]
    if not stores or "flow_mw" not in flows:
        return ByCarrier(_labelled(_nothing(flows, "component", _PLACED, "MWh"), flows, _LEVELS), _PLACED, "component")
    own = [solution[f"{name}{_LEVEL}"].drop_attrs() for name in stores]
    # a store stands at one node, where its flows are metered
    places = [int(np.flatnonzero(flows["component"].values == name)[0]) for name in stores]
    array = xr.concat(own, dim="component", coords="minimal", compat="override")
    named = {level: ("component", flows[level].values[places].astype(str)) for level in _PLACED}
    array = array.transpose("scenario", "time", "component").assign_coords(named)
    array.attrs["units"] = "MWh"
    return ByCarrier(_labelled(array, flows, _LEVELS), _PLACED, "component")


def _labelled(array: xr.DataArray, flows: xr.Dataset, long_name: str) -> xr.DataArray:
    """With local time beside UTC, and what it is in the attributes."""
    attributes = {"units": array.attrs["units"], "long_name": long_name, "timezone": str(flows.attrs["timezone"])}
    array = array.assign_attrs(attributes)
    local = [moment.isoformat() for moment in local_time(array, "time")]
    return array.assign_coords(local_time=("time", np.array(local, dtype=str)))


def _nothing(flows: xr.Dataset, last: str, labels: tuple[str, ...], unit: str) -> xr.DataArray:
    """An array without entries, of a run that has none: nothing is stored, traded, or was found in time."""
    scenarios = flows["scenario"].values
    time = flows["time"].values if "time" in flows.coords else np.array([], dtype="datetime64[ns]")
    return xr.DataArray(
        np.empty((len(scenarios), len(time), 0)),
        dims=("scenario", "time", last),
        coords={"scenario": scenarios, "time": time, **{name: (last, np.array([], dtype=str)) for name in labels}},
        attrs={"units": unit},
    )


def _place(scenario: int | str, names: list[str]) -> int:
    if isinstance(scenario, str):
        if scenario in names:
            return names.index(scenario)
    elif -len(names) <= scenario < len(names):
        return int(scenario)
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    raise UsageError(f"the run has no scenario {scenario!r}; its scenarios are {shown or 'none'}")
