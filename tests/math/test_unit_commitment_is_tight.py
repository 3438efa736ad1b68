"""The rows of a unit's states describe the convex hull of what it can do.

Gentile, Morales-Espana and Ramos (2017), DOI 10.1007/s13675-016-0066-y, prove it for minimum times with start and stop
limits (Rajan and Takriti 2005 for the states alone): every vertex has integer states. Here a random objective picks a
vertex, and the same objective is maximised by going through every sequence of states, with the rules in plain words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, product
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.site_builder import grid, mains, make_instance, make_tree
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from mes_stoch.model.site_program import build_program

STATES = 8
OBJECTIVES = 25
POWER_MIN, POWER_MAX = 1.0, 4.0
QUANTITIES = ("power_mw", "on", "start", "stop")

CASES: list[dict[str, Any]] = [
    {"minimum_up_h": 3.0, "minimum_down_h": 2.0},
    {"minimum_up_h": 2.0, "minimum_down_h": 3.0, "initial_on": False},
    {"minimum_up_h": 4.0, "minimum_down_h": 2.0, "initial_on": True, "initial_state_h": 2.0},
    {"minimum_up_h": 2.0, "minimum_down_h": 4.0, "initial_on": False, "initial_state_h": 1.0},
    {"minimum_up_h": 3.0, "minimum_down_h": 2.0, "start_power_max_mw": 1.5, "stop_power_max_mw": 2.5},
    {"minimum_up_h": 1.0, "minimum_down_h": 2.0, "start_power_max_mw": 1.5, "stop_power_max_mw": 2.5},
    {"minimum_up_h": 1.0, "start_power_max_mw": 3.0, "stop_power_max_mw": 1.0, "initial_on": True},
]


#: Shares that are available; 0.2 of 4 MW is less than the least power.
SHARES = [
    [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0],
    [0.0, 1.0, 0.7, 1.0, 0.2, 0.2, 1.0, 1.0],
    [1.0, 0.6, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0],
]


@dataclass(frozen=True)
class Polytope:
    """Rows of the unit alone, over its power, states, starts and stops."""

    matrix: sp.csr_array
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    column_upper: NDArray[np.float64]
    columns: dict[str, NDArray[np.int64]]

    def best(self, objective: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        rows = sp.vstack([self.matrix, -self.matrix])
        limits = np.concatenate([self.upper, -self.lower])
        finite = np.isfinite(limits)
        bounds = [(0.0, upper) for upper in self.column_upper]
        answer = linprog(-objective, A_ub=rows.tocsr()[finite], b_ub=limits[finite], bounds=bounds, method="highs-ds")
        assert answer.status == 0
        return -float(answer.fun), answer.x

    def best_with_states(self, objective: NDArray[np.float64]) -> float:
        """The same with whole states."""
        is_state = np.zeros(len(objective))
        is_state[self.columns["on"]] = 1
        rows = LinearConstraint(self.matrix, self.lower, self.upper)
        answer = milp(-objective, integrality=is_state, bounds=Bounds(0.0, self.column_upper), constraints=rows)
        assert answer.status == 0
        return -float(answer.fun)


def polytope(
    fields: dict[str, Any], *, without: tuple[str, ...] = (), available: Sequence[float] | None = None
) -> Polytope:
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": POWER_MAX,
        "power_min_mw": POWER_MIN,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        **fields,
    }
    if available is not None:
        unit["available_per_unit"] = "share_per_unit"
    instance = make_instance({"grid": grid(), "mains": mains(), "unit": unit}, periods=STATES)
    program = build_program(instance, make_tree(instance, None if available is None else {"share_per_unit": available}))
    arrays = program.scenario(0)
    own = {f.quantity: f.positions for f in program.column_groups if f.owner == "unit"}
    columns = np.concatenate([own[quantity] for quantity in QUANTITIES])
    rows = np.concatenate([f.positions for f in program.row_groups if f.owner == "unit" and f.quantity not in without])
    place = {int(column): k for k, column in enumerate(columns)}
    return Polytope(
        arrays.matrix.tocsr()[rows][:, columns],
        arrays.row_lower[rows],
        arrays.row_upper[rows],
        arrays.column_upper[columns],
        {quantity: np.asarray([place[int(c)] for c in own[quantity]]) for quantity in QUANTITIES},
    )


def sequences(fields: dict[str, Any], out: frozenset[int] = frozenset()) -> Iterator[tuple[int, ...]]:
    """Every sequence of states that keeps the minimum times; a run that an outage ends may be shorter."""
    least = {1: int(fields.get("minimum_up_h", 1)), 0: int(fields.get("minimum_down_h", 1))}
    before = fields.get("initial_on")
    for states in product((0, 1), repeat=STATES):
        runs = [(state, len(list(run))) for state, run in groupby(states)]
        ends = np.cumsum([length for _, length in runs])
        is_cut = [state == 1 and int(end) in out for (state, _), end in zip(runs, ends, strict=True)]
        ok = not any(states[k] for k in out)
        ok &= all(cut or length >= least[state] for (state, length), cut in zip(runs[1:-1], is_cut[1:-1], strict=True))
        first, length = runs[0]
        length = 1000 if is_cut[0] else length
        if before is not None and first == before:
            # the run began before the horizon
            passed = fields.get("initial_state_h", 1000.0)
            ok &= len(runs) == 1 or passed + length >= least[first]
        elif before is not None:
            ok &= len(runs) == 1 or length >= least[first]
            # on before, and out at once
            ok &= fields.get("initial_state_h", 1000.0) >= least[1 - first] or (before and 0 in out)
        if ok:
            yield states


def value_of(
    states: tuple[int, ...],
    fields: dict[str, Any],
    weight: dict[str, NDArray[np.float64]],
    available: Sequence[float] = (1.0,) * STATES,
) -> float:
    """The most the objective can be with these states: the power follows its weight to a limit."""
    before = fields.get("initial_on")
    first = 0 if before is not None else 1
    earlier = [int(before) if before is not None else states[0], *states[:-1]]
    total = 0.0
    for k, (state, old) in enumerate(zip(states, earlier, strict=True)):
        total += weight["on"][k] * state
        if k >= first:
            total += weight["start"][k - first] * (state > old) + weight["stop"][k - first] * (state < old)
        if state:
            largest = POWER_MAX * available[k]
            if not old:
                largest = min(largest, fields.get("start_power_max_mw", POWER_MAX))
            if k + 1 < STATES and not states[k + 1] and POWER_MAX * available[k + 1] >= POWER_MIN:
                largest = min(largest, fields.get("stop_power_max_mw", POWER_MAX))
            total += max(weight["power_mw"][k] * power for power in (POWER_MIN, largest))
    return total


def objectives(shape: Polytope) -> Iterator[NDArray[np.float64]]:
    generator = np.random.default_rng(20250115)
    for _ in range(OBJECTIVES):
        yield generator.normal(size=len(shape.column_upper))


@pytest.mark.parametrize("fields", CASES)
def test_every_vertex_has_integer_states_and_is_one_of_the_sequences(fields: dict[str, Any]) -> None:
    shape = polytope(fields)
    allowed = list(sequences(fields))
    for objective in objectives(shape):
        best, values = shape.best(objective)
        for quantity in ("on", "start", "stop"):
            found = values[shape.columns[quantity]]
            assert found == pytest.approx(np.round(found), abs=1e-7)
        weight = {quantity: objective[places] for quantity, places in shape.columns.items()}
        assert best == pytest.approx(max(value_of(states, fields, weight) for states in allowed), abs=1e-7)


@pytest.mark.parametrize("fields", CASES)
@pytest.mark.parametrize("available", SHARES)
def test_the_rows_are_as_right_where_outages_cut_runs_short(fields: dict[str, Any], available: list[float]) -> None:
    """With whole states the best is that of a sequence; without limits of starts and stops they come by themselves."""
    shape = polytope(fields, available=available)
    out = frozenset(k for k, share in enumerate(available) if POWER_MAX * share < POWER_MIN)
    allowed = list(sequences(fields, out))
    assert allowed
    fractions = 0
    for objective in objectives(shape):
        weight = {quantity: objective[places] for quantity, places in shape.columns.items()}
        best = max(value_of(states, fields, weight, available) for states in allowed)
        relaxed, values = shape.best(objective)
        assert relaxed >= best - 1e-7
        assert shape.best_with_states(objective) == pytest.approx(best, abs=1e-7)
        states = values[shape.columns["on"]]
        fractions += bool(np.abs(states - np.round(states)).max() > 1e-7)
    if not any(key.endswith("power_max_mw") for key in fields):
        # of minimum times alone the hull as well
        assert fractions == 0


def test_the_rows_of_minimum_times_are_needed() -> None:
    """Without them the same objectives reach more than any sequence that keeps the times."""
    fields = CASES[0]
    shape = polytope(fields, without=("minimum_up", "minimum_down"))
    allowed = list(sequences(fields))
    excess = []
    for objective in objectives(shape):
        weight = {quantity: objective[places] for quantity, places in shape.columns.items()}
        excess.append(shape.best(objective)[0] - max(value_of(states, fields, weight) for states in allowed))
    assert min(excess) >= -1e-7
    assert max(excess) > 0.5


def test_minimum_times_summed_over_the_window_would_not_be_tight() -> None:
    """``U u[k] <= y[k] + ... + y[k+U-1]``, right for integers, leaves vertices with fractions on these objectives."""
    fields = {"minimum_up_h": 3.0, "initial_on": False}
    shape = polytope(fields, without=("minimum_up",))
    on, start = shape.columns["on"], shape.columns["start"]
    weak = np.zeros((STATES - 2, len(shape.column_upper)))
    for k in range(STATES - 2):
        weak[k, start[k]] = 3.0
        weak[k, on[k : k + 3]] = -1.0
    loose = Polytope(
        sp.csr_array(sp.vstack([shape.matrix, sp.csr_array(weak)])),
        np.concatenate([shape.lower, np.full(STATES - 2, -np.inf)]),
        np.concatenate([shape.upper, np.zeros(STATES - 2)]),
        shape.column_upper,
        shape.columns,
    )
    fractions = 0
    for objective in objectives(shape):
        values = loose.best(objective)[1][on]
        fractions += bool(np.abs(values - np.round(values)).max() > 1e-6)
    assert fractions > 0
