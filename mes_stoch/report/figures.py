"""Figures of a run: commitments with how one scenario is operated, what is offered at prices, how the bounds closed.

Drawn with matplotlib's Agg canvas on figures of our own: no global state, no window, no change of anybody's style.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.io.artifacts.run_folder import FIGURES, RunFolder
from mes_stoch.io.files import write_whole
from mes_stoch.report.bid_curves import price_columns
from mes_stoch.report.paper.figure_files import RESOLUTION_DPI
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class PlotsMissingError(UsageError):
    """matplotlib is not installed."""

    def __init__(self, then: str = "`mes-stoch report RUN_DIR` draws them") -> None:
        super().__init__(
            f"no figures: matplotlib is not installed; install it with pip install 'mes_stoch[plots]', then {then}"
        )


def write_figures(run: Run, folder: str | Path, scenario: str | None = None) -> tuple[Path, ...]:
    """Draw every figure of a run as PNG into ``figures/`` of its folder.

    Parameters
    ----------
    run : Run
    folder : path
        The run folder.
    scenario : str, optional
        Whose dispatch to draw; default the one of median profit.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    UsageError
        The run has no such scenario.
    """
    target = RunFolder(Path(folder))

    def save(name: str, figure: Figure) -> Path:
        figures: Any = figure
        return target.put(
            f"{FIGURES}/{name}.png", lambda stream: figures.savefig(stream, format="png", dpi=RESOLUTION_DPI)
        )

    return tuple(save(name, figure) for name, figure in drawn_figures(run, scenario).items())


def drawn_figures(run: Run, scenario: str | None = None) -> dict[str, Figure]:
    """Every figure of a run by the name of its file.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    UsageError
        The run has no such scenario.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        from mes_stoch.report.bid_curve_figure import draw_bid_curves
        from mes_stoch.report.bounds_figure import draw_bounds
        from mes_stoch.report.dispatch_figure import draw_commitments_dispatch
    except ModuleNotFoundError:
        raise PlotsMissingError from None
    figures: dict[str, Figure] = {}
    if run.objective is not None:
        chosen = typical_scenario(run) if scenario is None else known_scenario(run, scenario)
        figures["commitments_dispatch"] = draw_commitments_dispatch(run, chosen)
        if price_columns(run.commitments):
            figures["bid_curves"] = draw_bid_curves(run)
    figures["bounds"] = draw_bounds(run)
    for figure in figures.values():
        FigureCanvasAgg(figure)
    return figures


def write_figure(figure: Figure, path: Path) -> None:
    """Write a figure as PNG; the file is there whole or not at all.

    Raises
    ------
    WriteError
    """
    canvas: Any = figure
    write_whole(path, lambda stream: canvas.savefig(stream, format="png", dpi=RESOLUTION_DPI))


def typical_scenario(run: Run) -> str:
    """Name of the scenario whose profit is the (weighted) median."""
    profit = run.profit
    order = np.argsort(profit.to_numpy(), kind="stable")
    weight = np.cumsum(run.solution["probability"].values[order])
    middle = int(np.searchsorted(weight, 0.5 - 1e-9))
    return str(profit.index[order[min(middle, len(order) - 1)]])


def scenario_of(run: Run, scenario: str | None) -> str | None:
    """Name of the scenario asked for, or of the typical one; ``None`` where no commitment was found in time.

    Raises
    ------
    UsageError
        The run has no such scenario.
    """
    if scenario is not None:
        return known_scenario(run, scenario)
    return None if run.objective is None else typical_scenario(run)


def known_scenario(run: Run, scenario: str) -> str:
    """The same name, of a scenario of the run.

    Raises
    ------
    UsageError
        The run has no such scenario.
    """
    names = list(run.profit.index)
    if scenario not in names:
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        raise UsageError(f"the run has no scenario {scenario!r}; its scenarios are {shown}")
    return scenario
