"""A scenario tree reduced to fewer scenarios: the front of this package.

The scenarios that are kept are those of the sample, value by value and by name; only their probabilities are new. The
tree says in its attributes how it came about (:data:`mes_stoch.schema.tree.WEIGHTING_ATTRIBUTES`), because its
scenarios are no independent draws: statistics of samples do not hold for it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.reduction.accuracy import relative_accuracy, single_cost
from mes_stoch.uncertainty.reduction.clustering import clustered_paths, reduced_nodes
from mes_stoch.uncertainty.reduction.distances import (
    CostMatrix,
    FloatArray,
    IndexArray,
    cost_matrix,
    courses,
    features_of,
    require_known,
)
from mes_stoch.uncertainty.reduction.extremes import extreme_scenarios
from mes_stoch.uncertainty.reduction.moments import MET, matched_probabilities
from mes_stoch.uncertainty.reduction.problem_based import ProblemValues, opportunity_cost, with_values
from mes_stoch.uncertainty.reduction.selection import selected

logger = logging.getLogger("mes_stoch.uncertainty.reduction")


@dataclass(frozen=True)
class _Kept:
    """Scenarios of the sample that remain, with their probabilities; costs of the tree and of the best single one."""

    scenarios: IndexArray
    probabilities: FloatArray
    cost: float
    single: float
    #: Of clustered paths: the path that gives each scenario its day-ahead data.
    nodes: IndexArray | None = None


def reduced_tree(
    tree: ScenarioTree,
    to: int,
    rule: ReductionRule,
    *,
    leaves_per_day_ahead_node: int | None = None,
    day_ahead_series: Sequence[str] | None = None,
    values: ProblemValues | None = None,
) -> ScenarioTree:
    """A tree of fewer scenarios that is near the one given.

    Parameters
    ----------
    tree : ScenarioTree
        The sample, with any probabilities.
    to : int
        Scenarios (leaves) to keep.
    rule : ReductionRule
    leaves_per_day_ahead_node : int, optional
        Leaves to keep below each node of a tree whose nodes have several; default as many as the fullest node has. With
        ``day_ahead_series``, leaves of each cluster.
    day_ahead_series : sequence of str, optional
        Of a fan of paths: make a three-stage tree by clustering them, of which these series are known day-ahead.
    values : ProblemValues, optional
        What scenarios are worth to the site: the distance is by them, or by them and data.

    Returns
    -------
    ScenarioTree
        With ``to`` scenarios; fewer where nodes have fewer leaves than are asked for, and the tree itself where it has
        no more than ``to``.

    Raises
    ------
    UsageError
        Numbers or names that do not fit the tree.
    """
    count = len(tree.scenario_names)
    if to < 1:
        raise UsageError(f"a tree is reduced to 1 scenario or more, not to {to}")
    require_known(list(rule.series_weights), tree, "series_weights")
    require_known(rule.event_series, tree, "event_series")
    fullest = max(map(len, tree.day_ahead_nodes.values()))
    if to >= count and day_ahead_series is None and leaves_per_day_ahead_node in (None, fullest):
        return tree
    always = extreme_scenarios(tree, rule)
    if day_ahead_series is not None:
        kept = _clustered(tree, to, rule, leaves_per_day_ahead_node, day_ahead_series, always)
        _refuse_values(values)
    elif tree.is_two_stage:
        if leaves_per_day_ahead_node not in (None, 1):
            raise UsageError(
                "every scenario has a day-ahead node of its own: to make nodes with several leaves by clustering, say "
                "which series are known day-ahead (day_ahead_series)"
            )
        kept = _flat(tree, to, rule, always, values)
    else:
        _refuse_values(values)
        kept = _nested(tree, to, rule, leaves_per_day_ahead_node, always)
    return _described(tree, _assembled(tree, kept, day_ahead_series or ()), kept, rule, values)


def _refuse_values(values: ProblemValues | None) -> None:
    if values is not None:
        raise UsageError("distances by value are between scenarios of two-stage trees, and this one has three stages")


def _flat(
    tree: ScenarioTree, to: int, rule: ReductionRule, always: Sequence[int], values: ProblemValues | None
) -> _Kept:
    probabilities = tree.probabilities
    points = features_of(tree, rule)
    if values is None:
        cost: CostMatrix = cost_matrix(points, rule.order)
    elif values.is_opportunity:
        cost = opportunity_cost(values, cost_matrix(points, rule.order), probabilities)
    else:
        spread = float(probabilities @ np.einsum("ij,ij->i", points, points))
        cost = cost_matrix(with_values(points, spread, values, probabilities), rule.order)
    found = selected(cost, probabilities, to, rule, always)
    return _Kept(found.kept, found.probabilities, found.cost, single_cost(cost, probabilities))


def _nested(tree: ScenarioTree, to: int, rule: ReductionRule, leaves: int | None, always: Sequence[int]) -> _Kept:
    groups = list(tree.day_ahead_nodes.values())
    fullest = max(map(len, groups))
    below = fullest if leaves is None else leaves
    if not 1 <= below <= fullest:
        raise UsageError(f"the fullest day-ahead node has {fullest} leaves, and {below} are to be kept below each")
    known = [name for name in tree.varying_series if _is_known_day_ahead(tree, name)]
    realtime = [name for name in tree.varying_series if name not in known]
    points = (features_of(tree, rule, known), features_of(tree, rule, realtime))
    counts = (_nodes(to, below), below)
    found = reduced_nodes(groups, *points, tree.probabilities, counts, rule, always)
    single = _single(np.concatenate(points, axis=1), tree.probabilities, rule.order)
    order = np.argsort(found.kept, kind="stable")
    return _Kept(found.kept[order], found.probabilities[order], found.cost, single)


def _clustered(
    tree: ScenarioTree,
    to: int,
    rule: ReductionRule,
    leaves: int | None,
    day_ahead_series: Sequence[str],
    always: Sequence[int],
) -> _Kept:
    if not tree.is_two_stage:
        raise UsageError("a fan of paths is clustered, and some day-ahead nodes of this tree have several leaves")
    require_known(day_ahead_series, tree, "day_ahead_series")
    if leaves is None:
        raise UsageError("say how many leaves a cluster keeps (leaves_per_day_ahead_node)")
    realtime = [name for name in tree.varying_series if name not in day_ahead_series]
    points = (features_of(tree, rule, list(day_ahead_series)), features_of(tree, rule, realtime))
    counts = (_nodes(to, leaves), leaves)
    found = clustered_paths(*points, tree.probabilities, counts, rule, always)
    single = _single(np.concatenate(points, axis=1), tree.probabilities, rule.order)
    return _Kept(found.kept, found.probabilities, found.cost, single, found.nodes)


def _nodes(to: int, below: int) -> int:
    if below < 1 or to % below:
        raise UsageError(f"{to} scenarios cannot be shared out by {below} leaves a day-ahead node; take a multiple")
    return to // below


def _single(points: FloatArray, probabilities: FloatArray, order: int) -> float:
    return single_cost(cost_matrix(points, order), probabilities)


def _is_known_day_ahead(tree: ScenarioTree, name: str) -> bool:
    """Whether a series is the same in all leaves of every node."""
    values = courses(tree, name)
    first = np.empty(len(values), dtype=np.intp)
    for below in tree.day_ahead_nodes.values():
        first[list(below)] = below[0]
    return bool(np.array_equal(values, values[first]))


def _assembled(tree: ScenarioTree, kept: _Kept, day_ahead_series: Sequence[str]) -> ScenarioTree:
    dataset = tree.dataset.isel(scenario=kept.scenarios).copy(deep=True)
    dataset = dataset.assign_coords(probability=("scenario", kept.probabilities / kept.probabilities.sum()))
    if kept.nodes is None:
        return ScenarioTree(dataset)
    for name in day_ahead_series:
        source = tree.dataset[name].isel(scenario=kept.nodes)
        dataset[name] = (source.dims, source.values.copy())
    nodes = tree.dataset["day_ahead_node"].values[kept.nodes].astype(str)
    counted: dict[str, int] = {}
    leaves = []
    for node in nodes.tolist():
        counted[node] = counted.get(node, -1) + 1
        leaves.append(f"{node}/r{counted[node]}")
    names = np.array(leaves, dtype=str)
    return ScenarioTree(
        dataset.assign_coords(scenario=names, day_ahead_node=("scenario", nodes), leaf=("scenario", names))
    )


def _described(
    sample: ScenarioTree, tree: ScenarioTree, kept: _Kept, rule: ReductionRule, values: ProblemValues | None
) -> ScenarioTree:
    """The tree with its moments matched, and with how it came about among its attributes."""
    said: dict[str, object] = {
        "reduction_from": len(sample.scenario_names),
        "reduction_method": rule.method if kept.nodes is None else f"{rule.method} of clustered paths",
        "reduction_distance": distance_in_words(rule, values),
        "reduction_accuracy": relative_accuracy(kept.cost, kept.single, rule.order),
    }
    if rule.method == "k_medoids":
        said["reduction_seed"] = rule.seed
    dataset = tree.dataset
    if rule.match_moments:
        found = matched_probabilities(sample, tree, tree.probabilities, rule.match_moments)
        dataset = dataset.assign_coords(probability=("scenario", found.probabilities))
        said |= {"moments_matched": ", ".join(rule.match_moments), "moments_miss": found.largest_miss}
        if found.largest_miss > MET:
            logger.warning(
                "no probabilities of the %d scenarios have all moments of the sample: the %s is missed by %.3g "
                "(deviations, or units of variance); keep more scenarios, or match fewer moments",
                len(tree.scenario_names),
                found.worst,
                found.largest_miss,
            )
    return ScenarioTree(dataset.assign_attrs(said))


def distance_in_words(rule: ReductionRule, values: ProblemValues | None = None) -> str:
    """What was kept small, for a reader of the tree.

    >>> distance_in_words(ReductionRule(event_weight=2.0, series_weights={"da_price_eur_per_mwh": 3.0}))
    'Wasserstein, order 1; series by their spread; da_price_eur_per_mwh x 3; called shares x 2'
    """
    if values is not None and values.is_opportunity:
        words = ["opportunity cost"]
    else:
        words = [f"Wasserstein, order {rule.order}"]
    if values is not None:
        words.append(f"values of {len(values.profits)} commitments with a share of {values.share:g}")
    if values is None or values.share < 1.0:
        words.append("series by their spread")
        words += [f"{name} x {weight:g}" for name, weight in sorted(rule.series_weights.items())]
        if rule.event_weight != 1.0:
            words.append(f"called shares x {rule.event_weight:g}")
    return "; ".join(words)
