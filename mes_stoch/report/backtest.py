"""A backtest as tables: the days, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.report.amounts import amount
from mes_stoch.report.streams import GROUPS
from mes_stoch.schema.backtest import BacktestDay, BacktestPlan, BacktestTotals

#: Days of a longer backtest are in its files.
_MOST_DAYS = 70


def render_backtest(
    plan: BacktestPlan, days: Sequence[BacktestDay], totals: BacktestTotals, left_out: Mapping[date, str]
) -> RenderableType:
    """Days, totals, profit by stream, what was missed, and which days were left out."""
    parts: list[RenderableType] = [_days(plan, days, totals), _reading(plan, totals), "", _streams(plan, totals)]
    parts += [Text(line) for line in (*_missing(totals), *_left_out(left_out))]
    return Group(*parts)


def _days(plan: BacktestPlan, days: Sequence[BacktestDay], totals: BacktestTotals) -> Table:
    table = Table(title=f"Profit by day, {plan.currency}", box=box.SIMPLE_HEAD, title_justify="left", show_footer=True)
    sums = (totals.planned, totals.realised, totals.given_lower, totals.perfect_lower)
    table.add_column("day", footer=f"{totals.days} days", no_wrap=True)
    for heading, total in zip(("planned", "realised", "same, known", "perfect"), sums, strict=True):
        table.add_column(heading, justify="right", footer=amount(total))
    table.add_column("regret", justify="right", footer=_between(totals.regret_lower, totals.regret_upper))
    table.add_column("missing MWh", justify="right", footer=_energy(totals.missing_mwh))
    for day in days[:_MOST_DAYS]:
        profits = (day.planned, day.realised, day.given_lower, day.perfect_lower)
        regret = _between(day.regret_lower, day.regret_upper)
        table.add_row(day.day.isoformat(), *map(amount, profits), regret, _energy(day.missing_mwh))
    if len(days) > _MOST_DAYS:
        table.add_row(f"... {len(days) - _MOST_DAYS} more")
    return table


def _between(lower: float, upper: float) -> str:
    """Both ends of a bracket, or one number where they are written alike."""
    low, high = f"{lower:,.1f}", f"{upper:,.1f}"
    return low if low == high else f"{low} - {high}"


def _energy(missing: Mapping[str, float]) -> str:
    total = sum(missing.values())
    return f"{total:.3g}" if total else "-"


def _reading(plan: BacktestPlan, totals: BacktestTotals) -> Text:
    lines = [
        f"planned: expectation over {plan.window_days} days before, each known as a whole. realised: without",
        "foresight, as settled. same, known: the same commitment with the day known. perfect: the day known when",
        "committing. regret: perfect less realised, at least - at most (proven).",
        "",
        f"A day earned {amount(totals.realised / totals.days)} {plan.currency} on the mean, where its plan said "
        f"{amount(totals.planned / totals.days)}; with the day known it would have been",
        f"{amount(totals.given_lower / totals.days)} with the same commitment and "
        f"{amount(totals.perfect_lower / totals.days)} with the best.",
    ]
    return Text("\n".join(lines))


def _streams(plan: BacktestPlan, totals: BacktestTotals) -> Table:
    table = Table(title="Realised profit by stream", box=box.SIMPLE_HEAD, title_justify="left", show_footer=True)
    table.add_column("stream", footer="profit")
    table.add_column(plan.currency, justify="right", footer=amount(totals.realised))
    table.add_column("a day", justify="right", footer=amount(totals.realised / totals.days))
    order = list(GROUPS)
    kinds = {name: name.partition(".")[0] for name in totals.streams}
    for name in sorted(
        kinds, key=lambda name: (order.index(kinds[name]) if kinds[name] in order else len(order), name)
    ):
        value = totals.streams[name]
        table.add_row(name, amount(value), amount(value / totals.days))
    return table


def _missing(totals: BacktestTotals) -> list[str]:
    if not totals.missing_mwh:
        return ["Everything promised was held and delivered, and all demand was served."]
    parts = [f"{name.partition('.')[2]} {value:.3g}" for name, value in totals.missing_mwh.items()]
    return [f"Missing on {totals.days_with_a_miss} days, MWh (MW h of capacity): {', '.join(parts)}"]


def _left_out(left_out: Mapping[date, str]) -> list[str]:
    return [f"Left out: {day}, {reason}" for day, reason in left_out.items()]


def render_pairing(pairing: pd.DataFrame) -> RenderableType | None:
    """Which days series of other years were taken from; ``None`` where there are none."""
    if not len(pairing):
        return None
    table = Table(title="Series of other years, by day", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("day", no_wrap=True)
    for name in pairing.columns:
        table.add_column(str(name), no_wrap=True)
    for day, *donors in pairing.itertuples():
        table.add_row(str(day), *map(str, donors))
    return table
