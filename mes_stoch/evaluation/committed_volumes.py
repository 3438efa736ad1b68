"""Tables of commitments as documents have them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mes_stoch.schema.evaluation_shared import CommittedVolume, DecidedNumber
from mes_stoch.schema.price_offers import ENERGY_PRICE_COLUMN

_KEPT = ("direction", "price_eur_per_mw_h", "price_eur_per_mwh", "volume_mw", "volume_mvar")


def committed_volumes(commitments: pd.DataFrame) -> list[CommittedVolume]:
    """Every row of a table of commitments, without what a product does not have."""
    return [_volume(row) for row in commitments.to_dict("records")]


def decided_numbers(decisions: pd.DataFrame | None) -> list[DecidedNumber] | None:
    """Every row of a table of decisions of the site; ``None`` where there are none."""
    if decisions is None or decisions.empty:
        return None
    return [DecidedNumber(**{str(name): cell for name, cell in row.items()}) for row in decisions.to_dict("records")]


def mean_volume_mw(commitments: pd.DataFrame) -> float:
    """All volumes together, on the mean of the horizon: of products in MW, at all prices, without orders for energy."""
    rows = commitments
    if ENERGY_PRICE_COLUMN in rows:
        rows = rows[rows[ENERGY_PRICE_COLUMN].isna()]
    if rows.empty:
        return 0.0
    hours = (rows["block_end"] - rows["block_start"]).dt.total_seconds() / 3600.0
    whole = (rows["block_end"].max() - rows["block_start"].min()).total_seconds() / 3600.0
    return float((rows["volume_mw"].fillna(0.0) * hours).sum() / whole)


def _volume(row: dict[Any, Any]) -> CommittedVolume:
    told = {name: row[name] for name in _KEPT if name in row and not pd.isna(row[name])}
    # what a solver leaves below zero is rounding
    told |= {name: max(float(told[name]), 0.0) for name in ("volume_mw", "volume_mvar") if name in told}
    return CommittedVolume(product=row["product"], block_start=row["block_start"].isoformat(), **told)
