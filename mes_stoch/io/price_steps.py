"""Which price of a product each row of a table of commitments speaks of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.readers.csv_table import Table, numbers
from mes_stoch.io.readers.locate import listed, show
from mes_stoch.io.readers.reporter import Reporter
from mes_stoch.schema.price_offers import PRICE_COLUMNS, PriceStep

#: Files are written with a few digits: a price is another one where it differs by this share.
_TOLERANCE = 1e-6


def price_steps(table: Table, reporter: Reporter, prices: Mapping[str, Sequence[PriceStep]]) -> list[int | None]:
    """Place of each row's price among those of its product; 0 where a product has none, ``None`` where it is wrong.

    Parameters
    ----------
    prices : mapping of str to sequence of PriceStep
        By product; none of a product that is accepted whatever the price.
    """
    names = table.columns["product"]
    columns = dict.fromkeys(step.price_column for steps in prices.values() for step in steps)
    told = {column: _prices(table, reporter, prices, column) for column in columns}
    found: list[int | None] = []
    for row, name in enumerate(names):
        steps = prices.get(name, ())
        own = steps[0].price_column if steps else None
        if name in prices:
            _refuse_others(table, reporter, row, own)
        if own is None:
            found.append(0)
            continue
        values = told[own]
        found.append(None if values is None else _step(table, reporter, row, steps, values[row]))
    return found


def _prices(
    table: Table, reporter: Reporter, prices: Mapping[str, Sequence[PriceStep]], column: str
) -> NDArray[np.float64] | None:
    """Numbers of a column of prices in the rows of products that are offered at them."""
    rows = [
        row
        for row, name in enumerate(table.columns["product"])
        if any(step.price_column == column for step in prices.get(name, ()))
    ]
    if not rows:
        return None
    if column not in table.columns:
        name = table.columns["product"][rows[0]]
        hint = f"{name} is offered at prices, and a volume belongs to one of them"
        reporter.add(table.lines[rows[0]], column, f"columns {listed(table.names)}", f"a column {column}", hint)
        return None
    part = Table({column: [table.columns[column][r] for r in rows]}, [table.lines[r] for r in rows])
    values = np.full(len(table.columns["product"]), np.nan)
    values[rows] = numbers(Table(part.columns, part.lines, True, table.separator), [column], reporter)[column]
    return values


def _step(table: Table, reporter: Reporter, row: int, steps: Sequence[PriceStep], price: float) -> int | None:
    line, name = table.lines[row], table.columns["product"][row]
    if not math.isfinite(price):
        # what is no number has been told of
        return None
    slack = _TOLERANCE * abs(price)
    near = [place for place, step in enumerate(steps) if abs(step.price - price) <= slack]
    if not near:
        reporter.add(line, steps[0].price_column, f"{price:g} of {name}", _expected(steps), kind="price")
        return None
    return _of_direction(table, reporter, row, steps, near)


def _of_direction(
    table: Table, reporter: Reporter, row: int, steps: Sequence[PriceStep], near: Sequence[int]
) -> int | None:
    """The step among those of one price; they may be one to sell and one to buy."""
    line, name = table.lines[row], table.columns["product"][row]
    cell = table.columns["direction"][row] if "direction" in table.columns else ""
    own = [k for k in near if not cell or steps[k].direction == cell]
    if len(own) == 1:
        return own[0]
    words = listed([steps[k].direction for k in near])
    at = f"at {steps[near[0]].price:g}"
    reporter.add(line, "direction", f"{show(cell) if cell else 'nothing'} of {name} {at}", f"{words}")
    return None


def _refuse_others(table: Table, reporter: Reporter, row: int, own: str | None) -> None:
    """A price in a column that is not the product's own, of a product that is offered at prices of that one alone."""
    name = table.columns["product"][row]
    reason = "is not offered at prices in this instance" if own is None else f"has its prices in the column {own}"
    for column in PRICE_COLUMNS:
        if column != own and column in table.columns and table.columns[column][row]:
            found = f"{show(table.columns[column][row])} of {name}"
            reporter.add(table.lines[row], column, found, "no price", f"{name} {reason}; leave the cell empty")


def _expected(steps: Sequence[PriceStep]) -> str:
    return f"one of its prices: {listed([f'{step.price:g}' for step in steps])}"
