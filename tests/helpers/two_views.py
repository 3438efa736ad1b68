"""The same site as the model builds it, node by node, and as a hub of matrices: their optima side by side.

Both are solved with SciPy. What they share is the description of the site; the hub reads no row of the model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, milp

from mes_stoch.model.site_program import SiteProgram, build_leaf_program
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub

_GAP = 1e-9

#: Largest differences that are rounding: of least costs with binaries, and of linear objectives with states fixed.
COST_TOLERANCE, FLOW_TOLERANCE = 1e-6, 1e-7


def _least(cost: np.ndarray, matrix: Any, rows: Any, columns: Any, is_integer: np.ndarray) -> tuple[float, np.ndarray]:
    found = milp(
        cost,
        constraints=LinearConstraint(matrix, *rows),
        bounds=Bounds(*columns),
        integrality=is_integer,
        options={"mip_rel_gap": _GAP},
    )
    if found.status not in (0, 2):
        raise AssertionError(found.message)
    return (float("nan"), np.empty(0)) if found.x is None else (float(found.fun), found.x)


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
        return _least(
            cost, self.matrix, (self.row_lower, self.row_upper), (self.lower, self.upper), self.is_integer.astype(int)
        )

    def least_cost(self) -> float:
        return self.least(self.cost)[0] + self.constant_cost

    def least_flow(self, weights: np.ndarray) -> float:
        return self.least(self.flows.T @ weights)[0] + float(self.flow_constant @ weights)

    def fixed(self, columns: np.ndarray, values: np.ndarray) -> None:
        self.lower, self.upper = self.lower.copy(), self.upper.copy()
        self.lower[columns] = self.upper[columns] = values
        self.is_integer = np.zeros_like(self.is_integer)


@dataclass(frozen=True)
class Comparison:
    """How far both views are from each other.

    Parameters
    ----------
    is_feasible : bool
        Whether the site can be operated at all; both views then say so.
    states : int
        On/off states.
    cost : float
        Least cost with binaries, of the hub.
    cost_difference : float
        As a share of the cost, or absolute where that is below 1.
    flow_difference : float
        Largest difference of the optima of random objectives over port flows, states fixed; likewise.
    """

    is_feasible: bool
    states: int
    cost: float
    cost_difference: float
    flow_difference: float

    @property
    def agrees(self) -> bool:
        return self.cost_difference <= COST_TOLERANCE and self.flow_difference <= FLOW_TOLERANCE


@dataclass
class TwoViews:
    """Model and hub of one site."""

    model: Side
    hub: Side
    #: Columns of every on/off state, in the same order.
    model_states: np.ndarray
    hub_states: np.ndarray

    def compare(self, objectives: int, seed: int) -> Comparison:
        """Least cost with binaries, then random objectives over port flows with states fixed; fixes them."""
        cost, own = self.least_costs()
        if np.isnan(cost) or np.isnan(own):
            apart = 0.0 if np.isnan(cost) and np.isnan(own) else float("inf")
            return Comparison(not (np.isnan(cost) and np.isnan(own)), len(self.hub_states), own, apart, 0.0)
        self.fix_states()
        draw = np.random.default_rng(seed)
        largest = 0.0
        for _ in range(objectives):
            weights = draw.normal(size=self.hub.flows.shape[0])
            largest = max(largest, _apart(self.model.least_flow(weights), self.hub.least_flow(weights)))
        return Comparison(True, len(self.hub_states), own, _apart(cost, own), largest)

    def least_costs(self) -> tuple[float, float]:
        """Of the model and of the hub; where they differ, each is solved again with the other's states as well.

        A solver that stops short of the optimum with binaries is no difference of the views: with states fixed, both
        are linear.
        """
        sides = ((self.model, self.model_states), (self.hub, self.hub_states))
        (cost, point), (own, own_point) = (side.least(side.cost) for side, _ in sides)
        costs = [cost + self.model.constant_cost, own + self.hub.constant_cost]
        if _apart(*costs) <= COST_TOLERANCE or not (len(point) or len(own_point)):
            return costs[0], costs[1]
        for states in (
            np.round(found[columns])
            for found, columns in ((point, self.model_states), (own_point, self.hub_states))
            if len(found)
        ):
            for number, (side, columns) in enumerate(sides):
                again = replace(side)
                again.fixed(columns, states)
                costs[number] = float(np.fmin(costs[number], again.least_cost()))
        return costs[0], costs[1]

    def fix_states(self) -> None:
        """Fix every state at that of the hub's cheapest operation."""
        _, values = self.hub.least(self.hub.cost)
        states = np.round(values[self.hub_states])
        self.hub.fixed(self.hub_states, states)
        self.model.fixed(self.model_states, states)


def _apart(one: float, other: float) -> float:
    """Difference as a share of the larger, or absolute below 1; infinite where one of them has no optimum."""
    if np.isnan(one) or np.isnan(other):
        return float("inf")
    return abs(one - other) / max(1.0, abs(one), abs(other))


def least_cost_of(hub: Hub, equal_to_zero: Any = None) -> tuple[float, np.ndarray]:
    """Least cost of operating a hub, and how, with further rows that are 0; NaN where it cannot be operated."""
    program = hub.program()
    more = sp.csr_array((0, len(hub.columns))) if equal_to_zero is None else equal_to_zero
    none = np.zeros(more.shape[0])
    return _least(
        program.cost,
        sp.csr_array(sp.vstack([program.matrix, more])),
        (np.concatenate([program.row_lower, none]), np.concatenate([program.row_upper, none])),
        (program.column_lower, program.column_upper),
        program.is_integer.astype(int),
    )


def two_views(instance: Instance, tree: ScenarioTree) -> TwoViews:
    """Both views of a site without products, over the first scenario."""
    program, hub = build_leaf_program(instance, tree), build_hub(instance, tree)
    ports = [(component, node) for _, node, component in program.flow_names]
    states = [(g.owner, g.quantity) for g in program.column_groups if program.structure.integer[g.positions].any()]
    return TwoViews(
        _model_side(program),
        _hub_side(hub, ports),
        _joined([g.positions for g in program.column_groups if (g.owner, g.quantity) in states]),
        _joined([_hub_columns(hub, owner, name) for owner, name in states]),
    )


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype=np.int64), *parts]).astype(np.int64)


def _hub_columns(hub: Hub, owner: str, name: str) -> np.ndarray:
    columns = hub.columns
    return np.flatnonzero((columns["component"] == owner) & (columns["name"] == name) & (columns["role"] == "state"))


def _model_side(program: SiteProgram) -> Side:
    linear = program.scenario(0)
    flows, constant = _flow_map(program, len(linear.cost))
    return Side(
        linear.matrix,
        linear.row_lower,
        linear.row_upper,
        linear.column_lower,
        linear.column_upper,
        np.asarray(linear.integer),
        linear.cost,
        float(linear.offset),
        flows,
        constant,
    )


def _flow_map(program: SiteProgram, columns: int) -> tuple[Any, np.ndarray]:
    """What the model reports as flows, which is affine: its value at 0, and what every column adds."""
    at_zero = program.flows(0, np.zeros(columns)).T.ravel()
    units = np.eye(columns)
    return sp.csr_array(np.column_stack([program.flows(0, unit).T.ravel() - at_zero for unit in units])), at_zero


def _hub_side(hub: Hub, ports: list[tuple[str, str]]) -> Side:
    program = hub.program()
    start = hub.steps.start
    index = pd.MultiIndex.from_tuples([(owner, node, t) for owner, node in ports for t in start])
    places = index.get_indexer(hub.port_flows.rows)
    gather = sp.csr_array((np.ones(len(places)), (places, np.arange(len(places)))), shape=(len(index), len(places)))
    constant = np.zeros(len(index))
    at = index.get_indexer(hub.component_loads.index)
    if (at < 0).any() or (places < 0).any():
        raise AssertionError("a flow of the hub that the model does not have")
    constant[at] -= hub.component_loads.to_numpy()
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
