"""A run as tables a person can read, in a terminal or in a file."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mes_stoch.report.bid_curves import plain_commitments, price_columns, render_bid_curves
from mes_stoch.report.block_label import block_label
from mes_stoch.report.emission_table import render_emissions
from mes_stoch.report.risk_table import risk_lines
from mes_stoch.report.run import Run, volume_between
from mes_stoch.report.site_decisions import render_site_decisions
from mes_stoch.report.streams import group_order

PLAIN_WIDTH = 100
_MOST_BLOCK_ROWS = 48
#: Columns that the blocks of a day take, and what each product takes beside its name.
_BLOCK_WIDTH, _GUTTER = 18, 5
_STATUS_WORDS = {
    "optimal": "optimal within the solver's tolerances",
    "gap_reached": "gap reached",
    "slack": "done, but the plan leans on slack (see the warnings)",
    "limit": "stopped at a limit before the gap was reached",
    "interrupted": "interrupted before the gap was reached",
}
_KIND_WORDS = {
    "safe": "from row duals by outward rounding",
    "solver": "by the solver's search, less an allowance, or with columns without bounds",
}


def render(run: Run) -> RenderableType:
    """Everything about a run that fits a screen."""
    parts: list[RenderableType] = [_head(run), ""]
    if run.objective is not None:
        offered = render_bid_curves(run)
        parts += [_commitments(run), "", *_decided(run), *([] if offered is None else [offered, ""]), _streams(run), ""]
        if run.summary.get("co2") is not None:
            parts += [render_emissions(run.summary["co2"]), ""]
    parts += [Padding(line, (0, 0, 0, 2)) for line in remarks(run)]
    return Group(*parts)


def report_text(run: Run, width: int = PLAIN_WIDTH) -> str:
    """The same as plain text without colour codes."""
    stream = io.StringIO()
    plain_console(stream, width).print(render(run))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def plain_console(stream: Any, width: int = PLAIN_WIDTH) -> Console:
    """A console that writes no control codes and does not ask the environment for its width."""
    return Console(file=stream, width=width, color_system=None, force_terminal=False, highlight=False, markup=False)


def _head(run: Run) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim")
    grid.add_column()
    for label, text in head_rows(run):
        grid.add_row(label, text)
    return grid


def head_rows(run: Run) -> list[tuple[str, Text]]:
    """Label and text of each line of what was found, and how sure it is."""
    summary = run.summary
    method = {"ef": "extensive form", "ph": "progressive hedging"}.get(summary["method"], summary["method"])
    ranks = "" if summary["ranks"] == 1 else f" on {summary['ranks']} ranks"
    seed = "" if summary["seed"] is None else f", seed {summary['seed']}"
    below = f" below {summary['day_ahead_nodes']} day-ahead nodes" if summary.get("stages", 2) == 3 else ""
    rows = [
        ("site", Text(str(summary["instance"]), style="bold")),
        ("scenarios", Text(f"{summary['scenarios']}{below}{seed}, {_horizon(summary)}")),
        ("method", Text(f"{method}{ranks}, {_seconds(summary['wall_time_s'])}")),
        ("status", Text(_STATUS_WORDS.get(run.status, run.status), style=_status_style(run.status))),
    ]
    if run.objective is None:
        rows.append(("expected profit", Text("no commitment was found in time", style="bold red")))
    else:
        year = run.expected_profit * summary["horizons_per_year"]
        profit = Text.assemble(
            (f"{_money(run.expected_profit)} {run.currency}", "bold"),
            f" over the horizon ({_money(year, 0)} {run.currency} a year)",
        )
        rows.append(("expected profit", profit))
        rows += [(label, Text(text)) for label, text in risk_lines(run)]
    lower, upper, gap = summary["bound_lower"], summary["bound_upper"], summary["gap_rel"]
    shown = ["none" if bound is None else _money(bound) for bound in (lower, upper)]
    rows.append(("proven interval", Text(f"[{shown[0]}, {shown[1]}] {run.currency}, gap {percent(gap)}")))
    kind = summary.get("bound_kind")
    if kind in _KIND_WORDS:
        rows.append(("upper bound", Text(f"{kind}: {_KIND_WORDS[kind]}")))
    return rows


def _horizon(summary: dict[str, Any]) -> str:
    start, first_h = pd.Timestamp(summary["horizon_start"]), summary.get("first_period_h")
    first = "" if first_h is None else f", the first of {_hours(first_h)},"
    return (
        f"{summary['horizon_periods']} periods of {_hours(summary['period_h'])}{first} from "
        f"{start:%a %d %b %Y %H:%M} ({summary['timezone']})"
    )


def _commitments(run: Run) -> RenderableType:
    """Blocks down, products across, as many side by side as fit."""
    table = _with_unit(plain_commitments(run.commitments))
    if table.empty:
        return Text("No reserve products in this instance: nothing to commit.")
    offered = "; at prices: all that is offered" if price_columns(table) else ""
    title = f"Commitment, MW (blocks in {run.summary['timezone']} time{offered})"
    groups = _side_by_side(list(dict.fromkeys(table["product"])))
    parts = [part for group in groups for part in ("", _volumes(table, group))]
    return _titled(title, Group(*parts[1:]))


def _decided(run: Run) -> list[RenderableType]:
    return [] if run.site_decisions.empty else [render_site_decisions(run.site_decisions), ""]


def _side_by_side(products: list[str]) -> list[list[str]]:
    """Products in groups whose names fit on one line of the plain width."""
    groups: list[list[str]] = [[]]
    room = 0
    for product in products:
        need = len(product) + _GUTTER
        if groups[-1] and need > room:
            groups.append([])
        if not groups[-1]:
            room = PLAIN_WIDTH - _BLOCK_WIDTH
        groups[-1].append(product)
        room -= need
    return groups


def _volumes(table: pd.DataFrame, products: list[str]) -> RenderableType:
    """Volumes of some products; one that never changes stands in one line for the whole horizon."""
    table = table[table["product"].isin(products)]
    edges = pd.DatetimeIndex(sorted({*table["block_start"], *table["block_end"]}))
    volumes = {product: volume_between(table[table["product"] == product], edges) for product in products}
    constant = {p for p, volume in volumes.items() if np.isfinite(volume).all() and np.ptp(volume) < 5e-7}
    varying = [product for product in products if product not in constant]

    out = _table()
    out.add_column("block", no_wrap=True)
    directions = dict(zip(table["product"], table["direction"], strict=True))
    for product in products:
        suffix = " ±" if directions[product] == "symmetric" else ""
        out.add_column(f"{product}{suffix}", justify="right", overflow="fold")
    decimals = _decimals(table["volume_mw"].to_numpy(dtype=float))

    def cell(value: float) -> str:
        if not np.isfinite(value):
            return ""
        return "-" if abs(value) < 5e-7 else f"{value:.{decimals}f}"

    if constant:
        out.add_row("all blocks", *(cell(volumes[p][0]) if p in constant else "" for p in products))
    if varying:
        rows = _merge(np.array([volumes[product] for product in varying]).T)
        many_days = (edges[-1] - edges[0]) > pd.Timedelta(hours=25)
        for first, last in rows[:_MOST_BLOCK_ROWS]:
            shown = (cell(volumes[p][first]) if p in varying else "" for p in products)
            out.add_row(block_label(edges[first], edges[last + 1], with_day=many_days), *shown)
        if len(rows) > _MOST_BLOCK_ROWS:
            out.add_row(f"... {len(rows) - _MOST_BLOCK_ROWS} more in commitments.csv")
    return out


def _with_unit(table: pd.DataFrame) -> pd.DataFrame:
    """All volumes in one column; products committed in Mvar say so in their name."""
    if "volume_mvar" not in table:
        return table
    reactive = table["volume_mvar"].notna()
    return table.assign(
        volume_mw=table["volume_mw"].where(~reactive, table["volume_mvar"]),
        product=table["product"].where(~reactive, table["product"] + ", Mvar"),
    )


def _merge(volumes: np.ndarray[Any, np.dtype[np.float64]]) -> list[tuple[int, int]]:
    """First and last stretch of every run of equal rows."""
    changes = [0]
    for k in range(1, len(volumes)):
        if not np.allclose(volumes[k], volumes[k - 1], rtol=0, atol=5e-7, equal_nan=True):
            changes.append(k)
    return [(a, b - 1) for a, b in zip(changes, [*changes[1:], len(volumes)], strict=True)]


def _streams(run: Run) -> RenderableType:
    groups = streams_by_group(run)
    per_year = float(run.summary["horizons_per_year"])
    out = _table()
    out.add_column("stream", no_wrap=True)
    out.add_column(f"{run.currency} over the horizon", justify="right")
    out.add_column(f"{run.currency} a year", justify="right")
    total = sum(sum(streams.values()) for streams in groups.values())
    for group, streams in groups.items():
        subtotal = sum(streams.values())
        if len(streams) == 1 and next(iter(streams)).partition(".")[2] in ("", group):
            out.add_row(Text(group, style="bold"), _money(subtotal), _money(subtotal * per_year, 0))
            continue
        out.add_row(Text(group, style="bold"), Text(_money(subtotal), style="bold"), _money(subtotal * per_year, 0))
        for name, value in sorted(streams.items(), key=lambda item: -abs(item[1])):
            out.add_row(f"  {stream_label(name)}", Text(_money(value), style="dim"), "")
    out.add_section()
    out.add_row(Text("Expected profit", style="bold"), Text(_money(total), style="bold"), _money(total * per_year, 0))
    return _titled("Expected profit by stream", out)


#: Two charges of one connection in one group of streams.
_CHARGES = {
    "demand_charge": "on the peak",
    "excess_charge": "above the subscribed power",
    "subscription": "the subscribed power",
}


def streams_by_group(run: Run) -> dict[str, dict[str, float]]:
    """Streams that are not zero, by group in reading order."""
    solution = run.solution
    groups: dict[str, dict[str, float]] = {}
    names = zip(solution["stream"].values.astype(str), solution["stream_group"].values.astype(str), strict=True)
    for name, group in sorted(names, key=lambda pair: group_order(pair[1])):
        value = float(run.summary["streams"][name])
        if abs(value) >= 5e-3:
            groups.setdefault(group, {})[name] = value
    return groups


def stream_label(stream: str) -> str:
    """``slack.unserved_heat`` as ``unserved heat``; product and component names stay as the user wrote them."""
    kind, _, what = stream.partition(".")
    if kind in _CHARGES:
        return f"{what}, {_CHARGES[kind]}"
    if kind in ("slack", "penalty"):
        word, _, owner = what.partition("_")
        return f"{word} {owner}"
    return what or kind


def remarks(run: Run) -> list[Text]:
    """What a reader must know of a run: slack, products without volume, rules switched off, notes."""
    lines = []
    for used in run.summary["slack"]:
        lines.append(
            Text(
                f"Warning: {used['meaning']}: {used['expected']:.4g} {used['unit']} expected, "
                f"{used['worst']:.4g} {used['unit']} in scenario {used['worst_scenario']}",
                style="yellow",
            )
        )
    check = run.summary.get("slack_check") or {}
    for chosen in check.get("chosen", []):
        lines.append(
            Text(
                f"Warning: scenario {chosen['scenario']} chooses slack: {_money(chosen['paid'])} {run.currency} of "
                f"penalties where {_money(chosen['least'])} {run.currency} would do; {chosen['reason']}",
                style="yellow",
            )
        )
    if check and check["examined"] < check["scenarios"]:
        words = f"{check['examined']} of the {check['scenarios']} scenarios that lean on slack"
        lines.append(Text(f"Note: the least possible slack is known of {words}; the rest took too long.", "dim"))
    for entry in run.summary.get("no_volume", []):
        count = entry["scenarios"]
        seen = f" (an indication, from {count} scenario{'s' if count > 1 else ''})" if count else ""
        lines.append(Text(f"No volume for {entry['product']}: {entry['text']}{seen}."))
    rules = run.summary["bid_rules"]
    off = [word for word, on in (("minimum bids", rules["minimum_bids"]), ("bid steps", rules["bid_steps"])) if not on]
    if off:
        lines.append(
            Text(f"Note: {' and '.join(off)} were switched off; a market may not accept these volumes.", "dim")
        )
    lines += [Text(f"Note: {note}", style="dim") for note in run.summary["notes"]]
    return lines


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _titled(title: str, table: RenderableType) -> RenderableType:
    # rich wraps a table's own title to the table's width
    return Group(Text(title, style="bold"), table)


def _decimals(values: np.ndarray[Any, np.dtype[np.float64]]) -> int:
    for decimals in range(1, 3):
        if np.allclose(values, np.round(values, decimals), rtol=0, atol=5e-7):
            return decimals
    return 3


def _money(value: float, decimals: int = 2) -> str:
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def percent(gap: float | None) -> str:
    """A relative gap for a reader; small ones keep their digits."""
    if gap is None:
        return "unknown"
    return f"{100 * gap:.3g} %" if abs(gap) >= 1e-9 else "0 %"


def _seconds(value: float) -> str:
    if value < 60:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def _hours(value: float) -> str:
    return f"{value * 60:g} min" if value < 1 else f"{value:g} h"


def _status_style(status: str) -> str:
    return "green" if status in ("optimal", "gap_reached") else "yellow"
