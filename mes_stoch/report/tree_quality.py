"""How near a tree is to the source of its scenarios: a table for the terminal."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.uncertainty.tree_quality.report import TreeQuality

_SHOWN = ("mean", "deviation", "q01", "q50", "q99", "lag_1_h", "zeros")
_HEADINGS = ("mean", "sd", "1 %", "50 %", "99 %", "lag 1 h", "zeros")


def render_quality(quality: TreeQuality) -> RenderableType:
    """Statistics of the source and of the tree, a row each a series, and how far they are apart."""
    table = Table(
        title="Scenarios against their source", box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0)
    )
    table.add_column("series", no_wrap=True)
    for heading in (*_HEADINGS, "W1 / sd"):
        table.add_column(heading, justify="right", no_wrap=True)
    distances, statistics = quality.distances, quality.statistics
    for name in quality.source.series:
        table.add_row(name)
        for courses in (quality.source, quality.tree):
            apart = f"{float(distances[courses.name][name]):.3f}" if courses is quality.tree else ""
            shown = [f"{float(statistics[column][name, courses.name]):.4g}" for column in _SHOWN]
            table.add_row(f"  {courses.name}", *shown, apart)
    called = statistics.dropna(subset=["calls_per_day"])
    calls = Table(title="Calls", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("series", "of", "calls a day", "hours a call"):
        calls.add_column(heading, justify="left" if heading in ("series", "of") else "right")
    for (name, of), number, hours in zip(called.index, called["calls_per_day"], called["call_h"], strict=True):
        calls.add_row(name, of, f"{number:.3g}", f"{hours:.3g}")
    return Group(table, *([] if called.empty else [calls]), Text("\n".join(_lines(quality))))


def _lines(quality: TreeQuality) -> list[str]:
    lines = [
        f"  {quality.tree.name}: {quality.tree.cases} cases; {quality.source.name}: {quality.source.cases} cases.",
        "  W1 / sd: Wasserstein distance between all values of a series, in its standard deviations.",
        f"  Largest error of a correlation between two series: {quality.largest_correlation_error:.3f}.",
    ]
    for name, apart in quality.transport.items():
        lines.append(f"  Distance of whole courses (Wasserstein of order 2, share of the spread), {name}: {apart:.3f}")
    return lines
