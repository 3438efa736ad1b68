"""A site and its scenario tree as a stochastic program of two or three stages.

Equations
---------
Commitments ``r`` are decided at the root; ``d_n`` are the decisions of stage ``day_ahead`` at day-ahead node ``n``
(which ones, the data say: ``stage`` of an energy market), ``y_s`` all others at leaf ``s``::

    two stages     max sum_s p_s profit_s(r, d_s, y_s)            a leaf per day-ahead node
    three stages   max sum_n sum_{s below n} p_s profit_s(r, d_n, y_s)

With three stages a node sees its own day-ahead data and the probabilities of its leaves, and no leaf's own data.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mes_stoch.io.validation.penalties import derived_penalties, with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.model.assembly import assemble
from mes_stoch.model.base_schedule import ColumnRanges, base_schedule_columns, called_products
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.collection import without_collection
from mes_stoch.model.compile import CompiledStructure, compile_structure
from mes_stoch.model.groups import ColumnGroup, Group, RowGroup
from mes_stoch.model.nearest_root import NearestRoot, exclusive_products
from mes_stoch.model.node_flows import NodeFlows
from mes_stoch.model.phases import phase
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.model.root_decisions import RootDecisions
from mes_stoch.model.root_volumes import RootVolumes
from mes_stoch.model.scenario_data import completed_data, scenario_data
from mes_stoch.model.site_model import SiteModel
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.site_decision import SiteKey
from mes_stoch.schema.tree import ScenarioTree

L = TypeVar("L", bound=StochasticProgram)

#: Difference of a price between leaves that is rounding, as a share of the largest.
DAY_AHEAD_TOLERANCE = 1e-6


def build_program(
    instance: Instance, tree: ScenarioTree, given: Mapping[str, FloatArray] | None = None
) -> SiteProgram | BundledProgram[SiteProgram]:
    """The program of a site over its tree.

    Parameters
    ----------
    given : dict of str to array, optional
        Volumes that are no longer to be decided (:meth:`SiteProgram.with_commitments`).

    Returns
    -------
    SiteProgram or BundledProgram
        A scenario a leaf; where day-ahead decisions are common to several leaves, a scenario a day-ahead node, which
        holds the leaves' programs (:meth:`BundledProgram.unbundle` leads back to them).

    Raises
    ------
    ModelError
        A price that should be known at the day-ahead node differs between its leaves.
    """
    leaves = build_leaf_program(instance, tree)
    if given is not None:
        leaves = leaves.with_commitments(given)
    return by_day_ahead_node(leaves, leaves)


def by_day_ahead_node(leaves: SiteProgram, program: L) -> L | BundledProgram[L]:
    """A program of the leaves, or of the same columns and more, with day-ahead decisions common to each node.

    Raises
    ------
    ModelError
        A price that should be known at the day-ahead node differs between its leaves.
    """
    if leaves.stages == 2:
        return program
    _require_known_day_ahead(leaves.instance, leaves.tree.held)
    return _by_node(leaves, program)


def bundled(leaves: SiteProgram) -> BundledProgram[StochasticProgram]:
    """A scenario a day-ahead node, whether it has one leaf or several.

    Raises
    ------
    ModelError
        A price that should be known at the day-ahead node differs between its leaves.
    """
    _require_known_day_ahead(leaves.instance, leaves.tree.held)
    return _by_node(leaves, leaves)


def _by_node(leaves: SiteProgram, program: L) -> BundledProgram[L]:
    nodes = leaves.tree.day_ahead_nodes
    return BundledProgram(program, list(nodes.values()), leaves.day_ahead_columns, list(nodes))


def build_leaf_program(instance: Instance, tree: ScenarioTree) -> SiteProgram:
    """Compile a site once; leaves are stamped from the tree when they are asked for.

    Leaves agree on the root alone, whatever the tree says of day-ahead nodes: the two-stage relaxation of a three-stage
    program, and worth at least as much.
    """
    derived = derived_penalties(instance)
    instance = with_penalties(instance, series_ranges(instance, tree))
    with without_collection():
        site = assemble(instance, tree.time)
        flows = _flow_expressions(site)
        structure = compile_structure(site, [(f"flow {label}", expression) for label, expression in flows])
    return SiteProgram(instance, tree, site, structure, [label for label, _ in flows], derived)


def build_pyomo_scenario(instance: Instance, tree: ScenarioTree, scenario: int) -> SiteModel:
    """The same algebra as a plain Pyomo model of one scenario, its data fixed; for checks and for mpi-sppy itself."""
    site = assemble(with_penalties(instance, series_ranges(instance, tree)), tree.time)
    for name, values in scenario_data(list(site.data.values()), tree, scenario).items():
        for t in site.periods:
            site.placeholders[name][t].fix(float(values[t]))
    return site


def _flow_expressions(site: SiteModel) -> list[tuple[tuple[str, str, int], Any]]:
    return [
        ((node, owner, t), flow(t))
        for node, flows in site.nodes.items()
        for owner, flow in flows.called
        for t in site.periods
    ]


def _require_known_day_ahead(instance: Instance, tree: ScenarioTree) -> None:
    for product_id, market in instance.markets().items():
        if market.stage == "day_ahead":
            price = market.price_eur_per_mwh
            if not isinstance(price, str):
                continue
            largest = float(np.abs(tree.dataset[price].values).max())
            if tree.spread_below_nodes(price).max() > DAY_AHEAD_TOLERANCE * largest:
                raise ModelError(
                    f"positions of {product_id} are decided at the day-ahead node, but their price {price} differs "
                    "between leaves of one node"
                )


class SiteProgram:
    """A :class:`~mes_stoch.model.program.StochasticProgram` that remembers what its columns mean.

    A scenario is a leaf of the tree. Use :func:`build_program`.
    """

    def __init__(
        self,
        instance: Instance,
        tree: ScenarioTree,
        site: SiteModel,
        structure: CompiledStructure,
        flow_labels: list[tuple[str, str, int]],
        derived: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        self.instance = instance
        self.tree = tree
        self.structure = structure
        self.column_groups: tuple[ColumnGroup, ...] = tuple(group for group, _ in site.variables)
        self.row_groups: tuple[RowGroup, ...] = tuple(group for group, _ in site.constraints)
        self._data = list(site.data.values())
        self._flows = NodeFlows(instance, self.column_groups, flow_labels, tree.periods)
        self._derived = derived
        self.base_schedule = base_schedule_columns(site)
        self.called_products = called_products(site.directed_products)
        self._kept: Sequence[ColumnRanges] | None = None
        self.volumes = RootVolumes(instance, tree.time, self.column_groups)
        self.decisions = RootDecisions(self.column_groups)
        self._exclusive = exclusive_products(instance, tree.time)
        self._root = self._make_root()
        self._column_names = _names(self.column_groups)
        self._row_names = _names(self.row_groups)

    # -- the protocol -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.instance.name

    @property
    def scenario_names(self) -> tuple[str, ...]:
        return self.tree.scenario_names

    @property
    def probabilities(self) -> FloatArray:
        return self.tree.probabilities

    @property
    def root(self) -> RootStage:
        return self._root

    @property
    def column_names(self) -> tuple[str, ...]:
        return self._column_names

    @property
    def row_names(self) -> tuple[str, ...]:
        return self._row_names

    def data(self, index: int) -> FloatArray:
        """All data of one scenario in placeholder order."""
        return np.concatenate([*scenario_data(self._data, self.tree, index).values(), np.empty(0)])

    @property
    def series_names(self) -> tuple[str, ...]:
        """Series that the program reads; all other data are derived from them."""
        return tuple(datum.name for datum in self._data if datum.rule is None)

    def data_of(self, series: Mapping[str, FloatArray]) -> FloatArray:
        """All data in placeholder order where series, each shape (periods,), come from elsewhere than the tree."""
        return np.concatenate(
            [*completed_data(self._data, series.__getitem__, self.tree.periods).values(), np.empty(0)]
        )

    @phase("stamp")
    def scenario(self, index: int) -> LinearProgram:
        program = self.structure.program(self.data(index))
        return program if self._kept is None else self._kept[index].applied_to(program)

    def series(self, index: int, name: str) -> FloatArray:
        """One series of a scenario's data, as drawn or as it follows from others; shape (periods,)."""
        return scenario_data(self._data, self.tree, index)[name]

    @property
    def day_ahead_columns(self) -> IndexArray:
        """Columns decided at the day-ahead node."""
        groups = (group.positions for group in self.column_groups if group.stage == "day_ahead")
        return np.concatenate([np.empty(0, dtype=np.int32), *groups]).astype(np.int32)

    @property
    def stages(self) -> int:
        """3 where leaves of the tree share day-ahead decisions, else 2."""
        return 2 if self.tree.is_two_stage or not len(self.day_ahead_columns) else 3

    # -- reading solutions ------------------------------------------------------------------------------------------

    def profit_streams(self, index: int, values: FloatArray) -> dict[str, float]:
        """Profit of one scenario by stream, EUR over the horizon; costs are negative and the sum is the profit."""
        stamped = self.structure.stamp(self.data(index))
        streams = self.structure.streams
        amounts = streams.matrix(stamped, self.structure.columns) @ values + stamped[streams.constant_slice]
        return {name: float(amount) for name, amount in zip(self.structure.stream_names, amounts, strict=True)}

    @property
    def flow_names(self) -> tuple[tuple[str, str, str], ...]:
        """Carrier, node and component of every flow, with ``unserved`` and ``dumped`` as components."""
        return self._flows.names

    def flows(self, index: int, values: FloatArray) -> FloatArray:
        """Called operation at every node, MW into the node.

        Returns
        -------
        array, shape (periods, flows)
            Flows in the order of :attr:`flow_names`.
        """
        return self._flows.table(self.structure, self.data(index), values)

    def commitments(self, root: FloatArray) -> pd.DataFrame:
        """Committed volumes, one row per product and block; volumes of later stages are decisions of a scenario.

        Returns
        -------
        DataFrame
            Columns ``product``, ``block_start``, ``block_end``, ``volume_mw``; ``volume_mvar`` as well where a product
            is committed in Mvar, which has no ``volume_mw``. Where products are offered at prices ``direction`` and
            ``price_eur_per_mw_h`` (``price_eur_per_mwh`` for energy) as well, and a row for each price of a block.
        """
        return self.volumes.table(self.root.columns, root)

    def site_decisions(self, root: FloatArray) -> pd.DataFrame:
        """What is decided of components beside the volumes: ``component``, ``quantity``, ``unit``, ``value``."""
        return self.decisions.table(self.root.columns, root)

    @property
    def volume_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each product's volumes at the root: (blocks,), or (prices, blocks) where it is offered at prices."""
        return self.volumes.shapes

    @property
    def service_shapes(self) -> dict[str, tuple[int, ...]]:
        """The volume shapes of products that are no energy market, whose orders are volumes at the root too."""
        markets = self.instance.markets()
        return {name: shape for name, shape in self.volume_shapes.items() if name not in markets}

    @property
    def awarded_volumes(self) -> dict[str, FloatArray]:
        """Volumes of these products that are given, in their shapes: awarded before the horizon, 0 elsewhere."""
        lower = self.structure.column_lower
        return {
            name: np.stack([lower[group.positions] for group in self.volume_groups(name)]).reshape(shape)
            for name, shape in self.service_shapes.items()
        }

    def volume_groups(self, product_id: str) -> list[ColumnGroup]:
        """Volumes of a product at the root: one group, or one for each price at which it is offered."""
        return self.volumes.groups(product_id)

    def describe_row(self, row: int) -> str:
        """What a row demands and when, in the user's words."""
        for group in self.row_groups:
            first, last = int(group.positions[0]), int(group.positions[-1])
            if first <= row <= last:
                return f"{group.text} ({self._when(group, row - first)}) [{group.name}]"
        return f"row {row}"

    def row_is_target(self, row: int) -> bool:
        """Whether a row demands a state at the end of the horizon."""
        group = next((f for f in self.row_groups if f.positions[0] <= row <= f.positions[-1]), None)
        return group is not None and group.dimension == "horizon"

    def describe_column(self, column: int) -> str:
        """What a variable is and when."""
        group = self._group_of(column)
        if group is None:
            return f"column {column}"
        return f"{group.quantity} of {group.owner} ({self._when(group, column - int(group.positions[0]))})"

    def cost_is_derived(self, column: int) -> bool:
        """Whether a column is slack whose penalty follows from prices, and is no number of the user's."""
        group = self._group_of(column)
        return group is not None and (group.owner, group.quantity) in self._derived

    def _group_of(self, column: int) -> ColumnGroup | None:
        for group in self.column_groups:
            if int(group.positions[0]) <= column <= int(group.positions[-1]):
                return group
        return None

    def _when(self, group: Group, k: int) -> str:
        if group.stage == "commit" and group.dimension == "horizon":
            return "decided with the commitments"
        if group.dimension == "horizon":
            return "end of the horizon"
        start = pd.Timestamp(group.coordinate[k]).tz_localize("UTC").tz_convert(str(self.tree.time.tz))
        kind = "period" if group.dimension == "time" else "block"
        return f"{kind} from {start:%Y-%m-%d %H:%M}"

    # -- what is given ----------------------------------------------------------------------------------------------

    def with_commitments(self, volumes: Mapping[str, FloatArray]) -> SiteProgram:
        """The same program with volumes of the root that are given, and no longer to be decided.

        Parameters
        ----------
        volumes : dict of str to array, shape (blocks,), or (prices, blocks) of a product that is offered at prices
            By product, in its unit and within its bid rules; NaN where the volume is still to be decided.
        """
        columns: list[IndexArray] = []
        values: list[FloatArray] = []
        groups = {group.name: group for group in self.column_groups if group.stage == "commit"}
        for product_id, given in volumes.items():
            for name, numbers in self.volumes.following(product_id, given).items():
                if name in groups:
                    known = ~np.isnan(numbers)
                    columns.append(groups[name].positions[known])
                    values.append(numbers[known])
        nothing = np.empty(0)
        return self.with_fixed(np.concatenate([nothing.astype(np.int32), *columns]), np.concatenate([nothing, *values]))

    def with_site_decisions(self, values: Mapping[SiteKey, float]) -> SiteProgram:
        """The same program with decisions of the site that are given; those that are not stay open."""
        return self.with_fixed(*self.decisions.following(values)) if values else self

    def with_tree(self, tree: ScenarioTree) -> SiteProgram:
        """The same program over other scenarios of the same series and periods, without compiling anything again.

        Explicit scenarios have to be among those it was built for: penalties of slack follow from their prices.
        """
        other = copy.copy(self)
        other.tree = tree
        other.volumes = replace(self.volumes, time=tree.time)
        other._root = other._make_root()
        return other

    def with_fixed(self, columns: IndexArray, values: FloatArray) -> SiteProgram:
        """The same program with columns fixed in every scenario."""
        lower, upper = self.structure.column_lower.copy(), self.structure.column_upper.copy()
        lower[columns] = upper[columns] = values
        other = copy.copy(self)
        other.structure = replace(self.structure, column_lower=lower, column_upper=upper)
        other._root = other._make_root()
        return other

    def with_base_schedules(self, kept: Sequence[ColumnRanges]) -> SiteProgram:
        """The same program whose scenarios keep to ranges of their own, as a base schedule that is decided already.

        Parameters
        ----------
        kept : sequence of ColumnRanges
            One a scenario.
        """
        other = copy.copy(self)
        other._kept = list(kept)
        return other

    # -- the root ---------------------------------------------------------------------------------------------------

    def _make_root(self) -> RootStage:
        groups = [group for group in self.column_groups if group.stage == "commit"]
        columns = np.concatenate([np.empty(0, dtype=np.int32), *(f.positions for f in groups)]).astype(np.int32)
        names = tuple(f"{f.name}[{k}]" for f in groups for k in range(len(f.positions)))
        consensus = np.asarray([not f.is_derived for f in groups for _ in f.positions], dtype=bool)
        return RootStage(
            columns=columns,
            names=names,
            consensus=consensus,
            rho_scale=self._rho_scale(columns),
            nearest=NearestRoot(
                self.volumes,
                self._exclusive,
                columns,
                self.structure.column_lower[columns],
                self.structure.column_upper[columns],
            ),
            has_common_bounds=True,
        )

    def _rho_scale(self, columns: np.ndarray[Any, np.dtype[np.int32]]) -> FloatArray:
        """Expected price of one MW over the block, per MW: a penalty moves the volume by 1 MW for what 1 MW earns.

        What a unit of a site decision is worth does not stand at its column: it is taken as what a unit of the columns
        that cost something does, of which the median is a price of energy.
        """
        count = min(len(self.scenario_names), 20)
        total = np.zeros(len(columns))
        is_decision = np.isin(columns, self.decisions.positions)
        for index in range(count):
            cost = np.abs(self.scenario(index).cost)
            total += cost[columns]
            if is_decision.any() and cost.any():
                total[is_decision] += np.median(cost[cost > 0])
        return np.maximum(total / max(count, 1), 1e-3)


def _names(groups: tuple[Group, ...]) -> tuple[str, ...]:
    return tuple(f"{group.name}[{k}]" for group in groups for k in range(len(group.positions)))
