"""What policies earn beside the stochastic program, as a table."""

from __future__ import annotations

import math

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.evaluation.bracket import Bracket
from mes_stoch.evaluation.policies import COORDINATION, PolicyComparison, PolicyOutcome
from mes_stoch.evaluation.profit import CONFIDENCE
from mes_stoch.report.amounts import amount

#: Share of the profit that is rounding where two profits are taken from each other.
_ROUNDING = 1e-10


def render_policies(comparison: PolicyComparison) -> RenderableType:
    """The stochastic program and the policies, the most profitable first, and the value of coordination."""
    money = comparison.currency
    title = f"Policies over {comparison.scenarios} scenarios, {money} over the horizon, proven"
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", padding=(0, 1, 0, 0))
    table.add_column("policy")
    for heading in ("profit at least", "at most", "loss at least", "at most"):
        table.add_column(heading, justify="right")
    for heading in ("worst 5 %", "MW"):
        table.add_column(heading, justify="right")
    table.add_row("RP, stochastic program", *_ends(comparison.recourse), "", "", "", "")
    for name in sorted(comparison.outcomes, key=lambda name: -comparison.outcomes[name].bracket.lower):
        outcome = comparison.outcomes[name]
        worst = "" if outcome.profits is None else amount(outcome.profits.worst_mean(CONFIDENCE))
        volume = outcome.mean_volume_mw
        table.add_row(
            name,
            *_ends(outcome.bracket),
            *_loss(comparison, name),
            worst,
            "" if volume is None else f"{volume:.1f}",
        )
    return Group(table, *(Text(f"  {line}") for line in _notes(comparison)))


def _notes(comparison: PolicyComparison) -> list[str]:
    lines = [f"{name}: {one.note}" for name, one in comparison.outcomes.items() if one.note]
    lines.append("loss: RP less the policy. worst 5 %: CVaR. MW: all volumes, on the mean of the horizon.")
    errors = {name: _error(one) for name, one in comparison.outcomes.items()}
    if all(error is not None for error in errors.values()):
        lines.append("standard errors of these means, as estimates for days not drawn:")
        lines += [f"  {name} {error}" for name, error in errors.items()]
    if comparison.coordination is not None:
        lower, upper = _loss(comparison, COORDINATION)
        lines.append(f"Value of coordination, RP - two_loop: {lower} to {upper} {comparison.currency}.")
    return lines


def _error(outcome: PolicyOutcome) -> str | None:
    error = None if outcome.profits is None else outcome.profits.standard_error
    return None if error is None else amount(error)


def _loss(comparison: PolicyComparison, name: str) -> tuple[str, str]:
    """Ends of a loss; what the difference of two amounts leaves by rounding is nothing."""
    loss, known = comparison.loss(name), comparison.recourse
    noise = _ROUNDING * max((abs(end) for end in (known.lower, known.upper) if math.isfinite(end)), default=0.0)
    ends = (0.0 if abs(end) <= noise else end for end in (loss.lower, loss.upper))
    return _ends(Bracket(*ends))


def _ends(bracket: Bracket) -> tuple[str, str]:
    if bracket.upper == -math.inf:
        return "no dispatch", "no dispatch"
    if bracket.lower == math.inf:
        return "infinite", "infinite"
    return _end(bracket.lower), _end(bracket.upper)


def _end(value: float) -> str:
    return amount(value) if math.isfinite(value) else "unknown"
