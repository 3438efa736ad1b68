"""``mes-stoch site``."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mes_stoch.cli import output
from mes_stoch.cli.options import figures_option, force_option, require_instance, set_option
from mes_stoch.cli.site_hub import require_lattice_options, show_hub
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.api import Run, Site
    from mes_stoch.views.lattice import Lattice

FIGURE = "lattice.png"

_EPILOG = """\b
Examples:
  mes-stoch site instances/hospital_fr
  mes-stoch site instances/hospital_fr --out figures --graphml hospital.graphml
  mes-stoch site runs/hospital_fr-20251120-093000                what flows in the scenario of median profit
  mes-stoch site runs/hospital_fr-20251120-093000 --scenario s7 --force
  mes-stoch site instances/hospital_fr --hub --period 3          the matrices of its energy hub in one period
  mes-stoch site instances/hospital_fr --hub --export hub        all of them, in Matrix Market format and CSV

\b
From Python: ms.lattice(site).arcs is the table, .to_networkx() the graph; ms.plot.lattice(site) the figure;
ms.hub(site) the hub, with .coupling, .storage and .write("hub").

\b
Exit codes: 0 done, 2 the instance or the command is not right, or something cannot be written.
"""


@click.command(epilog=_EPILOG, short_help="Show a site as an energy lattice (layers, nodes, arcs) or as an energy hub.")
@click.argument("folder", metavar="INSTANCE|RUN", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help=f"Folder for {FIGURE}; default figures/ of a RUN, runs/<instance>-site-<time> for an INSTANCE. Of another "
    "scenario of a RUN: a folder of its own, or --force.",
)
@click.option(
    "--graphml",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the graph as well, for networkx, Gephi or yEd.",
)
@click.option("--hub", "is_hub", is_flag=True, help="Print the energy hub of one period instead: L = C P - S dE.")
@click.option(
    "--period", type=click.IntRange(min=0), metavar="N", help="Of --hub: which period, counted from 0; default 0."
)
@click.option(
    "--export",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Of --hub: write the matrices of all periods, with limits, loads and costs, into a new folder.",
)
@click.option(
    "--scenario",
    metavar="NAME",
    help="Of a RUN: whose flows; default the one of median profit. Of --hub: whose series; default of an INSTANCE the "
    "first.",
)
@set_option
@figures_option
@force_option
def site(
    folder: Path,
    out: Path | None,
    graphml: Path | None,
    is_hub: bool,
    period: int | None,
    export: Path | None,
    scenario: str | None,
    overrides: dict[str, Any],
    no_figures: bool,
    force: bool,
) -> None:
    """Show how the parts of a site are joined, and how much each can carry.

    The site is an energy lattice: a layer for each carrier, nodes in the layers, and components that take energy from
    nodes and bring it to others. Printed are the layers and every arc with its ratio and its limit; the figure has a
    band for each layer, external networks at the left and demands at the right. Of a RUN, arrows are as wide as the
    energy that flows in one scenario.

    With --hub the same site is printed as an energy hub: what a MW of each flow brings to each node.
    """
    from mes_stoch import api

    if is_hub:
        require_lattice_options({"--out": out, "--graphml": graphml, "--no-figures": no_figures, "--force": force})
        show_hub(*_read(folder, overrides), scenario, period or 0, export)
        return
    if period is not None or export is not None:
        raise UsageError("--period and --export are of the energy hub; add --hub")
    run, described = _read(folder, overrides)
    found = api.lattice(described if run is None else run, scenario)
    called = "" if run is None else _called(run, scenario)
    figure = None if no_figures else _figure_path(folder, out, is_run=run is not None)
    for path in (figure, graphml):
        _require_free(path, force=force)
    if graphml is not None and not graphml.parent.is_dir():
        raise UsageError(f"cannot write {graphml}: there is no folder {graphml.parent}")
    from mes_stoch.report.lattice_table import render_lattice

    output.show(render_lattice(found, called))
    if graphml is not None:
        found.write_graphml(graphml)
        output.status(f"graph: {graphml}")
    if not no_figures:
        _draw(found, called, figure or _own_folder(described.name))


def _read(folder: Path, overrides: dict[str, Any]) -> tuple[Run | None, Site]:
    """The run, where the folder is that of one, and the site."""
    from mes_stoch import api
    from mes_stoch.io.artifacts.run_folder import MANIFEST, UNFINISHED
    from mes_stoch.io.readers.locate import INSTANCE_FILE

    if (folder / INSTANCE_FILE).is_file() or not folder.is_dir():
        return None, api.read(folder, overrides)
    if not (folder / MANIFEST).exists() and not (folder / UNFINISHED).exists():
        raise UsageError(
            f"{folder} is neither an instance, which has an {INSTANCE_FILE}, nor a run, which has a {MANIFEST}"
        )
    require_instance(overrides, is_run=True)
    run = api.read_run(folder, allow_changed=True)
    return run, api.site_of(run)


def _called(run: Run, scenario: str | None) -> str:
    from mes_stoch.report.figures import scenario_of

    chosen = scenario_of(run, scenario)
    return "" if chosen is None else f"scenario {chosen}"


def _figure_path(folder: Path, out: Path | None, *, is_run: bool) -> Path | None:
    """Where the figure is written; ``None`` where a new folder is made for it."""
    from mes_stoch.io.artifacts.run_folder import FIGURES

    if out is not None:
        return out / FIGURE
    return folder / FIGURES / FIGURE if is_run else None


def _require_free(path: Path | None, *, force: bool) -> None:
    if path is not None and path.exists() and not force:
        raise UsageError(f"{path} exists; choose another place, or add --force to overwrite it")


def _own_folder(name: str) -> Path:
    from mes_stoch.io.artifacts.run_folder import make_default_folder

    return make_default_folder(f"{name}-site-{datetime.now():%Y%m%d-%H%M%S}") / FIGURE


def _draw(lattice: Lattice, called: str, path: Path) -> None:
    """Draw, or say what is missing: the table is there all the same."""
    from mes_stoch.io.files import made_folder
    from mes_stoch.report.figures import PlotsMissingError, write_figure
    from mes_stoch.report.lattice_figure import draw_lattice

    try:
        figure = draw_lattice(lattice, called)
    except PlotsMissingError as error:
        output.status(f"mes-stoch: {error}")
        return
    made_folder(path.parent)
    write_figure(figure, path)
    output.status(f"figure: {path}")
