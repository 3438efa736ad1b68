"""Several runs side by side, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.report.html.comparison.compared import ComparedRuns
from mes_stoch.report.html.comparison.page import result_rows
from mes_stoch.report.run import Run


def render_comparison_of_runs(runs: Sequence[tuple[Path, Run]]) -> RenderableType:
    """What each run has found, what differs between their instances, and what forbids to compare them."""
    compared = ComparedRuns.of(runs)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("")
    for name in compared.names:
        table.add_column(Text(name), justify="right", overflow="fold")
    for label, *cells in result_rows(compared):
        table.add_row(label, *map(Text, cells))
    warnings = [Text(f"Warning: {text}", style="yellow") for text in compared.warnings]
    changed = compared.instance_differences() + compared.option_differences()
    words = [f"{key}: {' | '.join(values)}" for key, values in changed[:20]]
    more = [f"... {len(changed) - 20} more"] if len(changed) > 20 else []
    lines = [Text(f"  {line}") for line in [*words, *more]] or [Text("  nothing")]
    return Group(table, "", *warnings, Text("What differs", style="bold"), *lines)
