"""Places where a rule is broken, in words: a few examples and how many more there are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.calculated import CalculatedQuantity
from mes_stoch.schema.tree import ScenarioTree

MOST_SHOWN = 3


def shown(tree: ScenarioTree, bad: NDArray[np.bool_], say: Callable[[int, int], str]) -> str:
    """What is wrong in the first places of ``bad`` (scenarios, periods), each with scenario and local time."""
    places = np.argwhere(bad)
    time, names = tree.time, tree.scenario_names
    examples = [
        f"{say(int(scenario), int(period))} (scenario {names[scenario]}, {time[period]:%Y-%m-%d %H:%M})"
        for scenario, period in places[:MOST_SHOWN]
    ]
    more = f" and {len(places) - MOST_SHOWN} more" if len(places) > MOST_SHOWN else ""
    return "; ".join(examples) + more


def stacked(tree: ScenarioTree, quantity: float | str | None) -> NDArray[np.float64] | None:
    """A number or a series over (scenarios, periods); ``None`` where there is none, or the tree has no such series."""
    if quantity is None:
        return None
    shape = (tree.dataset.sizes["scenario"], tree.dataset.sizes["time"])
    if not isinstance(quantity, str):
        return np.full(shape, float(quantity))
    if isinstance(quantity, CalculatedQuantity):
        known = {entry: stacked(tree, entry) for entry in quantity.inputs}
        found = {entry: values for entry, values in known.items() if values is not None}
        return quantity.values(found.__getitem__) if len(found) == len(known) else None
    return series_values(tree, quantity) if quantity in tree.series_names else None


def series_values(tree: ScenarioTree, name: str) -> NDArray[np.float64]:
    """A series of a tree over (scenarios, periods)."""
    array = tree.dataset[name]
    if "scenario" in array.dims:
        return np.asarray(array.transpose("scenario", "time").values, dtype=float)
    shape = (tree.dataset.sizes["scenario"], tree.dataset.sizes["time"])
    return np.broadcast_to(np.asarray(array.values, dtype=float), shape)
