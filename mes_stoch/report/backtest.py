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

SLACK = "slack."
_DONE = ("optimal", "gap_reached")
#: Days of a longer backtest are in its files.
_MOST_DAYS = 70


def render_backtest(
    plan: BacktestPlan, days: Sequence[BacktestDay], totals: BacktestTotals, left_out: Mapping[date, str]
) -> RenderableType:
    """Days, totals, profit by stream, what was missed, and which days were left out."""
    parts: list[RenderableType] = [_days(plan, days, totals), _reading(plan, totals), "", _streams(plan, totals)]
    parts += [Text(line) for line in (*_missing(totals), *_slack(plan, totals), *_unproven(days), *_left_out(left_out))]
    return Group(*parts)


def _days(plan: BacktestPlan, days: Sequence[BacktestDay], totals: BacktestTotals) -> Table:
    table = Table(
        title=f"Profit by day, {plan.currency}",
        box=box.SIMPLE_HEAD,
        title_justify="left",
        show_footer=True,
        padding=(0, 1, 0, 0),
    )
    table.add_column("day", footer=f"{totals.days} days", no_wrap=True)
    for heading, value in _amounts(totals).items():
        table.add_column(heading, justify="right", footer=value, no_wrap=True)
    for day in days[:_MOST_DAYS]:
        table.add_row(day.day.isoformat(), *_amounts(day).values())
    if len(days) > _MOST_DAYS:
        table.add_row(f"{len(days) - _MOST_DAYS} more")
    return table


def _amounts(of: BacktestDay | BacktestTotals) -> dict[str, str]:
    """Cells of a row, or of the last one, by heading."""
    missing = sum(of.missing_mwh.values())
    return {
        "planned": amount(of.planned),
        "realised": amount(of.realised),
        "same, known": amount(of.given_lower),
        "perfect": amount(of.perfect_lower),
        "regret": amount(of.regret_lower),
        "at most": amount(of.regret_upper),
        "missing MWh": f"{missing:.3g}" if missing else "-",
    }


def _reading(plan: BacktestPlan, totals: BacktestTotals) -> Text:
    def mean(total: float) -> str:
        return f"{amount(total / totals.days)} {plan.currency}"

    return Text(
        f"planned: expectation over the {plan.window_days} days of the window, each known as a whole. realised: "
        "operated without foresight, as settled. same, known: the same commitment, dispatched with the day known. "
        "perfect: the day known when committing. regret: perfect less realised, and what it is at most (proven).\n\n"
        f"A day earned {mean(totals.realised)} on the mean, where its plan said {mean(totals.planned)}. With the day "
        f"known it would have been {mean(totals.given_lower)} with the same commitment, {mean(totals.perfect_lower)} "
        "with the best one."
    )


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


def _slack(plan: BacktestPlan, totals: BacktestTotals) -> list[str]:
    """That money of slack is a penalty of the model, where there is any."""
    money = sum(value for name, value in totals.streams.items() if name.startswith(SLACK))
    if not money:
        return []
    return [
        f"Of the profit {amount(money)} {plan.currency} are penalties of slack, which no market asks: positions that "
        "could not be kept, demand not served, stores that ended too low."
    ]


def _unproven(days: Sequence[BacktestDay]) -> list[str]:
    late = [day.day.isoformat() for day in days if day.status not in _DONE]
    return (
        [f"Commitments that a limit cut short, and another run may find others for: {', '.join(late)}"] if late else []
    )


def _left_out(left_out: Mapping[date, str]) -> list[str]:
    return [f"Left out: {day}, {reason}" for day, reason in left_out.items()]


def render_pairing(pairing: pd.DataFrame) -> RenderableType | None:
    """Which days series were taken from that not every day has of itself; ``None`` where there are none."""
    if not len(pairing):
        return None
    table = Table(title="Series taken from other days, by day", box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("day", no_wrap=True)
    for name in pairing.columns:
        table.add_column(str(name), no_wrap=True)
    for day, *donors in pairing.itertuples():
        table.add_row(str(day), *map(str, donors))
    return table
