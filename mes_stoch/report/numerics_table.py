"""Coefficient ranges as a table a person can read."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from mes_stoch.schema.units import FORMAT_CURRENCY
from mes_stoch.solvers.certificate.numerics import Numerics

_WORDS = {
    "coefficients": "coefficients",
    "switched": "  switched on and off",
    "costs": "costs, {currency} per unit",
    "bounds": "bounds of variables",
    "limits": "limits of rows",
}


_MOST_NAMED = 10


def render_numerics(
    numerics: Numerics, scenario: str, currency: str = FORMAT_CURRENCY, without_bound: Sequence[str] = ()
) -> RenderableType:
    """Ranges with the places of their extremes; below them the advice, and variables for which no bound is known."""
    table = Table(box=box.SIMPLE_HEAD, title=f"Sizes of numbers, scenario {scenario}", title_justify="left")
    table.add_column("kind")
    table.add_column("smallest", justify="right")
    table.add_column("typical", justify="right")
    table.add_column("largest", justify="right")
    for found in numerics.ranges:
        sizes = (found.smallest.value, found.typical, found.largest.value)
        table.add_row(_WORDS[found.kind].format(currency=currency), *(f"{size:.3g}" for size in sizes))
    places = Table.grid(padding=(0, 2))
    for found in numerics.ranges:
        places.add_row(f"smallest of {found.kind}", found.smallest.place)
        places.add_row(f"largest of {found.kind}", found.largest.place)
    advice = numerics.advice(currency)
    texts = [f"- {text}" for text in advice] if advice else ["The solver has no trouble with numbers of these sizes."]
    if without_bound:
        texts.append(_without_bound(without_bound))
    return Group(table, Padding(places, (0, 0, 1, 1)), *texts)


def _without_bound(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return (
        f"- {len(names)} variables have no finite bound, neither stated nor derived, so that bounds may rest on the "
        f"solver (bound_kind: solver): {'; '.join(names[:_MOST_NAMED])}{more}. A limit in the instance "
        "(import_max_mw, export_max_mw, liquidity_mw) gives them one."
    )
