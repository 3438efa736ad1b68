"""What a commitment earns, and what information is worth, as tables."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.intervals import CONFIDENCE
from mes_stoch.evaluation.product_values import ProductValues
from mes_stoch.evaluation.profit import Profits
from mes_stoch.evaluation.replications import OptimalityGap
from mes_stoch.evaluation.values import Values
from mes_stoch.report.amounts import amount
from mes_stoch.report.brackets import bracket_ends
from mes_stoch.report.sampling import interval_rows

_MEANING = {
    "WS": "wait and see: every scenario known beforehand",
    "RP": "the stochastic program: one commitment for all scenarios",
    "EEV": "commitment of the mean scenario, in the scenarios",
    "EEV_day_ahead": "its day-ahead positions as well",
    "EV": "what a model of the mean alone expects",
    "EVPI": "perfect information, WS - RP",
    "VSS": "the stochastic model, RP - EEV",
    "VSS_day_ahead": "with day-ahead positions, RP - EEV_day_ahead",
}


def render_profits(profits: Profits, before: float | None = None) -> RenderableType:
    """Mean, its error and its bound, the spread over scenarios, and what is not served.

    Parameters
    ----------
    before : float, optional
        Expected profit in the scenarios that the commitment was made with.
    """
    money = profits.currency
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column()
    count = len(profits.scenarios)
    drawn = "" if profits.drawn_with is None else f", seed {profits.drawn_with}"
    table.add_row("scenarios", f"{count}{drawn}")
    table.add_row("expected profit", f"{amount(profits.mean)} {money} over the horizon")
    gap = profits.bound_upper - profits.mean
    table.add_row("upper bound", f"{amount(profits.bound_upper)} {money} ({profits.bound_kind}; {amount(gap)} above)")
    interval, error = profits.interval(), profits.standard_error
    if interval is not None and error is not None:
        lower, upper = interval
        table.add_row("standard error", f"{amount(error)} {money}")
        table.add_row(
            f"{CONFIDENCE:.0%} interval", f"[{amount(lower)}, {amount(upper)}] {money}, for the mean of days not drawn"
        )
    for name, text in interval_rows(profits.intervals, money):
        table.add_row(name, text)
    if before is not None:
        table.add_row(
            "where it was made", f"{amount(before)} {money} ({amount(profits.mean - before, signed=True)} here)"
        )
    least, most = profits.scenarios["profit_eur"].min(), profits.scenarios["profit_eur"].max()
    spread = ", ".join(f"{share:.0%} {profits.quantile(share):,.0f}" for share in (0.05, 0.5, 0.95))
    table.add_row("over scenarios", f"{least:,.0f} to {most:,.0f} {money}; quantiles {spread}")
    table.add_row(f"worst {1 - CONFIDENCE:.0%}", f"{amount(profits.worst_mean())} {money} on the mean (CVaR)")
    return Group(table, *shortfalls_of(profits))


def shortfalls_of(profits: Profits) -> list[RenderableType]:
    """What is not served, held or delivered, or that nothing is."""
    found = profits.result().shortfalls
    if not found:
        return [Text("\n  Everything promised is held and delivered, and all demand is served.")]
    table = Table(title="Not served, not held or not delivered", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("what")
    for heading in ("expected MWh", "probability", "most MWh"):
        table.add_column(heading, justify="right")
    for row in found:
        table.add_row(row.name, f"{row.expected_mwh:.3g}", f"{row.probability:.3g}", f"{row.most_mwh:.3g}")
    return [Text(""), table]


def render_gap(gap: OptimalityGap) -> RenderableType:
    """The samples, and what follows from them for days that were not drawn."""
    money = gap.currency
    title = f"Samples, {money} over the horizon: no commitment earns more than the bound"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("seed", "scenarios", "bound", "its own best", "this commitment", "gap at most"):
        table.add_column(heading, justify="right")
    for replication in gap.replications:
        amounts = (replication.bound_upper, replication.best, replication.candidate, replication.gap)
        table.add_row(str(replication.seed), str(replication.scenarios), *map(amount, amounts))
    error = amount(gap.sampling_error)
    told = []
    if gap.policy_leaves is not None:
        told = [
            Text(
                f"  Scenarios are day-ahead nodes of {gap.leaves_per_node} leaves. Day-ahead positions of the "
                f"commitment are\n  decided by {gap.policy_leaves} other leaves below each node, and judged in these."
            )
        ]
    share = f" ({gap.upper / abs(gap.candidate):.2%} of its profit)" if gap.candidate else ""
    return Group(
        table,
        Text(f"  The commitment earns {amount(gap.candidate)} {money} on the mean of all samples."),
        Text(
            f"  With {gap.confidence:.0%} confidence no other earns {amount(gap.upper)} {money} more than that{share},"
        ),
        Text("  on the mean of all days that could be drawn:"),
        Text(f"  a mean gap of {amount(gap.estimate)} and a sampling error of {error}, {gap.method}."),
        *told,
    )


def render_products(values: ProductValues) -> RenderableType:
    """What each product is worth, the most valuable first."""
    title = f"Products over {values.scenarios} scenarios, {values.currency} over the horizon, proven"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("product")
    for heading in ("beside the others", "", "alone", ""):
        table.add_column(heading, justify="right")
    for name in sorted(values.without, key=lambda name: -values.beside(name).upper):
        found = (values.beside(name), values.by_itself(name))
        table.add_row(name, *(end for bracket in found for end in bracket_ends(bracket, values.recourse)))
    table.add_row("all together", *bracket_ends(values.together, values.recourse), "", "")
    return Group(table, Text("  Each at least and at most. They do not add up: products share plant."))


def render_values(values: Values) -> RenderableType:
    """The brackets, with what each of them means."""
    title = f"Values over {values.scenarios} scenarios, {values.currency} over the horizon"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("value")
    table.add_column("at least", justify="right")
    table.add_column("at most", justify="right")
    table.add_column("of what")
    of_what = "" if values.utility is None else f"  Of the {values.utility}, in the place of the expected profit."
    for name, bracket in values.named().items():
        table.add_row(name, *bracket_ends(bracket, values.recourse), _MEANING[name])
    return Group(table, Text(of_what)) if of_what else table
