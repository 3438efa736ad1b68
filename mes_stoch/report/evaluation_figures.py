"""Figures of an evaluation, beside ``evaluation.json``: one for each part that has something to draw."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.io.artifacts.run_folder import FIGURES, RunFolder
from mes_stoch.report.figures import PlotsMissingError
from mes_stoch.report.paper.figure_files import RESOLUTION_DPI

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_evaluation_figures(found: Evaluation, target: Path) -> tuple[Path, ...]:
    """Draw what was found out as PNG into ``figures/`` beside a document.

    Parameters
    ----------
    found : Evaluation
    target : path
        The document, whose name the figures' names begin with.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    UsageError
        They cannot be written.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
    except ModuleNotFoundError:
        raise PlotsMissingError from None
    folder, written = RunFolder(target.parent), []
    for name, draw in _drawn(found).items():
        figure: Any = draw()
        FigureCanvasAgg(figure)
        written.append(folder.put(f"{FIGURES}/{target.stem}_{name}.png", partial(_save, figure)))
    return tuple(written)


def _save(figure: Any, stream: BinaryIO) -> None:
    figure.savefig(stream, format="png", dpi=RESOLUTION_DPI)


def _drawn(found: Evaluation) -> dict[str, Callable[[], Figure]]:
    from mes_stoch.report.brackets_figure import draw_product_values, draw_values
    from mes_stoch.report.flexibility_figure import draw_flexibility
    from mes_stoch.report.frontier_figure import draw_frontier
    from mes_stoch.report.profits_figure import draw_profits
    from mes_stoch.report.rolling_figure import draw_rolling
    from mes_stoch.report.stability import draw_stability

    drawn: dict[str, Callable[[], Figure]] = {}
    profits, values, products, frontier = found.profits, found.values, found.product_values, found.frontier
    if profits is not None:
        title = f"{found.instance}: profit over {len(profits.scenarios)} scenarios"
        drawn["profits"] = lambda: draw_profits({"this commitment": profits.dataset()}, title)
    if values is not None:
        drawn["values"] = lambda: draw_values(values, found.instance)
    if products is not None:
        drawn["products"] = lambda: draw_product_values(products, found.instance)
    if frontier is not None:
        drawn["frontier"] = lambda: draw_frontier(frontier, found.instance)
    if found.policies is not None:
        outcomes = {name: one.profits for name, one in found.policies.outcomes.items() if one.profits is not None}
        earned = {name: one.dataset() for name, one in outcomes.items()}
        title = f"{found.instance}: profit by policy over {found.policies.scenarios} scenarios"
        if earned:
            drawn["policies"] = lambda: draw_profits(earned, title)
    rolling, stability = found.rolling, found.stability
    if rolling is not None:
        drawn["rolling"] = lambda: draw_rolling(rolling, found.instance)
    if stability is not None:
        drawn["stability"] = lambda: draw_stability(stability)
    region = found.flexibility
    if region is not None and len(region.points):
        drawn["flexibility"] = lambda: draw_flexibility(region)
    return drawn
