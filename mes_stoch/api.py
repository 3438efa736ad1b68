"""The library's front door: read an instance, draw its scenarios, solve, look at the run.

>>> import mes_stoch as ms
>>> site = ms.read("instances/tiny_site")
>>> run = ms.solve(site, site.tree())
>>> round(run.objective, 2)
-687.5
>>> run.commitments[["product", "volume_mw"]].to_dict("records")
[{'product': 'fr_afrr_up', 'volume_mw': 3.0}]
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from mes_stoch.evaluation.asked import Asked, Subject, evaluate_asked, stated_recourse
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.evaluation.stress.outcome import stress as stress_test
from mes_stoch.io.as_solved import inputs_as_solved, read_again
from mes_stoch.io.catalogue.products import products_left_out
from mes_stoch.io.commitment_file import GivenCommitments, commitments_from
from mes_stoch.io.instance import LoadedInstance, read_instance
from mes_stoch.io.product_table import product_table as products_of
from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.risk import risk_issues
from mes_stoch.report.run import Run, RunSettings, read_run
from mes_stoch.report.sensitivity import sustain_fields as fields_without_source
from mes_stoch.schema.errors import (
    InstanceError,
    InterruptedRunError,
    MissingEntryError,
    RunFolderError,
    UsageError,
)
from mes_stoch.schema.instance import Bids, Instance, kinds_left_out, plugins_of
from mes_stoch.schema.risk import ConditionalValueAtRiskTerms, Risk, WorstCaseTerms
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import Settlement, settle_data
from mes_stoch.settlement.stated import Stated
from mes_stoch.uncertainty.handed_in import is_as_checked, mark_as_checked, private_copy, require_fitting
from mes_stoch.uncertainty.quality import require_sound
from mes_stoch.uncertainty.tree import build_tree

if TYPE_CHECKING:
    import pandas as pd

    from mes_stoch.solvers.certificate.result import Progress, SolveOptions
    from mes_stoch.solvers.interruption.stop import Stop

__all__ = [
    "Evaluation",
    "Run",
    "Settlement",
    "Site",
    "evaluate",
    "product_table",
    "read",
    "read_run",
    "sensitivity",
    "settle",
    "solve",
]

logger = logging.getLogger("mes_stoch.api")

METHODS = ("auto", "ef", "decomposition", "ph")

#: What assembling and writing results takes, at most this share of the time there is: 13 ms CPU a hospital day of 5,800
#: values, and as much again on a machine with other work.
_SECONDS_PER_VALUE, _SHARE_OF_RESULTS = 4e-6, 0.4


@dataclass(frozen=True)
class SolveRequest:
    """How to solve; ``None`` stands for what the instance says, or for the solver layer's default.

    The fields are the keywords of :func:`solve`, which explains them.
    """

    method: str = "auto"
    gap_rel: float | None = None
    time_limit_s: float | None = None
    iteration_limit: int | None = None
    rho_factor: float | None = None
    cold_start: bool = False
    threads: int | None = None

    def options(self, instance: Instance) -> SolveOptions:
        """The options of the solver layer for an instance.

        Raises
        ------
        UsageError
            An unknown method, or an option that makes no sense.
        """
        from mes_stoch.solvers.certificate.result import SolveOptions
        from mes_stoch.solvers.option_ranges import require_sensible

        if self.method not in METHODS:
            known = f"{', '.join(METHODS[:-1])} and {METHODS[-1]}"
            raise UsageError(f"unknown method {self.method!r}; the methods are {known}")
        names = ("gap_rel", "time_limit_s", "iteration_limit", "rho_factor", "threads")
        given = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        defaults = {"gap_rel": instance.solve.gap_rel, "time_limit_s": instance.solve.time_limit_s}
        options = SolveOptions(cold_start=self.cold_start, **{**defaults, **given})
        require_sensible(options)
        return options


@dataclass(frozen=True)
class Site:
    """A valid instance, ready to draw scenarios from; made by :func:`read`."""

    loaded: LoadedInstance

    @property
    def instance(self) -> Instance:
        """The instance as its folder describes it."""
        return self.loaded.instance

    @property
    def name(self) -> str:
        return self.instance.name

    @property
    def folder(self) -> Path:
        return self.loaded.folder

    def tree(
        self,
        scenarios: int | None = None,
        seed: int | None = None,
        *,
        leaves_per_day_ahead_node: int | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> ScenarioTree:
        """The scenarios to plan over, checked for what no market would show.

        Parameters
        ----------
        scenarios : int, optional
            How many to draw; default the instance's own number. Explicit scenarios are all taken.
        seed : int, optional
            Default the instance's own.
        leaves_per_day_ahead_node : int, optional
            Scenarios that share a day-ahead node: more than 1 makes the program three-stage. Default the instance's
            own.
        stop : callable, optional
            Asked before every node whether to give up.

        Raises
        ------
        UsageError, InstanceError
            A number or seed that does not fit the instance, or data that are not sound.
        TimeLimitError
            ``stop`` said so.
        """
        tree = build_tree(self.loaded, scenarios, seed, leaves_per_day_ahead_node=leaves_per_day_ahead_node, stop=stop)
        require_sound(self.instance, tree, self.loaded.written)
        return mark_as_checked(self.instance, tree)

    @property
    def is_risk_averse(self) -> bool:
        """Whether a measure of risk has a weight in what is maximised."""
        risk = self.instance.risk
        return risk is not None and risk.beta > 0

    def with_bids(self, *, minimum: bool | None = None, steps: bool | None = None) -> Site:
        """The same site with bid rules switched; ``None`` leaves the instance's own."""
        bids = self.instance.bids
        chosen = Bids(
            minimum=bids.minimum if minimum is None else minimum, steps=bids.steps if steps is None else steps
        )
        if chosen == bids:
            return self
        return self._with({"bids": chosen})

    def with_risk(
        self,
        measure: str | None = "cvar",
        *,
        alpha: float | None = None,
        beta: float = 0.5,
        of_single_days: bool = False,
    ) -> Site:
        """The same site with another attitude to risk.

        Parameters
        ----------
        measure : str, optional
            ``cvar``: mean profit of the worst ``1 - alpha`` of the probability; ``worst_case``: least profit of any
            scenario; ``None``: the expected profit alone counts.
        alpha : float, optional
            Of ``cvar``, at least 0 and below 1; default 0.95.
        beta : float
            Weight of the measure; the expected profit has the rest.
        of_single_days : bool
            Whether scenarios that are single days of a contract may be measured.

        Raises
        ------
        UsageError
            An unknown measure, or a number that makes no sense.
        InstanceError
            Scenarios over which the measure is not what it seems.
        """
        risk = None if measure is None else _risk(measure, alpha, beta, of_single_days)
        if risk == self.instance.risk:
            return self
        issues = risk_issues(risk, self.instance.horizon, self.instance.products, Locator(None, [("risk",)]))
        if found := list(issues):
            raise InstanceError(self.name, found)
        return self._with({"risk": risk})

    def _with(self, changes: Mapping[str, object]) -> Site:
        return Site(replace(self.loaded, instance=self.instance.model_copy(update=changes)))

    def with_values(self, values: Mapping[str, float]) -> Site:
        """The same site with other numbers, by dotted path, read and checked again; bid rules and risk stay."""
        bids = self.instance.bids
        other = Site(read_instance(self.folder, dict(values))).with_bids(minimum=bids.minimum, steps=bids.steps)
        is_given = any(path.split(".")[0] == "risk" for path in values)
        return other if is_given else other._with({"risk": self.instance.risk})


def _risk(measure: str, alpha: float | None, beta: float, of_single_days: bool) -> Risk:
    """The terms of a measure.

    Raises
    ------
    UsageError
        They make no sense.
    """
    from pydantic import ValidationError

    kinds: dict[str, type[ConditionalValueAtRiskTerms] | type[WorstCaseTerms]] = {
        "cvar": ConditionalValueAtRiskTerms,
        "worst_case": WorstCaseTerms,
    }
    if measure not in kinds:
        raise UsageError(f"unknown measure of risk {measure!r}; there are {' and '.join(kinds)}")
    given = {"measure": measure, "alpha": alpha, "beta": beta, "of_single_days": of_single_days}
    try:
        return kinds[measure].model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        problems = (f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors())
        raise UsageError(f"a measure of risk: {'; '.join(problems)}") from None


def read(folder: str | Path) -> Site:
    """Read and validate an instance folder.

    Raises
    ------
    InstanceError
        With every problem found: file, line, key, what stands there, what should.
    """
    site = Site(read_instance(Path(folder)))
    for reason in [*kinds_left_out(site.instance), *products_left_out(site.instance.products)]:
        logger.warning("%s", reason)
    return site


@overload
def solve(
    site: Site,
    tree: ScenarioTree | None = None,
    *,
    method: Literal["ef"],
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    threads: int | None = None,
    commitments: pd.DataFrame | str | Path | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    stop: Stop | None = None,
) -> Run: ...


@overload
def solve(
    site: Site,
    tree: ScenarioTree | None = None,
    method: str = "auto",
    *,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    iteration_limit: int | None = None,
    rho_factor: float | None = None,
    cold_start: bool = False,
    threads: int | None = None,
    commitments: pd.DataFrame | str | Path | None = None,
    progress: Progress | None = None,
    remark: Callable[[str], None] | None = None,
    command: str | None = None,
    stop: Stop | None = None,
) -> Run | None: ...


def solve(
    site: Site,
    tree: ScenarioTree | None = None,
    method: str = "auto",
    *,
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    iteration_limit: int | None = None,
    rho_factor: float | None = None,
    cold_start: bool = False,
    threads: int | None = None,
    commitments: pd.DataFrame | str | Path | None = None,
    progress: Progress | None = None,
    remark: Callable[[str], None] | None = None,
    command: str | None = None,
    stop: Stop | None = None,
) -> Run | None:
    """Find the commitment with the best expected profit over the tree, and how far from optimal it can be.

    Parameters
    ----------
    site : Site
    tree : ScenarioTree, optional
        Default ``site.tree()``. One made or changed in Python is checked like a file, and copied: changing it
        afterwards does not change the run.
    method : str
        ``ef``: the extensive form, one process. ``decomposition``: cutting planes on the linear relaxation and a
        certificate, under ``mpiexec`` on any number of ranks. ``ph``: the same, and progressive hedging while a gap is
        left. ``auto``: the one that fits.
    gap_rel, time_limit_s : float, optional
        When to stop; default what the instance says.
    iteration_limit : int, optional
        Iterations of progressive hedging.
    rho_factor : float, optional
        Multiplies progressive hedging's own penalties.
    cold_start : bool
        Hedge from zero multipliers instead of those of the linear relaxation, which often close the gap alone.
    threads : int, optional
        Threads of the solver (extensive form only).
    commitments : DataFrame or path, optional
        Volumes that are no longer to be decided, such as awards: a table like :attr:`Run.commitments` or a file like
        ``commitments.csv``. What it does not give is decided.
    progress : callable, optional
        Gets a :class:`~mes_stoch.solvers.certificate.result.TracePoint` (expected *cost*: profit with its sign turned)
        now and then.
    remark : callable, optional
        Told in words what ``auto`` chose, and why.
    command : str, optional
        The command line, for the manifest.
    stop : Stop, optional
        What ends it. Default the time limit from now on, and SIGINT, SIGTERM, SIGUSR1 and SIGHUP where nobody handles
        them: the run then comes back with the status ``interrupted`` and what is proven.

    Returns
    -------
    Run or None
        ``None`` on every MPI rank but 0.

    Raises
    ------
    UsageError
        An option that makes no sense.
    InstanceError
        A tree that does not fit the site, or is not sound.
    InterruptedRunError
        A signal came before anything was proven (``KeyboardInterrupt`` after a Ctrl-C).
    InfeasibleError, UnboundedError
        No dispatch fits the instance, or profit has no limit.
    SolveError
        A solver failed, or its result failed a check.
    """
    request = SolveRequest(method, gap_rel, time_limit_s, iteration_limit, rho_factor, cold_start, threads)
    return solve_request(
        site, tree, request, commitments=commitments, progress=progress, remark=remark, command=command, stop=stop
    )


def solve_request(
    site: Site,
    tree: ScenarioTree | None,
    request: SolveRequest,
    *,
    commitments: pd.DataFrame | str | Path | None = None,
    progress: Progress | None = None,
    remark: Callable[[str], None] | None = None,
    command: str | None = None,
    stop: Stop | None = None,
) -> Run | None:
    """:func:`solve` with its options in one object.

    Raises
    ------
    UsageError, InstanceError, InfeasibleError, UnboundedError, SolveError, TimeLimitError
        As :func:`solve`.
    """
    started = datetime.now(UTC)
    options = request.options(site.instance)
    inputs, changes = inputs_as_solved(site.loaded)
    if tree is None:
        tree = site.tree()
    if not isinstance(tree, ScenarioTree):
        raise UsageError(f"a tree is what site.tree(...) gives, or a ScenarioTree; found {type(tree).__name__}")
    # of the tree as it came, since a copy leaves behind what is not a tree's
    as_it_came, tree = tree, private_copy(tree)
    is_given = not is_as_checked(site.instance, as_it_came)
    if is_given:
        require_fitting(site.loaded, tree)
    settings = RunSettings(
        inputs=inputs,
        method=request.method,
        # what the gap is relative to around nothing follows from the program, and stands in the summary
        options={name: value for name, value in vars(options).items() if name != "gap_floor"},
        command=command,
        started=started,
        changed_in_python=changes,
        plugins=plugins_of(site.instance),
        is_tree_given=is_given,
    )
    given = None if commitments is None else commitments_from(commitments, site.instance, tree.time)
    if given is not None:
        settings.options["given_commitments"] = given.listed()
    if stop is not None:
        return _solve(site, tree, options, settings, given, progress, remark, stop)
    from mes_stoch.solvers.interruption.signals import SignalWatch
    from mes_stoch.solvers.interruption.stop import Stop

    with SignalWatch() as watch:
        stop = Stop(time.perf_counter() + options.time_limit_s, watch.request)
        try:
            return _solve(site, tree, options, settings, given, progress, remark, stop)
        except InterruptedRunError as error:
            if watch.request.reason == "SIGINT":
                raise KeyboardInterrupt from error
            raise


def _solve(
    site: Site,
    tree: ScenarioTree,
    options: SolveOptions,
    settings: RunSettings,
    given: GivenCommitments | None,
    progress: Progress | None,
    remark: Callable[[str], None] | None,
    stop: Stop,
) -> Run | None:
    from mes_stoch.model.site_program import build_leaf_program, by_day_ahead_node
    from mes_stoch.report.assemble import assemble_run
    from mes_stoch.solvers.auto import solve_by
    from mes_stoch.solvers.certificate.numerics import inspect
    from mes_stoch.solvers.risk_averse import site_with_risk

    leaves = build_leaf_program(site.instance, tree)
    if given is not None:
        leaves = leaves.with_commitments(given.volumes)
    # the numbers of the instance, without what risk adds
    numerics = inspect(by_day_ahead_node(leaves, leaves))
    numerics.warn(site.instance.currency)
    program = site_with_risk(leaves, stop)
    values = len(tree.scenario_names) * len(program.column_names)
    solving = stop.earlier(stop.deadline - min(_SECONDS_PER_VALUE * values, _SHARE_OF_RESULTS * stop.seconds_left()))
    result = solve_by(settings.method, program, options, progress, remark, solving)
    if result is None:
        return None
    result.details.update(numerics.details())
    return assemble_run(program, result, settings)


def sustain_fields(site: Site) -> dict[str, list[float]]:
    """Times to be held that no source settles, by dotted path, with the values that could hold: see `sensitivity`."""
    return fields_without_source(site.instance)


def sensitivity(
    site: Site,
    fields: Mapping[str, Iterable[float]] | None = None,
    *,
    tree: ScenarioTree | None = None,
    method: str = "auto",
    gap_rel: float | None = None,
    time_limit_s: float | None = None,
    remark: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Solve again with other values of rules that are not known, one at a time, over the same scenarios.

    Parameters
    ----------
    site : Site
    fields : mapping, optional
        Values by the dotted path of a number; default the times to be held that no source settles.
    tree : ScenarioTree, optional
        Default ``site.tree()``.
    method, gap_rel, time_limit_s
        As for :func:`solve`, of each of the solves.
    remark : callable, optional
        Told of each solve.

    Returns
    -------
    DataFrame
        A row a value: profit, proven interval, change from the instance's own value with its proven interval, and
        committed volumes; see :data:`mes_stoch.report.sensitivity.COLUMNS`.

    Raises
    ------
    UsageError
        Nothing to vary, or a path to no number.
    InstanceError
        A value that the instance cannot have; nothing is solved then.

    >>> import mes_stoch as ms
    >>> site = ms.read("instances/tiny_site")
    >>> table = ms.sensitivity(site, {"products.fr_afrr_up.sustain_h": [2.0]})
    >>> table[["value", "is_base"]].values.tolist()
    [[1.0, True], [2.0, False]]
    """
    from mes_stoch.report.sensitivity import Variation, plan_variations, sensitivity_table

    chosen = sustain_fields(site) if fields is None else fields
    if not chosen:
        raise UsageError(f"no time to be held in {site.name} lacks a source; name a field: products.<id>.<rule>")
    plan = plan_variations(site.instance, chosen)
    others = {v: site.with_values({v.field: v.value}) for v in plan if not v.is_base}
    scenarios = site.tree() if tree is None else tree
    request = SolveRequest(method, gap_rel, time_limit_s)

    def at(variation: Variation | None) -> Run:
        varied = site if variation is None else others[variation]
        run = solve_request(varied, scenarios, request)
        if run is None:
            raise UsageError("a sensitivity runs in one process; leave mpiexec out")
        return run

    return sensitivity_table(site.instance, plan, at, remark)


def settle(run: Run | str | Path) -> Settlement:
    """Recompute every cash flow of a run from its data, decisions and meters, without model or solver.

    Parameters
    ----------
    run : Run or path
        A run, or the folder of one.

    Returns
    -------
    Settlement
        ``ledger`` has the lines; ``agrees`` says whether they add up to what the optimiser states, and whether
        everything else of the run agrees with its files (``disagreements`` lists what does not).

    Raises
    ------
    UsageError
        If the folder is not that of a finished run, or the run has no dispatch.
    RunFolderError
        If the folder is damaged so that it cannot be understood.

    >>> import mes_stoch as ms
    >>> site = ms.read("instances/tiny_site")
    >>> settlement = ms.settle(ms.solve(site, site.tree()))
    >>> settlement.agrees, round(settlement.expected_profit, 2)
    (True, -687.5)
    """
    if not isinstance(run, Run):
        run = read_run(run, allow_changed=True)
    loaded = read_again(run.settings.inputs)
    gap = run.settings.options.get("gap_rel")
    account = Stated(
        summary=run.summary,
        commitments=run.commitments,
        trace=run.trace,
        loaded=loaded,
        gap_asked=float(gap) if isinstance(gap, int | float) else None,
        is_tree_given=run.settings.is_tree_given,
        changed=run.changed,
    )
    return settle_data(SettlementData(loaded.instance, run.tree, run.solution, run.flow_data), account)


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
        ``optimality_gap``; ``values``; ``product_values``.

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
    is_other = tree is not None and not (values or products or replications is not None)
    asked = Asked(commitments, commitments is not None or is_other, replications, seed, values, products, time_limit_s)
    if not (stress or asked.needs_solver):
        raise UsageError(
            "say what to evaluate: stress=True tests whether everything that is held can be delivered, commitments or "
            "a tree of other scenarios what a commitment earns, replications how far it may be from the best, "
            "values=True what information and the model are worth, products=True what each product is"
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
    return evaluate_asked(found, _subject(site, run, taken, options.gap_rel), asked, options, told)


def site_of(run: Run) -> Site:
    """The site of a run, from the run's own copy of its instance."""
    return Site(read_again(run.settings.inputs))


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
    if not isinstance(tree, ScenarioTree):
        raise UsageError(f"a tree is what site.tree(...) gives, or a ScenarioTree; found {type(tree).__name__}")
    as_it_came, tree = tree, private_copy(tree)
    if not is_as_checked(site.instance, as_it_came):
        require_fitting(site.loaded, tree)
    return tree


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


def product_table(site: Site | None = None) -> pd.DataFrame:
    """The product catalogue as a table, or the products of a site: rules, payments, stages, sources.

    Columns: :data:`mes_stoch.io.product_table.COLUMNS`.

    >>> table = product_table().set_index("id")
    >>> table.loc["fr_fcr", ["direction", "block_h", "sustain_h"]].tolist()
    ['symmetric', 4, 0.25]

    Raises
    ------
    UsageError
        If an installed package offers products that cannot be used.
    """
    return products_of(None if site is None else site.instance)
