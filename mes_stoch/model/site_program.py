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
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mes_stoch.io.validation.penalties import derived_penalties, with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.model.assembly import assemble
from mes_stoch.model.base_schedule import ColumnRanges, base_schedule_columns, called_products
from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.compile import CompiledStructure, compile_structure
from mes_stoch.model.groups import ColumnGroup, Group, RowGroup
from mes_stoch.model.phases import phase
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.model.site_model import SiteModel, completed_data, scenario_data
from mes_stoch.products.shared.equations_bids import nearest_bids_mw
from mes_stoch.products.shared.equations_exclusivity import keep_larger
from mes_stoch.rules.exclusivity import Overlap, exclusive_pairs, overlaps
from mes_stoch.rules.volume_blocks import volume_blocks
from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.instance import Instance
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
    _require_known_day_ahead(leaves.instance, leaves.tree)
    return _by_node(leaves, program)


def bundled(leaves: SiteProgram) -> BundledProgram[StochasticProgram]:
    """A scenario a day-ahead node, whether it has one leaf or several.

    Raises
    ------
    ModelError
        A price that should be known at the day-ahead node differs between its leaves.
    """
    _require_known_day_ahead(leaves.instance, leaves.tree)
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


#: Slack of a node; a component may have the name of a node, and slack of its own.
_NODE_SLACK = ("unserved_mw", "dumped_mw")


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
        self._flow_labels = flow_labels
        self._derived = derived
        self.base_schedule = base_schedule_columns(site)
        self.called_products = called_products(site.directed_products)
        self._kept: Sequence[ColumnRanges] | None = None
        self._exclusive = _exclusive(instance, tree)
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

    @cached_property
    def flow_names(self) -> tuple[tuple[str, str, str], ...]:
        """Carrier, node and component of every flow, with ``unserved`` and ``dumped`` as components."""
        carriers = {name: node.carrier for name, node in self.instance.nodes.items()}
        names = dict.fromkeys((carriers[node], node, owner) for node, owner, _ in self._flow_labels)
        names |= dict.fromkeys(
            (carriers[group.owner], group.owner, group.quantity.removesuffix("_mw")) for group in self._slack_groups
        )
        return tuple(names)

    def flows(self, index: int, values: FloatArray) -> FloatArray:
        """Called operation at every node, MW into the node.

        Returns
        -------
        array, shape (periods, flows)
            Flows in the order of :attr:`flow_names`.
        """
        stamped = self.structure.stamp(self.data(index))
        form = self.structure.flows
        amounts = form.matrix(stamped, self.structure.columns) @ values + stamped[form.constant_slice]
        table = np.zeros((len(self.tree.time), len(self.flow_names)))
        # two ports of one component at one node add up
        np.add.at(table, self._flow_places, amounts)
        first = len(self.flow_names) - len(self._slack_groups)
        for place, group in enumerate(self._slack_groups, first):
            sign = 1.0 if group.quantity == "unserved_mw" else -1.0
            table[:, place] = sign * values[group.positions]
        return table

    @cached_property
    def _slack_groups(self) -> tuple[ColumnGroup, ...]:
        """What is unserved and dumped at nodes."""
        nodes = self.instance.nodes
        return tuple(
            group
            for group in self.column_groups
            if group.role == "slack" and group.owner in nodes and group.quantity in _NODE_SLACK
        )

    @cached_property
    def _flow_places(self) -> tuple[IndexArray, IndexArray]:
        """Period and flow of every amount."""
        carriers = {name: node.carrier for name, node in self.instance.nodes.items()}
        place = {name: number for number, name in enumerate(self.flow_names)}
        places = np.array(
            [(t, place[carriers[node], node, owner]) for node, owner, t in self._flow_labels], dtype=np.int32
        ).reshape(-1, 2)
        return places[:, 0], places[:, 1]

    def commitments(self, root: FloatArray) -> pd.DataFrame:
        """Committed volumes, one row per product and block; volumes of later stages are decisions of a scenario.

        Returns
        -------
        DataFrame
            Columns ``product``, ``block_start``, ``block_end``, ``volume_mw``; ``volume_mvar`` as well where a product
            is committed in Mvar, which has no ``volume_mw``. Where products are offered at prices ``direction`` and
            ``price_eur_per_mw_h`` (``price_eur_per_mwh`` for energy) as well, and a row for each price of a block.
        """
        place = {int(column): k for k, column in enumerate(self.root.columns)}
        rows, columns = [], ["product", "block_start", "block_end", "volume_mw"]
        for product_id in self.volume_shapes:
            product, groups = self.instance.products[product_id], self.volume_groups(product_id)
            offers = product.price_offers()
            steps = {} if offers is None else {step.quantity: step for step in offers.steps}
            told: list[dict[str, Any]] = []
            for group in groups:
                step = steps.get(group.quantity)
                extra = {} if step is None else {"direction": step.direction, step.price_column: step.price}
                quantity = group.quantity if step is None else "volume_mw"
                columns += [name for name in (*extra, quantity) if name not in columns]
                for (start, end), column in zip(self._block_times(product_id), group.positions, strict=True):
                    volume = {quantity: float(root[place[int(column)]])}
                    told.append({"product": product_id, "block_start": start, "block_end": end} | extra | volume)
            # prices of one block stand together
            rows += sorted(told, key=lambda row: row["block_start"]) if steps else told
        return pd.DataFrame(rows, columns=columns)

    @property
    def volume_shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each product's volumes at the root: (blocks,), or (prices, blocks) where it is offered at prices."""
        found: dict[str, tuple[int, ...]] = {}
        for product_id in dict.fromkeys(group.owner for group in self.column_groups):
            product, groups = self.instance.products.get(product_id), self.volume_groups(product_id)
            if product is not None and groups:
                blocks = len(groups[0].positions)
                found[product_id] = (blocks,) if product.price_offers() is None else (len(groups), blocks)
        return found

    @property
    def service_shapes(self) -> dict[str, tuple[int, ...]]:
        """The volume shapes of products that are no energy market, whose orders are volumes at the root too."""
        markets = self.instance.markets()
        return {name: shape for name, shape in self.volume_shapes.items() if name not in markets}

    def volume_groups(self, product_id: str) -> list[ColumnGroup]:
        """Volumes of a product at the root: one group, or one for each price at which it is offered."""
        own = (group for group in self.column_groups if group.owner == product_id and group.stage == "commit")
        return [group for group in own if group.role == "commitment"]

    def _block_times(self, product_id: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
        """Start and end of each block of a product's volume."""
        time, length = self.tree.time, pd.Timedelta(hours=self.instance.horizon.period_h)
        spans = volume_blocks(self.instance.products[product_id], time, self.instance.horizon.period_h)
        return [(time[int(span[0])], time[int(span[-1])] + length) for span in spans]

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
            for name, numbers in self._following(product_id, given).items():
                if name in groups:
                    known = ~np.isnan(numbers)
                    columns.append(groups[name].positions[known])
                    values.append(numbers[known])
        nothing = np.empty(0)
        return self.with_fixed(np.concatenate([nothing.astype(np.int32), *columns]), np.concatenate([nothing, *values]))

    def with_tree(self, tree: ScenarioTree) -> SiteProgram:
        """The same program over other scenarios of the same series and periods, without compiling anything again.

        Explicit scenarios have to be among those it was built for: penalties of slack follow from their prices.
        """
        other = copy.copy(self)
        other.tree = tree
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

    def _following(self, product_id: str, volumes: FloatArray) -> dict[str, FloatArray]:
        """Values of the root's columns that follow from a product's volumes, by the name of their group."""
        product = self.instance.products[product_id]
        offers, rules = product.price_offers(), product.bid_rules()
        if offers is None:
            quantity = "volume_mvar" if self._has_column(f"{product_id}.volume_mvar") else "volume_mw"
            parts = [("", quantity, volumes)]
        else:
            parts = [(f"{s.name}_", s.quantity, own) for s, own in zip(offers.steps, volumes, strict=True)]
        found: dict[str, FloatArray] = {}
        for prefix, quantity, own in parts:
            found |= {f"{product_id}.{quantity}": own, f"{product_id}.{prefix}bid": _is_bid(own)}
            if rules is not None and rules.bid_step_mw > 0:
                found[f"{product_id}.{prefix}bid_steps"] = np.round(own / rules.bid_step_mw)
        if offers is not None:
            found[f"{product_id}.bid"] = _is_bid(np.sum(volumes, axis=0))
        return found

    def _has_column(self, name: str) -> bool:
        return any(group.name == name for group in self.column_groups)

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
            nearest=self._nearest,
            has_common_bounds=True,
        )

    def _rho_scale(self, columns: np.ndarray[Any, np.dtype[np.int32]]) -> FloatArray:
        """Expected price of one MW over the block, per MW: a penalty moves the volume by 1 MW for what 1 MW earns."""
        count = min(len(self.scenario_names), 20)
        total = np.zeros(len(columns))
        for index in range(count):
            total += np.abs(self.scenario(index).cost[columns])
        return np.maximum(total / max(count, 1), 1e-3)

    def _nearest(self, root: FloatArray) -> FloatArray:
        columns = self._root.columns
        point = np.clip(root, self.structure.column_lower[columns], self.structure.column_upper[columns])
        place = {int(column): k for k, column in enumerate(columns)}
        groups, bids = {group.name: group for group in self.column_groups}, self.instance.bids
        # volumes decided later are no part of the root
        found = {product_id: product.bid_rules() for product_id, product in self.instance.products.items()}
        ruled = {name: rules for name, rules in found.items() if rules is not None and rules.stage == "commit"}
        volumes: dict[str, FloatArray] = {}
        for product_id, rules in ruled.items():
            own = [point[[place[int(c)] for c in group.positions]] for group in self.volume_groups(product_id)]
            volumes[product_id] = nearest_bids_mw(np.array(own), rules, steps=bids.steps, minimum=bids.minimum)
        for first, second, shared in self._exclusive:
            if first in volumes and second in volumes:
                keep_larger(volumes[first], volumes[second], shared)
        for product_id, values in volumes.items():
            is_offered = self.instance.products[product_id].price_offers() is not None
            for name, numbers in self._following(product_id, values if is_offered else values[0]).items():
                if name in groups:
                    point[[place[int(column)] for column in groups[name].positions]] = numbers
        # a volume that is given stays, whatever its neighbours would have it be
        return np.clip(point, self.structure.column_lower[columns], self.structure.column_upper[columns])


def _exclusive(instance: Instance, tree: ScenarioTree) -> list[tuple[str, str, list[Overlap]]]:
    """Products that exclude each other, with the blocks in which they do."""
    found, called = [], instance.called_products()
    for first, second in exclusive_pairs(instance.products):
        shared = overlaps(called[first], called[second], tree.time, instance.horizon.period_h)
        found.append((first, second, shared))
    return found


def _is_bid(volumes: FloatArray) -> FloatArray:
    """1 where there is a volume, NaN where it is still to be decided."""
    return np.where(np.isnan(volumes), np.nan, volumes > 0)


def _names(groups: tuple[Group, ...]) -> tuple[str, ...]:
    return tuple(f"{group.name}[{k}]" for group in groups for k in range(len(group.positions)))
