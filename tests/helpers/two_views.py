"""The same site as the model builds it, node by node, and as a hub of matrices: their optima side by side.

Both are solved with SciPy. What they share is the description of the site; the hub reads no row of the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from mes_stoch.model.site_program import SiteProgram, build_leaf_program
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.views.hub import Hub, build_hub

_GAP = 1e-9


@dataclass
class Side:
    """A program with the flows that are compared: ``flows x + constant``, MW into a node, by component and node."""

    matrix: Any
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    is_integer: np.ndarray
    cost: np.ndarray
    constant_cost: float
    flows: Any
    flow_constant: np.ndarray

    def least(self, cost: np.ndarray) -> tuple[float, np.ndarray]:
        """Optimum and point; NaN where there is none."""
        found = milp(
            cost,
            constraints=LinearConstraint(self.matrix, self.row_lower, self.row_upper),
            bounds=Bounds(self.lower, self.upper),
            integrality=self.is_integer.astype(int),
            options={"mip_rel_gap": _GAP},
        )
        if found.status not in (0, 2):
            raise AssertionError(found.message)
        return (float("nan"), np.empty(0)) if found.x is None else (float(found.fun), found.x)

    def least_cost(self) -> float:
        return self.least(self.cost)[0] + self.constant_cost

    def least_flow(self, weights: np.ndarray) -> float:
        return self.least(self.flows.T @ weights)[0] + float(self.flow_constant @ weights)

    def fixed(self, columns: np.ndarray, values: np.ndarray) -> None:
        self.lower, self.upper = self.lower.copy(), self.upper.copy()
        self.lower[columns] = self.upper[columns] = values
        self.is_integer = np.zeros_like(self.is_integer)


@dataclass
class TwoViews:
    """Model and hub of one site."""

    model: Side
    hub: Side
    #: Columns of every on/off state, in the same order.
    model_states: np.ndarray
    hub_states: np.ndarray

    def fix_states(self) -> None:
        """Fix every state at that of the hub's cheapest operation."""
        _, values = self.hub.least(self.hub.cost)
        states = np.round(values[self.hub_states])
        self.hub.fixed(self.hub_states, states)
        self.model.fixed(self.model_states, states)


def two_views(instance: Instance, tree: ScenarioTree) -> TwoViews:
    """Both views of a site without products, over the first scenario."""
    program, hub = build_leaf_program(instance, tree), build_hub(instance, tree)
    ports = list(hub.port_flows.rows.droplevel("time").unique())
    ports += [port for port in hub.component_loads.index.droplevel("time").unique() if port not in ports]
    names = list(dict.fromkeys(_states(program)))
    return TwoViews(
        _model_side(program, ports),
        _hub_side(hub, ports),
        _columns(program, names),
        np.concatenate([np.empty(0, dtype=int), *(_hub_columns(hub, name) for name in names)]),
    )


def _states(program: SiteProgram) -> list[str]:
    return [group.owner for group in program.column_groups if program.structure.integer[group.positions].any()]


def _columns(program: SiteProgram, owners: list[str]) -> np.ndarray:
    parts = [g.positions for name in owners for g in program.column_groups if g.name == f"{name}.on"]
    return np.concatenate([np.empty(0, dtype=int), *parts]).astype(int)


def _hub_columns(hub: Hub, owner: str) -> np.ndarray:
    return np.flatnonzero((hub.columns["component"] == owner) & (hub.columns["role"] == "state"))


def _model_side(program: SiteProgram, ports: list[tuple[str, str]]) -> Side:
    linear, structure = program.scenario(0), program.structure
    stamped = structure.stamp(program.data(0))
    form = structure.flows
    matrix, constant = form.matrix(stamped, structure.columns), stamped[form.constant_slice]
    periods = program.tree.periods
    place = {port: number for number, port in enumerate(ports)}
    rows, signs, columns = [], [], []
    for number, (node, owner, t) in enumerate(program._flows._labels):
        rows.append(place[owner, node] * periods + t)
        signs.append(1.0)
        columns.append(number)
    gather = sp.csr_array((signs, (rows, columns)), shape=(len(ports) * periods, matrix.shape[0]))
    flows, fixed = sp.lil_array(gather @ matrix), gather @ constant
    for group in program.column_groups:
        name = group.quantity.removesuffix("_mw")
        if group.role == "slack" and (name, group.owner) in place:
            sign = 1.0 if name == "unserved" else -1.0
            for t, column in enumerate(group.positions):
                flows[place[name, group.owner] * periods + t, column] = sign
    return Side(
        linear.matrix,
        linear.row_lower,
        linear.row_upper,
        linear.column_lower,
        linear.column_upper,
        np.asarray(linear.integer),
        linear.cost,
        float(linear.offset),
        sp.csr_array(flows),
        fixed,
    )


def _hub_side(hub: Hub, ports: list[tuple[str, str]]) -> Side:
    program = hub.program()
    start = hub.steps.start
    index = pd.MultiIndex.from_tuples([(owner, node, t) for owner, node in ports for t in start])
    places = index.get_indexer(hub.port_flows.rows)
    gather = sp.csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=(len(index), len(places)))
    constant = np.zeros(len(index))
    constant[index.get_indexer(hub.component_loads.index)] -= hub.component_loads.to_numpy()
    return Side(
        program.matrix,
        program.row_lower,
        program.row_upper,
        program.column_lower,
        program.column_upper,
        program.is_integer,
        program.cost,
        0.0,
        sp.csr_array(gather @ hub.port_flows.matrix),
        constant,
    )
