"""What a commitment is worth beside the optimiser's own account of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.api.site import Site, checked_tree, site_of
from mes_stoch.api.solving import SolveRequest
from mes_stoch.evaluation.asked import Asked, Subject, evaluate_asked, stated_recourse
from mes_stoch.evaluation.evaluation import Evaluation
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

if TYPE_CHECKING:
    import pandas as pd

    from mes_stoch.evaluation.rolling.foresight import RollingRequest

logger = logging.getLogger("mes_stoch.api")

#: Scenarios drawn to forecast with.
FORECAST_SCENARIOS = 30


def evaluate(
    subject: Run | Site | str | Path,
    *,
    stress: bool = False,
    commitments: pd.DataFrame | str | Path | None = None,
    tree: ScenarioTree | None = None,
    replications: int | None = None,
    seed: int | None = None,
    values: bool = False,
    products: bool = False,
    rolling: bool = False,
    forecast: ScenarioTree | None = None,
    fan: int = 1,
    workers: int = 1,
    keep: str | Path | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
) -> Evaluation:
    """Find out what a commitment is worth beside the optimiser's own account of it.

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
    values : bool
        Work out WS, RP, EEV, EV, EVPI and VSS over the tree, each between proven bounds.
    products : bool
        Work out what each committed product is worth, beside the others and alone, between proven bounds.
    rolling : bool
        Operate the commitment in every scenario of the tree period by period, with what is known by then, and say by
        how much a model with foresight overstates what is earned.
    forecast : ScenarioTree, optional
        Scenarios that rolling forecasts with, by their likeness to what has been seen. Default 30 of another seed;
        where scenarios are listed, those of the tree's other day-ahead nodes.
    fan : int
        Of the likeliest courses of the day, how many a period is planned for; 1 for the mean of all.
    workers : int
        Processes that share the scenarios to operate. A script that asks for more than one has to stand below
        ``if __name__ == "__main__":``.
    keep : path, optional
        Folder in which operated scenarios are kept until all are done, so that the same call goes on where it ended.
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
        ``optimality_gap``; ``values``; ``product_values``; ``rolling`` with ``biases`` and ``table()``.

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
    >>> found = ms.evaluate(run, rolling=True).rolling
    >>> round(found.biases[0].planned.lower, 2), bool((found.table()["bias_lower_eur"] >= 0).all())
    (-687.5, True)
    """
    is_other = tree is not None and not (values or products or replications is not None)
    profits = (commitments is not None or is_other) and not rolling
    asked = Asked(commitments, profits, replications, seed, values, products, time_limit_s)
    if not (stress or rolling or asked.needs_solver):
        raise UsageError(
            "say what to evaluate: stress=True tests whether everything that is held can be delivered, commitments or "
            "a tree of other scenarios what a commitment earns, replications how far it may be from the best, "
            "values=True what information and the model are worth, products=True what each product is, "
            "rolling=True what a commitment earns without foresight"
        )
    run = None if isinstance(subject, Site) else _opened(subject)
    if run is None and stress:
        raise UsageError("an instance holds nothing yet: the stress test takes a run")
    if run is None and (asked.needs_volumes or rolling) and commitments is None:
        raise UsageError("an instance holds nothing yet: give commitments, or the folder of a run")
    site = site_of(run) if run is not None else _site(subject)
    found = Evaluation(site.name)
    if run is not None and stress:
        found = replace(found, stress=_stress(run, site.instance, subject))
    if not (asked.needs_solver or rolling):
        return found
    taken = _tree_to_evaluate(site, run, tree)
    # the limit is checked here, and is for everything together
    SolveRequest(time_limit_s=time_limit_s).options(site.instance)
    options = SolveRequest(gap_rel=gap_rel).options(site.instance)
    if rolling:
        asked = replace(asked, rolling=_rolling(site, taken, forecast, fan, workers, keep))
    found = evaluate_asked(found, _subject(site, run, taken, options.gap_rel), asked, options, told)
    if found.rolling is None:
        return found
    from mes_stoch.report.rolling_settlement import settled

    return replace(found, rolling=settled(found.rolling))


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


def _rolling(
    site: Site, tree: ScenarioTree, forecast: ScenarioTree | None, fan: int, workers: int, keep: str | Path | None
) -> RollingRequest:
    """How to operate, with the forecast that is handed in, or one of the seed after that of the tree."""
    from mes_stoch.evaluation.rolling.foresight import RollingRequest

    if not (isinstance(fan, int) and fan >= 1 and isinstance(workers, int) and workers >= 1):
        raise UsageError(f"fan and workers are whole numbers, 1 or more; found {fan!r} and {workers!r}")
    seed = tree.dataset.attrs.get("seed")
    if forecast is not None:
        forecast = checked_tree(site, forecast)[0]
    elif seed is not None:
        forecast = site.tree(FORECAST_SCENARIOS, int(seed) + 1, leaves_per_day_ahead_node=1)
    return RollingRequest(forecast, fan, workers, None if keep is None else Path(keep))


def _subject(site: Site, run: Run | None, tree: ScenarioTree, gap_rel: float) -> Subject:
    """What is evaluated, with what a run has committed and proven."""
    count = len(tree.scenario_names)
    known = None
    if run is not None and tree is run.tree and not run.changed:
        known = stated_recourse(run.summary, gap_rel)
    return Subject(
        name=site.name,
        instance=site.instance,
        tree=tree,
        draw=lambda seed: site.tree(count, seed, leaves_per_day_ahead_node=count // len(tree.day_ahead_nodes)),
        committed=None if run is None else run.commitments,
        recourse=known,
    )
