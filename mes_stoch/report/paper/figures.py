"""The figures of a run for a paper: those that every run has, its profits and its site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mes_stoch.io.artifacts.run_folder import FIGURES, RunFolder
from mes_stoch.io.as_solved import read_again
from mes_stoch.report.figures import PlotsMissingError, drawn_figures, scenario_of
from mes_stoch.report.paper.figure_files import figure_bytes
from mes_stoch.report.run import Run
from mes_stoch.views.lattice import Lattice


def write_paper_figures(run: Run, folder: Path, formats: Sequence[str], scenario: str | None = None) -> list[Path]:
    """Draw every figure of a run into ``figures/`` of its folder, in each of the formats.

    Parameters
    ----------
    formats : sequence of str
        Of ``png``, ``pdf`` and ``svg``.
    scenario : str, optional
        Whose operation is drawn; default the one of median profit.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    UsageError
        The run has no such scenario, or its copy of the instance cannot be read here.
    WriteError
        A file cannot be written.
    """
    chosen = scenario_of(run, scenario)
    try:
        from mes_stoch.report.lattice_figure import draw_lattice
        from mes_stoch.report.profits_figure import draw_profits

        figures = drawn_figures(run, scenario)
        lattice = Lattice.of(read_again(run.settings.inputs).instance)
        if chosen is not None:
            title = f"{run.summary['instance']}: profit over {len(run.profit)} scenarios"
            figures["profits"] = draw_profits({"this commitment": run.solution}, title)
            lattice = lattice.with_flows(run.flows(chosen))
        figures["lattice"] = draw_lattice(lattice, "" if chosen is None else f"scenario {chosen}")
    except ModuleNotFoundError:
        raise PlotsMissingError from None
    target = RunFolder(folder)
    written = []
    for name, figure in figures.items():
        for suffix in dict.fromkeys(formats):
            content = figure_bytes(figure, suffix)
            written.append(target.put(f"{FIGURES}/{name}.{suffix}", lambda stream, own=content: stream.write(own)))  # type: ignore[misc]
    return written
