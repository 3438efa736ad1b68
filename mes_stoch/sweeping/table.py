"""The table of a sweep: a row a point, tidy, in the units of the format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from mes_stoch.report.run import Run
from mes_stoch.report.sensitivity import VOLUME, mean_volumes
from mes_stoch.sweeping.points import Point, shown

#: Columns of every row, after those of what is overridden.
RESULTS = ("status", "objective", "bound_lower", "bound_upper", "gap_rel")
#: What stands before the columns of streams (money of the expected profit) and of decisions of the site.
STREAM, DECIDED = "stream.", "decided."
#: The last columns.
LAST = ("wall_time_s", "run")


def row_of(point: Point, run: Run, folder: str) -> dict[str, Any]:
    """Result of a point that was solved."""
    summary = run.summary
    return {
        **_cells(point),
        **{name: summary[name] for name in RESULTS},
        **{f"{VOLUME}{product}": volume for product, volume in mean_volumes(run).items()},
        **{f"{DECIDED}{'.'.join(key)}": value for key, value in run.decided.items()},
        **{f"{STREAM}{name}": value for name, value in summary["streams"].items()},
        "wall_time_s": summary["wall_time_s"],
        "run": folder,
    }


def failed_row(point: Point, status: str) -> dict[str, Any]:
    """Of a point that has no result: ``infeasible`` or ``unbounded``."""
    return {**_cells(point), "status": status}


def sweep_table(rows: Iterable[Mapping[str, Any]], paths: Sequence[str]) -> pd.DataFrame:
    """All rows in the order of the points; a stream or volume that a point does not have is missing there."""
    frame = pd.DataFrame(list(rows))
    others = [name for name in frame.columns if name not in (*paths, *RESULTS, *LAST)]
    order = [VOLUME, DECIDED, STREAM]
    grouped = [name for start in order for name in others if name.startswith(start)]
    return frame.reindex(columns=[*paths, *RESULTS, *grouped, *LAST])


def _cells(point: Point) -> dict[str, Any]:
    return {
        path: value if isinstance(value, str | int | float | bool) or value is None else shown(value)
        for path, value in point.overrides.items()
    }


def render_sweep(table: pd.DataFrame, currency: str) -> RenderableType:
    """The table for a reader: what is overridden, profit with its proven interval, volumes."""
    paths = list(table.columns[: list(table.columns).index(RESULTS[0])])
    volumes = [name for name in table.columns if name.startswith(VOLUME)]
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for path in paths:
        out.add_column(path.rsplit(".", 1)[-1], justify="right")
    for head in (f"profit, {currency}", "proven interval", *(name.removeprefix(VOLUME) for name in volumes)):
        out.add_column(head, justify="right")
    for row in table.to_dict("records"):
        has_result = not pd.isna(row["objective"])
        interval = f"[{_money(row['bound_lower'])}, {_money(row['bound_upper'])}]" if has_result else ""
        out.add_row(
            *(shown(row[path]) for path in paths),
            _money(row["objective"]) if has_result else str(row["status"]),
            interval,
            *("-" if pd.isna(row[name]) else f"{row[name]:.3g}" for name in volumes),
        )
    return Group(out, "Profit is expected (with risk: utility) over the horizon; volumes are means over it, MW.")


def _money(value: float | None) -> str:
    return "-" if value is None or pd.isna(value) else f"{value:,.2f}"
