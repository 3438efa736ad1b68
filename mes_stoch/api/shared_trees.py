"""The tree that ranks solve together: each draws its own scenarios, or has them from the leading one.

Decomposition shares scenarios out by position, and so does drawing. What cannot be drawn in parts:

- scenarios that are chosen among more (:mod:`mes_stoch.uncertainty.reduction`): the leading rank alone draws and
  chooses, and tells the others which are left. Those are few, and stand on every rank; besides, which of two that are
  as near is kept may hang on the last bit of a sum, and that on the machine;
- scenarios of a list: every rank reads and checks the instance's own files, and keeps its share of the tree; where
  several of them share a day-ahead node, all of it;
- progressive hedging shares scenarios out in its own way: every rank has all of them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mes_stoch.api.sites import Site
from mes_stoch.schema.errors import MesStochError, UsageError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.schema.shared_tree import SharedTree
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.uncertainty.shared_draws import DrawnShare, draw_share, listed_share
from mes_stoch.uncertainty.tree import tree_draws

#: Methods that may share scenarios out by position.
SHARING_METHODS = ("auto", "decomposition")


def drawn_by_this_rank(
    site: Site,
    method: str,
    scenarios: int | None = None,
    seed: int | None = None,
    *,
    leaves_per_day_ahead_node: int | None = None,
    stop: Callable[[], bool] | None = None,
) -> ScenarioTree | DrawnShare | None:
    """What this rank contributes to the tree of all, without waiting for another; the whole tree in one process.

    Parameters
    ----------
    method : str
        By which it is to be solved.
    scenarios, seed, leaves_per_day_ahead_node, stop
        As for :meth:`mes_stoch.api.sites.Site.tree`.

    Returns
    -------
    ScenarioTree or DrawnShare or None
        For :func:`tree_of_all`; ``None`` where the leading rank contributes everything.

    Raises
    ------
    UsageError, InstanceError, TimeLimitError
        As :meth:`~mes_stoch.api.sites.Site.tree`, of this rank's scenarios alone.
    """
    communicator = ScenarioCommunicator(mpi.world())
    uncertainty = site.instance.uncertainty
    is_drawn = isinstance(uncertainty, SyntheticScenarios)
    is_chosen = isinstance(uncertainty, SyntheticScenarios) and uncertainty.reduction is not None
    if is_chosen and not communicator.is_rank_zero:
        return None
    is_shared = communicator.size > 1 and method in SHARING_METHODS and not is_chosen
    if is_shared and is_drawn:
        draws = tree_draws(site.loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node)
        return draw_share(draws, communicator.local_indices(draws.nodes), stop)
    whole = site.tree(scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, stop=stop)
    if is_shared and whole.is_two_stage:
        return listed_share(site.loaded, whole, communicator.local_indices(len(whole.scenario_names)))
    return whole


def tree_of_all(mine: ScenarioTree | DrawnShare | None) -> ScenarioTree:
    """The tree that ranks have together, once all of them have contributed; collective."""
    communicator = ScenarioCommunicator(mpi.world())
    if isinstance(mine, DrawnShare):
        if not mine.is_weighted:
            return mine.tree()
        return mine.tree(np.concatenate(communicator.everyones(mine.log_ratios)))
    # where the leading rank chooses, the others have nothing
    found = communicator.broadcast(mine) if communicator.any(mine is None) else mine
    if found is None:
        raise UsageError("ranks were started for different instances")
    return found


def tree_of_ranks(site: Site, method: str) -> ScenarioTree:
    """:func:`drawn_by_this_rank` and :func:`tree_of_all` at once, with the instance's own numbers; collective.

    Raises
    ------
    UsageError, InstanceError
        On all ranks, whichever of them met it.
    """
    communicator = ScenarioCommunicator(mpi.world())
    # the others would wait for a rank that ends by anything else than an error of a user's
    mpi.abort_when_uncaught()
    mine, problem = None, None
    try:
        mine = drawn_by_this_rank(site, method)
    except MesStochError as error:
        problem = error
    everyones = communicator.everyones(None if problem is None else str(problem))
    if problem is not None:
        raise problem
    for rank, text in enumerate(everyones):
        if text is not None:
            raise UsageError(f"rank {rank}: {text}")
    return tree_of_all(mine)


def gather_series(tree: SharedTree) -> None:
    """Let the leading rank hold the series of all scenarios, which the others have; collective."""
    communicator = ScenarioCommunicator(mpi.world())
    if communicator.size == 1:
        tree.complete()
        return
    found = {name: communicator.gathered_rows(own) for name, own in tree.own_series().items()}
    whole = {name: values for name, values in found.items() if values is not None}
    if communicator.is_rank_zero:
        tree.hold(whole)
