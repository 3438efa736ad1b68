"""CO2 of a run by component, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


def render_emissions(co2: Mapping[str, Any]) -> RenderableType:
    """Expected CO2 over the horizon by component, the most of a scenario, and the cap."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("component")
    table.add_column("t", justify="right")
    for name, amount in co2["by_component_t"].items():
        table.add_row(name, f"{amount:,.3f}")
    table.add_section()
    table.add_row("expected", f"{co2['expected_t']:,.3f}")
    table.add_row("largest of a scenario", f"{co2['largest_t']:,.3f}")
    if co2["cap_t"] is not None:
        table.add_row("cap", f"{co2['cap_t']:,.3f}")
    return Group(Text("CO2 over the horizon", style="bold"), table)
