"""Operation without foresight as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.intervals import CONFIDENCE
from mes_stoch.report.amounts import amount
from mes_stoch.report.evaluation import shortfalls_of

if TYPE_CHECKING:
    from mes_stoch.evaluation.rolling.bias import ForesightBias
    from mes_stoch.evaluation.rolling.foresight import Rolling

#: Scenarios of which each is told; of more, those with the largest bias.
_SHOWN = 20
_STAGES = {2: "the whole day is known", 3: "known after the day-ahead market"}


def render_rolling(rolling: Rolling) -> RenderableType:
    """What was earned, what foresight would have added, scenario by scenario as well."""
    return Group(_summary(rolling), Text(""), _biases(rolling), _leaves(rolling), *shortfalls_of(rolling.profits))


def _summary(rolling: Rolling) -> Table:
    profits, money = rolling.profits, rolling.profits.currency
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column()
    table.add_column()
    drawn = "" if profits.drawn_with is None else f", seed {profits.drawn_with}"
    table.add_row("operated without foresight", f"{len(profits.scenarios)} scenarios{drawn}")
    table.add_row("forecast", _forecast(rolling))
    table.add_row("expected profit", f"{amount(profits.mean)} {money} over the horizon")
    interval, error = profits.interval(), profits.standard_error
    if interval is not None and error is not None:
        table.add_row("standard error", f"{amount(error)} {money}")
        ends = f"[{amount(interval[0])}, {amount(interval[1])}] {money}"
        table.add_row(f"{CONFIDENCE:.0%} interval", f"{ends}, for the mean of days not drawn")
    if rolling.slack:
        rest = amount(profits.mean - rolling.slack)
        table.add_row(
            "of that penalties", f"{amount(rolling.slack)} {money} of slack, which no market charges; {rest} without"
        )
    if rolling.settled_difference is not None:
        table.add_row("settled", f"by the ledger, to {rolling.settled_difference:.2g} {money} in each scenario")
    return table


def _forecast(rolling: Rolling) -> str:
    if rolling.forecast_scenarios is None:
        source = "scenarios of the other day-ahead nodes"
    else:
        seed = "" if rolling.forecast_seed is None else f", seed {rolling.forecast_seed}"
        source = f"{rolling.forecast_scenarios} scenarios{seed}"
    return f"{source}, weighted by likeness; " + ("their mean" if rolling.fan == 1 else f"a fan of {rolling.fan}")


def _biases(rolling: Rolling) -> Table:
    title = f"Foresight bias, {rolling.profits.currency} over the horizon: what the model plans less what was earned"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("stages", justify="right")
    table.add_column("foresight")
    for heading in ("planned", "", "bias", "", "standard error"):
        table.add_column(heading, justify="right")
    for bias in rolling.biases:
        table.add_row(str(bias.stages), _STAGES[bias.stages], *_ends(bias))
    return table


def _ends(bias: ForesightBias) -> tuple[str, ...]:
    error = "no sample" if bias.standard_error is None else amount(bias.standard_error)
    numbers = (bias.planned.lower, bias.planned.upper, bias.bias.lower, bias.bias.upper)
    return (*map(amount, numbers), error)


def _leaves(rolling: Rolling) -> Table:
    found = rolling.table()
    has_three = "three_stage_eur" in found
    shown = found.sort_values("bias_lower_eur", ascending=False, kind="stable").head(_SHOWN)
    more = f", the {_SHOWN} with the largest bias of {len(found)}" if len(found) > _SHOWN else ""
    title = f"By scenario{more}, {rolling.profits.currency}"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    table.add_column("scenario")
    headings = ["earned", "planned at least", "at most", *(["three stages"] if has_three else []), "bias at least"]
    for heading in headings:
        table.add_column(heading, justify="right")
    for name, row in shown.iterrows():
        three = [amount(row["three_stage_eur"])] if has_three else []
        table.add_row(
            str(name),
            amount(row["rolled_eur"]),
            amount(row["two_stage_lower_eur"]),
            amount(row["two_stage_upper_eur"]),
            *three,
            amount(row["bias_lower_eur"]),
        )
    return table
