"""Decisions of the site that belong to a commitment: as given, and what is not given as is best beside it."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from mes_stoch.evaluation.commitment import root_of
from mes_stoch.io.commitment_file import GivenCommitments
from mes_stoch.io.readers.locate import listed
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.schema.errors import InterruptedRunError, SolveError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.solvers.auto import solve_by
from mes_stoch.solvers.certificate.bounds import NotInTimeError
from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.risk_averse import site_with_risk

logger = logging.getLogger("mes_stoch.evaluation.site_decisions")


def with_decisions_made(
    given: GivenCommitments,
    instance: Instance,
    tree: ScenarioTree,
    options: SolveOptions,
    stop: Stop,
    communicator: ScenarioCommunicator,
) -> GivenCommitments:
    """A commitment with all decisions of the site; those it lacks are the best over the tree beside its volumes.

    Raises
    ------
    UsageError
        The root decides more than volumes and numbers of components.
    InfeasibleError, SolveError
    InterruptedRunError
        A signal came before what is not given was decided; on all ranks, like every error here.
    NotInTimeError
        There was no time to decide what is not given.
    """
    missing = [key for key in instance.site_decisions() if key not in given.site_decisions]
    if not missing:
        return given
    leaves = build_leaf_program(instance, tree)
    # whatever they are, the volumes have to leave nothing else open
    root_of(leaves, given.volumes, {key: one.lower for key, one in instance.site_decisions().items()})
    fixed = leaves.with_commitments(given.volumes).with_site_decisions(given.site_decisions)
    limit = stop.earlier(time.perf_counter() + options.time_limit_s)
    result = solve_by("auto", site_with_risk(fixed, limit), options, stop=limit)
    root = None if result is None or not result.scenarios else result.root
    # what the leading rank has is known to all before any raises, so that none waits for one that has left
    is_solved, found = communicator.broadcast((result is not None, root))
    if communicator.any(limit.is_interrupted):
        raise InterruptedRunError(f"{instance.name}: interrupted before the decisions of the site that are not given")
    if not is_solved:
        raise SolveError(f"{instance.name}: decisions of the site are worked out in one process")
    if found is None:
        raise NotInTimeError(f"{instance.name}: there was no time for the decisions of the site that are not given")
    columns = leaves.root.columns
    best = leaves.decisions.values(columns, found[: len(columns)])
    if communicator.is_rank_zero:
        told = listed([f"{name} {quantity} {best[name, quantity]:.4g}" for name, quantity in missing])
        logger.warning("not given, and decided as is best with the volumes: %s", told)
    return replace(given, site_decisions=best | dict(given.site_decisions))
