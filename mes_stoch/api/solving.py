"""Solve a site over a tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from mes_stoch.api.checkpointing import Keeping, checkpoints_of
from mes_stoch.api.sites import Site, checked_tree
from mes_stoch.io.as_solved import inputs_as_solved
from mes_stoch.io.commitment_file import GivenCommitments, commitments_from
from mes_stoch.report.run import Run, RunSettings
from mes_stoch.schema.errors import (
    InterruptedRunError,
    UsageError,
)
from mes_stoch.schema.instance import Instance, plugins_of
from mes_stoch.schema.shared_tree import SharedTree
from mes_stoch.schema.tree import ScenarioTree

if TYPE_CHECKING:
    import pandas as pd

    from mes_stoch.report.progress import Progress
    from mes_stoch.solvers.certificate.result import SolveOptions, TraceCallback
    from mes_stoch.solvers.checkpoint.checkpoints import Checkpoints
    from mes_stoch.solvers.interruption.stop import Stop

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

    def options_within(self, instance: Instance, time_limit_s: float | None) -> SolveOptions:
        """The same for several solves, of which each has the instance's limit, and all together the one given here.

        Raises
        ------
        UsageError
            As above, or a limit that makes no sense.
        """
        replace(self, time_limit_s=time_limit_s).options(instance)
        return self.options(instance)


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
    site_decisions: pd.DataFrame | str | Path | None = None,
    progress: Callable[[Progress], object] | bool | None = None,
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
    site_decisions: pd.DataFrame | str | Path | None = None,
    progress: Callable[[Progress], object] | bool | None = None,
    remark: Callable[[str], None] | None = None,
    command: str | None = None,
    stop: Stop | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
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
    site_decisions: pd.DataFrame | str | Path | None = None,
    progress: Callable[[Progress], object] | bool | None = None,
    remark: Callable[[str], None] | None = None,
    command: str | None = None,
    stop: Stop | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
) -> Run | None:
    """Find the commitment with the best expected profit over the tree, and how far from optimal it can be.

    Parameters
    ----------
    site : Site
    tree : ScenarioTree, optional
        Default ``site.tree()``, of which ranks that decompose draw a share each. One made or changed in Python is
        checked like a file, and copied: changing it afterwards does not change the run.
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
    site_decisions : DataFrame or path, optional
        Numbers of components that are no longer to be decided: a table like :attr:`Run.site_decisions` or a file like
        ``site_decisions.csv``. Default the file of that name beside a file of commitments, where there is one.
    progress : callable or bool, optional
        Gets a :class:`~mes_stoch.report.progress.Progress` now and then: profit, its bounds, gap, time. ``True`` shows
        a bar, in a terminal on standard error, in a notebook below the cell. Default: nothing is shown.
    remark : callable, optional
        Told in words what ``auto`` chose, and why.
    command : str, optional
        The command line, for the manifest.
    stop : Stop, optional
        What ends it. Default the time limit from now on, and SIGINT, SIGTERM, SIGUSR1 and SIGHUP where nobody handles
        them: the run then comes back with the status ``interrupted`` and what is proven.
    checkpoint : path, optional
        Folder in which what has been proven is kept every five minutes, and when the run is ended before the gap is
        closed; removed when it is. The extensive form keeps nothing.
    resume : bool
        Go on with what an earlier run of the same site and tree has left in ``checkpoint``, if it has left anything; on
        any number of ranks, to any gap. Otherwise what is left there is removed, and the run begins.

    Returns
    -------
    Run or None
        ``None`` on every MPI rank but 0.

    Raises
    ------
    UsageError
        An option that makes no sense, or a checkpoint that is damaged or of another run.
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
    if resume and checkpoint is None:
        raise UsageError("resume: found True without a checkpoint; give the folder that holds it as checkpoint")
    keeping = None if checkpoint is None else Keeping(Path(checkpoint), resumes=resume)
    run = solve_request(
        site,
        tree,
        request,
        commitments=commitments,
        site_decisions=site_decisions,
        progress=progress,
        remark=remark,
        command=command,
        stop=stop,
        keeping=keeping,
    )
    if keeping is not None and run is not None and run.is_done:
        keeping.forget()
    return run


def solve_request(
    site: Site,
    tree: ScenarioTree | None,
    request: SolveRequest,
    *,
    commitments: pd.DataFrame | str | Path | None = None,
    site_decisions: pd.DataFrame | str | Path | None = None,
    progress: Callable[[Progress], object] | bool | None = None,
    remark: Callable[[str], None] | None = None,
    command: str | None = None,
    stop: Stop | None = None,
    keeping: Keeping | None = None,
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
        # settling must do without the solvers, and imports this module
        from mes_stoch.api.shared_trees import tree_of_ranks

        tree = tree_of_ranks(site, request.method)
    tree, is_given = checked_tree(site, tree)
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
    given = None
    if commitments is not None or site_decisions is not None:
        given = commitments_from(commitments, site.instance, tree.time, site_decisions)
        settings.options["given_commitments"] = given.listed()
        if given.site_decisions:
            settings.options["given_site_decisions"] = {".".join(key): v for key, v in given.site_decisions.items()}
    checkpoints = None if keeping is None else checkpoints_of(keeping, site, tree, settings, remark)
    if keeping is not None and not keeping.resumes and _is_leading():
        # nobody writes before the leading rank has said under which number
        keeping.forget()
    with _told(site, options, progress) as told, _ending(options, stop) as until:
        return _solve(site, tree, options, settings, given, told, remark, until, checkpoints)


def _is_leading() -> bool:
    from mes_stoch.solvers.parallel import mpi
    from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

    return ScenarioCommunicator(mpi.world()).is_rank_zero


@contextmanager
def _told(
    site: Site, options: SolveOptions, progress: Callable[[Progress], object] | bool | None
) -> Iterator[TraceCallback | None]:
    """What the engines tell of, turned into what the caller has asked for."""
    from mes_stoch.report.progress import progress_of
    from mes_stoch.report.progress_bar import solve_bar

    if progress is None or progress is False:
        yield None
    elif progress is True:
        with solve_bar(f"solve {site.name}", options.gap_rel, site.instance.currency) as show:
            yield None if show is None else lambda point: show(progress_of(point))
    else:
        yield lambda point: progress(progress_of(point))


@contextmanager
def _ending(options: SolveOptions, stop: Stop | None) -> Iterator[Stop]:
    """What ends a solve: what the caller gives, or else the time limit from now on, and signals nobody handles."""
    from mes_stoch.solvers.interruption.signals import SignalWatch
    from mes_stoch.solvers.interruption.stop import Stop

    if stop is not None:
        yield stop
        return
    with SignalWatch() as watch:
        try:
            yield Stop.within(options.time_limit_s, watch.request)
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
    progress: TraceCallback | None,
    remark: Callable[[str], None] | None,
    stop: Stop,
    checkpoints: Checkpoints | None,
) -> Run | None:
    from mes_stoch.model.site_program import build_leaf_program, by_day_ahead_node
    from mes_stoch.report.assemble import assemble_run
    from mes_stoch.solvers.auto import is_decomposed, solve_by
    from mes_stoch.solvers.certificate.numerics import inspect
    from mes_stoch.solvers.parallel import mpi
    from mes_stoch.solvers.risk_averse import site_with_risk

    shared = tree if isinstance(tree, SharedTree) and not tree.is_complete else None
    if shared is not None:
        # what one rank finds wrong with its scenarios the others do not see
        mpi.abort_when_uncaught()
    leaves = build_leaf_program(site.instance, tree)
    if given is not None:
        leaves = leaves.with_commitments(given.volumes).with_site_decisions(given.site_decisions)
    # the numbers of the instance, without what risk adds
    numerics = inspect(by_day_ahead_node(leaves, leaves))
    numerics.warn(site.instance.currency)
    program = site_with_risk(leaves, stop)
    values = len(tree.scenario_names) * len(program.column_names)
    solving = stop.earlier(stop.deadline - min(_SECONDS_PER_VALUE * values, _SHARE_OF_RESULTS * stop.seconds_left()))
    if shared is not None and not is_decomposed(settings.method, program):
        shared.complete()
        shared = None
    result = solve_by(settings.method, program, options, progress, remark, solving, checkpoints)
    if shared is not None:
        from mes_stoch.api.shared_trees import gather_series

        gather_series(shared)
    if result is None:
        return None
    result.details.update(numerics.details())
    if checkpoints is not None and result.method != "ef":
        result.details["checkpoint_time_s"] = checkpoints.total_time_s
    return assemble_run(program, result, settings)
