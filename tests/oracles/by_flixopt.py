"""An oracle site in flixOpt."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import flixopt as fx
import numpy as np
import pandas as pd

from oracles.sites import GAP, OracleSite


def cost(site: OracleSite) -> float:
    """Least cost of the horizon, EUR."""
    fx.CONFIG.silent()
    moments = pd.date_range("2025-01-13", periods=site.periods, freq=pd.Timedelta(hours=site.period_h), name="time")
    system = fx.FlowSystem(moments, hours_of_last_timestep=site.period_h)
    system.add_elements(fx.Effect("costs", "EUR", is_standard=True, is_objective=True))
    # no imbalance of a bus at a penalty, which is the default
    system.add_elements(*(fx.Bus(name, imbalance_penalty_per_flow_hour=None) for name in site.nodes))
    for name, spec in site.components.items():
        system.add_elements(*BUILDERS[spec["type"]](site, name, spec))
    system.optimize(fx.solvers.HighsSolver(mip_gap=GAP, time_limit_seconds=600, log_to_console=False))
    return float(system.solution["costs"].item())


def _numbers(site: OracleSite, quantity: float | str) -> Any:
    return np.asarray(site.values(quantity))


def _grid(site: OracleSite, name: str, spec: dict[str, Any]) -> list[Any]:
    parts: list[Any] = []
    if spec.get("import_max_mw"):
        price = _numbers(site, spec.get("import_price_eur_per_mwh", 0.0))
        flow = fx.Flow("in", bus=spec["node"], size=spec["import_max_mw"], effects_per_flow_hour=price)
        parts.append(fx.Source(f"{name}_import", outputs=[flow]))
    if spec.get("export_max_mw"):
        price = -_numbers(site, spec.get("export_price_eur_per_mwh", 0.0))
        flow = fx.Flow("out", bus=spec["node"], size=spec["export_max_mw"], effects_per_flow_hour=price)
        parts.append(fx.Sink(f"{name}_export", inputs=[flow]))
    return parts


def _converter(site: OracleSite, name: str, spec: dict[str, Any]) -> list[Any]:
    (taken,) = spec["inputs"]

    def flow(port: dict[str, Any]) -> Any:
        if port["node"] != spec["reference"]:
            return fx.Flow(port["node"], bus=port["node"], size=_largest(site, spec, port))
        fields: dict[str, Any] = {
            "size": spec["power_max_mw"],
            "effects_per_flow_hour": spec.get("cost_eur_per_mwh", 0.0),
        }
        if spec.get("power_min_mw"):
            fields["relative_minimum"] = spec["power_min_mw"] / spec["power_max_mw"]
            fields["status_parameters"] = fx.StatusParameters(effects_per_startup=spec.get("start_cost_eur", 0.0))
            # off before the horizon; None would leave the first state without a start
            fields["previous_flow_rate"] = 0
        return fx.Flow(port["node"], bus=port["node"], **fields)

    return [
        fx.LinearConverter(
            name,
            inputs=[flow(taken)],
            outputs=[flow(port) for port in spec["outputs"]],
            conversion_factors=[
                {
                    taken["node"]: _numbers(site, port["ratio_per_unit"]),
                    port["node"]: _numbers(site, taken["ratio_per_unit"]),
                }
                for port in spec["outputs"]
            ],
        )
    ]


def _largest(site: OracleSite, spec: dict[str, Any], port: dict[str, Any]) -> float:
    """A size that never binds."""
    return float(2.0 * spec["power_max_mw"] * _numbers(site, port["ratio_per_unit"]).max())


def _on_curve(site: OracleSite, name: str, spec: dict[str, Any]) -> list[Any]:
    """One piece a segment; all of them are left where the component is off."""

    def flow(port: dict[str, Any], **fields: Any) -> Any:
        return fx.Flow(port["node"], bus=port["node"], size=port["flow_mw"][-1], previous_flow_rate=0, **fields)

    (taken,), (given,) = spec["inputs"], spec["outputs"]
    return [
        fx.LinearConverter(
            name,
            inputs=[
                flow(
                    taken,
                    effects_per_flow_hour=spec["cost_eur_per_mwh"],
                    relative_minimum=taken["flow_mw"][0] / taken["flow_mw"][-1],
                )
            ],
            outputs=[flow(given)],
            status_parameters=fx.StatusParameters(effects_per_startup=spec["start_cost_eur"]),
            piecewise_conversion=fx.PiecewiseConversion(
                {
                    port["node"]: fx.Piecewise([fx.Piece(*ends) for ends in pairwise(port["flow_mw"])])
                    for port in (taken, given)
                }
            ),
        )
    ]


def _storage(site: OracleSite, name: str, spec: dict[str, Any]) -> list[Any]:
    node, is_cyclic = spec["node"], spec["initial_mwh"] == "cyclic"
    return [
        fx.Storage(
            name,
            charging=fx.Flow("charge", bus=node, size=spec["charge_max_mw"]),
            discharging=fx.Flow(
                "discharge",
                bus=node,
                size=spec["discharge_max_mw"],
                effects_per_flow_hour=spec["throughput_cost_eur_per_mwh"],
            ),
            capacity_in_flow_hours=spec["energy_max_mwh"],
            relative_minimum_charge_state=spec["energy_min_mwh"] / spec["energy_max_mwh"],
            initial_charge_state="equals_final" if is_cyclic else spec["initial_mwh"],
            minimal_final_charge_state=None if is_cyclic else spec["initial_mwh"],
            eta_charge=spec["charge_efficiency_per_unit"],
            eta_discharge=spec["discharge_efficiency_per_unit"],
            relative_loss_per_hour=spec["standing_loss_per_h"],
            # the rule that a period is shared between both ways is not flixOpt's, and binds nowhere here
            prevent_simultaneous_charge_and_discharge=False,
        )
    ]


def _demand(site: OracleSite, name: str, spec: dict[str, Any]) -> list[Any]:
    profile = _numbers(site, spec["demand_mw"])
    return [fx.Sink(name, inputs=[fx.Flow("draw", bus=spec["node"], size=1.0, fixed_relative_profile=profile)])]


def _source(site: OracleSite, name: str, spec: dict[str, Any]) -> list[Any]:
    flow = fx.Flow(
        "feed",
        bus=spec["node"],
        size=1.0,
        relative_maximum=_numbers(site, spec["available_mw"]),
        effects_per_flow_hour=spec["cost_eur_per_mwh"],
    )
    return [fx.Source(name, outputs=[flow])]


BUILDERS = {
    "grid_connection": _grid,
    "converter": _converter,
    "part_load_converter": _on_curve,
    "storage": _storage,
    "demand": _demand,
    "source": _source,
}
