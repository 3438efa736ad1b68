"""Plots of runs, trees and evaluations, in axes of yours (``ax=``), and figures of a site.

``dispatch``, ``commitments``, ``levels``, ``fan`` and ``profit`` draw into axes and return them
(:mod:`mes_stoch.report.plots`); ``run.plot.dispatch(...)`` is the same as ``ms.plot.dispatch(run, ...)``. ``lattice``
and ``flexibility`` make matplotlib figures of their own: nothing is shown, and nobody's style or window is touched.

>>> import mes_stoch as ms
>>> figure = ms.plot.lattice(ms.read("instances/tiny_site"))
>>> figure.get_suptitle()
'tiny_site: energy lattice'
>>> run = ms.solve(ms.read("instances/tiny_site"))
>>> axes = ms.plot.dispatch(run, "called", carrier="heat")
>>> axes.get_ylabel()
'MW'
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mes_stoch.api.sites import Site
from mes_stoch.api.views import lattice as lattice_of
from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.report.figures import PlotsMissingError, scenario_of, write_figure
from mes_stoch.report.flexibility_figure import draw_flexibility
from mes_stoch.report.lattice_figure import draw_lattice
from mes_stoch.report.plots import commitments, dispatch, fan, levels, profit
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["commitments", "dispatch", "fan", "flexibility", "lattice", "levels", "profit"]


def lattice(site: Site | Run, path: str | Path | None = None, *, scenario: str | None = None) -> Figure:
    """Draw the energy lattice of a site, or that of a run with what flows in one scenario.

    Parameters
    ----------
    site : Site or Run
    path : path, optional
        Where to write it as PNG besides; a file that is there is replaced.
    scenario : str, optional
        Of a run; default the one of median profit.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    UsageError
        As :func:`mes_stoch.lattice`.
    WriteError
        If the file cannot be written.
    """
    found = lattice_of(site, scenario)
    chosen = scenario_of(site, scenario) if isinstance(site, Run) else None
    figure = draw_lattice(found, "" if chosen is None else f"scenario {chosen}")
    if path is not None:
        write_figure(figure, Path(path))
    return figure


def flexibility(found: Evaluation, path: str | Path | None = None) -> Figure:
    """Draw what a site can offer, with what is committed in it.

    Parameters
    ----------
    found : Evaluation
        What ``mes_stoch.evaluate(run, flexibility=True)`` gives.
    path : path, optional
        Where to write it as PNG besides; a file that is there is replaced.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    UsageError
        Flexibility was not asked for, or its time was too short for any start.
    WriteError
        If the file cannot be written.
    """
    region = found.flexibility
    if region is None or region.points.empty:
        raise UsageError("there is no flexibility to draw: evaluate a run with flexibility=True")
    try:
        figure = draw_flexibility(region)
    except ModuleNotFoundError:
        raise PlotsMissingError from None
    if path is not None:
        write_figure(figure, Path(path))
    return figure
