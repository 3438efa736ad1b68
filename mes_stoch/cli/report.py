"""``mes-stoch report``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import figures_option
from mes_stoch.schema.errors import WriteError

if TYPE_CHECKING:
    from mes_stoch.report.run import Run

_EPILOG = """\b
Examples:
  mes-stoch report runs/tiny_site-20250115-093000
  mes-stoch report runs/tiny_site-20250115-093000 --scenario called

\b
Exit codes: 0 done, 2 not the folder of a finished run.
"""


@click.command(epilog=_EPILOG, short_help="Show a finished run again; redraw its figures.")
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--scenario", metavar="NAME", help="Whose dispatch to draw; default the one of median profit.")
@figures_option
def report(run_dir: Path, scenario: str | None, no_figures: bool) -> None:
    """Show a finished run again and redraw its figures, from the files in its folder alone."""
    from mes_stoch.report.run import read_run
    from mes_stoch.report.tables import render

    run = read_run(run_dir)
    output.show(render(run))
    if not no_figures:
        draw(run, run_dir, scenario)


def draw(run: Run, folder: Path, scenario: str | None = None, *, quiet: bool = False) -> None:
    """Draw into a run folder, or say what is missing: no figure is worth a finished run."""
    from mes_stoch.report.figures import PlotsMissingError, write_figures

    try:
        for path in write_figures(run, folder, scenario):
            if not quiet:
                output.status(f"figure: {path}")
    except (PlotsMissingError, WriteError) as error:
        output.status(f"mes-stoch: {error}")
