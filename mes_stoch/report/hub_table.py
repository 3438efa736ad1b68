"""The energy hub of one period as tables: coupling and storage matrix, a row for each flow, a column for each node."""

from __future__ import annotations

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from mes_stoch.io.names import printable
from mes_stoch.schema.errors import UsageError
from mes_stoch.views.hub import Hub


def render_hub(hub: Hub, period: int = 0, called: str = "") -> RenderableType:
    """``C`` and ``S`` of a period, transposed, with its loads; and how large the whole hub is.

    Raises
    ------
    UsageError
        There is no such period.
    """
    if not 0 <= period < len(hub.steps):
        raise UsageError(f"there are periods 0 to {len(hub.steps) - 1}; found {period}")
    when = f"{hub.steps.start[period]:%Y-%m-%d %H:%M}{f', {called}' if called else ''}"
    coupling = _table("C transposed", "flow or state", hub.coupling.at(period))
    coupling.add_section()
    coupling.add_row("L, load in MW", *(_number(load) for load in hub.loads.to_numpy()[period :: len(hub.steps)]))
    parts: list[RenderableType] = [f"Energy hub, coupling matrix C and storage matrix S, {when}", "", coupling]
    if hub.storage.shape[1]:
        parts.append(_table("S transposed", "energy", hub.storage.at(period)))
    return Group(*parts, *(Padding(remark, (0, 0, 0, 2)) for remark in _remarks(hub)))


def _table(title: str, heading: str, matrix: pd.DataFrame) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    table.add_column(heading, overflow="fold")
    for node in matrix.index:
        table.add_column(printable(node), justify="right", overflow="fold")
    for label, column in zip(matrix.columns, matrix.to_numpy().T, strict=True):
        table.add_row(printable(".".join(label)), *map(_number, column))
    return table


def _number(value: float) -> str:
    return f"{value:.5g}" if value else ""


def _remarks(hub: Hub) -> list[str]:
    binaries = int(hub.columns["is_integer"].sum())
    return [
        "L = C P - S dE: P in MW (a state: 1 or 0), dE in MWh inside a store and a period, L in MW.",
        f"Over {len(hub.steps)} periods: C {_size(hub.coupling.shape)}, S {_size(hub.storage.shape)}; "
        f"limits {_size(hub.limits.shape)}, with {binaries} binaries.",
    ]


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
