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
The prices that prove one period are tried on all others, so that few linear programs are solved; where energy is made,
the search ends once enough periods are known to tell of. Powers are in shares of each unit's largest, so that a ring of
kilowatts is held as exactly as one of megawatts.

What a converter draws at a node off the ring does not excuse what the ring makes where it is nothing: at a node with a
connection that is not traded, has no import limit and no price above 0, inputs are left out (water from a well). An
input of at most a tenth of what the converter draws from the ring is an auxiliary: whoever supplies it, it counts as
energy used (row ``outside``, whose price is 1) and has to be had from nowhere. A larger one, gas of a boiler with a
pump, is what is converted, and nothing fills it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from mes_stoch.schema.conversion import Conversion
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked
from mes_stoch.uncertainty.links import AUXILIARY_PER_UNIT
from mes_stoch.uncertainty.loop_over_time import StoreOnRing, made_over_time

Values = NDArray[np.float64]

_TOLERANCE = 1e-7
#: Periods with energy from nothing after which no more are looked for.
_ENOUGH = 20
#: Scenarios in which a ring is looked at over time: those that might make most.
_MOST_SUSPECTS = 4


def conversion_loop_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """One issue for every ring of converters that makes energy; see the module's equations."""
    for names, nodes in _rings(instance):
        table = _net_outputs(instance, tree, names)
        if table is None:
            continue
        table = _with_outside(instance, tree, table, nodes)
        made = _made(table)
        # NaN where it was not looked any further
        bad = made > 0
        if bad.any():
            found = shown(tree, bad, lambda s, t, made=made: f"{made[s, t]:.3g} MW made")  # type: ignore[misc]
            found += ", perhaps in others too," if np.isnan(made).any() else ""
            yield Issue(
                file,
                None,
                f"components.{names[0]}",
                f"{found} at full power",
                f"no energy from {', '.join(names)} alone",
                "what one makes feeds the other, and their ratios multiply to more than 1; correct ratio_per_unit (a "
                "COP counts heat drawn from outside: lead it out of the ring at another node), or no_load_mw",
            )
        else:
            yield from _issues_over_time(instance, tree, table, names, nodes, file)


def _issues_over_time(
    instance: Instance, tree: ScenarioTree, table: Values, names: list[str], nodes: set[str], file: str
) -> Iterator[Issue]:
    """What a ring makes with stores, from one period to another (:mod:`mes_stoch.uncertainty.loop_over_time`)."""
    place = {name: k for k, name in enumerate(instance.nodes)}
    found = [(name, spec.store()) for name, spec in instance.components.items()]
    here = [(name, store) for name, store in found if store is not None and store.node in nodes]
    stores = [StoreOnRing(name, place[store.node], store) for name, store in here]
    if not stores or np.all(table == table[:, :1]):
        return
    bound = np.nan_to_num(_made(table.max(axis=1, keepdims=True))[:, 0])
    suspect = [scenario for scenario in np.argsort(-bound, kind="stable")[:_MOST_SUSPECTS] if bound[scenario] > 0]
    lengths_h = instance.horizon.lengths_h
    lenders = {place[spec.node] for spec in instance.connections().values()}
    for scenario in suspect:
        made = made_over_time(table[scenario], stores, lenders, lengths_h)
        if made > _TOLERANCE * instance.horizon.period_h * float(np.abs(table[scenario]).max()):
            yield Issue(
                file,
                None,
                f"components.{names[0]}",
                f"{made:.3g} MWh made over time (scenario {tree.scenario_names[scenario]})",
                f"no energy from {', '.join(names)} with {', '.join(one.name for one in stores)}",
                "what one makes in some hours feeds the other in others, and their ratios multiply to more than 1; "
                "correct ratio_per_unit, or lead heat drawn from outside out of the ring at another node",
            )
            return


def _rings(instance: Instance) -> Iterator[tuple[list[str], set[str]]]:
    """Converters whose inputs and outputs lie on one ring of nodes, and the nodes of the ring."""
    place = {name: k for k, name in enumerate(instance.nodes)}
    converters = [(name, c) for name, spec in instance.components.items() for c in spec.conversions()]
    edges = [
        (place[entry.node], place[leave.node])
        for _, spec in converters
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
    for name, spec in converters:
        shared = {component[place[p.node]] for p in spec.inputs} & {component[place[p.node]] for p in spec.outputs}
        for ring in shared:
            own = rings.setdefault(int(ring), [])
            if name not in own:
                own.append(name)
    for ring, names in rings.items():
        yield names, {node for node, number in place.items() if component[number] == ring}


def _with_outside(instance: Instance, tree: ScenarioTree, table: Values, nodes: set[str]) -> Values:
    """The table with what is drawn off the ring taken out where it is free or an auxiliary, and a row ``outside``."""
    on_ring = np.array([name in nodes for name in instance.nodes])
    free = np.stack([_is_free(instance, tree, name) for name in instance.nodes], axis=2)
    drawn = np.where(~on_ring[:, None], np.minimum(table, 0.0), 0.0)
    used = -np.minimum(table[:, :, on_ring, :], 0.0).sum(axis=2, keepdims=True)
    without = free[..., None] & (drawn < 0)
    auxiliary = ~without & (drawn < 0) & (-drawn <= AUXILIARY_PER_UNIT * used)
    outside = np.where(auxiliary, drawn, 0.0).sum(axis=2, keepdims=True)
    return np.concatenate([np.where(without | auxiliary, 0.0, table), outside], axis=2)


def _is_free(instance: Instance, tree: ScenarioTree, node: str) -> NDArray[np.bool_]:
    """Whether any amount can be had at a node for nothing, over (scenarios, periods)."""
    traded = instance.traded_connections()
    found = np.zeros((tree.dataset.sizes["scenario"], tree.periods), dtype=bool)
    for name, spec in instance.connections().items():
        if spec.node == node and name not in traded and spec.import_max_mw is None:
            price = stacked(tree, spec.import_price_eur_per_mwh)
            if price is not None:
                found |= price <= 0
    return found


def _net_outputs(instance: Instance, tree: ScenarioTree, names: list[str]) -> Values | None:
    """Net output at every node of each column, shape (scenarios, periods, nodes, columns); at full power."""
    place = {name: k for k, name in enumerate(instance.nodes)}
    columns: list[Values] = []
    for name in names:
        found = [(c, power) for c in instance.components[name].conversions() for power in _powers(c)]
        for conversion, power in found:
            column = np.zeros((tree.dataset.sizes["scenario"], tree.periods, len(place)))
            for sign, ports in ((-1.0, conversion.inputs), (1.0, conversion.outputs)):
                for port in ports:
                    ratio = stacked(tree, port.ratio_per_unit)
                    if ratio is None or not np.all(np.isfinite(ratio)):
                        return None
                    column[:, :, place[port.node]] += sign * (ratio * power + port.no_load_mw)
            columns.append(column)
    return np.stack(columns, axis=3)


def _powers(conversion: Conversion) -> list[float]:
    """Power at which all other points of a conversion are known: its largest, and its least where it is on or off."""
    if conversion.power_min_mw == 0:
        return [conversion.power_max_mw]
    return [conversion.power_min_mw, conversion.power_max_mw]


def _made(table: Values) -> Values:
    """The most that can be made, MW, over (scenarios, periods); 0 where prices prove it, NaN where nothing is known."""
    shape = table.shape[:2]
    flat = table.reshape(-1, *table.shape[2:])
    distinct, where = np.unique(flat, axis=0, return_inverse=True)
    made = np.full(len(distinct), np.nan)
    while np.isnan(made).any() and int((made > 0).sum()) < _ENOUGH:
        first = int(np.flatnonzero(np.isnan(made))[0])
        made[first], prices = _most(distinct[first])
        if prices is not None:
            open_ = np.isnan(made)
            sizes = np.abs(distinct).max(axis=1)
            earned = np.einsum("n,knc->kc", prices, distinct)
            made[open_ & np.all(earned <= _TOLERANCE * sizes, axis=1)] = 0.0
    return made[where.reshape(-1)].reshape(shape)


def _most(outputs: Values) -> tuple[float, Values | None]:
    """The most that one period's columns can make, MW, and prices at which none of them earns where that is nothing.

    The last row is what is drawn from outside: it counts, and need not balance.
    """
    nodes, columns = outputs.shape
    used = np.any(outputs != 0, axis=1)
    used[-1] = False
    sizes = np.abs(outputs).max(axis=0)
    shares = outputs / sizes

    def largest(limits: Values) -> tuple[float, Values]:
        bounds = [(0.0, limit) for limit in limits.tolist()]
        solved = linprog(-shares.sum(axis=0), A_ub=-shares[used], b_ub=np.zeros(int(used.sum())), bounds=bounds)
        return float(shares.sum(axis=0) @ solved.x), np.asarray(solved.ineqlin.marginals)

    made, marginals = largest(np.ones(columns))
    if made > _TOLERANCE:
        most, _ = largest(sizes / sizes.max())
        return max(most, _TOLERANCE) * float(sizes.max()), None
    prices = np.ones(nodes)
    prices[used] -= marginals
    return 0.0, prices
