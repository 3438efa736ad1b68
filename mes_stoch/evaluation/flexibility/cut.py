"""What all programs of one reference have in common, taken out of the hub once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from mes_stoch.evaluation.flexibility.limiting import Limits
from mes_stoch.evaluation.flexibility.reference import Reference, Values
from mes_stoch.views.hub_builder import DUMPED, UNSERVED

#: By how much what was operated may be missed, MW and MWh: a solver's point keeps rows and bounds to 1e-7.
TOLERANCE = 1e-6
#: Slack below this is none, MW: room in every step would add up to a deviation.
_NO_SLACK_MW = 1e-8
_TIMED = ("flow", "stored", "drawn", "level")


@dataclass(frozen=True)
class Exchange:
    """The connection whose exchange deviates, and what energy is bought and sold for there.

    Parameters
    ----------
    connection, node : str
    limit_mw : float
        Import and export limit together.
    bought, sold : array, shape (steps,)
        Money per MWh.
    """

    connection: str
    node: str
    limit_mw: float
    bought: Values
    sold: Values


@dataclass(frozen=True)
class Parts:
    """A reference as arrays.

    Parameters
    ----------
    matrix : scipy.sparse.csc_array, shape (rows, columns)
        Balances of the nodes, then the limits of the hub.
    row_lower, row_upper : array, shape (rows,)
    row_step : int array, shape (rows,)
        Step of a balance; -1 of a limit.
    is_ramp, is_target : bool array, shape (rows,)
    step : int array, shape (columns,)
    is_timed, is_level, is_state : bool array, shape (columns,)
        Columns that end with their step; levels among them; states.
    lower, upper, cost, known : array, shape (columns,)
        ``known`` as of :class:`~mes_stoch.evaluation.flexibility.reference.Reference`; bounds leave no more slack than
        there was.
    is_integer : bool array, shape (columns,)
    exported : scipy.sparse.csr_array, shape (steps, columns)
        Exchange that deviates, MW of export.
    scheduled : array, shape (steps,)
        What it was.
    kept_flows : scipy.sparse.csr_array, shape (kept flows x steps, columns)
        Flows of components that stay as they are without re-dispatch.
    kept_values : array, shape (kept flows, steps)
        What they were, MW.
    limits : Limits
    """

    matrix: Any
    row_lower: Values
    row_upper: Values
    row_step: Any
    is_ramp: Any
    is_target: Any
    step: Any
    is_timed: Any
    is_level: Any
    is_state: Any
    lower: Values
    upper: Values
    cost: Values
    known: Values
    is_integer: Any
    exported: Any
    scheduled: Values
    kept_flows: Any
    kept_values: Values
    limits: Limits


def cut_parts(reference: Reference, exchange: Exchange) -> Parts:
    """Arrays of a reference whose exchange deviates at a connection."""
    hub = reference.hub
    whole, count = hub.program(), len(hub.steps)
    role = hub.columns["role"].to_numpy()
    balances = len(hub.loads)
    limits = np.concatenate([np.full(balances, "balance"), hub.limit_roles])
    step = np.concatenate([np.tile(np.arange(count), balances // count), np.full(len(hub.limit_roles), -1)])
    kept_flows, kept_values = _kept(reference, exchange)
    return Parts(
        matrix=sp.csc_array(whole.matrix),
        row_lower=whole.row_lower,
        row_upper=whole.row_upper,
        row_step=step,
        is_ramp=limits == "ramp",
        is_target=limits == "target",
        step=hub.columns["step"].to_numpy(),
        is_timed=np.isin(role, _TIMED),
        is_level=role == "level",
        is_state=role == "state",
        lower=whole.column_lower,
        upper=_without_more_slack(reference, whole.column_upper),
        cost=whole.cost,
        known=reference.known,
        is_integer=whole.is_integer,
        exported=sp.csr_array(-hub.port_flows.matrix[_port(reference, exchange.connection, exchange.node)]),
        scheduled=-reference.flow(exchange.connection, exchange.node),
        kept_flows=kept_flows,
        kept_values=kept_values,
        limits=Limits(hub),
    )


def _without_more_slack(reference: Reference, upper: Values) -> Values:
    """Upper bounds that let no more go unserved, be dumped, or be missing at the end than did."""
    columns, known = reference.hub.columns, reference.known
    upper = upper.copy()
    is_slack = (columns["role"] == "slack").to_numpy() & ~np.isnan(known)
    upper[is_slack] = np.minimum(upper[is_slack], np.maximum(known[is_slack], 0.0) + TOLERANCE)
    own = columns[columns["component"].isin((UNSERVED, DUMPED))]
    for (component, node), block in own.groupby(["component", "name"], sort=False):
        positions = block.index.to_numpy()
        flow = np.abs(reference.flow(str(component), str(node)))[block["step"].to_numpy()]
        upper[positions] = np.minimum(upper[positions], np.where(flow > _NO_SLACK_MW, flow, 0.0))
    return upper


def _port(reference: Reference, component: str, node: str) -> Any:
    """Rows of a component's flow into a node, one a step."""
    ports = reference.hub.port_flows.rows
    is_own = (ports.get_level_values("component") == component) & (ports.get_level_values("node") == node)
    return np.flatnonzero(is_own)


def _kept(reference: Reference, exchange: Exchange) -> tuple[Any, Values]:
    """Flows of all but the stores, the networks, and what stands at the node of the exchange."""
    hub, instance = reference.hub, reference.data.instance
    follows = {*instance.connections(), *instance.stores()}
    loads = hub.component_loads
    loaded = set(zip(*(loads.index.get_level_values(level) for level in ("component", "node")), strict=True))
    ports = hub.port_flows.rows
    rows, values = [np.empty(0, dtype=int)], []
    pairs = zip(*(ports.get_level_values(level) for level in ("component", "node")), strict=True)
    for component, node in dict.fromkeys(pairs):
        spec = instance.components.get(component)
        if spec is None or component in follows or any(port.node == exchange.node for port in spec.ports()):
            continue
        flow = reference.flow(component, node)
        if (component, node) in loaded:
            flow = flow + loads.xs((component, node), level=("component", "node")).to_numpy(dtype=float)
        rows.append(_port(reference, component, node))
        values.append(flow)
    kept = np.reshape(np.array(values, dtype=float), (-1, len(hub.steps)))
    return sp.csr_array(hub.port_flows.matrix[np.concatenate(rows)]), kept
