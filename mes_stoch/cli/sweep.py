"""``mes-stoch sweep``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import (
    METHOD,
    InRange,
    instance_argument,
    leaves_option,
    scenarios_option,
    seed_option,
    set_option,
)
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

_EPILOG = """\b
Examples:
  mes-stoch sweep instances/tiny_site --over products.fr_afrr_up.volume_max_mw=1,2,4
  mes-stoch sweep instances/tiny_site --over components.chp.power_max_mw=1,2,3 \\
      --over "series.da_price_eur_per_mwh=*0.8,*1,*1.2" --out runs/sizes --workers 2
  mes-stoch sweep instances/tiny_site --points points.csv --out runs/points --resume

\b
points.csv has a column for each path and a row for each point. Every point leaves a run folder below
--out, which `report`, `settle` and `evaluate` take like any other; sweep.csv has a row for each.

\b
Exit codes: 0 done, 2 a point or the command is not right (nothing is solved then), 4 a gap was not
reached at some point (the table is written all the same), 5 interrupted; finished points are kept.
"""


@click.command(epilog=_EPILOG, short_help="Solve an instance at many values of its entries or series.")
@instance_argument
@click.option(
    "--over",
    "axes",
    multiple=True,
    metavar="PATH=V1,V2,...",
    help="Values of an entry or series, in the grammar of --set; every combination of several --over is a point.",
)
@click.option(
    "--points",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The points themselves: a CSV with a path a column and a point a row.",
)
@set_option
@scenarios_option
@leaves_option
@seed_option
@click.option("--method", type=METHOD, help="As for solve.")
@click.option("--gap", type=InRange("gap_rel"), metavar="G", help="Relative gap of each solve, 0.005 for 0.5 %.")
@click.option("--time-limit", type=InRange("time_limit_s"), metavar="S", help="Seconds for each of the solves.")
@click.option("--workers", type=click.IntRange(min=1), metavar="P", help="Processes; default the cores there are.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder to write; default runs/<instance>-sweep-<time>.",
)
@click.option("--resume", is_flag=True, help="Go on with the folder that --out names; more points may be asked.")
def sweep(
    instance: Path,
    axes: tuple[str, ...],
    points: Path | None,
    overrides: dict[str, Any],
    scenarios: int | None,
    leaves: int | None,
    seed: int | None,
    method: str | None,
    gap: float | None,
    time_limit: float | None,
    workers: int | None,
    out: Path | None,
    resume: bool,
) -> int:
    """Solve an instance at every point of a grid, and put the results into one table.

    All points are read and checked before the first is solved. Scenarios are drawn from the same seed at each.
    """
    from mes_stoch import api
    from mes_stoch.bench.machine import usable_cores
    from mes_stoch.io.overrides.settings import axes_from

    if resume and out is None:
        raise UsageError("--resume goes on with a folder: name it with --out")
    if bool(axes) == (points is not None):
        raise UsageError("give the values to sweep: --over PATH=V1,V2, once or more, or --points FILE")
    grid = axes_from(axes) if points is None else _points_in(points)
    site = api.read(instance, overrides)
    target = out or Path("runs") / f"{site.name}-sweep-{datetime.now():%Y%m%d-%H%M%S}"
    table = api.sweep(
        site,
        grid,
        scenarios=scenarios,
        seed=seed,
        leaves_per_day_ahead_node=leaves,
        out=target,
        resume=resume,
        workers=workers or usable_cores(),
        method=method,
        gap_rel=gap,
        time_limit_s=time_limit,
        told=output.status,
    )
    _show(table, site.instance.currency)
    output.result(f"Table: {target / 'sweep.csv'}")
    return 4 if table["status"].eq("limit").any() else 0


def _points_in(file: Path) -> list[dict[str, Any]]:
    """Rows of a CSV file as points."""
    from mes_stoch.io.overrides.settings import value_of
    from mes_stoch.io.readers.csv_table import read_table
    from mes_stoch.io.readers.reporter import Reporter

    reporter = Reporter(str(file))
    table = read_table(file, reporter, [])
    if table is None or reporter.has_issues:
        raise UsageError("; ".join(str(issue) for issue in reporter.issues))
    found, problems = [], []
    for row, line in enumerate(table.lines):
        point = {}
        for path, cells in table.columns.items():
            point[path], problem = value_of(cells[row])
            if problem is not None:
                problems.append(f"{file}:{line}: {path}: {problem}")
        found.append(point)
    if problems:
        raise UsageError("; ".join(problems))
    return found


def _show(table: pd.DataFrame, currency: str) -> None:
    from mes_stoch.sweeping.table import render_sweep

    output.show(render_sweep(table, currency))
