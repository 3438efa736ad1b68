"""The standardised matrix form of an energy hub: flows on all branches, and three matrices.

Equations
---------
``V`` are the flows on the arcs between components and nodes (MW, one a port of each branch), the on/off states, and the
energy that goes into stores and comes out of them (``dE``, MWh)::

    Z V = 0,      V_in = X V,      V_out = Y V

    f_a - (k_a / k_r) f_r = 0     every port a of a branch but its reference r                    (conversion)
    f_a - k_a y = 0               what flows whenever a unit is on                                (no_load)
    f_a - k_a dE = 0              the port of a store                                             (store)
    sum of +-f_a = 0              a node without load                                             (balance)

``k`` is the flow on an arc per unit of what drives it. ``V_in`` are the exchanges of the hub with the outside: flows
with a single port, positive where they feed a node. ``V_out = L`` are the loads, by node.

Solving ``Z`` for all arcs by their references gives the arcs as ``K [P; y; dE]``, and what remains of ``Y`` and of the
balances is ``L = C P - S dE`` with ``C = A K``: both forms have the same solutions.

Source
------
Wang, Zhang, Kang, Kirschen, Yang and Xia, Standardized matrix modeling of multiple energy systems, IEEE Trans. Smart
Grid 10(1), 2019, doi 10.1109/TSG.2017.2737662. They number the branches between devices; here nodes stand between, and
a branch is an arc.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mes_stoch.views.hub import Hub
from mes_stoch.views.labelled_matrix import TIME, LabelledMatrix

#: What drives arcs without being a flow on one.
_DRIVERS = {"state": "no_load", "stored": "store", "drawn": "store"}

_ROW_LEVELS = ["equation", "component", "branch", "node", "direction", TIME]


@dataclass(frozen=True)
class StandardForm:
    """``Z V = 0``, ``V_in = X V``, ``V_out = Y V``.

    Parameters
    ----------
    conversion : LabelledMatrix, shape (equations, flows)
        ``Z``; the first level of its rows is ``conversion``, ``no_load``, ``store`` or ``balance``.
    inputs : LabelledMatrix, shape (exchanges, flows)
        ``X``.
    outputs : LabelledMatrix, shape (nodes with loads x steps, flows)
        ``Y``.
    """

    conversion: LabelledMatrix
    inputs: LabelledMatrix
    outputs: LabelledMatrix

    @property
    def flows(self) -> pd.MultiIndex:
        """Labels of ``V``: arcs with node and direction, then states and stores, where both are empty."""
        return self.conversion.columns


def standard_form(hub: Hub) -> StandardForm:
    """The standardised form of a hub, of the same parts."""
    drivers = np.flatnonzero(hub.columns["role"].isin(list(_DRIVERS)))
    flows = _flow_labels(hub, drivers)
    equations, labels = _conversion_rows(hub, drivers)
    has_load = hub.incidence.rows.droplevel(TIME).isin(hub.component_loads.index.unique("node"))
    balance = _on_flows(hub.incidence.matrix, len(flows))
    free = hub.incidence.rows[~has_load]
    labels += [("balance", "", "", node, "", moment) for node, moment in free]
    rows = pd.MultiIndex.from_tuples(labels, names=_ROW_LEVELS)
    return StandardForm(
        conversion=LabelledMatrix(
            sp.csr_array(sp.vstack([equations, balance[np.flatnonzero(~has_load)]])), rows, flows
        ),
        inputs=_inputs(hub, flows),
        outputs=LabelledMatrix(balance[np.flatnonzero(has_load)], hub.incidence.rows[has_load], flows),
    )


def _flow_labels(hub: Hub, drivers: Any) -> pd.MultiIndex:
    others = hub.columns.loc[drivers, ["component", "name", TIME]].rename(columns={"name": "branch"})
    others.insert(2, "node", "")
    others.insert(3, "direction", "")
    return pd.MultiIndex.from_frame(pd.concat([hub.conversion.rows.to_frame(index=False), others], ignore_index=True))


def _on_flows(matrix: Any, flows: int) -> Any:
    """A matrix over arcs as one over all flows."""
    empty = sp.csr_array((matrix.shape[0], flows - matrix.shape[1]))
    return sp.csr_array(sp.hstack([matrix, empty]))


def _conversion_rows(hub: Hub, drivers: Any) -> tuple[Any, list[tuple[Any, ...]]]:
    """Rows of ``Z`` that say how the flow on an arc follows, with their labels; one an arc that is no reference."""
    arcs = hub.conversion.rows
    driving, per_unit = _drivers_of_arcs(hub)
    roles = hub.columns["role"].to_numpy()[driving]
    reference = {int(driving[arc]): int(arc) for arc in np.flatnonzero(hub.is_reference)}
    place = {int(column): len(arcs) + number for number, column in enumerate(drivers)}
    entries: list[tuple[int, int, float]] = []
    labels: list[tuple[Any, ...]] = []
    for arc in range(len(arcs)):
        first = reference.get(int(driving[arc]))
        if first == arc:
            continue
        row = len(labels)
        entries.append((row, arc, 1.0))
        if first is not None:
            entries.append((row, first, -per_unit[arc] / per_unit[first]))
        elif roles[arc] in _DRIVERS:
            entries.append((row, place[int(driving[arc])], -per_unit[arc]))
        labels.append((_DRIVERS.get(roles[arc], "conversion"), *arcs[arc]))
    rows, columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(labels), len(arcs) + len(drivers))
    matrix = sp.csr_array(sp.coo_array((np.array(values, dtype=float), (list(rows), list(columns))), shape=shape))
    matrix.eliminate_zeros()
    return matrix, labels


def _drivers_of_arcs(hub: Hub) -> tuple[Any, Any]:
    """Column that drives each arc, and the flow per unit of it."""
    matrix = sp.csr_array(hub.conversion.matrix)
    return matrix.indices, matrix.data


def _inputs(hub: Hub, flows: pd.MultiIndex) -> LabelledMatrix:
    """Exchanges with the outside: flows that have one port, by component, branch and step."""
    driving, _ = _drivers_of_arcs(hub)
    ports = np.bincount(driving, minlength=len(hub.columns))
    is_flow = hub.columns["role"].to_numpy() == "flow"
    arcs = np.flatnonzero((ports[driving] == 1) & is_flow[driving])
    signs = np.asarray(hub.incidence.matrix.sum(axis=0), dtype=float).ravel()
    matrix = sp.csr_array((signs[arcs], (np.arange(len(arcs)), arcs)), shape=(len(arcs), len(flows)))
    return LabelledMatrix(matrix, hub.conversion.rows[arcs], flows)
