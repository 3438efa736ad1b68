"""What a commitment is worth beside the optimiser's own account of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from mes_stoch.api.evaluated import opened, subject_of, tree_to_evaluate, warn_of_own_scenarios, warn_of_weights
from mes_stoch.api.forecasting import rolling_request
from mes_stoch.api.sites import Site
from mes_stoch.api.solving import SolveRequest
from mes_stoch.evaluation.asked import Asked, evaluate_asked
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.evaluation.intervals import IntervalRule
from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.evaluation.stress.outcome import stress as stress_test
from mes_stoch.io.readers.locate import listed
from mes_stoch.report.progress_bar import told_by_bar
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import MissingEntryError, RunFolderError, UsageError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.risk import Risk, own_terms
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.data import SettlementData

if TYPE_CHECKING:
    import pandas as pd

    from mes_stoch.policies.policy import Policy


def evaluate(
    subject: Run | Site | str | Path,
    *,
    stress: bool = False,
    commitments: pd.DataFrame | str | Path | None = None,
    site_decisions: pd.DataFrame | str | Path | None = None,
    tree: ScenarioTree | None = None,
    replications: int | None = None,
    seed: int | None = None,
    policy_leaves: int | None = None,
    interval: Literal["t", "bootstrap", "block-bootstrap"] | None = None,
    block_days: int | None = None,
    against: pd.DataFrame | str | Path | None = None,
    values: bool = False,
    products: bool = False,
    frontier: bool = False,
    risk_weights: Sequence[float] | None = None,
    cvar_alpha: float | None = None,
    policies: str | Sequence[str | Policy] | None = None,
    rolling: bool = False,
    forecast: ScenarioTree | None = None,
    fan: int = 1,
    workers: int = 1,
    keep: str | Path | None = None,
    day_ahead: bool = False,
    devices: bool = False,
    device_step: float | None = None,
    flexibility: bool = False,
    scenario: str | None = None,
    connection: str | None = None,
    durations_h: Sequence[float] | None = None,
    return_h: float | None = None,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    told: Callable[[str], object] | None = None,
    progress: bool = False,
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
    site_decisions : DataFrame or path, optional
        What is decided of components beside them, a table like :attr:`Run.site_decisions` or a file like
        ``site_decisions.csv``. Default those of the run where its commitments are taken, and the file of that name
        beside a file of commitments; what is given nowhere is decided as is best with the volumes, and told.
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
    frontier : bool
        Find the best plans for several weights of a measure of risk: expected profit against the measure.
    risk_weights : sequence of float, optional
        Weights of the frontier, in [0, 1]; default 0 to 1 by tenths.
    cvar_alpha : float, optional
        The frontier's measure is the mean of the worst ``1 - cvar_alpha`` of the probability. Default the measure that
        the instance states, else ``cvar`` with 0.95.
    policies : str, or sequence of str and Policy, optional
        Compare policies with the stochastic program over the tree: ``"all"``, or names such as ``two_loop`` and
        ``share_of_capacity:share=0.3``, or objects with a method ``commit`` (:mod:`mes_stoch.policies.policy`).
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
    day_ahead : bool
        Work out what it is worth to know the day-ahead node when its positions are decided, between proven bounds.
    devices : bool
        Work out what a little more of each device's power and energy is worth: per unit by its shadow price, which is
        no proof, and for a step between proven bounds.
    device_step : float, optional
        That step, MW or MWh; default a tenth of each limit.
    flexibility : bool
        Work out how far the grid exchange can leave the operation of a scenario of the run, from when, for how long and
        at what cost, and how much of that is committed.
    scenario : str, optional
        That scenario; default the one of median profit.
    connection : str, optional
        Whose exchange deviates; default the one that products are sold over.
    durations_h : sequence of float, optional
        How long it deviates; default 1, 2 and 4 h, and the times for which products have to be held.
    return_h : float, optional
        Time after the longest of them by which the exchange is back to the base; default the end of the horizon.
    gap_rel : float, optional
        Gap of each of these bounds; default the instance's own.
    time_limit_s : float, optional
        For everything together; default none. The instance's own holds for each solve.
    told : callable, optional
        Told in a few words what comes next.
    progress : bool
        Show a bar, in a terminal on standard error, in a notebook below the cell; default: nothing is shown.

    Returns
    -------
    Evaluation
        ``stress.passed`` and ``stress.table()``; ``profits`` by scenario with mean, standard error and bound;
        ``comparison``; ``optimality_gap``; ``values``; ``product_values``; ``policies`` with a bracket, its loss and
        profits for each; ``frontier``; ``rolling`` with ``biases`` and ``table()``; ``day_ahead_information``;
        ``device_values``; ``flexibility`` with ``table()``.

    Raises
    ------
    UsageError
        If nothing is asked for, the folder is not that of a finished run, or the run has no dispatch.
    InstanceError
        Commitments that do not fit the instance, or a tree that is not sound.
    InfeasibleError
        A scenario has no dispatch with the commitment.
    TimeLimitError
    InterruptedRunError
        A signal came that somebody listens to.

    >>> import mes_stoch as ms
    >>> run = ms.solve(ms.read("instances/tiny_site"))
    >>> ms.evaluate(run, stress=True).stress
    <StressTest of 4 leaves and 16 full calls: no miss>
    >>> round(ms.evaluate(run, commitments=run.commitments).profits.mean, 2)
    -687.5
    >>> found = ms.evaluate(run, frontier=True, risk_weights=[0, 0.5, 1], cvar_alpha=0.5, gap_rel=1e-6).frontier
    >>> [(round(point.plan.expected, 1), round(point.plan.measured, 1)) for point in found.points]
    [(-687.5, -845.0), (-687.5, -845.0), (-710.0, -830.0)]
    >>> found = ms.evaluate(ms.read("instances/tiny_site"), policies="energy_only", gap_rel=1e-6).policies
    >>> round(found.loss("energy_only").lower, 2)
    82.5
    >>> found = ms.evaluate(run, rolling=True).rolling
    >>> round(found.biases[0].planned.lower, 2), bool((found.table()["bias_lower_eur"] >= 0).all())
    (-687.5, True)
    """
    _require_owners(
        {
            "frontier=True": (frontier, {"risk_weights": risk_weights, "cvar_alpha": cvar_alpha}),
            "replications": (replications is not None, {"policy_leaves": policy_leaves}),
            "devices=True": (devices, {"device_step": device_step}),
            "flexibility=True": (
                flexibility,
                {"scenario": scenario, "connection": connection, "durations_h": durations_h, "return_h": return_h},
            ),
            "rolling=True": (rolling, {"forecast": forecast, "fan": _unless(1, fan), "workers": _unless(1, workers)}),
        }
    )
    rule = None
    if interval is not None or block_days is not None:
        rule = IntervalRule(interval or "block-bootstrap", block_days)
    is_of_profits = rule is not None or against is not None
    if site_decisions is not None and commitments is None:
        raise UsageError("decisions of the site are evaluated with commitments: give both")
    of_site = values or products or policies is not None or frontier or day_ahead or devices
    is_other = tree is not None and not (of_site or replications is not None)
    # what is operated without foresight is dispatched with it as well
    is_dispatched = is_of_profits or ((commitments is not None or is_other) and not rolling)
    asked = Asked(
        commitments=commitments,
        profits=is_dispatched,
        replications=replications,
        seed=seed,
        policy_leaves=policy_leaves,
        values=values,
        products=products,
        time_limit_s=time_limit_s,
        interval=rule,
        against=against,
        policies=policies,
        frontier=_weights(risk_weights) if frontier else None,
        day_ahead=day_ahead,
        devices=devices,
        device_step=device_step,
        site_decisions=site_decisions,
    )
    if not (stress or flexibility or rolling or asked.needs_solver):
        raise UsageError(
            "say what to evaluate: stress=True tests whether everything that is held can be delivered, commitments or "
            "a tree of other scenarios what a commitment earns, replications how far it may be from the best, "
            "values=True what information and the model are worth, products=True what each product is, policies='all' "
            "what others would earn, frontier=True what risk costs, rolling=True what is earned without foresight, "
            "day_ahead=True what day-ahead information is worth, devices=True what a MW of each device is, "
            "flexibility=True what the site can offer"
        )
    run, site = opened(subject)
    if run is None and stress:
        raise UsageError("an instance holds nothing yet: the stress test takes a run")
    if run is None and flexibility:
        raise UsageError("an instance has no base schedule yet: flexibility takes a run")
    if run is None and (asked.needs_volumes or rolling) and commitments is None:
        raise UsageError("an instance holds nothing yet: give commitments, or the folder of a run")
    if frontier:
        asked = replace(asked, frontier_risk=_frontier_risk(site, cvar_alpha))
    found = Evaluation(site.name)
    # the stress test alone does without the solvers
    is_by_solves = asked.needs_solver or rolling
    options = None
    if is_by_solves or flexibility:
        options = SolveRequest(gap_rel=gap_rel).options_within(site.instance, time_limit_s)
    if run is not None and stress:
        found = replace(found, stress=_stress(run, site.instance, subject))
    if run is not None and flexibility:
        wanted = (scenario, connection, durations_h, return_h)
        begun = time.perf_counter()
        with told_by_bar(f"flexibility of {site.name}", told, progress=progress) as telling:
            found = _flexibility(found, run, site.instance, subject, wanted, time_limit_s, telling)
        if time_limit_s is not None:
            # the limit is for everything together; a millisecond is enough to be told that it is over
            left = time_limit_s - (time.perf_counter() - begun)
            asked = replace(asked, time_limit_s=max(1e-3, left))
    if options is None or not is_by_solves:
        return found
    taken = tree_to_evaluate(site, run, tree)
    if run is not None and (is_dispatched or rolling) and commitments is None:
        warn_of_own_scenarios(run, taken)
    if is_dispatched or rolling:
        warn_of_weights(taken)
    if rolling:
        asked = replace(asked, rolling=rolling_request(site, taken, forecast, fan, workers, keep))
    from mes_stoch.solvers.parallel import mpi
    from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

    team = ScenarioCommunicator(mpi.world() if asked.is_for_ranks and not stress else None)
    with told_by_bar(f"evaluate {site.name}", told, progress=progress) as telling:
        found = evaluate_asked(found, subject_of(site, run, taken, options.gap_rel), asked, options, telling, team)
    if found.rolling is None:
        return found
    from mes_stoch.report.rolling_settlement import settled

    return replace(found, rolling=settled(found.rolling))


def _require_owners(belonging: Mapping[str, tuple[bool, Mapping[str, object]]]) -> None:
    """Refuse a keyword that says more of a question that is not asked.

    Raises
    ------
    UsageError
    """
    for owner, (is_asked, given) in belonging.items():
        alone = [name for name, value in given.items() if value is not None]
        if alone and not is_asked:
            raise UsageError(f"{listed(alone)}: of {owner} alone, which is not asked for")


def _unless(default: int, given: int) -> int | None:
    """``None`` where nothing else than the default is given."""
    return None if given == default else given


def _weights(given: Sequence[float] | None) -> Sequence[float]:
    from mes_stoch.evaluation.frontier import WEIGHTS, checked_weights

    return checked_weights(WEIGHTS if given is None else given)


def _frontier_risk(site: Site, alpha: float | None) -> Risk | None:
    """The measure of a frontier, with a weight: whether the site's scenarios can be measured is checked."""
    stated = site.instance.risk
    single_days = stated is not None and stated.of_single_days
    if stated is None or alpha is not None:
        return site.with_risk("cvar", alpha=alpha, beta=1.0, of_single_days=single_days).instance.risk
    return site.with_risk(stated.measure, beta=1.0, of_single_days=single_days, **own_terms(stated)).instance.risk


def _flexibility(
    found: Evaluation,
    run: Run,
    instance: Instance,
    subject: object,
    wanted: tuple[str | None, str | None, Sequence[float] | None, float | None],
    time_limit_s: float | None,
    told: Callable[[str], object] | None,
) -> Evaluation:
    from mes_stoch.api.ending import ended
    from mes_stoch.evaluation.flexibility.region import FlexibilityRequest, flexibility_region
    from mes_stoch.report.figures import typical_scenario

    scenario, connection, durations_h, return_h = wanted
    data = SettlementData(instance, run.tree, run.solution, run.flow_data)
    request = FlexibilityRequest(scenario or typical_scenario(run), connection, durations_h, return_h)
    try:
        with ended(instance.name, time_limit_s) as stop:
            region = flexibility_region(data, request, stop=stop, told=told)
    except MissingEntryError as error:
        raise RunFolderError("the run" if isinstance(subject, Run) else subject, [error.issue]) from None
    return replace(found, flexibility=region, is_cut_short=not region.is_complete)


def _stress(run: Run, instance: Instance, subject: object) -> StressTest:
    try:
        return stress_test(SettlementData(instance, run.tree, run.solution, run.flow_data))
    except MissingEntryError as error:
        raise RunFolderError("the run" if isinstance(subject, Run) else subject, [error.issue]) from None
