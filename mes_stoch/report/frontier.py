"""The frontier of risk and return as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.committed_volumes import decided_numbers, mean_volume_mw
from mes_stoch.evaluation.frontier import Frontier
from mes_stoch.report.amounts import amount
from mes_stoch.report.risk_table import measure_in_words
from mes_stoch.schema.evaluation_shared import DecidedNumber


def render_frontier(frontier: Frontier) -> Group:
    """One row a weight, with what the best plan for it earns and risks, and how much better any other can be."""
    words = measure_in_words(frontier.measure, frontier.alpha)
    title = f"Risk and return over {frontier.scenarios} scenarios, {frontier.currency} over the horizon"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("weight", "expected profit", words, "utility", "at most", "MW committed"):
        table.add_column(heading, justify="right")
    for place, point in enumerate(frontier.points):
        utility = point.utility
        mark = "" if point.is_solved else " *"
        table.add_row(
            f"{point.weight:g}{mark}",
            amount(point.plan.expected),
            amount(point.plan.measured),
            amount(utility.lower),
            amount(utility.upper),
            _committed(frontier, place),
        )
    notes = [
        Text("  utility = (1 - weight) x expected profit + weight x measure; no plan is worth more than `at most`."),
    ]
    if not all(point.is_solved for point in frontier.points):
        solves = f"{frontier.solves} solve" + ("" if frontier.solves == 1 else "s")
        notes.append(
            Text(f"  * not solved for: bounds follow from plans and bounds of other weights ({solves} in all).")
        )
    return Group(table, *notes, *_decided(frontier))


def _decided(frontier: Frontier) -> Iterator[Text]:
    """What each plan decides of the site, a line for weights in a row that decide the same."""
    told = [decided_in_words(decided_numbers(table) or []) for table in frontier.site_decisions]
    weights = [f"{point.weight:g}" for point in frontier.points]
    for words, places in groupby(range(len(told)), key=lambda place: told[place]):
        if words:
            held = list(places)
            shown = weights[held[0]] if len(held) == 1 else f"{weights[held[0]]} to {weights[held[-1]]}"
            yield Text(f"  decided of the site at weight {shown}: {words}")


def decided_in_words(numbers: Sequence[DecidedNumber]) -> str:
    """What is decided of the site in a line; empty where nothing is."""
    return ", ".join(f"{one.component}.{one.quantity} {one.value:.4g} {one.unit}" for one in numbers)


def _committed(frontier: Frontier, place: int) -> str:
    """What is committed of all products together: tells plans apart at a glance."""
    return f"{mean_volume_mw(frontier.commitments[place]):.3g}" if frontier.commitments else ""
