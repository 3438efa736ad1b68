"""``mes-stoch tree``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import (
    force_option,
    instance_argument,
    leaves_option,
    scenarios_option,
    seed_option,
    set_option,
)
from mes_stoch.cli.reduction import reduction_asked, reduction_options, weighting_lines
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.api.sites import Site
    from mes_stoch.io.artifacts.tree_parts import TreeSize
    from mes_stoch.schema.tree import ScenarioTree

_EPILOG = """\b
Examples:
  mes-stoch tree instances/hospital_fr --scenarios 100 --seed 7 --out tree.nc
  mes-stoch tree instances/hospital_fr --scenarios 100 --leaves 5
  mes-stoch tree instances/hospital_fr --scenarios 100 --reduce-from 5000 --method k_medoids
  mes-stoch tree instances/hospital_fr --scenarios 100 --reduce-from 5000 --report tree_report
  mes-stoch tree mysite --scenarios 100 --report tree_report --against day_ahead_2019.csv

\b
Exit codes: 0 done, 2 the instance or the command is not right.
"""


@click.command(epilog=_EPILOG, short_help="Draw the scenarios and write them to a file.")
@instance_argument
@set_option
@scenarios_option
@leaves_option
@seed_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("tree.nc"),
    show_default=True,
    metavar="FILE",
    help="NetCDF file to write.",
)
@force_option
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Hold the tree against a larger sample of its process: tables and figures into FOLDER.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Of --report: hold it against whole days of past series instead, named as in the instance; then no plain "
    "draws stand beside it.",
)
@click.option(
    "--sample", type=click.IntRange(min=2), metavar="M", help="Of --report: scenarios of the sample; default 1000."
)
@reduction_options
def tree(
    instance: Path,
    overrides: dict[str, Any],
    scenarios: int | None,
    leaves: int | None,
    seed: int | None,
    out: Path,
    force: bool,
    plain: bool,
    report: Path | None,
    against: Path | None,
    sample: int | None,
    **reduction: Any,
) -> None:
    """Draw the scenarios of an instance and write them to one NetCDF file.

    The same instance, number and seed always give the same scenarios, on any machine and any number of processes;
    scenario 5 of 10 is scenario 5 of 1000 (with the same --leaves).

    With --reduce-from, or `uncertainty.reduction` in the instance, more are drawn than are written: those that stand
    for all, with probabilities that differ.

    With --report: moments, tails, autocorrelation, correlation between series, number and length of calls, and
    Wasserstein distances, beside those of the source: a sample of the process, with the distances of as many plain
    draws, or with --against days of the past, without them; fan charts, duration curves and correlation maps.
    Whether results are stable is another question: mes-stoch evaluate INSTANCE --stability.
    """
    if report is None and (against is not None or sample is not None):
        raise UsageError("--against and --sample go with --report FOLDER")
    if against is not None and sample is not None:
        raise UsageError("--against takes days of the past, --sample scenarios of the process; give one of them")
    if out.exists() and not force:
        raise UsageError(f"{out} exists; choose another --out, or add --force to overwrite it")
    from mes_stoch import api
    from mes_stoch.io.artifacts.tree import write_tree
    from mes_stoch.io.artifacts.tree_parts import TreeSize, write_tree_parts
    from mes_stoch.io.files import made_folder

    site = api.read(instance, overrides)
    chosen = reduction_asked(reduction, plain=plain)
    if report is None and chosen is None and site.needs_whole_tree(plain=plain) is None:
        parts = site.stream(scenarios, seed, leaves_per_day_ahead_node=leaves, plain=plain)
        made_folder(out.parent)
        _say_size(out, write_tree_parts(parts, out))
        return
    if plain:
        drawn = site.draws(scenarios, seed, leaves_per_day_ahead_node=leaves)
    else:
        drawn = site.tree(scenarios, seed, leaves_per_day_ahead_node=leaves, reduction=chosen)
    made_folder(out.parent)
    write_tree(drawn, out)
    _say_size(out, TreeSize.of(drawn))
    for line in weighting_lines(drawn):
        output.result(line)
    if report is not None:
        _write_report(site, drawn, report, against, sample)


def _say_size(out: Path, size: TreeSize) -> None:
    said = "" if size.seed is None else f", seed {size.seed}"
    below = "" if size.day_ahead_nodes == size.scenarios else f" below {size.day_ahead_nodes} day-ahead nodes"
    output.result(f"{out}: {size.scenarios} scenarios{below} of {size.periods} periods{said}; {size.series} series")


def _write_report(site: Site, drawn: ScenarioTree, folder: Path, against: Path | None, sample: int | None) -> None:
    from mes_stoch.api.tree_report import SAMPLE, quality_text, tree_quality, write_tree_report

    past = None
    if against is not None:
        from mes_stoch.uncertainty.fitted.past_series import read_past

        past = read_past(against, drawn)
    quality = tree_quality(site, drawn, past, sample=sample or SAMPLE)
    output.result(quality_text(quality))
    written = write_tree_report(quality, drawn, folder, site.name)
    output.result(f"{folder}: {', '.join(path.name for path in written)}")
