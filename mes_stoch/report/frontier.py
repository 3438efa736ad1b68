"""The frontier of risk and return as a table."""

from __future__ import annotations

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.committed_volumes import mean_volume_mw
from mes_stoch.evaluation.frontier import Frontier
from mes_stoch.report.amounts import amount


def measure_in_words(measure: str, alpha: float | None) -> str:
    """What is weighed beside the expected profit."""
    if measure == "cvar" and alpha is not None:
        return f"CVaR (worst {100 * (1 - alpha):.4g} %)"
    return measure.replace("_", " ")


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
    return Group(table, *notes)


def _committed(frontier: Frontier, place: int) -> str:
    """What is committed of all products together: tells plans apart at a glance."""
    return f"{mean_volume_mw(frontier.commitments[place]):.3g}" if frontier.commitments else ""
