"""Operation without foresight, worked out by hand: a battery, a call, day-ahead and intraday, weights of a forecast."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.site_builder import grid, make_instance, make_tree
from helpers.three_stage_folder import PROFITS, write_folder

import mes_stoch as ms
from mes_stoch.evaluation.rolling.decisions import decision_steps
from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.information import GATE, information_of
from mes_stoch.evaluation.rolling.operate import RolledPath, operate
from mes_stoch.model.site_program import SiteProgram, build_leaf_program
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.continued_calls import continued_calls
from mes_stoch.uncertainty.process import DrawContext


def battery(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 0.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 1.0,
        "terminal_mwh": 0.0,
        **fields,
    }


def rolled(program: SiteProgram, forecast: ScenarioTree, leaf: int, root: Any = (), **options: Any) -> RolledPath:
    expected = LikenessForecast(program.instance, forecast)
    return operate(program, np.asarray(root, dtype=float), leaf, expected, **options)


def one_mwh(periods: int = 2) -> Instance:
    """A MWh that may be sold once, at the price of the period."""
    return make_instance(
        {"grid": grid(import_max_mw=0.0, export_price_eur_per_mwh="price"), "battery": battery()}, periods=periods
    )


def test_a_mwh_is_sold_for_what_is_expected() -> None:
    """20 now, and 18 = (10 + 26) / 2 is expected: it is sold now, whatever comes; who knows that 50 comes, waits."""
    instance = one_mwh()
    program = build_leaf_program(instance, make_tree(instance, {"price": [[20, 50], [20, 5]]}, [0.5, 0.5]))
    expected = make_tree(instance, {"price": [[20, 10], [20, 26]]}, [0.5, 0.5])
    assert [rolled(program, expected, leaf).profit for leaf in (0, 1)] == pytest.approx([20.0, 20.0])


def test_a_mwh_waits_for_what_is_expected() -> None:
    """With 30 = (34 + 26) / 2 expected it waits, and gets 50 or 5."""
    instance = one_mwh()
    program = build_leaf_program(instance, make_tree(instance, {"price": [[20, 50], [20, 5]]}, [0.5, 0.5]))
    expected = make_tree(instance, {"price": [[20, 34], [20, 26]]}, [0.5, 0.5])
    assert [rolled(program, expected, leaf).profit for leaf in (0, 1)] == pytest.approx([50.0, 5.0])


def test_what_is_expected_follows_what_is_seen() -> None:
    """A price of 40 is followed by 60, one of 20 by 10: after the second period the likelier day is expected.

    Both scenarios begin with 15 and weigh alike: 30 and then 35 are expected on the mean, and the MWh waits. Then 52 is
    seen. The deviation of the price is that of 0, 10 and 25 about the means, sqrt((0 + 100 + 625) / 3) = 15.546; the
    two days are 12 and 32 away in one of two periods: D = 0.2979 and 2.1186, and the unlike one weighs
    exp(-1.8207 / (2 b^2)) = 0.0262 for b = 0.5 against 1. Differences from the mean are not forgotten (25 follows 10,
    so phi is 1): 60 + 12 and 10 + 32 would follow, cut to the range of 10 to 60. Expected are
    (60 + 0.0262 * 42) / 1.0262 = 59.54, more than 52: it waits and gets 60. With b = 10 the weights are 0.9909 to 1 and
    51.04 is expected: it sells at 52.
    """
    instance = one_mwh(3)
    program = build_leaf_program(instance, make_tree(instance, {"price": [[15, 52, 60]]}))
    days = make_tree(instance, {"price": [[15, 40, 60], [15, 20, 10]]}, [0.5, 0.5])
    narrow, wide = (LikenessForecast(instance, days, bandwidth=b) for b in (0.5, 10.0))
    courses = narrow.courses({"price": np.array([15.0, 52.0])})
    likely, other = (course.weight for course in courses)
    assert other / likely == pytest.approx(math.exp(-((32**2 - 12**2) / (725 / 3) / 2) / 0.5))
    assert [course.series["price"].tolist() for course in courses] == [[15, 52, 60], [15, 52, 42]]
    assert operate(program, np.empty(0), 0, narrow).profit == pytest.approx(60.0)
    assert operate(program, np.empty(0), 0, wide).profit == pytest.approx(52.0)


def test_a_difference_is_forgotten_as_in_the_scenarios() -> None:
    """Scenarios +4, +2, +1 and -4, -2, -1 about 20: phi = (8 + 2) / (16 + 4) = 0.5.

    After 23 the scenario above, which had 24, goes on with 22 - 0.5 = 21.5 and 21 - 0.25 = 20.75; the one below, 16,
    with 18 + 3.5 = 21.5 and 19 + 1.75 = 20.75: both with the same, as an autoregression would have it.
    """
    instance = one_mwh(3)
    days = make_tree(instance, {"price": [[24, 22, 21], [16, 18, 19]]}, [0.5, 0.5])
    for course in LikenessForecast(instance, days, bandwidth=10.0).courses({"price": np.array([23.0])}):
        assert course.series["price"].tolist() == pytest.approx([23.0, 21.5, 20.75])


def test_a_fan_sees_what_a_mean_does_not() -> None:
    """In the second period 2 MWh are needed, or none, 1 on the mean; bought they cost 100. A MWh brings 60 now.

    It is kept for the mean, where it saves 100. In the two courses it saves 100 or nothing, 50: it is sold. Then 2 MWh
    are needed: -100 with the MWh that was kept, 60 - 200 without.
    """
    instance = make_instance(
        {
            "grid": grid(export_price_eur_per_mwh="price", import_price_eur_per_mwh=100.0),
            "load": {"type": "demand", "node": "power", "demand_mw": "load_mw"},
            "battery": battery(),
        },
        periods=2,
    )
    days = make_tree(instance, {"price": [[60, 0], [60, 0]], "load_mw": [[0, 2], [0, 0]]}, [0.5, 0.5])
    program = build_leaf_program(instance, make_tree(instance, {"price": [60, 0], "load_mw": [0, 2]}))
    assert rolled(program, days, 0).profit == pytest.approx(-100.0)
    assert rolled(program, days, 0, fan=2).profit == pytest.approx(60.0 - 200.0)


@pytest.mark.parametrize(
    ("expected", "loads", "profit"),
    [
        # 2 MW are expected next, which a peak of 2 MW serves; the third MW then costs less of its own: 180 + 180 + 40
        ([4, 2], [4, 3], -400.0),
        # 4 MW are expected twice, and bought: 4 x 90; less comes, and the peak stays paid: 40 + 10
        ([4, 4], [4, 1], -410.0),
        # what has been paid is not paid again: 360 + 80
        ([4, 4], [4, 4], -440.0),
    ],
)
def test_a_peak_that_has_been_is_paid_once(expected: list[float], loads: list[float], profit: float) -> None:
    """Import at 10 and 90 a MW of its peak, or own power at 60; see tests/math/test_demand_charge.py."""
    instance = make_instance(
        {
            "grid": grid(export_max_mw=0.0, import_price_eur_per_mwh=10.0, demand_charge_eur_per_mw=90.0),
            "load": {"type": "demand", "node": "power", "demand_mw": "load_mw"},
            "own": {"type": "source", "node": "power", "available_mw": 10.0, "cost_eur_per_mwh": 60.0},
        },
        periods=2,
    )
    program = build_leaf_program(instance, make_tree(instance, {"load_mw": loads}))
    assert rolled(program, make_tree(instance, {"load_mw": expected}), 0).profit == pytest.approx(profit)


def reserve_for_two_hours(**fields: Any) -> Instance:
    """2 MWh and 1 MW, of which a reserve takes the power for the first two of three hours."""
    return make_instance(
        {
            "grid": grid(import_max_mw=0.0),
            "battery": battery(energy_max_mwh=2.0, initial_mwh=2.0, provides=["fr_mfrr_up"]),
        },
        {
            "da": {"price_eur_per_mwh": 0, "settlement_period_h": 1},
            "id": {"price_eur_per_mwh": "price", "settlement_period_h": 1, "liquidity_mw": 10},
            "imbalance": {"price_long_eur_per_mwh": 0, "price_short_eur_per_mwh": 300},
            "fr_mfrr_up": {
                "block_h": 1,
                "volume_max_mw": 1,
                "capacity_price_eur_per_mw_h": 5,
                "activation_up_per_unit": "call",
                "energy_price_up_eur_per_mwh": 100,
                "sustain_h": 1,
                "shortfall_penalty_eur_per_mw_h": 500,
                "missed_penalty_eur_per_mwh": 500,
                **fields,
            },
        },
        periods=3,
    )


def test_a_call_is_delivered_from_what_was_kept() -> None:
    """No call is expected. In the second hour one comes: 2 MW h of readiness at 5, the call at 100, and what is left,
    1 MWh, at 50 in the third; without a call 10 + 50, since the power is a MW. The second MWh is nobody's.
    """
    instance = reserve_for_two_hours()
    tree = make_tree(instance, {"price": [40, 40, 50], "call": [[0, 1, 0], [0, 0, 0]]}, [0.5, 0.5])
    program = build_leaf_program(instance, tree)
    expected = make_tree(instance, {"price": [40, 40, 50], "call": [0, 0, 0]})
    paths = [rolled(program, expected, leaf, [1, 1, 0]) for leaf in (0, 1)]
    assert [path.profit for path in paths] == pytest.approx([160.0, 60.0])
    assert all(not path.shortfalls for path in paths)
    level = next(group for group in program.column_groups if group.name == "battery.level_mwh")
    assert paths[0].values[level.positions] == pytest.approx([2.0, 1.0, 0.0])


def test_positions_are_taken_at_their_gate() -> None:
    """Intraday closes two hours ahead: of the first two hours before the horizon, of the third as the first begins."""
    instance = make_instance(
        {"grid": grid(import_max_mw=5.0), "battery": battery()},
        {
            "da": {"price_eur_per_mwh": 0, "settlement_period_h": 1},
            "id": {"price_eur_per_mwh": "price", "settlement_period_h": 1, "liquidity_mw": 1, "gate": "H-120min"},
            "imbalance": {"price_long_eur_per_mwh": 0, "price_short_eur_per_mwh": 300},
        },
        periods=4,
    )
    program = build_leaf_program(instance, make_tree(instance, {"price": [10, 10, 10, 50]}))
    steps = {group.name: decision_steps(program)[group.positions].tolist() for group in program.column_groups}
    assert steps["id.position_mw"] == [GATE, GATE, 0, 1]
    assert steps["battery.level_mwh"] == [0, 1, 2, 3]
    assert steps["da.position_mw"] == [GATE] * 4


def two_stage(folder: Path, intraday: tuple[float, float]) -> ScenarioTree:
    """Two forecast scenarios of the three-stage folder, by their intraday prices."""
    low, high = intraday
    scenarios = (
        "scenario,time,da_price_eur_per_mwh,id_price_eur_per_mwh\n"
        f"low,2025-01-15T00:00+01:00,50,{low}\nhigh,2025-01-15T00:00+01:00,50,{high}\n"
        "plain,2025-01-15T00:00+01:00,50,50\n"
    )
    return ms.read(write_folder(folder, nodes="", scenarios=scenarios)).tree()


@pytest.mark.parametrize(
    ("expected", "profits"),
    [
        # (20 + 90) / 4 + 25 = 52.5: 1 MW day-ahead, as the three-stage optimum has it
        ((20.0, 90.0), PROFITS),
        # (20 + 60) / 4 + 25 = 45: 3 MW day-ahead, of which one is bought back; 150 - 20 - 80, 150 - 90 - 80, ...
        ((20.0, 60.0), {"low": 50.0, "high": -20.0, "plain": 20.0}),
    ],
)
def test_three_stages(tmp_path: Path, expected: tuple[float, float], profits: dict[str, float]) -> None:
    """No reserve, 2 MW at 40. Day-ahead at 50 against what intraday is expected to be; then 20, 90 or 50 comes."""
    site = ms.read(write_folder(tmp_path / "site"))
    program = build_leaf_program(site.instance, site.tree())
    forecast = LikenessForecast(site.instance, two_stage(tmp_path / "forecast", expected))
    found = {
        name: operate(program, np.zeros(1), leaf, forecast).profit for leaf, name in enumerate(program.scenario_names)
    }
    assert found == pytest.approx(profits)


def test_what_is_known_when(tmp_path: Path) -> None:
    """Day-ahead prices at the gate; where leaves share a node whatever they have in common; else what is announced."""
    site = ms.read(write_folder(tmp_path / "site"))
    program = build_leaf_program(site.instance, site.tree())
    assert information_of(program, 0).known_day_ahead == {"da_price_eur_per_mwh"}
    instance = reserve_for_two_hours(notice_h=1)
    tree = make_tree(instance, {"price": [1, 2, 3], "call": [0, 0, 1]})
    known = information_of(build_leaf_program(instance, tree), 0)
    series = {name: tree.values(name, 0) for name in ("price", "call")}
    assert {name: len(values) for name, values in known.seen(series, GATE).items()} == {"price": 0, "call": 0}
    assert {name: len(values) for name, values in known.seen(series, 0).items()} == {"price": 1, "call": 2}


def test_a_drawn_tree_says_what_its_process_draws_day_ahead(instances: Path) -> None:
    site = ms.read(instances / "hospital_fr")
    known = information_of(build_leaf_program(site.instance, site.tree(1, seed=3)), 0).known_day_ahead
    assert "da_price_eur_per_mwh" in known
    assert not known & {"id_price_eur_per_mwh", "heat_demand_mw", "rc_activation_up_per_unit", "pv_available_mw"}


def test_calls_of_another_day_keep_the_limits_after_what_has_come() -> None:
    day = pd.date_range("2025-01-15", periods=6, freq="h", tz="Europe/Paris")
    context = DrawContext(day, 1.0)
    called = np.array([0.0, 1.0, 0.0, 0.0, 1.0, 1.0])
    one_a_day = CallLimits(calls_max_per_day=1)
    assert continued_calls(called, 3, one_a_day, context).tolist() == [0, 1, 0, 0, 0, 0]
    rest = CallLimits(rest_minimum_h=3.0)
    assert continued_calls(called, 2, rest, context).tolist() == [0, 1, 0, 0, 0, 0]
    assert continued_calls(called, 2, CallLimits(rest_minimum_h=2.0), context).tolist() == called.tolist()
    shortest = CallLimits(call_minimum_h=2.0)
    assert continued_calls(called, 2, shortest, context).tolist() == [0, 1, 1, 0, 1, 1]
    longest = CallLimits(call_maximum_h=1.0)
    assert continued_calls(called, 4, longest, context).tolist() == [0, 1, 0, 0, 1, 0]
    assert continued_calls(called, 3, CallLimits(), context).tolist() == called.tolist()


def test_prices_of_imbalance_keep_their_order_in_a_forecast() -> None:
    """50 for long and short is seen where a scenario has 20 and 90: moved by what is kept of +30 and -40, its 45 and 50
    would be 70 and 20, and being long and short at once would earn without limit. So they stay 45 and 50.
    """
    long, short = "long_eur_per_mwh", "short_eur_per_mwh"
    instance = make_instance(
        {"grid": grid(import_max_mw=5.0), "load": {"type": "demand", "node": "power", "demand_mw": 1.0}},
        {
            "da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": long, "price_short_eur_per_mwh": short},
        },
        periods=2,
    )
    days = {long: [[20, 45], [60, 70], [0, 10]], short: [[90, 50], [110, 100], [60, 20]]}
    forecast = LikenessForecast(instance, make_tree(instance, days, [0.4, 0.3, 0.3]))
    courses = forecast.courses({long: np.array([50.0]), short: np.array([50.0])})
    assert all((course.series[long] <= course.series[short]).all() for course in courses)
    assert (courses[0].series[long].tolist(), courses[0].series[short].tolist()) == ([50.0, 45.0], [50.0, 50.0])
    program = build_leaf_program(instance, make_tree(instance, {long: [50, 40], short: [50, 60]}))
    # a MW bought for two hours at 50
    for fan in (1, 3):
        assert operate(program, np.empty(0), 0, forecast, fan=fan).profit == pytest.approx(-100.0)
