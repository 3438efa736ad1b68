"""Can converters alone make energy from nothing?

Equations
---------
With all exchange closed and stores empty, and ``G`` the net output at every node per unit of each converter (one column
at its least and one at its largest power where it is on or off)::

    max sum_n s_n    subject to   s = G x >= 0,   0 <= x <= 1

is 0 in every period, or a ring of converters makes energy: an electrolyser and a fuel cell whose ratios multiply to
more than 1, a heat pump that feeds the engine that drives it. By duality it is 0 if and only if there are prices
``pi_n >= 1`` at which no converter earns, ``pi' G <= 0``.

Only converters on a ring can matter: elsewhere what is made at one node is taken from another that nothing fills.
The prices that prove one period are tried on all others, so that few linear programs are solved.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from mes_stoch.schema.components import Converter
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked

Values = NDArray[np.float64]

_TOLERANCE = 1e-7


def conversion_loop_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """One issue for every ring of converters that makes energy; see the module's equations."""
    for names in _rings(instance):
        table = _net_outputs(instance, tree, names)
        if table is None:
            continue
        made = _made(table)
        bad = made > _TOLERANCE
        if bad.any():
            found = shown(tree, bad, lambda s, t, made=made: f"{made[s, t]:.3g} MW made")  # type: ignore[misc]
            yield Issue(
                file,
                None,
                f"components.{names[0]}",
                f"{found} at full power",
                f"no energy from {', '.join(names)} alone",
                "what one makes feeds the other, and their ratios multiply to more than 1; correct ratio_per_unit (a "
                "COP counts heat drawn from outside: lead it out of the ring at another node), or no_load_mw",
            )


def _rings(instance: Instance) -> Iterator[list[str]]:
    """Converters whose inputs and outputs lie on one ring of nodes."""
    place = {name: k for k, name in enumerate(instance.nodes)}
    converters = {name: spec for name, spec in instance.components.items() if isinstance(spec, Converter)}
    edges = [
        (place[entry.node], place[leave.node])
        for spec in converters.values()
        for entry in spec.inputs
        for leave in spec.outputs
        if entry.node in place and leave.node in place
    ]
    if not edges:
        return
    starts, ends = zip(*edges, strict=True)
    graph = csr_array((np.ones(len(edges)), (starts, ends)), shape=(len(place), len(place)))
    _, component = connected_components(graph, directed=True, connection="strong")
    rings: dict[int, list[str]] = {}
    for name, spec in converters.items():
        shared = {component[place[p.node]] for p in spec.inputs} & {component[place[p.node]] for p in spec.outputs}
        for ring in shared:
            rings.setdefault(int(ring), []).append(name)
    yield from rings.values()


def _net_outputs(instance: Instance, tree: ScenarioTree, names: list[str]) -> Values | None:
    """Net output at every node of each column, shape (scenarios, periods, nodes, columns); at full power."""
    place = {name: k for k, name in enumerate(instance.nodes)}
    columns: list[Values] = []
    for name in names:
        spec = instance.components[name]
        if not isinstance(spec, Converter):
            continue
        powers = [spec.power_max_mw] if spec.power_min_mw == 0 else [spec.power_min_mw, spec.power_max_mw]
        for power in powers:
            column = np.zeros((tree.dataset.sizes["scenario"], tree.periods, len(place)))
            for sign, ports in ((-1.0, spec.inputs), (1.0, spec.outputs)):
                for port in ports:
                    ratio = stacked(tree, port.ratio_per_unit)
                    if ratio is None or not np.all(np.isfinite(ratio)):
                        return None
                    column[:, :, place[port.node]] += sign * (ratio * power + port.no_load_mw)
            columns.append(column)
    return np.stack(columns, axis=3)


def _made(table: Values) -> Values:
    """The most that can be made, MW, over (scenarios, periods); nothing where prices prove it."""
    shape = table.shape[:2]
    flat = table.reshape(-1, *table.shape[2:])
    distinct, where = np.unique(flat, axis=0, return_inverse=True)
    made = np.full(len(distinct), np.nan)
    while np.isnan(made).any():
        first = int(np.flatnonzero(np.isnan(made))[0])
        made[first], prices = _most(distinct[first])
        if prices is not None:
            open_ = np.isnan(made)
            made[open_ & np.all(np.einsum("n,knc->kc", prices, distinct) <= _TOLERANCE, axis=1)] = 0.0
    return made[where.reshape(-1)].reshape(shape)


def _most(outputs: Values) -> tuple[float, Values | None]:
    """The most that one period's columns can make, MW, and prices at which none of them earns where that is nothing."""
    nodes, columns = outputs.shape
    used = np.any(outputs != 0, axis=1)
    solved = linprog(
        -outputs.sum(axis=0), A_ub=-outputs[used], b_ub=np.zeros(int(used.sum())), bounds=[(0.0, 1.0)] * columns
    )
    most = float(outputs.sum(axis=0) @ solved.x)
    if most > _TOLERANCE:
        return most, None
    prices = np.ones(nodes)
    prices[used] -= solved.ineqlin.marginals
    return 0.0, prices
