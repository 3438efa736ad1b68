"""Starts that cost more the longer a unit has been off: by hand, by enumeration, settled, and as a hub.

The unit earns 40 an hour at a price of 50 and loses 20 an hour at 10, where it runs at its least MW.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from helpers.settled_run import settled
from helpers.site_builder import engine, grid, mains, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.evaluation.rolling.operate import operate
from mes_stoch.model.site_program import build_leaf_program
from mes_stoch.schema.instance import Instance

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh"}}
HOT_OR_COLD = [{"off_from_h": 0.0, "cost_eur": 10.0}, {"off_from_h": 3.0, "cost_eur": 30.0}]


def site(prices: list[float], *, period_h: float = 1.0, start: str = "2025-01-15T00:00", **fields: Any) -> Instance:
    return make_instance(
        {"grid": grid(), "mains": mains(30.0), "unit": engine(**fields)},
        {"da": {**DA["da"], "settlement_period_h": period_h}},
        periods=len(prices),
        period_h=period_h,
        start=start,
    )


def profit(prices: list[float], *, drop: tuple[str, ...] = (), **fields: Any) -> float:
    return optimum(site(prices, **fields), {"da_price_eur_per_mwh": prices}, drop=drop).profit


#: An hour at 50, one at 10, one at 50, three at 10, one at 50.
PRICES = [50.0, 10.0, 50.0, 10.0, 10.0, 10.0, 50.0]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # hot after 1 h before the horizon, hot after an hour off, cold after three: 120 - 10 - 10 - 30
        ({"initial_on": False, "initial_state_h": 1.0}, 70.0),
        ({"initial_on": False, "initial_state_h": 2.5}, 70.0),
        # cold at once: 120 - 30 - 10 - 30
        ({"initial_on": False, "initial_state_h": 3.0}, 50.0),
        # for how long it has been off is not known
        ({"initial_on": False}, 50.0),
        # on before, or free to be
        ({"initial_on": True}, 80.0),
        ({}, 80.0),
    ],
)
def test_hot_and_cold_starts(fields: dict[str, Any], expected: float) -> None:
    assert profit(PRICES, start_costs=HOT_OR_COLD, **fields) == pytest.approx(expected)
    hot = -10.0 * (3 if fields.get("initial_on") is False else 2)
    free = profit(PRICES, start_costs=HOT_OR_COLD, drop=("unit.start_1_off",), **fields)
    assert free == pytest.approx(120.0 + hot)


def test_staying_warm_by_running() -> None:
    """Three hours at 23, each a loss of 7: one of them run on leaves two off and a hot start, 80 - 10 - 7 - 10.

    Off in all three costs 30, on in all three 21. With one cost of a start it is switched off: 80 - 10 - 10.
    """
    prices = [50.0, 23.0, 23.0, 23.0, 50.0]
    idle = {"initial_on": False, "initial_state_h": 0.0}
    assert profit(prices, start_costs=HOT_OR_COLD, **idle) == pytest.approx(53.0)
    assert profit(prices, start_cost_eur=10.0, **idle) == pytest.approx(60.0)


def test_time_off_goes_on_from_before_the_horizon() -> None:
    """Off for 1 h before, two hours at 10, one at 50: cold after 3 h, 40 - 30; hot with a limit of 3.5 h, 40 - 10."""
    prices = [10.0, 10.0, 50.0]
    idle = {"initial_on": False, "initial_state_h": 1.0}
    assert profit(prices, start_costs=HOT_OR_COLD, **idle) == pytest.approx(10.0)
    later = [HOT_OR_COLD[0], {"off_from_h": 3.5, "cost_eur": 30.0}]
    assert profit(prices, start_costs=later, **idle) == pytest.approx(30.0)


def test_a_free_first_state_off_starts_cold() -> None:
    """Off in the first hour, for nobody knows how long: 40 - 30 in the second, as on at 10 would cost 40."""
    assert profit([-10.0, 50.0], start_costs=HOT_OR_COLD) == pytest.approx(10.0)


def test_an_outage_is_time_off() -> None:
    """Out for three hours of five: 80 - 30; for two of four: 80 - 10."""
    for hours, expected in ((3, 50.0), (2, 70.0)):
        share = [1.0, *[0.0] * hours, 1.0]
        instance = site([50.0] * len(share), start_costs=HOT_OR_COLD, initial_on=True, available_per_unit="s_per_unit")
        series = {"da_price_eur_per_mwh": 50.0, "s_per_unit": share}
        assert optimum(instance, series).profit == pytest.approx(expected)


def test_blocks_of_hours() -> None:
    """Blocks of two hours, off for one of them: hot below 3 h off. Two of them: cold. 4 hours at 50: 160."""
    block = {"state_block_h": 2.0, "initial_on": True}
    prices = [50.0, 50.0, 10.0, 10.0, 50.0, 50.0]
    assert profit(prices, start_costs=HOT_OR_COLD, **block) == pytest.approx(150.0)
    prices = [50.0, 50.0, 10.0, 10.0, 10.0, 10.0, 50.0, 50.0]
    assert profit(prices, start_costs=HOT_OR_COLD, **block) == pytest.approx(130.0)


def test_time_off_carries_along_where_the_site_is_operated_step_by_step() -> None:
    """On before; an hour off and a hot start, three hours off and a cold one: 120 - 10 - 30; all hot, 120 - 20.

    Expected are the prices that come.
    """
    meter = grid(import_max_mw=0.0, export_price_eur_per_mwh="price_eur_per_mwh")
    for costs, expected in ((HOT_OR_COLD, 80.0), (HOT_OR_COLD[:1], 100.0)):
        unit = engine(start_costs=costs, initial_on=True)
        instance = make_instance({"grid": meter, "mains": mains(30.0), "unit": unit}, periods=len(PRICES))
        tree = make_tree(instance, {"price_eur_per_mwh": PRICES})
        path = operate(build_leaf_program(instance, tree), np.empty(0), 0, LikenessForecast(instance, tree), gap_rel=0)
        assert path.profit == pytest.approx(expected)


THREE = [{"off_from_h": h, "cost_eur": cost} for h, cost in ((0.0, 8.0), (2.0, 21.0), (4.0, 21.0), (5.0, 40.0))]


def by_enumeration(prices: np.ndarray, before_h: float | None, *, was_on: bool | None) -> float:
    """The best of all sequences of states, each with the starts it pays."""
    best = -np.inf
    for states in product((0, 1), repeat=len(prices)):
        earned, off_h, is_free = 0.0, np.inf if before_h is None else before_h, was_on is None
        is_on = bool(was_on)
        for price, state in zip(prices, states, strict=True):
            if state:
                earned += max((price - 30.0) * 1.0, (price - 30.0) * 2.0)
                if not is_on and not is_free:
                    earned -= max(one["cost_eur"] for one in THREE if one["off_from_h"] <= off_h)
                off_h = 0.0
            else:
                off_h = (0.0 if is_on and not is_free else off_h) + 1.0
            is_on, is_free = bool(state), False
        best = max(best, earned)
    return best


@pytest.mark.parametrize("seed", range(12))
def test_enumeration_settlement_and_hub(seed: int) -> None:
    draw = np.random.default_rng(seed)
    prices = np.round(draw.uniform(0.0, 70.0, 9), 1)
    was_on = [None, False, True][seed % 3]
    before_h = float(draw.integers(0, 7)) if was_on is False and seed % 2 else None
    fields = {"start_costs": THREE, "initial_on": was_on, "initial_state_h": before_h}
    instance = site(prices.tolist(), **fields)
    tree = make_tree(instance, {"da_price_eur_per_mwh": prices})
    expected = by_enumeration(prices, before_h, was_on=was_on)
    run = settled(instance, tree)
    assert run.expected_profit == pytest.approx(expected, abs=1e-5)
    assert run.agrees
    load = {"type": "demand", "node": "power", "demand_mw": 1.5}
    meter = grid(import_price_eur_per_mwh="da_price_eur_per_mwh", export_max_mw=0.0)
    own = make_instance({"grid": meter, "mains": mains(30.0), "unit": engine(**fields), "load": load}, periods=9)
    assert two_views(own, make_tree(own, {"da_price_eur_per_mwh": prices})).compare(5, seed).agrees
