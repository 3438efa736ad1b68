"""How much an answer hangs on rules that are not known: one rule varied at a time, over the same scenarios.

For each value ``v`` of a rule the whole program is solved again: profit ``z(v)`` lies in its own proven interval
``[l(v), u(v)]``, so that the change from the instance's own value ``v0`` is proven to lie in
``[l(v) - u(v0), u(v) - l(v0)]``. A change inside that interval's width says nothing: ask for a smaller gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.io.catalogue.products import product_catalogue
from mes_stoch.report.run import Run
from mes_stoch.report.tables import percent
from mes_stoch.schema.errors import InfeasibleError, UnboundedError, UsageError
from mes_stoch.schema.flexibility import as_called
from mes_stoch.schema.instance import Instance

COLUMNS = (
    "product",
    "field",
    "value",
    "is_base",
    "source",
    "status",
    "objective",
    "bound_lower",
    "bound_upper",
    "gap_rel",
    "change",
    "change_lower",
    "change_upper",
)
#: What stands before a committed volume's column: the mean over the horizon, MW.
VOLUME = "mean_mw."


@dataclass(frozen=True)
class Variation:
    """One rule at one value."""

    field: str
    value: float
    is_base: bool

    @property
    def owner(self) -> str:
        """The product or device whose rule it is."""
        parts = self.field.split(".")
        return parts[1] if len(parts) > 2 else parts[0]


def sustain_fields(instance: Instance) -> dict[str, list[float]]:
    """Times to be held for which the catalogue knows no settled source, and the values that could hold."""
    return {
        f"products.{name}.sustain_h": [float(value) for value in product.sustain_alternatives_h]
        for name, product in instance.called_products().items()
        if product.sustain_alternatives_h
    }


def plan_variations(instance: Instance, fields: Mapping[str, Iterable[float]]) -> list[Variation]:
    """The instance's own value of each rule and the others, in order of size.

    Raises
    ------
    UsageError
        A field that is no number of the instance.
    """
    plan = []
    for field, values in fields.items():
        own = _number_at(instance, field)
        wanted = sorted({own, *(float(value) for value in values)})
        plan += [Variation(field, value, is_base=value == own) for value in wanted]
    return plan


def _number_at(instance: Instance, field: str) -> float:
    place: Any = instance.model_dump(mode="json")
    for part in field.split("."):
        if isinstance(place, dict) and part in place:
            place = place[part]
        elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        else:
            known = f"; here are: {', '.join(list(place)[:30])}" if isinstance(place, dict) else ""
            raise UsageError(f"{field}: the instance has no {part}{known}")
    if isinstance(place, bool) or not isinstance(place, int | float):
        what = f"the series {place}" if isinstance(place, str) else "nothing" if place is None else "no number"
        raise UsageError(
            f"{field} is {what}; a rule that is varied is one number, so give it one in the instance first"
        )
    return float(place)


def source_of(instance: Instance, field: str) -> str:
    """Where the instance's own value of a rule comes from, as far as the catalogue knows."""
    section, _, rest = field.partition(".")
    name, _, key = rest.partition(".")
    product = instance.products.get(name) if section == "products" else None
    if product is None:
        return "instance"
    if key in product.placeholders:
        return "[user]: none"
    known = product_catalogue().get(name, {})
    if key in known and known[key] == getattr(product, key, None):
        called = as_called(product)
        is_open = key == "sustain_h" and called is not None and called.sustain_alternatives_h
        return "open" if is_open else "catalogue"
    return "instance"


def sensitivity_table(
    instance: Instance,
    plan: Sequence[Variation],
    solve: Callable[[Variation | None], Run],
    remark: Callable[[str], object] | None = None,
) -> pd.DataFrame:
    """Solve the instance as it is and at every value of a plan.

    Parameters
    ----------
    solve : callable
        The run at a variation; at ``None`` that of the instance as it is.

    Returns
    -------
    DataFrame
        A row a variation with :data:`COLUMNS`, then ``mean_mw.<product>``: committed volume, mean over the horizon.
    """
    say = remark or (lambda _: None)
    base = solve(None)
    say(f"as it is: {_said(base)}")
    rows = []
    for number, variation in enumerate(plan, 1):
        if variation.is_base:
            rows.append(_row(instance, variation, base, base))
            continue
        try:
            run = solve(variation)
        except (InfeasibleError, UnboundedError) as error:
            status = "infeasible" if isinstance(error, InfeasibleError) else "unbounded"
            rows.append(_row(instance, variation, None, base) | {"status": status})
            say(f"{number}/{len(plan)} {variation.field} = {variation.value:g}: {status}")
            continue
        rows.append(_row(instance, variation, run, base))
        say(f"{number}/{len(plan)} {variation.field} = {variation.value:g}: {_said(run)}")
    table = pd.DataFrame(rows)
    volumes = [column for column in table.columns if column.startswith(VOLUME)]
    return table[[*COLUMNS, *volumes]]


def _said(run: Run) -> str:
    return "no commitment found in time" if run.objective is None else f"{run.objective:,.2f} {run.currency}"


def _row(instance: Instance, variation: Variation, run: Run | None, base: Run) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {
        "product": variation.owner,
        "field": variation.field,
        "value": variation.value,
        "is_base": variation.is_base,
        "source": source_of(instance, variation.field) if variation.is_base else "",
    }
    if run is None:
        return row
    row |= {"status": run.status} | {
        key: run.summary[key] for key in ("objective", "bound_lower", "bound_upper", "gap_rel")
    }
    if run is base:
        row |= {"change": 0.0, "change_lower": 0.0, "change_upper": 0.0}
    else:
        own, theirs = run.summary, base.summary
        row["change"] = _difference(own["objective"], theirs["objective"])
        row["change_lower"] = _difference(own["bound_lower"], theirs["bound_upper"])
        row["change_upper"] = _difference(own["bound_upper"], theirs["bound_lower"])
    return row | {f"{VOLUME}{product}": volume for product, volume in mean_volumes(run).items()}


def _difference(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def mean_volumes(run: Run) -> dict[str, float]:
    """Committed volume of each product, mean over the horizon in elapsed time, MW."""
    table = run.commitments
    if table.empty:
        return {}
    hours = (table["block_end"] - table["block_start"]).dt.total_seconds() / 3600.0
    weighed = table["volume_mw"].astype(float) * hours
    periods, period_h = int(run.summary["horizon_periods"]), float(run.summary["period_h"])
    total = periods * period_h - (period_h - float(run.summary.get("first_period_h") or period_h))
    return {
        str(product): float(weighed[table["product"] == product].sum()) / total
        for product in dict.fromkeys(table["product"])
        if np.isfinite(weighed[table["product"] == product]).all()
    }


def render_sensitivity(table: pd.DataFrame, currency: str) -> RenderableType:
    """The table for a reader: profit and its proven interval, the change, and the varied product's own volume."""
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    out.add_column("rule", no_wrap=True)
    out.add_column("value", justify="right")
    for head in (f"profit, {currency}", "proven interval", "change", "MW"):
        out.add_column(head, justify="right")
    out.add_column("source")
    previous = None
    for row in table.to_dict("records"):
        volume = row.get(f"{VOLUME}{row['product']}")
        shown = None if volume is None or pd.isna(volume) else f"{volume:.3g}"
        out.add_row(
            "" if row["field"] == previous else str(row["field"]).removeprefix("products."),
            f"{row['value']:g}" + ("*" if row["is_base"] else ""),
            _money(row["objective"]) if row["objective"] is not None else str(row["status"]),
            f"[{_money(row['bound_lower'])}, {_money(row['bound_upper'])}]",
            "" if row["is_base"] else _signed(row["change"]),
            shown or "-",
            str(row["source"]),
        )
        previous = row["field"]
    gaps = [gap for gap in table["gap_rel"] if gap is not None and not pd.isna(gap)]
    notes = [
        "* : the instance's own value. MW: that product's volume, mean over the horizon. One rule varies at a",
        f"time, scenarios are the same, and a change is known to within the gaps ({_gap_words(gaps)}).",
    ]
    return Group(Text("Expected profit (with risk: utility) when a rule is another", style="bold"), out, *notes)


def _gap_words(gaps: Sequence[float]) -> str:
    return f"the largest is {percent(max(gaps))}" if gaps else "none is known"


def _money(value: Any) -> str:
    return "none" if value is None or pd.isna(value) else f"{value:,.2f}"


def _signed(value: Any) -> str:
    return "unknown" if value is None or pd.isna(value) else f"{value:+,.2f}"
