"""Trees by hand, random cases, and what enumeration and a linear program say of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import linprog

from mes_stoch.schema.tree import ScenarioTree


def tree_of(
    series: dict[str, Any],
    probabilities: Sequence[float] | None = None,
    nodes: Sequence[int] | None = None,
    **attributes: object,
) -> ScenarioTree:
    """A tree of hourly values, shape (scenarios, periods) or (periods,); ``nodes`` numbers day-ahead nodes."""
    arrays = {name: np.asarray(values, dtype=float) for name, values in series.items()}
    count = next(len(array) for array in arrays.values() if array.ndim == 2)
    periods = next(iter(arrays.values())).shape[-1]
    numbers = list(range(count)) if nodes is None else list(nodes)
    leaves = [f"root/d{node:04d}/r{numbers[:place].count(node)}" for place, node in enumerate(numbers)]
    weights = np.full(count, 1.0 / count) if probabilities is None else np.asarray(probabilities, dtype=float)
    return ScenarioTree(
        xr.Dataset(
            {name: (("scenario", "time") if a.ndim == 2 else ("time",), a) for name, a in arrays.items()},
            coords={
                "time": pd.date_range("2025-01-14T23:00", periods=periods, freq="h"),
                "scenario": np.array(leaves, dtype=str),
                "probability": ("scenario", weights),
                "day_ahead_node": ("scenario", np.array([f"root/d{node:04d}" for node in numbers], dtype=str)),
                "leaf": ("scenario", np.array(leaves, dtype=str)),
            },
            attrs={"timezone": "Europe/Paris", "period_h": 1.0, "origin": "test", **attributes},
        )
    )


def random_case(seed: int, count: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Points in three dimensions, and probabilities."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(count, 3)), generator.dirichlet(np.ones(count))


def plain_cost(points: np.ndarray, order: int) -> np.ndarray:
    """Distances to the power of the order, one by one."""
    return np.array([[np.sqrt(((a - b) ** 2).sum()) ** order for b in points] for a in points])


def cost_of(cost: np.ndarray, probabilities: np.ndarray, kept: Sequence[int]) -> float:
    """What it costs to move every scenario to the nearest kept one."""
    return float(sum(p * min(row[j] for j in kept) for p, row in zip(probabilities, cost, strict=True)))


def best_cost(cost: np.ndarray, probabilities: np.ndarray, count: int) -> float:
    """The same of the best subset, by trying all."""
    subsets = itertools.combinations(range(len(cost)), count)
    return min(cost_of(cost, probabilities, subset) for subset in subsets)


def transport_cost(cost: np.ndarray, source: np.ndarray, target: np.ndarray) -> float:
    """The cheapest transport between two distributions, by a linear program.

    Parameters
    ----------
    cost : array, shape (sources, targets)
    """
    rows, columns = cost.shape
    leave = np.kron(np.eye(rows), np.ones(columns))
    arrive = np.kron(np.ones(rows), np.eye(columns))
    found = linprog(cost.ravel(), A_eq=np.vstack([leave, arrive]), b_eq=np.concatenate([source, target]))
    return float(found.fun)


def cheapest_to(cost: np.ndarray, source: np.ndarray) -> float:
    """The cheapest transport to any distribution on the targets, by a linear program."""
    rows, columns = cost.shape
    leave = np.kron(np.eye(rows), np.ones(columns))
    return float(linprog(cost.ravel(), A_eq=leave, b_eq=source).fun)


def ternary_load_tree(persistence: float, stages: int = 6, hours: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of a load over a week, branching into three a day: 3^6 = 729 scenarios; invented.

    Every day brings a shock of -sqrt(2), 0 or sqrt(2) deviations with 1/4, 1/2, 1/4 (mean 0, variance 1); deviations
    decay by ``persistence`` an hour.

    Returns
    -------
    array, shape (729, 168) and array, shape (729,)
    """
    branches = np.array(list(itertools.product(range(3), repeat=stages)))
    shocks = np.array([-np.sqrt(2.0), 0.0, np.sqrt(2.0)])[branches]
    probabilities = np.array([0.25, 0.5, 0.25])[branches].prod(axis=1)
    deviations = np.zeros((len(branches), hours * (stages + 1)))
    level = np.zeros(len(branches))
    for hour in range(hours, deviations.shape[1]):
        if hour % hours == 0:
            level = level + shocks[:, hour // hours - 1]
        level = level * persistence
        deviations[:, hour] = level
    return deviations, probabilities
