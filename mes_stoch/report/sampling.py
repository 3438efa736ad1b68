"""Intervals for days not drawn, and commitments compared in the same scenarios, as tables."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.comparison import Comparison
from mes_stoch.evaluation.intervals import Intervals
from mes_stoch.evaluation.sequential import Sequential
from mes_stoch.report.amounts import amount


def interval_rows(intervals: Intervals | None, money: str) -> list[tuple[str, str]]:
    """What is told of intervals that were asked for: a name and a text each."""
    if intervals is None:
        return []
    rule = intervals.rule
    by = f"by {rule.method}"
    if intervals.block_days is not None:
        by += f" of {intervals.block_days} days"
    rows = [
        (f"{rule.confidence:.0%} {by}", f"[{', '.join(map(amount, intervals.mean))}] {money} (estimate)"),
        ("its standard error", f"{amount(intervals.standard_error)} {money}, of {intervals.draws} draws"),
    ]
    worst = "too few draws for an interval"
    if intervals.worst is not None:
        worst = f"[{', '.join(map(amount, intervals.worst))}] {money} (estimate)"
    return [*rows, (f"of the worst {1 - rule.alpha:.0%}", worst)]


def render_comparison(found: Comparison) -> RenderableType:
    """What the commitment earns more than the other, for these days and for others."""
    money = found.first.currency
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column()
    table.add_row("it earns", f"{amount(found.first.mean)} {money}")
    table.add_row("the other earns", f"{amount(found.other.mean)} {money}")
    table.add_row("difference", f"{amount(found.difference, signed=True)} {money}")
    bracket = found.bracket
    table.add_row(
        "in these scenarios", f"[{amount(bracket.lower)}, {amount(bracket.upper)}] {money} if best dispatched (proven)"
    )
    if found.intervals is not None:
        unpaired = found.standard_error_unpaired
        beside = "" if unpaired is None else f", {amount(unpaired)} if each had scenarios of its own"
        table.add_row("standard error", f"{amount(found.intervals.standard_error)} {money} by pairs{beside}")
        ends = ", ".join(map(amount, found.intervals.mean))
        table.add_row(
            f"{found.intervals.rule.confidence:.0%} interval", f"[{ends}] {money}, for the mean of days not drawn"
        )
    return Group(Text(f"\nAgainst {found.against}, in the same scenarios"), table)


def render_sequential(found: Sequential) -> RenderableType:
    """Every look, and whether the last one is close enough."""
    money = found.currency
    table = Table(
        title=f"Samples that grow until no commitment earns {amount(found.wanted)} {money} more",
        box=box.SIMPLE_HEAD,
        title_justify="left",
    )
    for heading in ("scenarios", "mean gap", "sampling error", "for looking often", "gap at most"):
        table.add_column(heading, justify="right")
    for step in found.steps:
        amounts = (step.gap.estimate, step.gap.sampling_error, step.inflation, step.upper)
        table.add_row(str(step.scenarios), *map(amount, amounts))
    last = found.last.gap
    whose = "The commitment" if found.is_given else "The commitment of the last sample"
    earned = f"  {whose} earns {amount(last.candidate)} {money} on the mean of the last samples."
    if found.is_reached:
        said = (
            f"  With {last.confidence:.0%} confidence (for small gaps) no other earns {amount(found.wanted)} {money} "
            "more,\n  on the mean of all days that could be drawn."
        )
    else:
        said = "  Not close enough: samples would have to be larger, or the gap that is wanted wider."
    return Group(table, Text(earned), Text(said))
