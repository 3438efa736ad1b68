"""An oracle site in oemof.solph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from oemof.solph import EnergySystem, Flow, Model, NonConvex
from oemof.solph.buses import Bus
from oemof.solph.components import Converter, GenericStorage, Sink, Source
from oemof.solph.components.experimental import PiecewiseLinearConverter

from oracles.sites import GAP, OracleSite


def cost(site: OracleSite) -> float:
    """Least cost of the horizon, EUR."""
    # one moment more than periods: the end of the last one
    moments = pd.date_range("2025-01-13", periods=site.periods + 1, freq=pd.Timedelta(hours=site.period_h))
    system = EnergySystem(timeindex=moments, infer_last_interval=False)
    buses = {name: Bus(label=name) for name in site.nodes}
    system.add(*buses.values())
    for name, spec in site.components.items():
        system.add(*BUILDERS[spec["type"]](site, buses, name, spec))
    model = Model(system)
    model.solve(solver="highs", cmdline_options={"mip_rel_gap": GAP, "mip_abs_gap": 0.0})
    return float(model.objective())


def _grid(site: OracleSite, buses: dict[str, Any], name: str, spec: dict[str, Any]) -> list[Any]:
    bus, parts = buses[spec["node"]], []
    if spec.get("import_max_mw"):
        price = site.values(spec.get("import_price_eur_per_mwh", 0.0))
        flow = Flow(nominal_capacity=spec["import_max_mw"], variable_costs=price)
        parts.append(Source(label=f"{name}_import", outputs={bus: flow}))
    if spec.get("export_max_mw"):
        price = [-p for p in site.values(spec.get("export_price_eur_per_mwh", 0.0))]
        flow = Flow(nominal_capacity=spec["export_max_mw"], variable_costs=price)
        parts.append(Sink(label=f"{name}_export", inputs={bus: flow}))
    return parts


def _converter(site: OracleSite, buses: dict[str, Any], name: str, spec: dict[str, Any]) -> list[Any]:
    def flow(node: str) -> Flow:
        if node != spec["reference"]:
            return Flow()
        fields: dict[str, Any] = {
            "nominal_capacity": spec["power_max_mw"],
            "variable_costs": spec.get("cost_eur_per_mwh", 0.0),
        }
        if spec.get("power_min_mw"):
            fields["minimum"] = spec["power_min_mw"] / spec["power_max_mw"]
            fields["nonconvex"] = NonConvex(startup_costs=spec.get("start_cost_eur", 0.0), initial_status=0)
        return Flow(**fields)

    ports = [*spec["inputs"], *spec["outputs"]]
    return [
        Converter(
            label=name,
            inputs={buses[port["node"]]: flow(port["node"]) for port in spec["inputs"]},
            outputs={buses[port["node"]]: flow(port["node"]) for port in spec["outputs"]},
            conversion_factors={buses[port["node"]]: site.values(port["ratio_per_unit"]) for port in ports},
        )
    ]


def _on_curve(site: OracleSite, buses: dict[str, Any], name: str, spec: dict[str, Any]) -> list[Any]:
    """The curve begins at 0; that it is off there or above its least load is said by the flow."""
    (taken,), (given,) = spec["inputs"], spec["outputs"]
    power, largest = [0.0, *taken["flow_mw"]], taken["flow_mw"][-1]
    flow = Flow(
        nominal_capacity=largest,
        minimum=taken["flow_mw"][0] / largest,
        variable_costs=spec["cost_eur_per_mwh"],
        nonconvex=NonConvex(startup_costs=spec["start_cost_eur"], initial_status=0),
    )

    def curve(at: float) -> float:
        return float(np.interp(at, power, [0.0, *given["flow_mw"]]))

    return [
        PiecewiseLinearConverter(
            label=name,
            inputs={buses[taken["node"]]: flow},
            outputs={buses[given["node"]]: Flow()},
            in_breakpoints=power,
            conversion_function=curve,
            pw_repn="INC",
        )
    ]


def _storage(site: OracleSite, buses: dict[str, Any], name: str, spec: dict[str, Any]) -> list[Any]:
    capacity, bus = spec["energy_max_mwh"], buses[spec["node"]]
    least = [spec["energy_min_mwh"] / capacity] * site.periods
    is_cyclic = spec["initial_mwh"] == "cyclic"
    # at least the initial level at the end; `balanced` asks for exactly that, and is all there is where it is free
    least.append(spec["energy_min_mwh"] / capacity if is_cyclic else spec["initial_mwh"] / capacity)
    return [
        GenericStorage(
            label=name,
            inputs={bus: Flow(nominal_capacity=spec["charge_max_mw"])},
            outputs={
                bus: Flow(nominal_capacity=spec["discharge_max_mw"], variable_costs=spec["throughput_cost_eur_per_mwh"])
            },
            nominal_capacity=capacity,
            initial_storage_level=None if is_cyclic else spec["initial_mwh"] / capacity,
            balanced=is_cyclic,
            min_storage_level=least,
            loss_rate=spec["standing_loss_per_h"],
            inflow_conversion_factor=spec["charge_efficiency_per_unit"],
            outflow_conversion_factor=spec["discharge_efficiency_per_unit"],
        )
    ]


def _demand(site: OracleSite, buses: dict[str, Any], name: str, spec: dict[str, Any]) -> list[Any]:
    flow = Flow(nominal_capacity=1.0, fix=site.values(spec["demand_mw"]))
    return [Sink(label=name, inputs={buses[spec["node"]]: flow})]


def _source(site: OracleSite, buses: dict[str, Any], name: str, spec: dict[str, Any]) -> list[Any]:
    flow = Flow(
        nominal_capacity=1.0, maximum=site.values(spec["available_mw"]), variable_costs=spec["cost_eur_per_mwh"]
    )
    return [Source(label=name, outputs={buses[spec["node"]]: flow})]


BUILDERS = {
    "grid_connection": _grid,
    "converter": _converter,
    "part_load_converter": _on_curve,
    "storage": _storage,
    "demand": _demand,
    "source": _source,
}
