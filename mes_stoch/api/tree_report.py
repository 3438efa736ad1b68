"""How near a tree is to the source of its scenarios, with its files and figures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from mes_stoch.api.sites import Site
from mes_stoch.io.csv_text import csv_text
from mes_stoch.io.files import made_folder, write_whole
from mes_stoch.io.readers.currency import format_name
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.schema.instance import SyntheticScenarios
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import in_currency
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.tree_quality.courses import courses_of_past, courses_of_tree, spread_series
from mes_stoch.uncertainty.tree_quality.report import TreeQuality, quality_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Scenarios of the sample that a tree is held against.
SAMPLE = 1000


def tree_quality(
    site: Site, tree: ScenarioTree, past: pd.DataFrame | None = None, *, sample: int = SAMPLE, seed: int | None = None
) -> TreeQuality:
    """Hold a tree against a larger sample of its process, or against days of the past.

    Parameters
    ----------
    site : Site
    tree : ScenarioTree
        Of the site; reduced or not.
    past : DataFrame, optional
        Past series by local time with its zone, named as in the instance; default a sample of the site's process.
        Series of the tree that it does not have are left out.
    sample : int
        Independent scenarios of that sample.
    seed : int, optional
        Of the sample; default the one after the tree's own. As many scenarios as the tree has, of the seed after it,
        are the baseline: what a tree of that size is without any choice.

    Returns
    -------
    TreeQuality
        With series named as in the instance, in its currency.

    Raises
    ------
    UsageError
        An instance whose scenarios are written out, without ``past``; or nothing to compare.

    Examples
    --------
    >>> import mes_stoch as ms
    >>> site = ms.read("instances/hospital_fr")
    >>> found = ms.tree_quality(site, site.tree(20), sample=50)
    >>> found.tree.cases, found.source.cases, found.baseline.cases
    (20, 50, 20)
    """
    if past is not None:
        return _against_past(site, tree, past)
    if not isinstance(site.instance.uncertainty, SyntheticScenarios):
        raise UsageError(
            f"the scenarios of {site.name} are written out: there is no process to draw a sample from; hand past "
            "series over to hold them against"
        )
    first = seed if seed is not None else int(tree.dataset.attrs.get("seed", 0)) + 1
    below = max(map(len, tree.day_ahead_nodes.values()))
    drawn = site.draws(-(-sample // below) * below, first, leaves_per_day_ahead_node=below)
    count = -(-len(tree.scenario_names) // below) * below
    plain = site.draws(count, first + 1, leaves_per_day_ahead_node=below)
    names = spread_series(drawn)
    if missing := [name for name in names if name not in tree.series_names]:
        currency = site.instance.currency
        raise UsageError(
            f"the tree has no {in_currency(', '.join(missing), currency)}, which the process of {site.name} draws; it "
            f"has {in_currency(', '.join(tree.series_names), currency)}"
        )
    called = _called(site)
    parts = ((tree, "tree"), (drawn, "sample"), (plain, "plain"))
    own, source, baseline = (courses_of_tree(one, name, names, called) for one, name in parts)
    return quality_of(own, source, baseline).in_currency(site.instance.currency)


def _against_past(site: Site, tree: ScenarioTree, past: pd.DataFrame) -> TreeQuality:
    currency = site.instance.currency
    frame = past.rename(columns={name: format_name(str(name), currency) for name in past.columns})
    names = [name for name in spread_series(tree) if name in frame.columns]
    if not names:
        drawn = in_currency(", ".join(spread_series(tree)), currency)
        raise UsageError(f"the past series have none of those that the tree draws: {drawn}")
    called = _called(site)
    # the class of a day is no matter here: all days are taken
    source = courses_of_past(History(frame, ""), tree, "past", names, called)
    return quality_of(courses_of_tree(tree, "tree", names, called), source).in_currency(currency)


def _called(site: Site) -> frozenset[str]:
    """Series of the shares that products are called by."""
    products = site.instance.called_products().values()
    series = (product.activation(direction) for product in products for direction in product.directions)
    return frozenset(name for name in series if isinstance(name, str))


def write_tree_report(quality: TreeQuality, tree: ScenarioTree, folder: str | Path, name: str) -> tuple[Path, ...]:
    """Write tables (CSV, JSON) and figures (PNG) into a folder.

    Raises
    ------
    UsageError
        A file that cannot be written, or no matplotlib.
    """
    from mes_stoch.report.figures import PlotsMissingError, write_figure

    target = made_folder(Path(folder))
    written = []
    try:
        for file, content in _files(quality).items():
            write_whole(target / file, _writer(content))
            written.append(target / file)
        for file, figure in _figures(quality, tree, name).items():
            write_figure(figure, target / file)
            written.append(target / file)
    except WriteError as error:
        raise UsageError(f"the report of the tree cannot be written to {target}: {error.reason}") from error
    except ModuleNotFoundError:
        raise PlotsMissingError("`mes-stoch tree INSTANCE --report FOLDER` draws them") from None
    return tuple(written)


def _writer(content: str) -> Callable[[Any], object]:
    return lambda stream: stream.write(content.encode("utf-8"))


def _files(quality: TreeQuality) -> dict[str, str]:
    found = {
        "statistics.csv": csv_text(quality.statistics, index=True),
        "distances.csv": csv_text(quality.distances, index=True),
    }
    for of, table in quality.correlations.items():
        found[f"correlation_{of}.csv"] = csv_text(table, index=True)
    summary = {
        "cases": {"tree": quality.tree.cases, quality.source.name: quality.source.cases},
        "transport_distance_share_of_spread": quality.transport,
        "largest_correlation_error": quality.largest_correlation_error,
    }
    return {**found, "quality.json": json.dumps(summary, indent=2) + "\n"}


def _figures(quality: TreeQuality, tree: ScenarioTree, name: str) -> dict[str, Figure]:
    from mes_stoch.report.tree_figures import draw_correlations, draw_durations, draw_fans

    length = pd.Timedelta(hours=float(tree.lengths_h[-1]))
    edges = pd.DatetimeIndex(tree.time.append(pd.DatetimeIndex([tree.time[-1] + length])))
    found = {f"fan_{k}.png": one for k, one in enumerate(draw_fans(quality, edges, f"{name}: scenarios"), 1)}
    found |= {f"duration_{k}.png": one for k, one in enumerate(draw_durations(quality, f"{name}: duration"), 1)}
    return {**found, "correlation.png": draw_correlations(quality, f"{name}: correlation between series")}


def quality_text(quality: TreeQuality, width: int = 110) -> str:
    """The comparison as plain text."""
    from mes_stoch.report.tables import plain_console
    from mes_stoch.report.tree_quality import render_quality

    stream = io.StringIO()
    plain_console(stream, width).print(render_quality(quality))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines())
