"""Reduction of trees with several leaves below a day-ahead node, and three stages made from a fan of paths.

**A tree with leaves below nodes** is reduced in two steps, so that what is known when remains as it was. First nodes
are chosen by the distance between them: of their day-ahead data, and of the mean of their leaves' realtime data. Then
of each kept node its own leaves are reduced by their realtime data, with their probabilities given the node; the
probability of a node left out goes to the nearest one that is kept.

**A fan of paths**, each with a day-ahead node of its own, becomes a three-stage tree by clustering: paths are chosen by
their day-ahead data alone, and every path belongs to the nearest chosen one. Such a cluster is a node: it has the
day-ahead data of the chosen path, and the realtime data of the paths in it are its leaves, reduced as above. Realtime
data remain those of a path; what they say of day-ahead data (an intraday price that follows the day-ahead price) holds
between path and node only as far as the cluster is narrow.

Either way the stated distance is that of the best transport from the sample to the tree which respects the nodes: every
scenario moves to leaves of the node that stands for it. It is no less than the Wasserstein distance, which
may mix nodes. It is a distance of data: what clustering changes in what is known when, it does not count.

Sources
-------
Groewe-Kuska, Heitsch, Roemisch (2003), Scenario reduction and scenario tree construction for power management
problems, IEEE Bologna Power Tech; Heitsch, Roemisch (2009), Scenario tree modeling for multistage stochastic programs,
Mathematical Programming 118, DOI 10.1007/s10107-007-0197-2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from mes_stoch.schema.errors import ModelError
from mes_stoch.schema.reduction import ReductionRule
from mes_stoch.uncertainty.reduction.distances import FloatArray, IndexArray, cost_matrix
from mes_stoch.uncertainty.reduction.selection import selected


@dataclass(frozen=True)
class NodeSelection:
    """Leaves that are kept, below the nodes that are kept.

    Parameters
    ----------
    kept : array of int
        Positions of the leaves in the sample, those of a node together.
    nodes : array of int, shape (kept,)
        Group of the sample each belongs to (position of its node, or of the path that gives the cluster's data).
    probabilities : array, shape (kept,)
    cost : float
        Of the transport.
    """

    kept: IndexArray
    nodes: IndexArray
    probabilities: FloatArray
    cost: float


def reduced_nodes(
    groups: Sequence[Sequence[int]],
    day_ahead: FloatArray,
    realtime: FloatArray,
    probabilities: FloatArray,
    counts: tuple[int, int],
    rule: ReductionRule,
    always: Sequence[int] = (),
) -> NodeSelection:
    """Nodes of a tree first, then the leaves of each kept one.

    Parameters
    ----------
    groups : sequence of sequence of int
        Leaves below each node.
    day_ahead, realtime : array, shape (leaves, coordinates)
        Data of every leaf, as points.
    counts : (int, int)
        Nodes to keep, and leaves below each.
    always : sequence of int
        Leaves that are kept whatever they cost, with their nodes.
    """
    weights = np.array([probabilities[list(group)].sum() for group in groups])
    means = np.stack([_mean(realtime, probabilities, group) for group in groups])
    points = np.concatenate([day_ahead[[group[0] for group in groups]], means], axis=1)
    of_leaf = {leaf: node for node, group in enumerate(groups) for leaf in group}
    kept_always = list(dict.fromkeys(of_leaf[leaf] for leaf in always))
    found = selected(cost_matrix(points, rule.order), weights, counts[0], rule, kept_always)
    below: list[tuple[int, IndexArray, FloatArray]] = []
    for node, weight in zip(found.kept.tolist(), found.probabilities.tolist(), strict=True):
        group = np.asarray(groups[node], dtype=np.intp)
        own = probabilities[group]
        given = own / own.sum() if own.sum() > 0 else np.full(len(own), 1.0 / len(own))
        there = [int(np.flatnonzero(group == leaf)[0]) for leaf in always if of_leaf[leaf] == node]
        leaves = selected(cost_matrix(realtime[group], rule.order), given, counts[1], rule, there)
        below.append((node, group[leaves.kept], weight * leaves.probabilities))
    stands_for = {leaf: int(found.nearest[node]) for leaf, node in of_leaf.items()}
    joint = np.concatenate([day_ahead, realtime], axis=1)
    return _together(below, stands_for, joint, probabilities, rule.order)


def clustered_paths(
    day_ahead: FloatArray,
    realtime: FloatArray,
    probabilities: FloatArray,
    counts: tuple[int, int],
    rule: ReductionRule,
    always: Sequence[int] = (),
) -> NodeSelection:
    """A fan as a three-stage tree.

    Parameters
    ----------
    day_ahead, realtime : array, shape (paths, coordinates)
    counts : (int, int)
        Nodes to make, and leaves below each; a cluster of fewer paths has as many leaves as paths.
    always : sequence of int
        Paths that are leaves whatever they cost.
    """
    found = selected(cost_matrix(day_ahead, rule.order), probabilities, counts[0], rule)
    below: list[tuple[int, IndexArray, FloatArray]] = []
    for place, node in enumerate(found.kept.tolist()):
        group = np.flatnonzero(found.nearest == place)
        there = [int(np.flatnonzero(group == leaf)[0]) for leaf in always if found.nearest[leaf] == place]
        leaves = selected(cost_matrix(realtime[group], rule.order), probabilities[group], counts[1], rule, there)
        below.append((node, group[leaves.kept], leaves.probabilities))
    stands_for = dict(enumerate(found.nearest.tolist()))
    # a leaf is where the tree puts it: at its node's day-ahead data
    kept = np.concatenate([leaves for _, leaves, _ in below])
    nodes = np.concatenate([np.full(len(leaves), node) for node, leaves, _ in below])
    joint = np.concatenate([day_ahead, realtime], axis=1)
    moved = np.concatenate([day_ahead[nodes], realtime[kept]], axis=1)
    return _together(below, stands_for, joint, probabilities, rule.order, dict(zip(kept.tolist(), moved, strict=True)))


def _mean(points: FloatArray, probabilities: FloatArray, group: Sequence[int]) -> FloatArray:
    rows = list(group)
    weights = probabilities[rows]
    return np.asarray(weights @ points[rows] / weights.sum() if weights.sum() > 0 else points[rows].mean(axis=0))


def _together(
    below: Sequence[tuple[int, IndexArray, FloatArray]],
    stands_for: Mapping[int, int],
    points: FloatArray,
    probabilities: FloatArray,
    order: int,
    moved: Mapping[int, FloatArray] | None = None,
) -> NodeSelection:
    """All kept leaves, and the least cost of moving every scenario to leaves of the node that stands for it."""
    cost = 0.0
    place_of = np.array([stands_for[leaf] for leaf in range(len(points))])
    for place, (_, leaves, weights) in enumerate(below):
        sources = np.flatnonzero(place_of == place)
        targets = points[leaves] if moved is None else np.stack([moved[int(leaf)] for leaf in leaves])
        squares = np.stack(
            [np.einsum("ij,ij->i", points[sources] - target, points[sources] - target) for target in targets], axis=1
        )
        cost += transport_cost(squares if order == 2 else np.sqrt(squares), probabilities[sources], weights)
    return NodeSelection(
        np.concatenate([leaves for _, leaves, _ in below]),
        np.concatenate([np.full(len(leaves), node, dtype=np.intp) for node, leaves, _ in below]),
        np.concatenate([weights for _, _, weights in below]),
        cost,
    )


def transport_cost(costs: FloatArray, supply: FloatArray, demand: FloatArray) -> float:
    """Least cost of moving weights from sources to targets, both given.

    ``min sum c[i, j] f[i, j]`` over ``f >= 0``, ``sum_j f[i, j] = supply[i]``, ``sum_i f[i, j] = demand[j]``. Where
    all that is nearest to each target is what it has, as it is where leaves stand for those of their own node, nothing
    needs to be solved.

    Parameters
    ----------
    costs : array, shape (sources, targets)
    supply, demand : array, shape (sources,) and (targets,)
        With the same sum.
    """
    nearest = np.argmin(costs, axis=1)
    if np.allclose(np.bincount(nearest, supply, len(demand)), demand, rtol=1e-9, atol=1e-12):
        return float(supply @ costs[np.arange(len(supply)), nearest])
    used = supply > 0
    count, targets = int(used.sum()), len(demand)
    rows = sp.kron(sp.eye_array(count), np.ones((1, targets)), format="csr")
    columns = sp.kron(np.ones((1, count)), sp.eye_array(targets), format="csr")
    # the last row follows from the others, and rounding of the sums must not make it impossible
    needed = np.concatenate([supply[used], (demand * (supply.sum() / demand.sum()))[:-1]])
    balance: Any = sp.vstack([rows, columns[:-1]])
    found = linprog(costs[used].ravel(), A_eq=balance, b_eq=needed, method="highs")
    if found.status != 0 or found.fun is None:
        raise ModelError(f"the transport between scenarios was not solved: {found.message}")
    return float(found.fun)
