"""A stress test as a table: the leaves that stand it worst, and what is missing in them."""

from __future__ import annotations

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.stress.document import WORST_LEAVES
from mes_stoch.evaluation.stress.outcome import StressTest
from mes_stoch.evaluation.stress.readings import Reading


def render_stress(test: StressTest, leaves: int | None = WORST_LEAVES) -> RenderableType:
    """Verdict, and the worst ``leaves`` (``None``: all) with what is missing in each, or else where it is tightest."""
    if not test.readings:
        return Text("  Nothing is held in this plan, so nothing can be called.")
    return Group(_table(test, test.worst_leaves(leaves)), *_verdict(test))


def _table(test: StressTest, leaves: list[int]) -> Table:
    what = "Largest misses of full calls" if not test.passed else "Least room under full calls"
    table = Table(title=f"{what}, worst leaves first", box=box.SIMPLE_HEAD, title_justify="left")
    for heading in ("leaf", "called", "from", "worst at", "limit"):
        table.add_column(heading, overflow="fold")
    table.add_column("missing" if not test.passed else "room", justify="right")
    for leaf in leaves:
        name = test.plan.data.scenarios[leaf]
        told = test.misses(leaf)[:1] or [reading for reading in [test.tightest(leaf)] if reading is not None]
        for reading in told:
            if reading.is_asked(leaf):
                table.add_row(*_row(test, reading, leaf, name))
    return table


def _row(test: StressTest, reading: Reading, leaf: int, name: str) -> tuple[str, ...]:
    amount = reading.missing[leaf] if not test.passed else max(float(reading.room[leaf]), 0.0)
    return (
        name,
        reading.calls.name,
        f"{test.moment(float(reading.start_h[leaf])):%d %b %H:%M}",
        f"{test.moment(float(reading.at_h[leaf])):%H:%M}",
        f"{reading.place}: {reading.limit}",
        f"{amount:.3g} {reading.unit}",
    )


def _verdict(test: StressTest) -> list[RenderableType]:
    tried = f"{test.calls_tested:,} full calls in {test.plan.leaves:,} leaves"
    if test.passed:
        return [f"  All that is held can be delivered, whatever is called: {tried}, no miss."]
    return [
        f"  NOT ALL THAT IS HELD CAN BE DELIVERED: {test.leaves_with_a_miss:,} leaves of probability "
        f"{test.probability_of_a_miss:.3g} have a miss",
        f"  ({tried}; up to {test.largest_miss('MW'):.3g} MW and {test.largest_miss('MWh'):.3g} MWh in one limit).",
    ]
