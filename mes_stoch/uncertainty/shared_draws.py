"""The share of a tree that one of several processes draws or keeps, and the tree that they make of their shares.

Only weights of importance sampling belong to the whole: every process tells the others the likelihood ratios of its own
scenarios, and no series.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.validation.price_limits import series_ranges
from mes_stoch.schema.shared_tree import SharedTree
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.handed_in import mark_as_checked, private_copy
from mes_stoch.uncertainty.quality import require_sound
from mes_stoch.uncertainty.tree import listed_alone
from mes_stoch.uncertainty.tree_draws import TreeDraws

if TYPE_CHECKING:
    from mes_stoch.io.instance import LoadedInstance


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
        # what a run keeps of a tree, on one process and on several
        frame = private_copy(ScenarioTree(draws.frame(log_ratios))).dataset
        return SharedTree(frame, self.held, first, self.share, _NodeDraws(draws))


def listed_share(loaded: LoadedInstance, whole: ScenarioTree, share: range) -> SharedTree:
    """The share of a list that a process keeps of the whole tree: the others' scenarios stay in the files' tables.

    Parameters
    ----------
    loaded : LoadedInstance
    whole : ScenarioTree
        Its list, checked; of two stages.
    share : range
        Positions of this process's scenarios.
    """
    count = len(whole.scenario_names)
    first = min(share.start, count - 1)
    held = mark_as_checked(loaded.instance, whole.part(range(first, max(share.stop, first + 1))))
    frame = private_copy(ScenarioTree(whole.dataset.drop_vars(list(whole.varying_series)))).dataset
    return SharedTree(frame, held, first, share, partial(listed_alone, loaded), series_ranges(loaded.instance, whole))


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
