"""``mes-stoch solve``."""

from __future__ import annotations

import contextlib
import math
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.options import (
    METHOD,
    InRange,
    figures_option,
    force_option,
    leaves_option,
    scenarios_option,
    seed_option,
    set_option,
)
from mes_stoch.cli.progress import ProgressLines
from mes_stoch.cli.ranks import of_rank_zero, ready_together
from mes_stoch.cli.report import draw
from mes_stoch.cli.resume import Asked, begin, checkpoint_option, resume_option, resumption
from mes_stoch.cli.solve_clock import SolveClock
from mes_stoch.cli.start_ranks import MOST_RANKS, run_on_ranks
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.schema.risk import own_terms
from mes_stoch.solvers.option_ranges import largest
from mes_stoch.solvers.parallel import mpi

if TYPE_CHECKING:
    from mes_stoch.api import Site
    from mes_stoch.io.artifacts.run_folder import RunFolder
    from mes_stoch.report.run import Run

EXIT_CODE = {"optimal": 0, "gap_reached": 0, "slack": 0, "limit": 4, "interrupted": 5}

_EPILOG = """\b
Examples:
  mes-stoch solve instances/tiny_site
  mes-stoch solve instances/hospital_fr --scenarios 30 --seed 1 --gap 0.005
  mes-stoch solve instances/hospital_fr --scenarios 100 --time-limit 600
  mes-stoch solve instances/hospital_fr --scenarios 1000 --ranks 2
  mes-stoch solve instances/tiny_site --set components.process.shed_cost_eur_per_mwh=120

\b
Exit codes: 0 done, 2 the instance or the command is not right, or results cannot be written,
3 infeasible or unbounded, 4 stopped at a limit before the gap was reached (results are written), 5 interrupted.
"""


@click.command(epilog=_EPILOG, short_help="Find the best commitment and its proven bounds.")
@click.argument("instance", type=click.Path(path_type=Path), required=False)
@set_option
@scenarios_option
@leaves_option
@seed_option
@click.option(
    "--method",
    type=METHOD,
    help="ef: the extensive form, all scenarios in one program, one process. decomposition: scenario by scenario, "
    "with a certificate; parallel under mpiexec on any number of ranks. ph: the same, then progressive hedging while a "
    "gap is left; 3, 6, 9 ... ranks. auto: what fits, and why. Default: the instance's, or auto.",
)
@click.option("--gap", type=InRange("gap_rel"), metavar="G", help="Relative gap to reach, 0.005 for 0.5 %.")
@click.option(
    "--time-limit",
    type=InRange("time_limit_s"),
    metavar="S",
    help="Seconds, from the start of the command, after which the best so far is written; figures where they fit in.",
)
@click.option(
    "--iterations",
    type=click.IntRange(1, largest("iteration_limit")),
    metavar="N",
    help="Most iterations of progressive hedging.",
)
@click.option(
    "--rho-factor", type=InRange("rho_factor"), metavar="F", help="Multiplies progressive hedging's own penalties."
)
@click.option("--cold-start", is_flag=True, help="Hedge from zero, not from the linear relaxation's multipliers.")
@click.option(
    "--threads",
    type=click.IntRange(1, largest("threads")),
    metavar="N",
    help="Threads of the solver (ef only); default 1.",
)
@click.option(
    "--ranks",
    type=click.IntRange(1, MOST_RANKS),
    metavar="N",
    help="Start N processes of MPI on this machine, as mpiexec -n N would, and let signals reach them all.",
)
@click.option(
    "--commitment",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Volumes that are awarded, and no longer decided, in a file like commitments.csv; the rest is decided.",
)
@click.option(
    "--site-decisions",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Decisions of the site that are given, like a run's site_decisions.csv; default the one beside --commitment.",
)
@click.option(
    "--minimum-bids/--no-minimum-bids", default=None, help="Hold, or drop, the smallest volume each market accepts."
)
@click.option("--bid-steps/--no-bid-steps", default=None, help="Hold, or drop, the step of volumes.")
@click.option(
    "--risk-weight",
    type=click.FloatRange(0.0, 1.0),
    metavar="B",
    help="Maximise (1 - B) x expected profit + B x measure of risk; 0 measures risk without weighing it. Default: the "
    "instance's.",
)
@click.option(
    "--cvar-alpha",
    type=click.FloatRange(0.0, 1.0, max_open=True),
    metavar="A",
    help="Measure: mean profit of the worst 1 - A of the probability. Default: the instance's, or 0.95.",
)
@click.option("--worst-case", is_flag=True, help="Measure: least profit of any scenario.")
@click.option(
    "--risk-of-single-days",
    is_flag=True,
    help="Measure bad days, though volumes are committed for a contract that is longer.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Run folder; default runs/<instance>-<time>.",
)
@resume_option
@checkpoint_option
@force_option
@figures_option
@click.option("--quiet", is_flag=True, help="No progress and no table: only the path of the run folder.")
@click.pass_context
def solve(
    context: click.Context,
    instance: Path | None,
    overrides: dict[str, Any],
    scenarios: int | None,
    leaves: int | None,
    seed: int | None,
    method: str | None,
    gap: float | None,
    time_limit: float | None,
    iterations: int | None,
    rho_factor: float | None,
    cold_start: bool,
    threads: int | None,
    ranks: int | None,
    commitment: Path | None,
    site_decisions: Path | None,
    minimum_bids: bool | None,
    bid_steps: bool | None,
    risk_weight: float | None,
    cvar_alpha: float | None,
    worst_case: bool,
    risk_of_single_days: bool,
    out: Path | None,
    resume: str | None,
    checkpoint_every: float,
    force: bool,
    no_figures: bool,
    quiet: bool,
) -> None:
    """Find the commitment with the best expected profit, and how far from optimal it can be.

    Writes a run folder (commitments, all decisions, summary, bounds against time, figures, manifest) and prints what a
    person wants to know of it. Progress goes to standard error: bounds on the expected profit and their gap, proven
    unless marked `search`.
    """
    invocation = context.ensure_object(Invocation)
    watch = invocation.watch
    if ranks is not None and _is_to_start(ranks):
        context.exit(run_on_ranks(ranks, invocation.arguments, watch, invocation.begun))
    from mes_stoch import api
    from mes_stoch.api.checkpointing import Keeping
    from mes_stoch.api.shared_trees import drawn_by_this_rank, tree_of_all

    folder: RunFolder | None = None
    lines = ProgressLines(output.status)
    try:
        with ready_together(), watch.raising():
            resumed = resumption(context, instance, out, resume)
            if resumed.is_finished:
                output.result(f"{out} holds a run that is done; there is nothing to go on with")
                context.exit(0)
            asked = Asked.of(context)
            site = api.read(resumed.instance, overrides).with_bids(minimum=minimum_bids, steps=bid_steps)
            site = _with_risk(site, risk_weight, cvar_alpha, worst_case=worst_case, single_days=risk_of_single_days)
            lines.currency = site.instance.currency
            method = asked.method or site.instance.solve.method
            _check_launch(method)
            limit_s = site.instance.solve.time_limit_s if asked.time_limit is None else asked.time_limit
            clock = SolveClock(invocation.begun, limit_s, draws=not no_figures, request=watch.request)
            if output.prints_output():
                folder = resumed.folder(site.name, force)
                if not resumed.resumes:
                    begin(folder, asked, site)
            mine = drawn_by_this_rank(
                site, method, asked.scenarios, asked.seed, leaves_per_day_ahead_node=asked.leaves, stop=clock.stop
            )
        tree = tree_of_all(mine)
        del mine
        if folder is not None:
            watch.last_words = partial(_last_words, folder)
        if not quiet:
            count = len(tree.scenario_names)
            what = "utility" if site.is_risk_averse else "expected profit"
            output.status(f"{site.name}: {count} scenarios, method {method}; bounds on the {what}:")
        keeping = None
        # what is there is gone on with even where no more is to be written; the leading rank knows whether
        if of_rank_zero(asked.checkpoint_every > 0 or resumed.resumes):
            place = of_rank_zero(None if folder is None else folder.path.resolve())
            keeping = Keeping(place, 60.0 * asked.checkpoint_every or math.inf, resumed.resumes)
        with contextlib.nullcontext() if quiet else lines:
            run = api.solve_request(
                site,
                tree,
                asked.request(method),
                commitments=asked.commitment,
                site_decisions=asked.site_decisions,
                progress=None if quiet else lines,
                remark=None if quiet else output.status,
                command=invocation.command,
                stop=clock.stop,
                keeping=keeping,
            )
        if run is None or folder is None:
            return
        watch.is_finishing = True
        invocation.results = str(folder.path)
        _deliver(run, folder, quiet=quiet, clock=clock)
        if run.is_done or keeping is None or not keeping.has_checkpoint:
            folder.forget_beginning()
        elif not quiet:
            output.status(f"mes-stoch solve --resume {folder.path} goes on from here")
    finally:
        # a folder without results would only stand in the way of the next try
        if folder is not None:
            folder.discard()
    context.exit(EXIT_CODE[run.status])


def _is_to_start(ranks: int) -> bool:
    """Whether the ranks asked for are still to be started."""
    started = mpi.launcher_size()
    if started not in (1, ranks):
        raise UsageError(
            f"--ranks {ranks} under a launcher that has started {started} processes; leave one of them out"
        )
    return started < ranks


def _with_risk(site: Site, weight: float | None, alpha: float | None, *, worst_case: bool, single_days: bool) -> Site:
    """The site with the risk that the options ask for; what they leave open is the instance's."""
    if weight is None and alpha is None and not worst_case and not single_days:
        return site
    if worst_case and alpha is not None:
        raise UsageError("--worst-case and --cvar-alpha are two measures; give one of them")
    stated = site.instance.risk
    if weight is None and stated is None:
        raise UsageError(f"a measure of risk needs a --risk-weight, since {site.name} states no risk")
    beta = weight if weight is not None or stated is None else stated.beta
    is_kept = stated is not None and alpha is None and not worst_case
    measure = stated.measure if stated is not None and is_kept else "worst_case" if worst_case else "cvar"
    terms = own_terms(stated) if stated is not None and is_kept else {"alpha": alpha}
    return site.with_risk(
        measure,
        beta=beta if beta is not None else 0.0,
        of_single_days=single_days or (stated is not None and stated.of_single_days),
        **terms,
    )


def _check_launch(method: str) -> None:
    started = mpi.launcher_size()
    if method == "ef" and started > 1:
        raise UsageError(
            f"the extensive form runs in one process, and {started} were started; leave mpiexec out, or use "
            "--method auto"
        )


def _last_words(folder: RunFolder) -> None:
    folder.discard()
    output.error("interrupted again before there were results; ended at once, nothing was written")


def _deliver(run: Run, folder: RunFolder, *, quiet: bool, clock: SolveClock) -> None:
    """Write the results, then show them: where they cannot be written, the table is all there is of them."""
    problem: WriteError | None = None
    try:
        run.write_to(folder)
    except WriteError as error:
        problem = error
    if not quiet or problem is not None:
        from mes_stoch.report.tables import render

        output.status("")
        output.show(render(run))
    if problem is not None:
        raise problem
    if clock.has_time_to_draw():
        draw(run, folder.path, quiet=quiet)
    elif clock.draws:
        output.status(f"no time for figures; mes-stoch report {folder.path} draws them")
    output.result(str(folder.path) if quiet else f"Results: {folder.path}")
