"""An oracle site in PyPSA."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pypsa

from oracles.sites import GAP, OracleSite


def cost(site: OracleSite) -> float:
    """Least cost of the horizon, EUR."""
    network = pypsa.Network()
    network.set_snapshots(pd.date_range("2025-01-13", periods=site.periods, freq=pd.Timedelta(hours=site.period_h)))
    # weights in hours: of costs, of energy in stores, of energy of generators
    network.snapshot_weightings = network.snapshot_weightings.astype(float) * site.period_h
    for name, carrier in site.nodes.items():
        network.add("Carrier", carrier)
        network.add("Bus", name, carrier=carrier)
    for name, spec in site.components.items():
        BUILDERS[spec["type"]](site, network, name, spec)
    status, condition = network.optimize(
        solver_name="highs",
        solver_options={"mip_rel_gap": GAP, "mip_abs_gap": 0.0, "output_flag": False},
        include_objective_constant=False,
    )
    if (status, condition) != ("ok", "optimal"):
        raise RuntimeError(f"PyPSA: {status}, {condition}")
    return float(network.objective)


def _series(site: OracleSite, network: Any, quantity: float | str, sign: float = 1.0) -> pd.Series:
    return pd.Series(site.values(quantity), index=network.snapshots) * sign


def _grid(site: OracleSite, network: Any, name: str, spec: dict[str, Any]) -> None:
    if spec.get("import_max_mw"):
        price = _series(site, network, spec.get("import_price_eur_per_mwh", 0.0))
        network.add("Generator", f"{name}_import", bus=spec["node"], p_nom=spec["import_max_mw"], marginal_cost=price)
    if spec.get("export_max_mw"):
        # what is exported is a generator that runs below 0
        price = _series(site, network, spec.get("export_price_eur_per_mwh", 0.0))
        network.add(
            "Generator",
            f"{name}_export",
            bus=spec["node"],
            p_nom=spec["export_max_mw"],
            p_min_pu=-1.0,
            p_max_pu=0.0,
            marginal_cost=price,
        )


def _converter(site: OracleSite, network: Any, name: str, spec: dict[str, Any]) -> None:
    """A link counts everything per MW drawn from its first bus: limits and costs of the reference are scaled."""
    (taken,) = spec["inputs"]
    draw = float(taken["ratio_per_unit"])
    fields: dict[str, Any] = {
        "bus0": taken["node"],
        "p_nom": spec["power_max_mw"] * draw,
        "marginal_cost": spec.get("cost_eur_per_mwh", 0.0) / draw,
    }
    for number, port in enumerate(spec["outputs"], start=1):
        fields[f"bus{number}"] = port["node"]
        fields["efficiency" if number == 1 else f"efficiency{number}"] = _series(
            site, network, port["ratio_per_unit"], 1.0 / draw
        )
    if spec.get("power_min_mw"):
        fields |= {
            "committable": True,
            "p_min_pu": spec["power_min_mw"] / spec["power_max_mw"],
            "start_up_cost": spec.get("start_cost_eur", 0.0),
            # off before the horizon; by default a unit has been on for a period
            "up_time_before": 0,
            "down_time_before": 1,
        }
    network.add("Link", name, **fields)


def _on_curve(site: OracleSite, network: Any, name: str, spec: dict[str, Any]) -> None:
    """A piecewise efficiency: what leaves is efficiency times draw at each point, and linear between them."""
    (taken,), (given,) = spec["inputs"], spec["outputs"]
    power, largest = taken["flow_mw"], taken["flow_mw"][-1]
    efficiency = {p / largest: g / p for p, g in zip(power, given["flow_mw"], strict=True)}
    network.add(
        "Link",
        name,
        bus0=taken["node"],
        bus1=given["node"],
        p_nom=largest,
        # a curve has to begin at 0; the status keeps the link from running below its least load
        efficiency={0.0: 0.0} | efficiency,
        marginal_cost=spec["cost_eur_per_mwh"],
        committable=True,
        p_min_pu=power[0] / largest,
        start_up_cost=spec["start_cost_eur"],
        up_time_before=0,
        down_time_before=1,
    )


def _storage(site: OracleSite, network: Any, name: str, spec: dict[str, Any]) -> None:
    """A store without losses of conversion, and a link each way that has them."""
    capacity, inside = spec["energy_max_mwh"], f"{name}_inside"
    network.add("Bus", inside, carrier=site.nodes[spec["node"]])
    least = pd.Series(spec["energy_min_mwh"] / capacity, index=network.snapshots)
    is_cyclic = spec["initial_mwh"] == "cyclic"
    start: dict[str, Any] = {"e_cyclic": True}
    if not is_cyclic:
        least.iloc[-1] = spec["initial_mwh"] / capacity
        # a store of PyPSA loses nothing of its initial energy in the first period, unless that is its last level
        start = {"e_initial": (1.0 - spec["standing_loss_per_h"]) ** site.period_h * spec["initial_mwh"]}
    network.add(
        "Store",
        name,
        bus=inside,
        e_nom=capacity,
        e_min_pu=least,
        **start,
        standing_loss=spec["standing_loss_per_h"],
    )
    network.add(
        "Link",
        f"{name}_charge",
        bus0=spec["node"],
        bus1=inside,
        p_nom=spec["charge_max_mw"],
        efficiency=spec["charge_efficiency_per_unit"],
    )
    given = spec["discharge_efficiency_per_unit"]
    network.add(
        "Link",
        f"{name}_discharge",
        bus0=inside,
        bus1=spec["node"],
        p_nom=spec["discharge_max_mw"] / given,
        efficiency=given,
        marginal_cost=spec["throughput_cost_eur_per_mwh"] * given,
    )


def _demand(site: OracleSite, network: Any, name: str, spec: dict[str, Any]) -> None:
    network.add("Load", name, bus=spec["node"], p_set=_series(site, network, spec["demand_mw"]))


def _source(site: OracleSite, network: Any, name: str, spec: dict[str, Any]) -> None:
    available = _series(site, network, spec["available_mw"])
    largest = max(float(available.max()), 1e-6)
    network.add(
        "Generator",
        name,
        bus=spec["node"],
        p_nom=largest,
        p_max_pu=available / largest,
        marginal_cost=spec["cost_eur_per_mwh"],
    )


BUILDERS = {
    "grid_connection": _grid,
    "converter": _converter,
    "part_load_converter": _on_curve,
    "storage": _storage,
    "demand": _demand,
    "source": _source,
}
