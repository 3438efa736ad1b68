"""``mes-stoch report``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import figures_option, force_option
from mes_stoch.schema.errors import UsageError, WriteError

if TYPE_CHECKING:
    from mes_stoch.report.run import Run

_EPILOG = """\b
Examples:
  mes-stoch report runs/tiny_site-20250115-093000
  mes-stoch report runs/tiny_site-20250115-093000 --scenario called
  mes-stoch report runs/tiny_site-20250115-093000 --format pdf --format svg --tables
  mes-stoch report runs/before runs/after --out before_after.html

\b
Exit codes: 0 done, 2 not the folder of a finished run.
"""
_COMPARISON = Path("comparison.html")


@click.command(epilog=_EPILOG, short_help="Show a finished run again; make its report; compare runs.")
@click.argument("run_dirs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--scenario", metavar="NAME", help="Whose dispatch to draw; default the one of median profit.")
@click.option(
    "--format",
    "formats",
    type=click.Choice(["png", "pdf", "svg"]),
    multiple=True,
    help="Draw the figures for a paper in this format, with profits and the lattice of the site; can be repeated.",
)
@click.option(
    "--tables", is_flag=True, help="Write commitments, streams and policies as CSV and LaTeX into RUN/tables."
)
@click.option("--no-html", is_flag=True, help="Make no HTML page.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="HTML to write; default RUN/report.html, of several runs comparison.html.",
)
@figures_option
@force_option
def report(
    run_dirs: tuple[Path, ...],
    scenario: str | None,
    formats: tuple[str, ...],
    tables: bool,
    no_html: bool,
    out: Path | None,
    no_figures: bool,
    force: bool,
) -> None:
    """Show a finished run again, redraw its figures, and make an HTML page of it, from the files in its folder alone.

    The page is one file of some 5 MB that asks the network for nothing. Of several runs a page lays them side by side:
    results, streams, commitments, and what differs between their instances and options.
    """
    if out is not None and no_html:
        raise UsageError("--out names the HTML page, and --no-html makes none; leave one of them out")
    if len(run_dirs) > 1:
        one_only = {"--scenario": scenario, "--format": formats, "--tables": tables, "--no-html": no_html}
        wrong = [name for name, value in one_only.items() if value]
        if wrong:
            raise UsageError(f"{', '.join(wrong)}: of one run, and {len(run_dirs)} were given")
        _compare(run_dirs, _COMPARISON if out is None else out, force=force)
        return
    from mes_stoch.report.run import read_run
    from mes_stoch.report.tables import render

    folder = run_dirs[0]
    if out is not None:
        _require_free(out, force=force)
    run = read_run(folder)
    output.show(render(run))
    if not no_figures:
        _figures(run, folder, scenario, formats)
    if tables:
        _tables(run, folder)
    if not no_html:
        _html(run, folder, scenario, out)


def _figures(run: Run, folder: Path, scenario: str | None, formats: Sequence[str]) -> None:
    if not formats:
        draw(run, folder, scenario)
        return
    from mes_stoch.report.paper.figures import write_paper_figures

    for path in write_paper_figures(run, folder, formats, scenario):
        output.status(f"figure: {path}")


def _tables(run: Run, folder: Path) -> None:
    from mes_stoch.report.html.source import ReportSource
    from mes_stoch.report.paper.tables import write_tables

    for path in write_tables(ReportSource.of(run, folder)):
        output.status(f"table: {path}")


def _html(run: Run, folder: Path, scenario: str | None, out: Path | None) -> None:
    """Make the page, or say what is missing where nobody has named it: tables and figures are there all the same."""
    from mes_stoch.report.html.page import ReportMissingError
    from mes_stoch.report.html.run_report import write_report

    try:
        output.status(f"report: {write_report(run, folder, scenario, out=out)}")
    except (ReportMissingError, WriteError) as error:
        if out is not None:
            raise
        output.status(f"mes-stoch: {error}")


def _compare(folders: Sequence[Path], out: Path, *, force: bool) -> None:
    from mes_stoch.report.comparison_table import render_comparison_of_runs
    from mes_stoch.report.html.comparison.page import write_comparison
    from mes_stoch.report.run import read_run

    _require_free(out, force=force)
    runs = [(folder, read_run(folder)) for folder in folders]
    output.show(render_comparison_of_runs(runs))
    output.status(f"comparison: {write_comparison(runs, out)}")


def _require_free(out: Path, *, force: bool) -> None:
    if not out.parent.is_dir():
        raise UsageError(f"cannot write {out}: there is no folder {out.parent}")
    if out.exists() and not force:
        raise UsageError(f"{out} exists; choose another --out, or add --force to overwrite it")


def draw(run: Run, folder: Path, scenario: str | None = None, *, quiet: bool = False) -> None:
    """Draw into a run folder, or say what is missing: no figure is worth a finished run."""
    from mes_stoch.report.figures import PlotsMissingError, write_figures

    try:
        for path in write_figures(run, folder, scenario):
            if not quiet:
                output.status(f"figure: {path}")
    except (PlotsMissingError, WriteError) as error:
        output.status(f"mes-stoch: {error}")
