"""``mes-stoch backtest``."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.invocation import Invocation
from mes_stoch.cli.options import (
    METHOD,
    InRange,
    figures_option,
    instance_argument,
    set_option,
    whole_time_limit_option,
)
from mes_stoch.schema.errors import TimeLimitError, UsageError, WriteError

if TYPE_CHECKING:
    from mes_stoch.backtesting.result import Backtest

_EPILOG = """\b
Each day is committed for from the days before it, which were over when its first gate closed, then
operated hour by hour without foresight on what really came, and settled. What perfect foresight of
the day would have earned is bracketed beside it. What the numbers mean stands in docs/evaluation.md.

\b
The series are not part of the project: --data names their folder, or the environment variable
MES_STOCH_DATA does.

\b
Examples:
  mes-stoch backtest instances/backtest_dk1 --data DIR --days 60 --out runs/backtest
  mes-stoch backtest instances/backtest_dk1 --data DIR --days 60 --out runs/backtest --resume
  mes-stoch backtest instances/backtest_dk1 --data DIR --days 7 --first 2021-11-01 --window 28
  mes-stoch backtest instances/backtest_fr --series france_2019 --data DIR --days 30

\b
Exit codes: 0 done, 2 the instance, data, folder or command is not right, 3 a day has no dispatch,
4 the time limit came first, 5 interrupted; finished days are written.
"""


@click.command(epilog=_EPILOG, short_help="A commitment a day on real series, operated without foresight.")
@instance_argument
@set_option
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder of the real series; default the environment variable MES_STOCH_DATA.",
)
@click.option("--series", metavar="NAME", help="Which series: western_denmark_2021 (default) or france_2019.")
@click.option("--days", type=click.IntRange(min=1), default=60, show_default=True, metavar="N", help="Days to operate.")
@click.option(
    "--first",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Day to begin with; default the first that has a whole window before it.",
)
@click.option(
    "--window",
    type=click.IntRange(min=1),
    default=14,
    show_default=True,
    metavar="W",
    help="Days that a commitment is made from.",
)
@click.option(
    "--fan",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    metavar="K",
    help="Days of the window that each hour is planned for, the likeliest after what was seen; 1: their mean.",
)
@click.option("--workers", type=click.IntRange(min=1), metavar="P", help="Processes; default the cores there are.")
@click.option("--method", type=METHOD, help="Of the commitment, as for solve.")
@click.option("--gap", type=InRange("gap_rel"), metavar="G", help="Relative gap of the commitment, 0.005 for 0.5 %.")
@whole_time_limit_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder to write; default runs/<instance>-backtest-<time>.",
)
@click.option("--resume", is_flag=True, help="Go on with the folder that --out names.")
@figures_option
@click.pass_context
def backtest(
    context: click.Context,
    instance: Path,
    overrides: dict[str, Any],
    data: Path | None,
    series: str | None,
    days: int,
    first: datetime | None,
    window: int,
    fan: int,
    workers: int | None,
    method: str | None,
    gap: float | None,
    time_limit: float | None,
    out: Path | None,
    resume: bool,
    no_figures: bool,
) -> None:
    """Commit for real days from the days before them, and operate them without foresight."""
    from mes_stoch import api
    from mes_stoch.bench.machine import usable_cores

    invocation = context.ensure_object(Invocation)
    if resume and out is None:
        raise UsageError("--resume goes on with a folder: name it with --out")
    place = os.environ.get("MES_STOCH_DATA")
    folder = Path(place) if data is None and place else data
    site = api.read(instance, overrides)
    target = out or Path("runs") / f"{site.name}-backtest-{datetime.now():%Y%m%d-%H%M%S}"
    try:
        found = api.backtest(
            site,
            series or api.DEFAULT_SERIES,
            days=days,
            data_folder=folder,
            first=None if first is None else first.date(),
            window_days=window,
            fan=fan,
            out=target,
            resume=resume,
            workers=workers or usable_cores(),
            method=method,
            gap_rel=gap,
            time_limit_s=invocation.seconds_left(time_limit),
            told=output.status,
        )
    except KeyboardInterrupt:
        output.status(f"finished days are in {target}: go on with --resume")
        raise
    _show(found)
    if not no_figures:
        _draw(found, target)
    output.status(f"backtest: {target}")
    if not found.is_complete:
        raise TimeLimitError(
            f"the time limit came first: {len(found.days)} of {found.asked} days are written; go on with --resume"
        )


def _show(found: Backtest) -> None:
    from mes_stoch.report.backtest import render_backtest, render_pairing

    for source in found.sources:
        output.status(f"{source.name}: {source.origin}; {source.conversion}")
    for note in found.notes:
        output.status(f"note: {note}")
    pairing = render_pairing(found.pairing)
    if pairing is not None:
        output.show(pairing)
    output.show(render_backtest(found.plan, found.days, found.totals, found.left_out))


def _draw(found: Backtest, folder: Path) -> None:
    """The figure, where matplotlib is installed."""
    from mes_stoch.report.backtest_figure import write_regret
    from mes_stoch.report.figures import PlotsMissingError

    try:
        path = write_regret(found.plan, found.days, folder)
    except (PlotsMissingError, WriteError) as error:
        output.status(str(error))
        return
    output.status(f"figure: {path}")
