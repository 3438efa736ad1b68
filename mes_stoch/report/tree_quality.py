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
    table = Table(title="Scenarios against their source", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("series", overflow="fold")
    table.add_column("of")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    table.add_column("W1 / sd", justify="right")
    distances, statistics = quality.distances, quality.statistics
    for name in quality.source.series:
        for courses in (quality.source, quality.tree):
            row = statistics.loc[(name, courses.name)]
            is_tree = courses is quality.tree
            apart = f"{distances.loc[name, courses.name]:.3f}" if is_tree else ""
            shown = [f"{row[column]:.4g}" for column in _SHOWN]
            table.add_row("" if is_tree else name, courses.name, *shown, apart)
    called = statistics.dropna(subset=["calls_per_day"])
    calls = Table(title="Calls", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("series", "of", "calls a day", "hours a call"):
        calls.add_column(heading, justify="left" if heading in ("series", "of") else "right")
    for (name, of), row in called.iterrows():  # type: ignore[misc]
        calls.add_row(str(name), str(of), f"{row['calls_per_day']:.3g}", f"{row['call_h']:.3g}")
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
