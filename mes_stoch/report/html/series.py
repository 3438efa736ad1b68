"""Series of a tree over scenarios: which vary, how they spread, and what unit they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes_stoch.io.readers.locate import unit_word
from mes_stoch.schema.base import Quantity
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.schema.units import in_currency, unit_of
from mes_stoch.uncertainty.tree_quality.statistics import quantiles

Array = NDArray[np.float64]

#: What the format names no word for.
_MORE_UNITS = {"per_unit": "1", "eur_per_mw_year": "EUR/MW/year", "eur_per_mvar_h": "EUR/Mvar/h", "mvar": "Mvar"}


def unit_in_words(name: str, currency: str) -> str:
    """Unit of a series or field as an axis shows it; ``1`` where it is a share or has none."""
    unit = unit_of(name)
    if unit is None:
        return "1"
    return in_currency(_MORE_UNITS.get(unit, unit_word(unit)), currency)


def over_scenarios(tree: ScenarioTree, quantity: Quantity) -> Array:
    """A number or a series, shape (scenarios, periods)."""
    count = len(tree.scenario_names)
    if not isinstance(quantity, str):
        return np.full((count, tree.periods), float(quantity))
    return np.array([tree.values(quantity, scenario) for scenario in range(count)])


def varies(values: Array) -> bool:
    """Whether scenarios differ."""
    return bool(np.ptp(values, axis=0).max(initial=0.0) > 1e-9)


def weighted_quantiles(values: Array, weights: Array, levels: tuple[float, ...]) -> list[Array]:
    """Quantiles over scenarios in each period, one array a level."""
    columns = [quantiles(values[:, period], weights, levels) for period in range(values.shape[1])]
    table = np.array(columns)
    return [table[:, place] for place in range(len(levels))]
