"""The energy hub of ``mes-stoch site --hub``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.cli import output
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from mes_stoch.api import Run, Site


def show_hub(run: Run | None, described: Site, scenario: str | None, period: int, export: Path | None) -> None:
    """Print the matrices of one period, and write all of them where that is asked for."""
    from mes_stoch import api
    from mes_stoch.report.figures import scenario_of
    from mes_stoch.report.hub_table import render_hub
    from mes_stoch.views.matrix_files import require_new_folder

    if export is not None:
        require_new_folder(export)
    if run is not None:
        tree, chosen = run.tree, scenario_of(run, scenario)
    else:
        tree, chosen = described.tree(), scenario
    name = tree.scenario_names[0] if chosen is None else chosen
    hub = api.hub(described, tree, name)
    output.show(render_hub(hub, period, f"scenario {name}"))
    if export is not None:
        hub.write(export)
        output.status(f"hub: {export}")


def require_lattice_options(given: dict[str, object]) -> None:
    """Options of the lattice are not asked for beside the hub.

    Raises
    ------
    UsageError
    """
    named = [name for name, value in given.items() if value]
    if named:
        raise UsageError(f"--hub prints matrices in the place of the lattice; leave out {' and '.join(named)}")
