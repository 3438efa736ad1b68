"""The share of a drawn tree that one of several processes draws, and the tree that they make of their shares together.

Only weights of importance sampling belong to the whole: every process tells the others the likelihood ratios of its own
scenarios, and no series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.shared_tree import SharedTree
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.handed_in import mark_as_checked
from mes_stoch.uncertainty.quality import require_sound
from mes_stoch.uncertainty.tree_draws import TreeDraws


@dataclass(frozen=True)
class DrawnShare:
    """Scenarios that a process has drawn and checked; see :func:`draw_share`.

    Parameters
    ----------
    draws : TreeDraws
        Of the whole tree.
    held : ScenarioTree
        A tree by itself.
    first_node : int
        Number of its first node.
    share : range
        Positions of this process's scenarios among all.
    log_ratios : array
        Logarithm of the likelihood ratio of each of them; 0 where calls are drawn as they are.
    """

    draws: TreeDraws
    held: ScenarioTree
    first_node: int
    share: range
    log_ratios: NDArray[np.float64]

    @property
    def is_weighted(self) -> bool:
        """Whether probabilities follow from the likelihood ratios of all scenarios."""
        return bool(self.draws.tilted_calls)

    def tree(self, log_ratios: NDArray[np.float64] | None = None) -> SharedTree:
        """The tree, of which this process holds its share.

        Parameters
        ----------
        log_ratios : array, shape (all scenarios,)
            Of all processes, where the tree is weighted.
        """
        draws = self.draws
        first = self.first_node * draws.leaves_per_day_ahead_node
        return SharedTree(draws.frame(log_ratios), self.held, first, self.share, _NodeDraws(draws))


@dataclass(frozen=True)
class _NodeDraws:
    """Draws a node, by its number, as a tree by itself."""

    draws: TreeDraws

    def __call__(self, node: int) -> ScenarioTree:
        return self.draws.nodes_alone(node, node + 1)[0]


def draw_share(draws: TreeDraws, nodes: range, stop: Callable[[], bool] | None = None) -> DrawnShare:
    """Draw and check some consecutive nodes of a tree; the first or the last one where there is none among them.

    Parameters
    ----------
    draws : TreeDraws
    nodes : range
        Numbers of the nodes that are this process's.
    stop : callable, optional
        Asked before every node whether to give up.

    Raises
    ------
    UsageError, TimeLimitError, InstanceError
        No room for them, no time, or data that are not sound.
    """
    below = draws.leaves_per_day_ahead_node
    # more processes than nodes: what a scenario looks like is known everywhere
    first = min(nodes.start, draws.nodes - 1)
    held, log_ratios = draws.nodes_alone(first, max(nodes.stop, first + 1), stop)
    instance = draws.loaded.instance
    require_sound(instance, held, draws.loaded.written)
    share = range(nodes.start * below, nodes.stop * below)
    return DrawnShare(draws, mark_as_checked(instance, held), first, share, log_ratios[: len(share)])
