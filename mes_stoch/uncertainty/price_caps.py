"""Do prices stay within the limits that penalties follow from, and are stated penalties above what prices can pay?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mes_stoch.io.validation.penalties import penalty_issues
from mes_stoch.io.validation.price_limits import largest_price, prices, series_ranges
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.examples import shown, stacked

_ROUNDING = 1e-9


def price_cap_issues(instance: Instance, tree: ScenarioTree, file: str) -> Iterator[Issue]:
    """Penalties too small, and prices too large for them.

    The equations are those of :mod:`mes_stoch.io.validation.penalties`.
    """
    ranges = series_ranges(instance, tree)
    yield from penalty_issues(instance, ranges)
    cap = largest_price(instance, ranges)
    if cap is None:
        return
    for price in prices(instance):
        key, value, limit = price.key, price.price, price.limit
        if not isinstance(value, str) or (price.is_market and instance.price_cap_eur_per_mwh is None):
            # limits of a market are checked with the market
            continue
        values = stacked(tree, value)
        if values is None:
            continue
        declared = instance.price_cap_eur_per_mwh
        most = float(declared) if declared is not None else limit if limit is not None else cap
        bad = np.abs(values) > most * (1.0 + _ROUNDING)
        if bad.any():
            found = shown(tree, bad, lambda s, t, values=values: f"{values[s, t]:g}")  # type: ignore[misc]
            remedy = "price_cap_eur_per_mwh" if declared is not None or limit is None else "the limit of this product"
            yield Issue(
                file,
                None,
                key,
                found,
                f"a price between {-most:g} and {most:g} EUR/MWh",
                f"penalties of slack follow from this limit and must stay above every price; correct the series, or "
                f"raise {remedy}",
            )
