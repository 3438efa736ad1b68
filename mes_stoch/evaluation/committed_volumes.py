"""Tables of commitments as documents have them."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mes_stoch.schema.evaluation_shared import CommittedVolume

_KEPT = ("direction", "price_eur_per_mw_h", "price_eur_per_mwh", "volume_mw", "volume_mvar")


def committed_volumes(commitments: pd.DataFrame) -> list[CommittedVolume]:
    """Every row of a table of commitments, without what a product does not have."""
    return [_volume(row) for row in commitments.to_dict("records")]


def _volume(row: dict[Any, Any]) -> CommittedVolume:
    told = {name: row[name] for name in _KEPT if name in row and not pd.isna(row[name])}
    # what a solver leaves below zero is rounding
    told |= {name: max(float(told[name]), 0.0) for name in ("volume_mw", "volume_mvar") if name in told}
    return CommittedVolume(product=row["product"], block_start=row["block_start"].isoformat(), **told)
