"""A settlement as a table: each stream as settled and as the optimiser states it, with the items it is made of."""

from __future__ import annotations

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.report.streams import group_of, group_order
from mes_stoch.settlement.settlement import POOLED_ENERGY, Settlement
from mes_stoch.settlement.stated import TOLERANCE


def render_settlement(settlement: Settlement, scenario: str | None = None) -> RenderableType:
    """Expected money by stream and item, or that of one scenario, and how far the two accounts are apart."""
    return Group(_table(settlement, scenario), "", *_verdict(settlement))


def _table(settlement: Settlement, scenario: str | None) -> Table:
    currency = settlement.ledger.currency
    whose = "expected" if scenario is None else f"scenario {scenario}"
    table = Table(title=f"Cash flows, {currency} over the horizon, {whose}", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("stream and item")
    for heading in ("settled", "optimiser", "difference"):
        table.add_column(heading, justify="right")
    items = settlement.ledger.by_item(scenario)
    items["pool"] = [settlement.pool_of(stream) for stream in items["stream"]]
    comparison = settlement.comparison(scenario)
    instance = settlement.ledger.data.instance
    for stream in sorted(comparison.index, key=lambda stream: group_order(group_of(str(stream), instance))):
        row = comparison.loc[stream]
        own = items[(items["pool"] == stream) & (items["amount"] != 0.0)]
        if own.empty and not row["stated"]:
            continue
        name = "energy, all markets" if stream == POOLED_ENERGY else str(stream)
        table.add_row(Text(name, style="bold"), *_row(row))
        for owner, item, amount in zip(own["owner"], own["item"], own["amount"], strict=True):
            table.add_row(Text(f"  {owner}: {item}", style="dim"), Text(_money(amount), style="dim"), "", "")
    table.add_section()
    table.add_row(Text("profit", style="bold"), *_row(comparison.sum()))
    return table


def _row(money: pd.Series[float]) -> tuple[str, str, str]:
    difference = money["difference"]
    shown = "0" if difference == 0 else f"{difference:.0e}"
    return _money(money["settled"]), _money(money["stated"]), _money(difference) if abs(difference) >= 0.005 else shown


def _verdict(settlement: Settlement) -> list[RenderableType]:
    currency, relative = settlement.ledger.currency, settlement.relative_difference
    size = f"{settlement.largest_difference:.2g} {currency}, {relative:.1g} of the money that moves"
    if settlement.agrees:
        return [f"  The two accounts agree in every stream of every scenario; largest difference {size}."]
    lines = []
    if relative > TOLERANCE:
        lines.append(f"  THE TWO ACCOUNTS DIFFER: by up to {size}, where {TOLERANCE:g} is allowed.")
        lines += [f"  {line}" for line in settlement.worst_differences()]
    if settlement.disagreements:
        lines.append("  THE RUN DOES NOT AGREE WITH ITSELF:")
        lines += [f"  {line}" for line in settlement.disagreements]
    return [*lines]


def _money(amount: float) -> str:
    return f"{amount:,.2f}" if abs(amount) >= 0.005 else "0.00"
