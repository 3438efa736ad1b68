"""Solver vectors as named arrays with units: the solution, and the flows between components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from mes_stoch.report.streams import group_of
from mes_stoch.rules.time_axis import period_lengths
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.units import in_currency
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.emissions import emissions

if TYPE_CHECKING:
    from mes_stoch.model.groups import Group
    from mes_stoch.model.program import FloatArray
    from mes_stoch.model.site_program import SiteProgram
    from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution

DUAL_PREFIX = "dual."
PRICE_PREFIX = "price."

_DUAL_NOTE = (
    "Change of the scenario's own profit (not weighted by its probability) per unit added to the row's right-hand "
    "side, with the commitment held. The right-hand side is what stays when all decisions are moved to the left; at a "
    "`balance` row it is extra injection needed, so minus this value divided by the length of the period "
    "(period_length_h) is the marginal price of the carrier in EUR/MWh."
)
_NODE_DUAL_NOTE = (
    _DUAL_NOTE
    + " Day-ahead positions are those of the day-ahead node: they move along, and the value is the change of "
    "the node's expected profit over the scenario's share of it."
)


def build_solution(program: SiteProgram, result: EngineResult) -> xr.Dataset:
    """Every variable group over ``(scenario, its dimension)``; commitments without a scenario dimension.

    Also ``profit_eur`` by scenario, ``stream_eur`` by scenario and stream, and ``dual.<row group>`` where the
    scenarios' dispatch is a linear program.
    """
    solutions = sorted(result.scenarios, key=lambda solution: solution.index)
    dataset = _frame(program, solutions)
    if not solutions:
        return dataset
    values = np.stack([solution.values for solution in solutions])
    coordinates: dict[str, NDArray[np.datetime64]] = {}
    variables: dict[str, xr.Variable] = {}
    for group in program.column_groups:
        array = values[:, group.positions]
        attributes = {
            "units": group.unit,
            "stage": group.stage,
            "long_name": f"{group.quantity.replace('_', ' ')} of {group.owner}",
        }
        array = array[0] if group.stage == "commit" else array
        variables[group.name] = _variable(coordinates, group, group.name, array, attributes)
    duals = [
        np.full(len(program.row_names), np.nan) if solution.row_dual is None else -solution.row_dual
        for solution in solutions
    ]
    if any(solution.row_dual is not None for solution in solutions):
        currency = program.instance.currency
        note = in_currency(_DUAL_NOTE if program.stages == 2 else _NODE_DUAL_NOTE, currency)
        stacked = np.stack(duals)
        for rows in program.row_groups:
            name = DUAL_PREFIX + rows.name
            unit = currency if rows.unit == "1" else f"{currency}/{_per(rows.unit)}"
            attributes = {"units": unit, "stage": rows.stage, "long_name": rows.text, "note": note}
            variables[name] = _variable(coordinates, rows, name, stacked[:, rows.positions], attributes)
    # all at once: xarray copies the whole for every variable that is added alone
    dataset = dataset.assign_coords({name: (name, times) for name, times in coordinates.items()}).assign(variables)
    if "time" in coordinates:
        dataset = dataset.assign_coords(period_lengths(program.instance.horizon))
    _add_money(dataset, program, solutions)
    return dataset


def with_emissions(solution: xr.Dataset, flows: xr.Dataset, program: SiteProgram) -> xr.Dataset:
    """The solution with ``emission_kg`` over scenario, time and emitting component, by what the meters say."""
    if "flow_mw" not in flows:
        return solution
    data = SettlementData(program.instance, program.tree, solution, flows)
    found = emissions(data)
    if not found:
        return solution
    time = ("emission_time", _utc(program.tree.time))
    rates = np.stack([rate * data.lengths_h for rate in found.values()], axis=2)
    variable = xr.Variable(
        ("scenario", "emission_time", "emitter"),
        rates,
        {"units": "kg", "long_name": "CO2 of a period, less what is credited"},
    )
    coordinates = {"emission_time": time, "emitter": ("emitter", np.array(list(found), dtype=str))}
    return solution.assign_coords(coordinates).assign(emission_kg=variable)


def build_flows(program: SiteProgram, result: EngineResult) -> xr.Dataset:
    """Called operation ``flow_mw`` over ``(scenario, time, flow)`` and the energy prices of each scenario.

    ``carrier``, ``node`` and ``component`` name each flow; into the node is positive.
    """
    solutions = sorted(result.scenarios, key=lambda solution: solution.index)
    dataset = _frame(program, solutions)
    if not solutions:
        return dataset
    array = np.stack([program.flows(solution.index, solution.values) for solution in solutions])
    dataset.coords["time"] = ("time", _utc(program.tree.time))
    dataset = dataset.assign_coords(period_lengths(program.instance.horizon))
    for level, names in zip(("carrier", "node", "component"), zip(*program.flow_names, strict=True), strict=True):
        dataset.coords[level] = ("flow", np.array(names, dtype=str))
    dataset["flow_mw"] = (("scenario", "time", "flow"), array)
    dataset["flow_mw"].attrs = {"units": "MW", "long_name": "called operation, into the node is positive"}
    periods = len(program.tree.time)
    for product_id, market in program.instance.markets().items():
        price = market.price_eur_per_mwh
        rows = [
            program.tree.values(price, solution.index) if isinstance(price, str) else np.full(periods, float(price))
            for solution in solutions
        ]
        name = PRICE_PREFIX + product_id
        dataset[name] = (("scenario", "time"), np.stack(rows))
        dataset[name].attrs = {"units": f"{program.instance.currency}/MWh", "long_name": f"price of {product_id}"}
    return dataset


def local_time(dataset: xr.Dataset | xr.DataArray, coordinate: str) -> pd.DatetimeIndex:
    """A UTC coordinate in the site's time zone."""
    utc = pd.DatetimeIndex(dataset[coordinate].values).tz_localize("UTC")
    return utc.tz_convert(str(dataset.attrs["timezone"])).rename(coordinate)


def _frame(program: SiteProgram, solutions: list[ScenarioSolution]) -> xr.Dataset:
    chosen = [solution.index for solution in solutions]
    names = np.array([program.scenario_names[index] for index in chosen], dtype=str)
    nodes = np.array([str(node) for node in program.tree.frame["day_ahead_node"].values[chosen]], dtype=str)
    return xr.Dataset(
        coords={
            "scenario": ("scenario", names),
            "probability": ("scenario", np.asarray(program.probabilities, dtype=float)[chosen]),
            "day_ahead_node": ("scenario", nodes),
        },
        attrs={
            "instance": program.name,
            "timezone": str(program.tree.frame.attrs["timezone"]),
            "period_h": float(program.instance.horizon.period_h),
            "currency": program.instance.currency,
            "times": "coordinates are UTC starts of their spans",
        },
    )


def _variable(
    coordinates: dict[str, NDArray[np.datetime64]],
    group: Group,
    name: str,
    array: FloatArray,
    attributes: dict[str, str],
) -> xr.Variable:
    """A group's numbers; its spans are noted among the coordinates."""
    coordinate = np.asarray(group.coordinate, dtype="datetime64[ns]")
    if not np.array_equal(coordinates.setdefault(group.dimension, coordinate), coordinate):
        raise ModelError(f"{name}: dimension {group.dimension} has other spans than in the groups before it")
    dimensions = (group.dimension,) if array.ndim == 1 else ("scenario", group.dimension)
    return xr.Variable(dimensions, array, attributes)


def _add_money(dataset: xr.Dataset, program: SiteProgram, solutions: list[ScenarioSolution]) -> None:
    table = [program.profit_streams(solution.index, solution.values) for solution in solutions]
    streams = list(dict.fromkeys(name for row in table for name in row))
    dataset.coords["stream"] = ("stream", np.array(streams, dtype=str))
    groups = [group_of(stream, program.instance) for stream in streams]
    dataset.coords["stream_group"] = ("stream", np.array(groups, dtype=str))
    money = np.array([[row.get(stream, 0.0) for stream in streams] for row in table], dtype=float)
    dataset["stream_eur"] = (("scenario", "stream"), money.reshape(len(solutions), len(streams)))
    dataset["stream_eur"].attrs = {
        "units": program.instance.currency,
        "long_name": "revenue (+) or cost (-) over the horizon",
    }
    dataset["profit_eur"] = ("scenario", np.array([-solution.cost for solution in solutions]))
    dataset["profit_eur"].attrs = {"units": program.instance.currency, "long_name": "profit over the horizon"}


def _per(unit: str) -> str:
    return f"({unit})" if " " in unit or "/" in unit else unit


def _utc(time: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    return np.asarray(time.tz_convert("UTC").tz_localize(None), dtype="datetime64[ns]")
