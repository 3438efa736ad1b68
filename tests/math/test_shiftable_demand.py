"""A demand that can be moved: by hand with and without each rule, and against Zerrahn and Schill's two indices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.settled_run import settled
from helpers.site_builder import grid, make_instance, make_tree, optimum
from helpers.two_views import two_views
from scipy.optimize import linprog

CHEAP_LATE = {"p_eur_per_mwh": [100.0, 60.0, 40.0, 10.0]}


def site(periods: int = 4, period_h: float = 1.0, **fields: Any) -> Any:
    cooling = {"type": "shiftable_demand", "node": "power", "demand_mw": 2.0, **fields}
    components = {"grid": grid(import_price_eur_per_mwh="p_eur_per_mwh", export_max_mw=0.0), "cooling": cooling}
    return make_instance(components, periods=periods, period_h=period_h)


def cost(instance: Any, series: Any = CHEAP_LATE, **options: Any) -> float:
    """Optimal cost, and that the settlement and the hub say the same."""
    if not options:
        tree = make_tree(instance, series)
        assert settled(instance, tree).agrees
        comparison = two_views(instance, tree).compare(3, seed=1)
        assert comparison.is_feasible
        assert comparison.agrees, comparison
    return -optimum(instance, series, **options).profit


SHIFT = {"shift_max_per_unit": 0.5, "shift_window_h": 1.0}


def test_what_a_window_allows() -> None:
    """2 MW at 100, 60, 40, 10: 420. A MW moves at most one hour, by D + U <= 1 out of hours 0 and 2: saves 40 + 30."""
    assert cost(site(**SHIFT)) == pytest.approx(350.0)
    # three hours: out of the first hour into the last, 90, and out of the second into the third, 20
    assert cost(site(**SHIFT | {"shift_window_h": 3.0})) == pytest.approx(310.0)
    # nothing moves
    assert cost(site(**SHIFT | {"shift_max_per_unit": 0.0})) == pytest.approx(420.0)


def test_without_its_rows() -> None:
    """Each row left out alone, from 350 with a window of an hour."""
    instance = site(**SHIFT)
    # the first hour's MWh waits for the last one: 90 instead of 40, and 20 of the second into the third
    assert cost(instance, drop=["cooling.made_up_after"]) == pytest.approx(310.0)
    # never made up: a MW less in every hour
    free = cost(instance, drop=["cooling.owed_end", "cooling.made_up_after"])
    assert free == pytest.approx(210.0)
    # a MW is left out and another made up in the same hours: 0 to 1, 1 to 2, 2 to 3 save 40 + 20 + 30
    assert cost(instance, drop=["cooling.shift_sharing"]) == pytest.approx(330.0)
    # what is drawn on top is limited by the shared hours all the same
    assert cost(instance, drop=["cooling.shift_up_limit"]) == pytest.approx(350.0)


def test_limits_of_what_is_left_out_and_drawn_on_top() -> None:
    """Prices 100, 0, 0, 0, window 3: of 2 MW in the first hour 0.5 MW by the limit, 2 by the share, 1 on top a time."""
    series = {"p_eur_per_mwh": [100.0, 0.0, 0.0, 0.0]}
    wide = {"shift_window_h": 3.0, "shift_down_max_mw": 5.0}
    # no more than is there
    assert cost(site(**wide), series) == pytest.approx(0.0, abs=1e-9)
    assert cost(site(**wide | {"shift_max_per_unit": 0.75}), series) == pytest.approx(50.0)
    assert cost(site(**wide | {"shift_down_max_mw": 0.5}), series) == pytest.approx(150.0)
    # 0.25 MW on top in three hours
    assert cost(site(**wide | {"shift_up_max_mw": 0.25}), series) == pytest.approx(125.0)
    assert cost(site(**wide | {"shift_max_mwh_per_day": 1.5}), series) == pytest.approx(50.0)
    limits = {"down_mw": [0.25, 2.0, 2.0, 2.0], "up_mw": [9.0, 0.0, 0.0, 0.125]}
    by_time = wide | {"shift_down_max_mw": "down_mw", "shift_up_max_mw": "up_mw"}
    assert cost(site(**by_time), series | limits) == pytest.approx(187.5)
    for row, free in (("shift_down_limit", 187.5), ("shift_up_limit", 175.0)):
        assert cost(site(**by_time), series | limits, drop=[f"cooling.{row}"]) == pytest.approx(free)
    day = site(**wide | {"shift_max_mwh_per_day": 1.5})
    assert cost(day, series, drop=["cooling.shift_per_day"]) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("payback", "rising", "falling"), [("after", 200.0, 140.0), ("before", 140.0, 200.0), ("both", 140.0, 140.0)]
)
def test_pre_cooling_and_catching_up(payback: str, rising: float, falling: float) -> None:
    """2 MW at 20 and 80: 200; 1 MW of the dear hour moves to the other one where that lies on the allowed side."""
    fields = SHIFT | {"payback": payback}
    assert cost(site(2, **fields), {"p_eur_per_mwh": [20.0, 80.0]}) == pytest.approx(rising)
    assert cost(site(2, **fields), {"p_eur_per_mwh": [80.0, 20.0]}) == pytest.approx(falling)


def test_ahead_is_taken_back_within_the_window() -> None:
    """10, 50, 100 and only beforehand: the last hour's MW is drawn an hour ahead, not two; then two hours ahead."""
    series = {"p_eur_per_mwh": [10.0, 50.0, 100.0]}
    instance = site(3, **SHIFT | {"payback": "before"})
    # 320, less 50; the hour between cannot both take and give
    assert cost(instance, series) == pytest.approx(270.0)
    assert cost(instance, series, drop=["cooling.made_up_before"]) == pytest.approx(230.0)
    assert cost(site(3, **SHIFT | {"payback": "before", "shift_window_h": 2.0}), series) == pytest.approx(230.0)


def test_rebound_and_cost_of_moving() -> None:
    """A MWh left out at 80 takes 1.25 at 20: saves 55, 45 less 10 of cost; at 50 it saves nothing (62.5 + 30)."""
    series = {"p_eur_per_mwh": [80.0, 20.0]}
    # at most 1 MW on top: 0.8 MWh are left out
    rebound = SHIFT | {"rebound_per_unit": 1.25, "payback": "after"}
    assert cost(site(2, **rebound), series) == pytest.approx(200.0 - 0.8 * 55.0)
    assert cost(site(2, **rebound | {"shift_up_max_mw": 2.0}), series) == pytest.approx(145.0)
    dear = rebound | {"shift_up_max_mw": 2.0, "shift_cost_eur_per_mwh": 10.0}
    assert cost(site(2, **dear), series) == pytest.approx(155.0)
    assert cost(site(2, **dear | {"shift_cost_eur_per_mwh": 56.0}), series) == pytest.approx(200.0)


def test_half_hours() -> None:
    """2 MW at 80, 80, 20, 20 for half an hour each: 200. Within an hour 1 MW of both dear ones moves: 60."""
    series = {"p_eur_per_mwh": [80.0, 80.0, 20.0, 20.0]}
    assert cost(site(4, 0.5, **SHIFT), series) == pytest.approx(140.0)
    # within half an hour only the second one
    assert cost(site(4, 0.5, **SHIFT | {"shift_window_h": 0.5}), series) == pytest.approx(170.0)


def test_a_supermarket() -> None:
    """Pre-cooling and a defrost.

    Refrigeration of 2 MW; half of it can be drawn an hour ahead. A defrost of 0.5 MWh at up to 0.5 MW within hours
    1 to 3, at 60, 40: 20. Of 100, 60, 40, 10 nothing can be drawn ahead at a gain: 420 + 20.
    """
    job = {"energy_mwh": 0.5, "power_max_mw": 0.5, "from_h": 1.0, "to_h": 3.0}
    fields = SHIFT | {"payback": "before", "jobs": [job]}
    assert cost(site(**fields)) == pytest.approx(440.0)
    assert cost(site(**fields), drop=["cooling.job_1"]) == pytest.approx(420.0)
    # 10, 40, 60, 100: an hour ahead 30 and 40 are saved, the defrost is at 40
    rising = {"p_eur_per_mwh": [10.0, 40.0, 60.0, 100.0]}
    assert cost(site(**fields), rising) == pytest.approx(420.0 - 70.0 + 20.0)


def test_jobs_that_come_again() -> None:
    """1 MWh at up to 1 MW in hours 0 and 1 and in 2 and 3, at 60 and 10; with half the power in both hours."""
    job = {"energy_mwh": 1.0, "power_max_mw": 1.0, "to_h": 2.0, "repeat_h": 2.0}
    assert cost(site(demand_mw=0.0, jobs=[job])) == pytest.approx(70.0)
    assert cost(site(demand_mw=0.0, jobs=[job | {"repeat_h": None}])) == pytest.approx(60.0)
    assert cost(site(demand_mw=0.0, jobs=[job | {"power_max_mw": 0.5}])) == pytest.approx(80.0 + 25.0)


def test_unserved() -> None:
    """No connection: all 8 MWh of demand go unserved at 1000 each, and 1 MWh of a job."""
    job = {"energy_mwh": 1.0, "power_max_mw": 1.0, "to_h": 4.0}
    cooling = {"type": "shiftable_demand", "node": "power", "demand_mw": 2.0, **SHIFT, "jobs": [job]}
    components = {"grid": grid(import_max_mw=0.0), "cooling": cooling}
    nodes = {"power": {"unserved_penalty_eur_per_mwh": 1000.0}}
    instance = make_instance(components, periods=4, nodes=nodes)
    assert cost(instance, {}) == pytest.approx(9000.0)


def two_indices(prices: np.ndarray, demand: float, down: np.ndarray, up: np.ndarray, window: int, kind: str) -> float:
    """The paper's linear program: ``x[t, s]`` is drawn in ``t`` for what is left out in ``s``; rebound of 1.1."""
    periods = len(prices)
    allowed = {"after": lambda t, s: t >= s, "before": lambda t, s: t <= s, "both": lambda t, s: True}[kind]
    pairs = [(t, s) for t in range(periods) for s in range(periods) if abs(t - s) <= window and allowed(t, s)]
    drawn = np.array([[1.1 * (t == k) for t, _ in pairs] for k in range(periods)])
    left = np.array([[1.0 * (s == k) for _, s in pairs] for k in range(periods)])
    found = linprog(
        prices @ (drawn - left) + 3.0 * left.sum(axis=0),
        A_ub=np.vstack([drawn, left, drawn + left]),
        b_ub=np.concatenate([up, down, np.maximum(up, down)]),
        bounds=(0, None),
    )
    return float(found.fun + demand * prices.sum())


@pytest.mark.parametrize("kind", ["after", "before", "both"])
def test_one_index_is_as_good_as_two(kind: str) -> None:
    draw = np.random.default_rng(7)
    for _ in range(6):
        periods, window = 8, int(draw.integers(1, 4))
        prices = draw.uniform(-20.0, 100.0, periods).round(1)
        down, up = draw.uniform(0.0, 2.0, (2, periods)).round(2)
        fields = {
            "shift_down_max_mw": "down_mw",
            "shift_up_max_mw": "up_mw",
            "shift_window_h": float(window),
            "payback": kind,
            "rebound_per_unit": 1.1,
            "shift_cost_eur_per_mwh": 3.0,
        }
        series = {"p_eur_per_mwh": prices, "down_mw": down, "up_mw": up}
        expected = two_indices(prices, 2.0, down, up, window, kind)
        assert -optimum(site(periods, **fields), series).profit == pytest.approx(expected, rel=1e-7)
