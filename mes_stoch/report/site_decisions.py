"""What is decided of the components of a site beside its commitments: for the summary, and as a table to print."""

from __future__ import annotations

from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.schema.site_decision import DECISION_COLUMNS


def no_decisions() -> pd.DataFrame:
    """The table of a site that leaves nothing of its components to be decided."""
    return pd.DataFrame(columns=list(DECISION_COLUMNS))


def decided(table: pd.DataFrame) -> dict[str, Any]:
    """The table for the summary; nothing where there are no decisions."""
    if table.empty:
        return {}
    return {"site_decisions": [{**row, "value": float(row["value"])} for row in table.to_dict("records")]}


def render_site_decisions(table: pd.DataFrame) -> RenderableType:
    """One line a decision."""
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name in ("component", "decided"):
        out.add_column(name)
    out.add_column("value", justify="right")
    out.add_column("")
    for row in table.to_dict("records"):
        out.add_row(str(row["component"]), str(row["quantity"]), f"{row['value']:,.3f}", str(row["unit"]))
    return Group(Text("Decided with the commitments", style="bold"), out)
