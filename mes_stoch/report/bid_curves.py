"""What is offered at prices, as a table: the bid curve of each product, and what of it is accepted on the mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mes_stoch.report.block_label import block_label
from mes_stoch.report.run import Run
from mes_stoch.schema.price_offers import PRICE_COLUMNS
from mes_stoch.schema.units import with_currency

_MOST_ROWS = 48
_SMALL = 5e-7
_UNITS = {"mwh": "MWh", "mw_h": "MW/h"}
#: Quantities of the solution that say what was accepted, by direction of an offer.
_ACCEPTED = {"sell": "sold_mw", "buy": "bought_mw"}


class BidCurve(NamedTuple):
    """What one product offers, on one side of its market.

    ``prices`` rise; ``offered_mw`` is of shape (blocks, prices), ``accepted_mw`` the expected volume that is accepted
    of each block and ``share`` the probability that any is.
    """

    product: str
    direction: str
    unit: str
    starts: list[pd.Timestamp]
    ends: list[pd.Timestamp]
    prices: NDArray[np.float64]
    offered_mw: NDArray[np.float64]
    accepted_mw: NDArray[np.float64]
    share: NDArray[np.float64]

    @property
    def title(self) -> str:
        return self.product if self.direction not in _ACCEPTED else f"{self.product}, to {self.direction}"


def price_columns(table: pd.DataFrame) -> list[str]:
    """Columns of a table of commitments that say at which price a volume is offered."""
    return [column for column in PRICE_COLUMNS if column in table.columns]


def plain_commitments(table: pd.DataFrame) -> pd.DataFrame:
    """A table of commitments without orders on energy markets, which are no reserve."""
    return table[~table["direction"].isin(list(_ACCEPTED))]


def bid_curves(run: Run) -> list[BidCurve]:
    """The bid curve of every product that is offered at prices."""
    table, found = run.commitments, []
    for column in price_columns(table):
        offered = table[table[column].notna()]
        for (product, direction), own in offered.groupby(["product", "direction"], sort=False):
            volumes = own.pivot(index="block_start", columns=column, values="volume_mw")
            ends = own.groupby("block_start")["block_end"].first()
            accepted, share = _accepted(run.solution, str(product), str(direction), len(volumes))
            found.append(
                BidCurve(
                    product=str(product),
                    direction=str(direction),
                    unit=with_currency(column, run.currency).removeprefix("price_"),
                    starts=list(volumes.index),
                    ends=list(ends),
                    prices=np.asarray(volumes.columns, dtype=float),
                    offered_mw=volumes.to_numpy(dtype=float),
                    accepted_mw=accepted,
                    share=share,
                )
            )
    return found


def _accepted(
    solution: xr.Dataset, product: str, direction: str, blocks: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Expected volume accepted in each block, and the probability that any is."""
    name = f"{product}.{_ACCEPTED.get(direction, 'accepted_mw')}"
    if name not in solution:
        return np.full(blocks, np.nan), np.full(blocks, np.nan)
    values = np.asarray(solution[name].transpose("scenario", ...).values, dtype=float)
    weights = np.asarray(solution["probability"].values, dtype=float)
    return weights @ values, weights @ (values > _SMALL)


def render_bid_curves(run: Run) -> RenderableType | None:
    """Blocks down, prices across; ``None`` where nothing is offered at prices."""
    curves = bid_curves(run)
    if not curves:
        return None
    parts: list[RenderableType] = []
    for curve in curves:
        title = f"Offered by {curve.title}, MW at a price in {unit_in_words(curve.unit)}"
        parts += [Text(title, style="bold"), _table(curve)]
    return Group(*parts)


def unit_in_words(unit: str) -> str:
    """Unit of a price as it is printed.

    >>> unit_in_words("eur_per_mw_h"), unit_in_words("aud_per_mwh")
    ('EUR/MW/h', 'AUD/MWh')
    """
    code, _, rest = unit.partition("_per_")
    return f"{code.upper()}/{_UNITS[rest]}"


def _table(curve: BidCurve) -> Table:
    out = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    out.add_column("block", no_wrap=True)
    for price in curve.prices:
        out.add_column(f"{price:g}", justify="right")
    out.add_column("accepted, mean", justify="right")
    out.add_column("probability", justify="right")
    rows = _merged(curve)
    with_day = (curve.ends[-1] - curve.starts[0]) > pd.Timedelta(hours=25)
    for first, last in rows[:_MOST_ROWS]:
        out.add_row(
            block_label(curve.starts[first], curve.ends[last], with_day=with_day),
            *(_cell(volume) for volume in curve.offered_mw[first]),
            _cell(curve.accepted_mw[first]),
            f"{100 * curve.share[first]:.0f} %" if np.isfinite(curve.share[first]) else "",
        )
    if len(rows) > _MOST_ROWS:
        out.add_row(f"... {len(rows) - _MOST_ROWS} more in commitments.csv")
    return out


def _merged(curve: BidCurve) -> Sequence[tuple[int, int]]:
    """First and last block of every run of equal ones."""
    told = np.column_stack([curve.offered_mw, curve.accepted_mw, curve.share])
    changes = [0]
    for k in range(1, len(told)):
        if curve.starts[k] != curve.ends[k - 1] or not np.allclose(told[k], told[k - 1], atol=_SMALL, equal_nan=True):
            changes.append(k)
    return [(a, b - 1) for a, b in zip(changes, [*changes[1:], len(told)], strict=True)]


def _cell(volume: float) -> str:
    if not np.isfinite(volume):
        return ""
    return "-" if abs(volume) < _SMALL else f"{volume:.3g}"
