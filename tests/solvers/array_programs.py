"""Programs small enough to know their optimum, and a loader of model modules."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np
import scipy.sparse as sp

from mes_stoch.model.program import FloatArray, LinearProgram, RootStage
from mes_stoch.solvers.hedging.mpisppy_driver import setup as mpisppy_setup

MODELS = Path(__file__).parents[1] / "models"


def load_model(name: str) -> ModuleType:
    """A model module of ``tests/models``, by path, as a user's module would be loaded."""
    mpisppy_setup.load()
    spec = importlib.util.spec_from_file_location(name, MODELS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def linear_program(
    cost: list[float],
    rows: list[list[float]],
    row_lower: list[float],
    row_upper: list[float],
    lower: list[float],
    upper: list[float],
    integer: list[bool] | None = None,
    offset: float = 0.0,
) -> LinearProgram:
    matrix = sp.csc_array(np.array(rows, dtype=float).reshape(len(row_lower), len(cost)))
    return LinearProgram(
        matrix=matrix,
        cost=np.array(cost, dtype=float),
        offset=offset,
        row_lower=np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        column_lower=np.array(lower, dtype=float),
        column_upper=np.array(upper, dtype=float),
        integer=np.array(integer or [False] * len(cost)),
    )


@dataclass
class ArrayProgram:
    """A program whose scenarios are given as they are."""

    scenarios: list[LinearProgram]
    probabilities: FloatArray
    root: RootStage
    name: str = "arrays"
    scenario_names: tuple[str, ...] = field(init=False)
    column_names: tuple[str, ...] = field(init=False)
    row_names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        rows, columns = self.scenarios[0].matrix.shape
        self.scenario_names = tuple(f"s{index}" for index in range(len(self.scenarios)))
        self.column_names = tuple(f"x{index}" for index in range(columns))
        self.row_names = tuple(f"row{index}" for index in range(rows))

    def scenario(self, index: int) -> LinearProgram:
        return self.scenarios[index]


def newsvendor(demands: list[float], cost: list[float], integer: bool = False, offset: float = 0.0) -> ArrayProgram:
    """Order ``x`` at a cost that differs by scenario, sell ``y <= min(x, demand)`` at 1: one root column."""
    count = len(demands)
    scenarios = [
        linear_program(
            cost=[cost[index], -1.0],
            rows=[[-1.0, 1.0]],
            row_lower=[-np.inf],
            row_upper=[0.0],
            lower=[0.0, 0.0],
            upper=[100.0, demand],
            integer=[integer, False],
            offset=offset,
        )
        for index, demand in enumerate(demands)
    ]
    root = RootStage(
        columns=np.array([0], dtype=np.int32), names=("order",), consensus=np.array([True]), rho_scale=np.array([0.02])
    )
    return ArrayProgram(scenarios, np.full(count, 1 / count), root)


def hard_knapsack(count: int = 60, rows: int = 15) -> LinearProgram:
    """A multi-row knapsack whose optimum HiGHS does not prove within seconds, though it finds points at once."""
    generator = np.random.default_rng(1)
    weights = generator.integers(1000, 3000, (rows, count)).astype(float)
    worth = generator.integers(1000, 3000, count).astype(float)
    return linear_program(
        list(-worth),
        weights.tolist(),
        [-np.inf] * rows,
        list(weights.sum(axis=1) / 3),
        [0.0] * count,
        [1.0] * count,
        [True] * count,
    )
