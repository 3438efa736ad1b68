"""What a commitment is worth beside the optimiser's own account of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mes_stoch.api.site import Site, checked_tree, site_of
from mes_stoch.api.solving import SolveRequest
from mes_stoch.evaluation.asked import Asked, Subject, evaluate_asked, stated_recourse
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.evaluation.intervals import IntervalRule
from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.evaluation.stress.outcome import stress as stress_test
from mes_stoch.report.run import Run, read_run
from mes_stoch.schema.errors import (
    MissingEntryError,
    RunFolderError,
    UsageError,
)
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.data import SettlementData
from mes_stoch.solvers.parallel import mpi
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

if TYPE_CHECKING:
    import pandas as pd


logger = logging.getLogger("mes_stoch.api")


def evaluate(
    subject: Run | Site | str | Path,
    *,
    stress: bool = False,
    commitments: pd.DataFrame | str | Path | None = None,
    tree: ScenarioTree | None = None,
    replications: int | None = None,
    seed: int | None = None,
    policy_leaves: int | None = None,
    interval: Literal["t", "bootstrap", "block-bootstrap"] | None = None,
    block_days: int | None = None,
    against: pd.DataFrame | str | Path | None = None,
    values: bool = False,
    products: bool = False,
    day_ahead: bool = False,
    devices: bool = False,
    device_step: float | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
) -> Evaluation:
    """Find out what a commitment is worth beside the optimiser's own account of it.

    Under ``mpiexec`` ranks share the scenarios of a commitment that is given, where nothing else is asked for: all of
    them have to call, and the leading one has the answer.

    Parameters
    ----------
    subject : Run, Site or path
        A run or its folder; or a site, for what needs no run.
    stress : bool
        Call everything that a run holds, in full, at every time the products allow, and see what cannot be delivered.
        Neither model nor solver is asked.
    commitments : DataFrame or path, optional
        Volumes to evaluate, a table like :attr:`Run.commitments` or a file like ``commitments.csv``; volumes that it
        does not give are 0. Default, where a tree is given or replications are asked for, those of the run.
    tree : ScenarioTree, optional
        Scenarios to evaluate over: fresh ones, of another seed, tell what the commitment is worth on days that it was
        not made for. Default the run's own, or ``site.tree()``.
    replications : int, optional
        Estimate how far the commitment may be from the best one over all days, from that many samples of as many
        scenarios as the tree has; 2 or more.
    seed : int, optional
        Root of the samples' seeds; default the instance's own.
    policy_leaves : int, optional
        With three stages, by how many further leaves below a node the candidate's day-ahead positions are decided in
        replications; default as many as the node has.
    interval : str, optional
        By which method intervals of the mean profit and of the mean of its worst 5 % are made for days not drawn:
        ``t``, ``bootstrap``, or, for scenarios that are days in their order, ``block-bootstrap``.
    block_days : int, optional
        Length of a block of the last; default the cube root of the number of days.
    against : DataFrame or path, optional
        Another commitment to compare with, in the same scenarios.
    values : bool
        Work out WS, RP, EEV, EV, EVPI and VSS over the tree, each between proven bounds.
    products : bool
        Work out what each committed product is worth, beside the others and alone, between proven bounds.
    day_ahead : bool
        Work out what it is worth to know the day-ahead node when its positions are decided, between proven bounds.
    devices : bool
        Work out what a little more of each device's power and energy is worth: per unit by its shadow price, which is
        no proof, and for a step between proven bounds.
    device_step : float, optional
        That step, MW or MWh; default a tenth of each limit.
    gap_rel : float, optional
        Gap of each of these bounds; default the instance's own.
    time_limit_s : float, optional
        For everything together; default none. The instance's own holds for each solve.
    told : callable, optional
        Told in a few words what comes next.

    Returns
    -------
    Evaluation
        ``stress.passed`` and ``stress.table()``; ``profits`` by scenario with mean, standard error and bound;
        ``comparison``; ``optimality_gap``; ``values``; ``product_values``; ``day_ahead_information``;
        ``device_values``.

    Raises
    ------
    UsageError
        If nothing is asked for, the folder is not that of a finished run, or the run has no dispatch.
    InstanceError
        Commitments that do not fit the instance, or a tree that is not sound.
    InfeasibleError
        A scenario has no dispatch with the commitment.
    TimeLimitError

    >>> import mes_stoch as ms
    >>> run = ms.solve(ms.read("instances/tiny_site"))
    >>> ms.evaluate(run, stress=True).stress
    <StressTest of 4 leaves and 16 full calls: no miss>
    >>> round(ms.evaluate(run, commitments=run.commitments).profits.mean, 2)
    -687.5
    """
    rule = None
    if interval is not None or block_days is not None:
        rule = IntervalRule(interval or "block-bootstrap", block_days)
    is_of_profits = commitments is not None or rule is not None or against is not None
    is_other = tree is not None and not (values or products or day_ahead or devices or replications is not None)
    asked = Asked(
        commitments=commitments,
        profits=is_of_profits or is_other,
        replications=replications,
        seed=seed,
        policy_leaves=policy_leaves,
        values=values,
        products=products,
        time_limit_s=time_limit_s,
        interval=rule,
        against=against,
        day_ahead=day_ahead,
        devices=devices,
        device_step=device_step,
    )
    if not (stress or asked.needs_solver):
        raise UsageError(
            "say what to evaluate: stress=True tests whether everything that is held can be delivered, commitments or "
            "a tree of other scenarios what a commitment earns, replications how far it may be from the best, "
            "values=True what information and the model are worth, products=True what each product is, "
            "day_ahead=True what day-ahead information is, devices=True what a MW of each device is"
        )
    run = None if isinstance(subject, Site) else _opened(subject)
    if run is None and stress:
        raise UsageError("an instance holds nothing yet: the stress test takes a run")
    if run is None and asked.needs_volumes and commitments is None:
        raise UsageError("an instance holds nothing yet: give commitments, or the folder of a run")
    site = site_of(run) if run is not None else _site(subject)
    found = Evaluation(site.name)
    if run is not None and stress:
        found = replace(found, stress=_stress(run, site.instance, subject))
    if not asked.needs_solver:
        return found
    taken = _tree_to_evaluate(site, run, tree)
    # the limit is checked here, and is for everything together
    SolveRequest(time_limit_s=time_limit_s).options(site.instance)
    options = SolveRequest(gap_rel=gap_rel).options(site.instance)
    team = ScenarioCommunicator(mpi.world() if asked.is_for_ranks and not stress else None)
    return evaluate_asked(found, _subject(site, run, taken, options.gap_rel), asked, options, told, team)


def _site(subject: object) -> Site:
    if not isinstance(subject, Site):  # pragma: no cover - the caller has seen to it
        raise UsageError("neither a run nor a site")
    return subject


def _opened(subject: Run | str | Path) -> Run:
    """A run, read from its folder where it is named; files that have changed since are told."""
    if isinstance(subject, Run):
        return subject
    run = read_run(subject, allow_changed=True)
    for line in run.changed:
        logger.warning("the run has been changed since it was written: %s", line)
    return run


def _stress(run: Run, instance: Instance, subject: object) -> StressTest:
    try:
        return stress_test(SettlementData(instance, run.tree, run.solution, run.flow_data))
    except MissingEntryError as error:
        raise RunFolderError("the run" if isinstance(subject, Run) else subject, [error.issue]) from None


def _tree_to_evaluate(site: Site, run: Run | None, tree: ScenarioTree | None) -> ScenarioTree:
    """The tree handed in, checked; else the run's own, else one drawn as the instance says."""
    if tree is None:
        return site.tree() if run is None else run.tree
    return checked_tree(site, tree)[0]


def _subject(site: Site, run: Run | None, tree: ScenarioTree, gap_rel: float) -> Subject:
    """What is evaluated, with what a run has committed and proven."""
    nodes = len(tree.day_ahead_nodes)
    below = len(tree.scenario_names) // nodes
    known = None
    if run is not None and tree is run.tree and not run.changed:
        known = stated_recourse(run.summary, gap_rel)
    return Subject(
        name=site.name,
        instance=site.instance,
        tree=tree,
        draw=lambda seed, further: site.tree(
            nodes * (below + further), seed, leaves_per_day_ahead_node=below + further
        ),
        committed=None if run is None else run.commitments,
        recourse=known,
        varied=lambda values: site.with_values(values).instance,
    )
