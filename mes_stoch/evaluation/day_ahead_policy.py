"""A policy for day-ahead positions: what a candidate root earns when a node does not know the leaves it is judged by.

Equations
---------
With a root ``r``, and ``y(r, d, l)`` the best profit of leaf ``l`` with the day-ahead positions ``d``, a node ``n`` of
the tree decides by leaves ``l'`` of its own that were drawn below it for this alone::

    d(n) in argmax_d  sum_l' y(r, d, l')                 a feasible dispatch of it, to the gap
    value of the policy at n = mean_l y(r, d(n), l)      over the leaves it is evaluated in

``d(n)`` depends on the node and on draws that are independent of ``l``, so that the mean over nodes is an unbiased
estimate of what the policy earns, and on the mean no more than the best policy with the same root earns. With
``l' = l`` it would be no estimate of a policy at all: the positions would know what they are judged by.

Source
------
Chiralaksanakul & Morton (2004), Assessing policy quality in multi-stage stochastic programming, Stochastic Programming
E-Print Series (edoc.hu-berlin.de): policies from sampled subtrees.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mes_stoch.model.bundle import BundledProgram
from mes_stoch.model.program import FloatArray, IndexArray, LinearProgram, RootStage, StochasticProgram
from mes_stoch.solvers.certificate.result import ScenarioSolution
from mes_stoch.solvers.decomposition.given_root import evaluate_given
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.subproblems.pool import with_fixed


class GivenDayAhead:
    """A :class:`~mes_stoch.model.program.StochasticProgram` of leaves whose day-ahead positions are decided already.

    Parameters
    ----------
    leaves : StochasticProgram
    columns : int array
        The day-ahead columns.
    positions : sequence of array
        Their values, a leaf each.
    """

    def __init__(self, leaves: StochasticProgram, columns: IndexArray, positions: Sequence[FloatArray]) -> None:
        self._leaves = leaves
        self._columns = columns
        self._positions = positions
        self.name = leaves.name
        self.scenario_names = leaves.scenario_names
        self.probabilities = leaves.probabilities
        self.root: RootStage = leaves.root
        self.column_names = leaves.column_names
        self.row_names = leaves.row_names

    def scenario(self, index: int) -> LinearProgram:
        """The leaf with its positions; the solver's tolerance is taken from them."""
        leaf, columns = self._leaves.scenario(index), self._columns
        decided = self._positions[index]
        whole = np.where(leaf.integer[columns], np.round(decided), decided)
        return with_fixed(leaf, columns, np.clip(whole, leaf.column_lower[columns], leaf.column_upper[columns]))


def policy_costs(
    deciding: BundledProgram[StochasticProgram],
    evaluated: BundledProgram[StochasticProgram],
    day_ahead: IndexArray,
    root: FloatArray,
    *,
    gap_rel: float = 1e-3,
    stop: Stop | None = None,
) -> FloatArray:
    """What the policy costs at every day-ahead node.

    Parameters
    ----------
    deciding, evaluated : BundledProgram
        The same nodes in the same order, with leaves that are independent given the node: those that positions are
        decided by, and those that they are judged in.
    day_ahead : int array
        Columns of a leaf that are decided at the node.
    root : array
        One value per root column.

    Returns
    -------
    array, shape (nodes,)
        Conditional mean of the costs of feasible dispatches, as the programs count money.

    Raises
    ------
    InfeasibleError
        A leaf has no dispatch with the root and the positions.
    NotInTimeError
    """

    def positions(solution: ScenarioSolution) -> FloatArray:
        return deciding.unbundle(solution.index, solution.values)[0][day_ahead]

    decided = evaluate_given(deciding, root, positions, gap_rel=gap_rel, stop=stop)
    by_leaf = {leaf: value.kept for value in decided for leaf in evaluated.members(value.index)}
    leaves = evaluated.program
    given = GivenDayAhead(leaves, day_ahead, [by_leaf[leaf] for leaf in range(len(leaves.scenario_names))])
    found = evaluate_given(given, root, lambda _: None, gap_rel=gap_rel, stop=stop)
    costs = np.array([value.upper for value in found])
    nodes = range(len(evaluated.scenario_names))
    return np.array([float(evaluated.weights(node) @ costs[list(evaluated.members(node))]) for node in nodes])
