"""The extended energy hub of a site: ``L = C P - S dE``, with all matrices made from the site's description.

Equations
---------
For every node ``n`` and step ``t`` of a scenario::

    L[n,t] = sum_b C[n,b,t] P[b,t] - sum_s S[n,s,t] dE[s,t]            (balance)
    C = A K_P,    S = -A K_dE
    G [P; y; dE; E; a] <= g,    bounds,    states y integer             (limits)

``L`` are the loads (MW), ``P`` the flows that enter, leave or are converted (MW, each at its component's reference
port) with the on/off states beside them, ``dE`` the energy that goes into stores and comes out of them (MWh inside, two
columns a store, neither below 0). ``A`` is the incidence of nodes and arcs: +1 where an arc feeds a node, -1 where it
draws. ``K`` gives the flow on each arc, one for each port of each branch: ratio, no-load flow, or ``eta``. ``C`` is the
coupling matrix and ``S`` the storage matrix of the literature, with the flows of branches in the place of products of
dispatch factors and inputs, which keeps the hub linear. A component whose efficiency varies with its load is several
parallel branches. ``G`` holds what coupling matrices leave out: minimum loads, levels, ramps, minimum times.

Reserve and markets stay outside: the hub says what the site can do, not what it has promised.

Source
------
Coupling and storage: Geidl and Andersson, IEEE Trans. Power Syst. 22(1), 2007, doi 10.1109/TPWRS.2006.888988. Matrices
built from incidence and conversion, with branch flows as variables: Wang, Zhang, Kang, Kirschen, Yang and Xia,
Standardized matrix modeling of multiple energy systems, IEEE Trans. Smart Grid 10(1), 2019,
doi 10.1109/TSG.2017.2737662. Variable efficiencies as parallel branches: Huang, Zhang, Wang, Capuder, Kuzle and Kang,
Int. J. Electr. Power Energy Syst. 119, 2020, 105876.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from mes_stoch.components.shared.hub_context import Values
from mes_stoch.views.hub_builder import sparse
from mes_stoch.views.labelled_matrix import TIME, LabelledMatrix
from mes_stoch.views.matrix_files import write_matrices
from mes_stoch.views.steps import Steps

_FLOW, _STORED = ("flow", "state"), ("stored", "drawn")
_MW = {"units": "MW"}


@dataclass(frozen=True)
class HubProgram:
    """The hub as a mixed-integer linear program: ``row_lower <= matrix x <= row_upper``, bounds, least ``cost``."""

    matrix: sp.csr_array
    row_lower: Values
    row_upper: Values
    column_lower: Values
    column_upper: Values
    cost: Values
    is_integer: np.ndarray


@dataclass(frozen=True)
class Hub:
    """Matrices of a site in one scenario, stacked over time; made by :func:`~mes_stoch.views.hub_assembly.build_hub`.

    Parameters
    ----------
    steps : Steps
    columns : pandas.DataFrame
        A row a column of the hub: ``component``, ``name``, ``unit``, ``role``, ``time``, ``step``, ``lower``,
        ``upper``, ``cost`` (money per unit of the column), ``is_integer``.
    incidence : LabelledMatrix, shape (nodes x steps, arcs x steps)
        ``A``: +1 where an arc feeds the node, -1 where it draws from it.
    conversion : LabelledMatrix, shape (arcs x steps, columns)
        ``K``: flow on an arc, MW, per unit of a column.
    is_reference : array of bool, shape (arcs x steps,)
        Whether the ratios of a branch refer to the flow on an arc: one arc for each flow.
    limits : LabelledMatrix, shape (rows, columns)
        ``G``. The level ``number`` of its rows is a step; a period in rows of ramps (that into which power changes)
        and of changes of a state (a state of several periods counts as one), a day in ``starts_per_day``.
    limit_lower, limit_upper : array, shape (rows,)
    limit_roles : array of str, shape (rows,)
        ``limit``, ``ramp`` where a row limits how the schedule changes between periods, or ``target`` where it is about
        what is left behind at the end.
    component_loads : pandas.Series
        What leaves the hub by component, node and time, MW.
    """

    steps: Steps
    columns: pd.DataFrame
    incidence: LabelledMatrix
    conversion: LabelledMatrix
    is_reference: np.ndarray
    limits: LabelledMatrix
    limit_lower: Values
    limit_upper: Values
    limit_roles: np.ndarray
    component_loads: pd.Series[float]

    @cached_property
    def loads(self) -> pd.Series[float]:
        """``L`` by node and time, MW."""
        by_node = self.component_loads.groupby(level=["node", TIME], sort=False).sum()
        return by_node.reindex(self.incidence.rows, fill_value=0.0).rename("load_mw")

    @cached_property
    def injection(self) -> LabelledMatrix:
        """``A K``: what a unit of every column brings to each node, MW, shape (nodes x steps, columns)."""
        return self.incidence @ self.conversion

    @property
    def coupling(self) -> LabelledMatrix:
        """``C``: what a MW of each flow, or a state, brings to each node, MW."""
        return self._part(_FLOW)

    @property
    def storage(self) -> LabelledMatrix:
        """``S``: what a MWh into a store takes from each node, MW; below 0 where it comes out."""
        return -self._part(_STORED)

    def _part(self, roles: tuple[str, ...]) -> LabelledMatrix:
        # auxiliary columns and levels feed no node
        return self.injection.with_columns(np.flatnonzero(self.columns["role"].isin(roles)))

    def program(self) -> HubProgram:
        """Balances ``L = C P - S dE`` over the limits ``G``, with the cost of operating the site."""
        load = self.loads.to_numpy()
        return HubProgram(
            matrix=sp.csr_array(sp.vstack([self.injection.matrix, self.limits.matrix])),
            row_lower=np.concatenate([load, self.limit_lower]),
            row_upper=np.concatenate([load, self.limit_upper]),
            column_lower=self.columns["lower"].to_numpy(),
            column_upper=self.columns["upper"].to_numpy(),
            cost=self.columns["cost"].to_numpy(),
            is_integer=self.columns["is_integer"].to_numpy(),
        )

    def to_xarray(self) -> xr.Dataset:
        """The matrices of every step, dense: ``coupling``, ``storage`` and ``load``, with names joined by a dot."""
        names = {"coupling": ("flow", self.coupling), "storage": ("store", self.storage)}
        parts: dict[str, Any] = {"load": (("time", "node"), self.loads.unstack("node", sort=False).to_numpy(), _MW)}
        coordinates: dict[str, Any] = {"node": list(self.incidence.rows.unique("node"))}
        for name, (column, matrix) in names.items():
            frames = [matrix.at(step) for step in range(len(self.steps))]
            coordinates[column] = np.array([".".join(label) for label in frames[0].columns], dtype=str)
            parts[name] = (("time", "node", column), np.stack([frame.to_numpy() for frame in frames]))
        start = self.steps.start
        coordinates["time"] = ("time", start.tz_convert("UTC").tz_localize(None))
        return xr.Dataset(parts, coordinates, {"timezone": str(start.tz)})

    def write(self, folder: str | Path) -> None:
        """Write the hub into a new folder, or an empty one: matrices in Matrix Market format, all else as CSV.

        ``coupling``, ``storage``, ``incidence``, ``conversion`` and ``limits`` are matrices, each ``.mtx`` with the
        meaning of its rows and columns in two CSV files. ``columns.csv`` has bounds and costs, ``limits_rows.csv`` the
        ends of the limits, ``loads.csv`` and ``component_loads.csv`` the loads.

        Raises
        ------
        WriteError
            The folder exists and is not empty, is the current one, or cannot be written; nothing is left behind then.
        """
        ends = {"role": self.limit_roles, "lower": self.limit_lower, "upper": self.limit_upper}
        tables = {
            "columns": self.columns,
            "limits_rows": self.limits.rows.to_frame(index=False).assign(**ends),
            "loads": self.loads.reset_index(),
            "component_loads": self.component_loads.reset_index(),
        }
        names = ("coupling", "storage", "incidence", "conversion", "limits")
        write_matrices(Path(folder), {name: getattr(self, name) for name in names}, tables)

    @cached_property
    def port_flows(self) -> LabelledMatrix:
        """Net flow of every component into each of its nodes, MW, per unit of a column; loads come on top."""
        arcs = self.conversion.rows
        ports = arcs.droplevel(["branch", "direction"])
        unique = pd.MultiIndex.from_frame(ports.to_frame(index=False).drop_duplicates())
        signs = np.asarray(self.incidence.matrix.sum(axis=0), dtype=float).ravel()
        places = np.asarray(unique.get_indexer(ports), dtype=np.int64)
        gather = sparse([signs], [places], [np.arange(len(arcs))], (len(unique), len(arcs)))
        return LabelledMatrix(sp.csr_array(gather @ self.conversion.matrix), unique, self.conversion.columns)
