"""``mes-stoch solve``."""

from __future__ import annotations

import contextlib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mes_stoch.cli import speech
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.options import (
    figures_option,
    force_option,
    instance_argument,
    leaves_option,
    scenarios_option,
    seed_option,
)
from mes_stoch.cli.progress import ProgressLines
from mes_stoch.cli.ranks import ready_together
from mes_stoch.cli.report import draw
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.solve import parallel

if TYPE_CHECKING:
    from mes_stoch.io.run_folder import RunFolder
    from mes_stoch.report.run import Run

EXIT_CODE = {"optimal": 0, "gap_reached": 0, "slack": 0, "limit": 4, "interrupted": 5}

_EPILOG = """\b
Examples:
  mes-stoch solve instances/tiny_site
  mes-stoch solve instances/hospital_fr --scenarios 30 --seed 1 --gap 0.005
  mes-stoch solve instances/hospital_fr --scenarios 100 --time-limit 600
  mpiexec -n 2 mes-stoch solve instances/hospital_fr --scenarios 1000

\b
Exit codes: 0 done, 2 the instance or the command is not right, or results cannot be written,
3 infeasible or unbounded, 4 stopped at a limit before the gap was reached (results are written), 5 interrupted.
"""


def _up_to(most: float) -> click.FloatRange:
    """A positive number; one that is infinite would be no limit at all."""
    return click.FloatRange(min=0, min_open=True, max=most)


def _count(most: int) -> click.IntRange:
    return click.IntRange(min=1, max=most)


#: Penalties a million times off are no penalties any more.
_factor = click.FloatRange(min=1e-6, max=1e6)


@click.command(epilog=_EPILOG, short_help="Find the best commitment and its proven bounds.")
@instance_argument
@scenarios_option
@leaves_option
@seed_option
@click.option(
    "--method",
    type=click.Choice(["auto", "ef", "decomposition", "ph"]),
    help="ef: the extensive form, all scenarios in one program, one process. decomposition: scenario by scenario, "
    "with a certificate; parallel under mpiexec on any number of ranks. ph: the same, then progressive hedging while a "
    "gap is left; 3, 6, 9 ... ranks. auto: what fits, and why. Default: the instance's, or auto.",
)
@click.option("--gap", type=_up_to(1e6), metavar="G", help="Relative gap to reach, 0.005 for 0.5 %.")
@click.option("--time-limit", type=_up_to(1e9), metavar="S", help="Seconds after which the best so far is returned.")
@click.option(
    "--iterations", type=click.IntRange(min=1, max=10**9), metavar="N", help="Most iterations of progressive hedging."
)
@click.option(
    "--rho-factor",
    type=click.FloatRange(min=1e-6, max=1e6),
    metavar="F",
    help="Multiplies progressive hedging's own penalties.",
)
@click.option("--cold-start", is_flag=True, help="Hedge from zero, not from the linear relaxation's multipliers.")
@click.option(
    "--threads", type=click.IntRange(min=1, max=1024), metavar="N", help="Threads of the solver (ef only); default 1."
)
@click.option(
    "--minimum-bids/--no-minimum-bids", default=None, help="Hold, or drop, the smallest volume each market accepts."
)
@click.option("--bid-steps/--no-bid-steps", default=None, help="Hold, or drop, the step of volumes.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Run folder; default runs/<instance>-<time>.",
)
@force_option
@figures_option
@click.option("--quiet", is_flag=True, help="No progress and no table: only the path of the run folder.")
@click.pass_context
def solve(
    context: click.Context,
    instance: Path,
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
    minimum_bids: bool | None,
    bid_steps: bool | None,
    out: Path | None,
    force: bool,
    no_figures: bool,
    quiet: bool,
) -> None:
    """Find the commitment with the best expected profit, and how far from optimal it can be.

    Writes a run folder (commitments, all decisions, summary, bounds against time, figures, manifest) and prints what a
    person wants to know of it. Progress goes to standard error: proven bounds on the expected profit and their gap.
    """
    from mes_stoch import api

    folder: RunFolder | None = None
    lines = ProgressLines(speech.remark)
    try:
        with ready_together():
            site = api.read(instance).with_bids(minimum=minimum_bids, steps=bid_steps)
            lines.currency = site.instance.currency
            method = method or site.instance.solve.method
            _check_launch(method)
            tree = site.tree(scenarios, seed, leaves_per_day_ahead_node=leaves)
            folder = _claim(out, site.name, force) if speech.is_speaker() else None
        if not quiet:
            count = len(tree.scenario_names)
            speech.remark(f"{site.name}: {count} scenarios, method {method}; proven bounds on the expected profit:")
        with contextlib.nullcontext() if quiet else lines:
            run = api.solve(
                site,
                tree,
                method,
                gap_rel=gap,
                time_limit_s=time_limit,
                iteration_limit=iterations,
                rho_factor=rho_factor,
                cold_start=cold_start,
                threads=threads,
                progress=None if quiet else lines,
                remark=None if quiet else speech.remark,
                command=context.ensure_object(Invocation).command,
            )
        if run is None or folder is None:
            return
        context.ensure_object(Invocation).results = str(folder.path)
        _deliver(run, folder, quiet=quiet, figures=not no_figures)
    finally:
        # a folder without results would only stand in the way of the next try
        if folder is not None:
            folder.discard()
    context.exit(EXIT_CODE[run.status])


def _claim(out: Path | None, name: str, force: bool) -> RunFolder:
    from mes_stoch.io.run_folder import RunFolder

    if out is None:
        return RunFolder.create_default(name, datetime.now())
    return RunFolder.create(out, force)


def _check_launch(method: str) -> None:
    started = parallel.launcher_size()
    if method == "ef" and started > 1:
        raise UsageError(
            f"the extensive form runs in one process, and {started} were started; leave mpiexec out, or use "
            "--method auto"
        )


def _deliver(run: Run, folder: RunFolder, *, quiet: bool, figures: bool) -> None:
    """Write the results, then show them: where they cannot be written, the table is all there is of them."""
    problem: WriteError | None = None
    try:
        run.write_to(folder)
    except WriteError as error:
        problem = error
    if not quiet or problem is not None:
        from mes_stoch.report.tables import render

        speech.remark("")
        speech.show(render(run))
    if problem is not None:
        raise problem
    if figures:
        draw(run, folder.path, quiet=quiet)
    speech.say(str(folder.path) if quiet else f"Results: {folder.path}")
