"""Plots of a run, a tree or an evaluation, each drawn into axes that are given, or into axes of its own.

Every function takes ``ax`` and returns it. Without one it makes a figure: in a notebook, or where a program has loaded
pyplot, one of pyplot's, which is then shown as usual; elsewhere one of its own, and nobody's window is touched.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mes_stoch.evaluation.evaluation import Evaluation
from mes_stoch.io.readers.locate import listed, unit_word
from mes_stoch.report.axes import dress, legend_beside, local_time_axis, period_edges
from mes_stoch.report.figures import PlotsMissingError, scenario_of
from mes_stoch.report.palette import BLUE, GREEN, INK, ORANGE, PINK, SKY, VERMILION
from mes_stoch.report.run import Run
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import unit_of
from mes_stoch.uncertainty.tree_quality.statistics import quantiles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Lines stay apart in grey by their dashes; where they run out, by the marks upon them.
_COLOURS = (BLUE, VERMILION, GREEN, ORANGE, PINK, SKY)
_DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (8, 2)), (0, (8, 2, 1, 2, 1, 2)))
_MARKS = ("", "o", "s", "^", "x")
_BANDS = ((0.05, 0.95, 0.25), (0.25, 0.75, 0.5))


def dispatch(run: Run, scenario: str | None = None, *, carrier: str | None = None, ax: Axes | None = None) -> Axes:
    """Flows of one carrier in one scenario, MW, stacked: into its nodes above zero, out of them below.

    With electricity, the price of the first energy market is a dashed line at an axis of its own.

    Parameters
    ----------
    run : Run
    scenario : str, optional
        Default the one of median profit.
    carrier : str, optional
        Default electricity, or the first there is.
    ax : matplotlib axes, optional

    Raises
    ------
    UsageError
        The run has no such scenario or carrier, or no dispatch.
    PlotsMissingError
        matplotlib is not installed.
    """
    from mes_stoch.report.dispatch_figure import carrier_on, looks_of

    chosen = _scenario(run, scenario)
    known = list(run.flows)
    name = carrier or ("electricity" if "electricity" in known else known[0])
    if name not in known:
        raise UsageError(f"the run has no carrier {name!r}; it has {listed(known)}")
    flows = run.flows(chosen)
    axes = _axes(ax)
    edges = period_edges(run.tree)
    carrier_on(axes, run, chosen, name, flows.loc[:, [name]], edges, looks_of(flows))
    local_time_axis(axes, edges)
    title = f"{axes.get_title(loc='left')}\nscenario {chosen}"
    axes.set_title(title, loc="left", fontsize=10, fontweight="bold", color=INK, parse_math=False)
    return axes


def commitments(run: Run, *, ax: Axes | None = None) -> Axes:
    """Committed reserve over local time, MW, stacked: up above zero, down below, symmetric both.

    Raises
    ------
    PlotsMissingError
        matplotlib is not installed.
    """
    from mes_stoch.report.dispatch_figure import commitments_on

    axes = _axes(ax)
    commitments_on(axes, run)
    local_time_axis(axes, period_edges(run.tree))
    return axes


def levels(run: Run, scenario: str | None = None, *, carrier: str | None = None, ax: Axes | None = None) -> Axes:
    """What stores hold at the ends of periods, MWh: median and 5 to 95 % over scenarios, or one scenario's.

    Parameters
    ----------
    run : Run
    scenario : str, optional
        Default all of them, weighted with their probabilities.
    carrier : str, optional
        Whose stores; default all.
    ax : matplotlib axes, optional

    Raises
    ------
    UsageError
        Nothing is stored, or there is no such scenario or carrier.
    PlotsMissingError
        matplotlib is not installed.
    """
    known = list(run.levels)
    if not known or (carrier is not None and carrier not in known):
        raise UsageError(f"nothing is stored of {carrier or 'any carrier'}; stores hold {listed(known)}")
    chosen = None if scenario is None else _scenario(run, scenario)
    array = run.levels.array if carrier is None else run.levels[carrier]
    axes = _axes(ax)
    who = "median and 5 to 95 % of scenarios" if chosen is None else f"scenario {chosen}"
    dress(axes, f"Levels at the ends of periods ({who})", "MWh")
    edges = period_edges(run.tree)
    for place, name in enumerate(array["component"].values.astype(str)):
        colour, style = _COLOURS[place % len(_COLOURS)], _DASHES[place % len(_DASHES)]
        mark = _MARKS[place // len(_DASHES) % len(_MARKS)]
        own = array.sel(component=name)
        if chosen is None:
            low, middle, high = _quantiles(own.values, run.solution["probability"].values, (0.05, 0.5, 0.95))
            axes.fill_between(edges[1:], low, high, color=colour, alpha=0.2, linewidth=0.0)
        else:
            middle = own.sel(scenario=chosen).values
        line: dict[str, Any] = {"color": colour, "linestyle": style, "marker": mark, "markevery": 0.1}
        axes.plot(edges[1:], middle, linewidth=1.8, label=name, **line)
    local_time_axis(axes, edges)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    legend_beside(axes, *axes.get_legend_handles_labels(), handle_length=3.0)
    return axes


def fan(tree: ScenarioTree | Run, series: str | None = None, *, ax: Axes | None = None) -> Axes:
    """One series of a tree over local time: median, 25 to 75 % and 5 to 95 % of scenarios by their probabilities.

    Parameters
    ----------
    tree : ScenarioTree or Run
        Of a run, the scenarios that it was solved over.
    series : str, optional
        Default a price of energy that differs between scenarios, else the first series that does.
    ax : matplotlib axes, optional

    Raises
    ------
    UsageError
        The tree has no such series.
    PlotsMissingError
        matplotlib is not installed.
    """
    taken = tree.tree if isinstance(tree, Run) else tree
    name = series or _varied(taken)
    if name not in taken.series_names:
        raise UsageError(f"the tree has no series {name!r}; it has {listed(taken.series_names)}")
    axes = _axes(ax)
    count = len(taken.scenario_names)
    unit = unit_of(name)
    dress(axes, f"{name}, {count} scenario{'' if count == 1 else 's'}", "" if unit is None else unit_word(unit))
    values = np.stack([taken.values(name, scenario) for scenario in range(count)])
    edges = period_edges(taken)
    for low, high, strength in _BANDS:
        lower, upper = (np.append(row, row[-1]) for row in _quantiles(values, taken.probabilities, (low, high)))
        label = f"{100 * low:.0f} to {100 * high:.0f} %"
        axes.fill_between(edges, lower, upper, step="post", color=BLUE, alpha=strength, linewidth=0.0, label=label)
    (middle,) = _quantiles(values, taken.probabilities, (0.5,))
    axes.step(edges, np.append(middle, middle[-1]), where="post", color=INK, linewidth=1.4, label="median")
    local_time_axis(axes, edges)
    axes.legend(loc="best", frameon=False, fontsize=8)
    return axes


def profit(
    found: Run | Evaluation | Mapping[str, Run | Evaluation], *, alpha: float = 0.95, ax: Axes | None = None
) -> Axes:
    """How profit is distributed over scenarios: cumulative, with its mean and the mean of its worst ``1 - alpha``.

    Parameters
    ----------
    found : Run, Evaluation, or mapping of either
        Several are compared, by the names of the mapping; of an evaluation, what the commitment and each policy earns.
    alpha : float
        Share of the probability that does not count in CVaR.
    ax : matplotlib axes, optional

    Raises
    ------
    UsageError
        There is no profit by scenario.
    PlotsMissingError
        matplotlib is not installed.
    """
    parts = found if isinstance(found, Mapping) else {"": found}
    profits = {name: part for label, one in parts.items() for name, part in _profits(label, one).items()}
    if not profits:
        raise UsageError("there is no profit by scenario: no commitment was found in time, or none was evaluated")
    axes = _axes(ax)
    from mes_stoch.report.profits_figure import profits_on

    profits_on(axes, profits, "Profit over scenarios", alpha)
    return axes


def _profits(label: str, found: Run | Evaluation) -> dict[str, Any]:
    """Data sets with profit and probability by scenario, by the name that a legend shows."""
    if isinstance(found, Run):
        return {label or "this commitment": found.solution} if "profit_eur" in found.solution else {}
    taken: dict[str, Any] = {}
    if found.profits is not None:
        taken[label or "this commitment"] = found.profits.dataset()
    if found.policies is not None:
        for name, one in found.policies.outcomes.items():
            if one.profits is not None:
                taken[" ".join(filter(None, (label, name)))] = one.profits.dataset()
    return taken


def _scenario(run: Run, scenario: str | None) -> str:
    chosen = scenario_of(run, scenario)
    if chosen is None:
        raise UsageError("the run has no dispatch to draw: no commitment was found in its time")
    return chosen


def _quantiles(values: Any, weights: Any, at: tuple[float, ...]) -> list[Any]:
    """Weighted quantiles of each period, a row each."""
    found = np.array([quantiles(values[:, t], weights, at) for t in range(values.shape[1])])
    return list(found.T)


def _varied(tree: ScenarioTree) -> str:
    """A series worth a look: a price that differs between scenarios, if there is one."""
    differing = [name for name in tree.series_names if _differs(tree, name)] or list(tree.series_names)
    if not differing:
        raise UsageError("the tree has no series")
    energy = [name for name in differing if "price" in name and str(unit_of(name)).endswith("_per_mwh")]
    return next((name for name in energy if name.startswith("da_")), (energy or differing)[0])


def _differs(tree: ScenarioTree, name: str) -> bool:
    array = tree.dataset[name]
    return "scenario" in array.dims and bool((array.max("scenario") > array.min("scenario")).any())


def _axes(ax: Axes | None) -> Axes:
    """The axes that are given, or new ones of a figure that fits where this runs."""
    if ax is not None:
        return ax
    size = (10.0, 3.6)
    try:
        if "matplotlib.pyplot" in sys.modules or _is_interactive():
            from matplotlib import pyplot

            figure: Any = pyplot.figure(figsize=size, layout="constrained")
            return figure.subplots()  # type: ignore[no-any-return]
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise PlotsMissingError("draw again") from None
    return Figure(figsize=size, layout="constrained").subplots()


def _is_interactive() -> bool:
    """Whether IPython runs this, which shows what pyplot draws."""
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)() is not None
