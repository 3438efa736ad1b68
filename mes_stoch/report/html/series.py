"""Series of a tree over scenarios: which vary, how they spread, and what unit they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.base import Quantity
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.tree_quality.statistics import quantiles

Array = NDArray[np.float64]


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
