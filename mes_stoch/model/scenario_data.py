"""Data of a scenario by the names of the model's placeholders: read from the tree, or computed from other data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mes_stoch.schema.tree import ScenarioTree

Rule = Callable[..., NDArray[np.float64]]


@dataclass(frozen=True)
class Datum:
    """One data placeholder series: read from the tree, or computed from other data."""

    name: str
    inputs: tuple[float | str, ...] = ()
    rule: Rule | None = None


def scenario_data(data: Sequence[Datum], tree: ScenarioTree, scenario: int) -> dict[str, NDArray[np.float64]]:
    """Numbers of one scenario for every datum, each shape (periods,); inputs stand before what is derived from them."""
    return completed_data(data, lambda name: tree.values(name, scenario), tree.periods)


def completed_data(
    data: Sequence[Datum], series: Callable[[str], NDArray[np.float64]], periods: int
) -> dict[str, NDArray[np.float64]]:
    """Numbers for every datum, each shape (periods,), where ``series`` gives those that are not derived."""
    known: dict[str, NDArray[np.float64]] = {}
    for datum in data:
        if datum.rule is None:
            known[datum.name] = series(datum.name)
            continue
        inputs = [known[e] if isinstance(e, str) else np.full(periods, float(e)) for e in datum.inputs]
        known[datum.name] = datum.rule(*inputs)
    return known
