"""What NetCDF files say of themselves by the CF conventions: titles, and a name and a unit for every variable.

Source
------
NetCDF Climate and Forecast (CF) Metadata Conventions, version 1.11, cfconventions.org: sections 2.6 (description of a
file), 3.1 (units; ``1`` for what has none), 3.2 (long names), 4.4 (time), 6.1 (labels, which have no unit). Units of
money are those of ISO 4217, which UDUNITS does not know; names of variables have dots, which CF advises against.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from mes_stoch.io.readers.locate import unit_word
from mes_stoch.schema.tree import PERIOD_LENGTH
from mes_stoch.schema.units import FORMAT_CURRENCY, in_currency, unit_of

CONVENTIONS = "CF-1.11"

_LONG_NAMES = {
    "scenario": "name of the scenario",
    "probability": "probability of the scenario",
    "day_ahead_node": "path of the day-ahead node of the scenario",
    "leaf": "path of the leaf of the scenario",
    "carrier": "carrier of the flow",
    "node": "node of the flow",
    "component": "component of the flow",
    "stream": "name of the revenue or cost stream",
    "stream_group": "group of the revenue or cost stream",
    "emitter": "component that emits CO2",
    "policy": "policy that commits",
    "shortfall": "what is not served, held or delivered",
    "profit_eur": "profit over the horizon",
    "stream_eur": "revenue (+) or cost (-) over the horizon",
    "shortfall_mwh": "energy not served, held or delivered over the horizon",
    "policy_profit_eur": "profit over the horizon of the commitment of a policy",
    PERIOD_LENGTH: "length of a period",
}
_SPANS = {"period_": "start of a settlement period, UTC", "block_": "start of a block, UTC"}
#: Words for units that messages write otherwise, or not at all.
_UNITS = {
    "per_unit": "1",
    "eur_per_mw_year": "EUR/MW/year",
    "eur_per_mvar_h": "EUR/Mvar/h",
    "kg_per_mwh": "kg/MWh",
    "hours_per_year": "h/year",
    "w_per_m2": "W/m2",
    "w_per_m2_k": "W/(m2 K)",
    "w_per_m2_k2": "W/(m2 K2)",
    "mvar": "Mvar",
    "mva": "MVA",
    "k": "K",
    "kgco2": "kg",
}


def series_unit(name: str, currency: str) -> str:
    """Unit of a series or field in words; ``1`` where it is a share, or has none.

    >>> series_unit("da_price_eur_per_mwh", "AUD"), series_unit("fcr_activation_up_per_unit", "EUR")
    ('AUD/MWh', '1')
    """
    unit = unit_of(name)
    return "1" if unit is None else in_currency(_UNITS.get(unit, unit_word(unit)), currency)


def with_conventions(dataset: xr.Dataset, title: str) -> xr.Dataset:
    """The same data with a title, and a long name and a unit wherever a variable has none yet.

    Times get their unit where they are encoded, and labels have none.
    """
    told = dataset.copy()
    currency = str(dataset.attrs.get("currency", FORMAT_CURRENCY))
    told.attrs = {"Conventions": CONVENTIONS, "title": title, **dataset.attrs}
    for label in told.variables:
        name, array = str(label), told[label]
        array.attrs = _told(name, array.dtype.kind, array.attrs, currency)
    return told


def without_conventions(attributes: Mapping[Any, Any]) -> dict[Any, Any]:
    """Attributes of a file without those that :func:`with_conventions` adds to every file."""
    return {key: value for key, value in attributes.items() if key not in ("Conventions", "title")}


def _told(name: str, kind: str, own: Mapping[str, Any], currency: str) -> dict[str, Any]:
    attributes = dict(own)
    if kind == "M":
        attributes.setdefault("standard_name", "time")
    elif kind in "fiub":
        attributes.setdefault("units", series_unit(name, currency))
    attributes.setdefault("long_name", _long_name(name, kind))
    return attributes


def _long_name(name: str, kind: str) -> str:
    if name in _LONG_NAMES:
        return _LONG_NAMES[name]
    if kind == "M":
        return next((text for start, text in _SPANS.items() if name.startswith(start)), "start of a period, UTC")
    return name.replace("_", " ").replace(".", ", ")
