"""Makes the hub of a site in a scenario: every component says what it is there, and the parts become matrices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mes_stoch.components.shared.hub_context import Values
from mes_stoch.io.readers.locate import listed
from mes_stoch.io.validation.penalties import with_penalties
from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.registry import COMPONENTS, Kind, kind
from mes_stoch.schema.errors import ExtensionError, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_builder import ArcBlock, HubBuilder, RowBlock, sparse
from mes_stoch.views.labelled_matrix import TIME, LabelledMatrix
from mes_stoch.views.steps import make_steps


def build_hub(instance: Instance, tree: ScenarioTree, scenario: int = 0, *, cuts_h: Sequence[float] = ()) -> Hub:
    """The hub of a site in one scenario.

    Parameters
    ----------
    instance : Instance
    tree : ScenarioTree
    scenario : int
        Position in the tree.
    cuts_h : sequence of float
        Moments within each period at which it is cut into steps, h after its start; of a first period that has begun,
        after that.

    Raises
    ------
    UsageError
        There is no such scenario.
    ExtensionError
        A kind of an installed package does not say what it is in a hub.
    """
    if not 0 <= scenario < len(tree.scenario_names):
        raise UsageError(f"there are scenarios 0 to {len(tree.scenario_names) - 1}; found {scenario}")
    known = with_penalties(instance, series_ranges(instance, tree))
    steps = make_steps(tree.time, float(instance.horizon.period_h), cuts_h, instance.horizon.begun_h)
    builder = HubBuilder(known, tree.time, steps, lambda name: tree.values(name, scenario))
    _require_hubs(known)
    for name, spec in known.components.items():
        kind(COMPONENTS, spec.type).function("hub", "build")(builder, name, spec)
    builder.add_slack()
    return _assembled(builder)


def _require_hubs(instance: Instance) -> None:
    """A hub is asked for: every kind must say what it is there.

    Raises
    ------
    ExtensionError
    """
    users: dict[Kind, list[str]] = {}
    for name, spec in instance.components.items():
        own = kind(COMPONENTS, spec.type)
        if not own.has("hub"):
            users.setdefault(own, []).append(name)
    if users:
        lacking = "; ".join(
            f"{own.tag} of the package {own.brought_by} does not say what it is in a hub: there is no module "
            f"{own.package}.hub, which is needed for {listed(names)}"
            for own, names in users.items()
        )
        raise ExtensionError(f"no energy hub of this site: {lacking}")


def _assembled(builder: HubBuilder) -> Hub:
    steps = builder.time_steps
    columns = _column_table(builder)
    labels = pd.MultiIndex.from_frame(columns[["component", "name", TIME]])
    incidence, conversion = _arc_matrices(builder, labels)
    blocks = builder.row_blocks
    return Hub(
        steps=steps,
        columns=columns,
        incidence=incidence,
        conversion=conversion,
        is_reference=_references(builder.arc_blocks, columns["role"].to_numpy() == "flow"),
        limits=LabelledMatrix(builder.row_matrix, _row_labels(blocks), labels),
        limit_lower=_joined([block.lower for block in blocks]),
        limit_upper=_joined([block.upper for block in blocks]),
        limit_roles=np.concatenate([np.empty(0, dtype=str), *(np.full(len(b.lower), b.role) for b in blocks)]),
        component_loads=_loads(builder),
    )


def _column_table(builder: HubBuilder) -> pd.DataFrame:
    start = builder.time_steps.start
    frames = [
        pd.DataFrame(
            {
                "component": block.owner,
                "name": block.name,
                "unit": block.unit,
                "role": block.role,
                TIME: start[block.steps],
                "step": block.steps,
                "lower": block.lower,
                "upper": block.upper,
                "cost": block.cost,
                "is_integer": block.is_integer,
            }
        )
        for block in builder.column_blocks
    ]
    if not frames:
        raise UsageError("no energy hub of this site: nothing in it can be decided")
    return pd.concat(frames, ignore_index=True)


def _arc_matrices(builder: HubBuilder, columns: pd.MultiIndex) -> tuple[LabelledMatrix, LabelledMatrix]:
    start, count = builder.time_steps.start, builder.steps
    blocks: list[ArcBlock] = builder.arc_blocks
    steps = np.arange(count)
    node_numbers = {node: number for number, node in enumerate(builder.instance.nodes)}
    nodes = pd.MultiIndex.from_product([list(node_numbers), start], names=["node", TIME])
    arcs = pd.MultiIndex.from_arrays(
        [
            np.repeat(np.array([getattr(block, part) for block in blocks], dtype=object), count)
            for part in ("owner", "branch", "node", "way")
        ]
        + [start[np.tile(steps, len(blocks))]],
        names=["component", "branch", "node", "direction", TIME],
    )
    places = [number * count + steps for number in range(len(blocks))]
    incidence = sparse(
        [np.full(count, float(block.direction)) for block in blocks],
        [node_numbers[block.node] * count + steps for block in blocks],
        places,
        (len(nodes), len(arcs)),
    )
    conversion = sparse(
        [block.per_unit for block in blocks], places, [block.columns for block in blocks], (len(arcs), len(columns))
    )
    return LabelledMatrix(incidence, nodes, arcs), LabelledMatrix(conversion, arcs, columns)


def _references(blocks: Sequence[ArcBlock], is_flow: np.ndarray) -> np.ndarray:
    """Arc of each flow to which ratios refer: the one that is said to be it, else the first with a constant 1."""
    empty = np.empty(0)
    columns = np.concatenate([empty.astype(np.int64), *(block.columns for block in blocks)])
    per_unit = np.concatenate([empty, *(block.per_unit for block in blocks)])
    rank = np.concatenate([empty, *(np.full(len(block.columns), _rank(block)) for block in blocks)])
    order = np.lexsort((rank, columns))
    order = order[(is_flow[columns] & (per_unit != 0))[order]]
    found = np.zeros(len(columns), dtype=bool)
    found[order[np.unique(columns[order], return_index=True)[1]]] = True
    return found


def _rank(block: ArcBlock) -> float:
    if block.is_reference:
        return 0.0
    return 1.0 if np.all(block.per_unit == 1.0) else 2.0


def _loads(builder: HubBuilder) -> pd.Series[float]:
    start, owners = builder.time_steps.start, list(builder.loads)
    index = pd.MultiIndex.from_tuples(
        [(owner, node, moment) for owner, node in owners for moment in start], names=["component", "node", TIME]
    )
    return pd.Series(_joined([builder.loads[key] for key in owners]), index, name="load_mw", dtype=float)


def _row_labels(blocks: Sequence[RowBlock]) -> pd.MultiIndex:
    parts = [(block.owner, block.name, block.unit, int(number)) for block in blocks for number in block.numbers]
    return pd.MultiIndex.from_tuples(parts, names=["component", "row", "unit", "number"])


def _joined(parts: Sequence[Values]) -> Values:
    return np.concatenate([np.empty(0), *parts])
