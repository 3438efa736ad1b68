"""Calls before the horizon: what they leave to be held, and what a start by them costs, by hand, with and without."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.settled_run import settled
from helpers.site_builder import Optimum, engine, grid, mains, make_instance, make_tree, optimum

from mes_stoch.evaluation.stress.admissible import call_hours
from mes_stoch.products.shared.equations_call_rules import CallRules, open_to_call
from mes_stoch.rules.call_history import CallHistory
from mes_stoch.schema.calls_before import CallsBefore
from mes_stoch.schema.flexibility import Flexibility
from mes_stoch.schema.instance import Instance, Start

UP = "fr_mfrr_up"
NO_LIMITS: dict[str, Any] = {"call_maximum_h": None, "call_hours_max_per_day": None, "calls_max_per_day": None}
MARKETS: dict[str, Any] = {
    "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


def store(called: Any = 0.0, **limits: Any) -> Instance:
    """From 10:00 on four hours of 1 MW of reserve, called for two hours at most, from 2 MWh that are not recharged."""
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 0.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": 2.0,
        "terminal_mwh": 0.0,
        "provides": [UP],
    }
    reserve = {
        "block_h": None,
        "volume_max_mw": 1.0,
        "sustain_h": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": called,
        "energy_price_up_eur_per_mwh": 50.0,
        "shortfall_penalty_eur_per_mw_h": 500.0,
        "missed_penalty_eur_per_mwh": 500.0,
        **NO_LIMITS,
        **limits,
    }
    components = {"grid": grid(), "battery": battery}
    return make_instance(components, {**MARKETS, UP: reserve}, periods=4, start="2025-01-15T10:00")


def with_calls(instance: Instance, calls: dict[str, Any] | None) -> Instance:
    """A MW awarded or 2, as much as can be, and calls before the horizon."""
    product = instance.called_products()[UP]
    blocks = 1 if product.block_h is None else instance.horizon.periods
    given = {"commitments_mw": {UP: [product.volume_max_mw] * blocks}, "calls": {} if calls is None else {UP: calls}}
    return instance.model_copy(update={"start": Start.model_validate(given)})


def checked(instance: Instance, calls: dict[str, Any] | None, prices: Any, **series: Any) -> Optimum:
    """The optimum with calls before the horizon, which settlement finds as well."""
    bound = with_calls(instance, calls)
    settlement = settled(bound, make_tree(bound, {"da": prices, **series}))
    found = optimum(bound, {"da": prices, **series})
    assert settlement.agrees, settlement.worst_differences()
    assert settlement.expected_profit == pytest.approx(found.profit, abs=1e-5)
    return found


@pytest.mark.parametrize(
    ("limits", "calls", "sold"),
    [
        # a call of two hours may come at any time, and at the end of the horizon both MWh must be there
        ({"calls_max_per_day": 1}, None, 0.0),
        # the call of the day runs: it may go on for an hour, and its MWh is free after that
        ({"calls_max_per_day": 1}, {"running_h": 1.0}, 2.0),
        # another may follow: at the end of the second hour it has been asked for one hour, or is yet to come
        ({"calls_max_per_day": 2}, {"running_h": 1.0}, 0.0),
        # the call has been
        ({"calls_max_per_day": 1}, {"calls_today": 1, "since_last_h": 5.0}, 2.0),
        ({"calls_max_per_day": 2}, {"calls_today": 1, "since_last_h": 5.0}, 0.0),
        ({"calls_max": 1}, {"calls_so_far": 1}, 2.0),
        ({"calls_max": 2}, {"calls_so_far": 1}, 0.0),
        # it may be raised to the full MW for two hours: 2 MWh at the end of the second, one at the end of the third
        ({"calls_max_per_day": 1}, {"running_h": 1.0, "running_per_unit": 0.5}, 1.0),
        # half an hour of the volume has been used of the hour that a call may last: it ends in the first period
        ({"calls_max_per_day": 1, "call_maximum_h": 1.0}, {"running_h": 1.0, "running_per_unit": 0.5}, 2.0),
        # a rest of four hours, three and a half of which are over only when the last hour begins
        ({"rest_minimum_h": 4.0}, {"since_last_h": 0.5}, 2.0),
        # a call of the last hour alone leaves one of the two MWh to be sold in the second or the third
        ({"rest_minimum_h": 4.0}, {"since_last_h": 1.0}, 1.0),
        # from 12:00 on
        ({"rest_minimum_h": 3.0}, {"since_last_h": 1.0}, 0.0),
        ({"rest_minimum_h": 4.0}, {"running_h": 1.0}, 2.0),
        # the hours of the day
        ({"call_hours_max_per_day": 2.0}, {"calls_today": 1, "called_today_h": 2.0}, 2.0),
        ({"call_hours_max_per_day": 4.0}, {"calls_today": 1, "called_today_h": 2.0}, 0.0),
    ],
)
def test_what_a_call_under_way_leaves_to_be_held(limits: dict[str, Any], calls: Any, sold: float) -> None:
    """40 for being ready; what need not be held is sold at 100, a MWh in the second hour and a MWh in the third.

    Of the 2 MW one is held. Nothing is called in the horizon: the call under way ends with its start.
    """
    prices = [0.0, 100.0, 100.0, 0.0]
    instance = store(**limits)
    assert checked(instance, None, prices).profit == pytest.approx(40.0)
    assert checked(instance, calls, prices).profit == pytest.approx(40.0 + 100.0 * sold)


@pytest.mark.parametrize(("calls", "profit"), [(None, 90.0), ({"running_h": 1.0}, 190.0)])
def test_a_call_that_goes_on_has_used_two_hours(calls: Any, profit: float) -> None:
    """40, and a MWh called at 50 in the first hour. One call a day: with an hour before it nothing more is held.

    Without that hour it could have gone on in the second; its MWh is there until the end of the third.
    """
    called = [1.0, 0.0, 0.0, 0.0]
    instance = store("called", calls_max_per_day=1)
    assert checked(instance, calls, [0.0, 100.0, 100.0, 0.0], called=called).profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("calls", "starts"),
    [
        (None, 2),
        ({"running_h": 1.0}, 1),
        ({"running_h": 1.0, "started": ["unit"]}, 1),
        # others have delivered it
        ({"running_h": 1.0, "started": []}, 2),
        ({"since_last_h": 0.0, "calls_today": 1}, 2),
    ],
)
def test_a_unit_that_a_call_has_started_starts_no_more(calls: Any, starts: int) -> None:
    """Called, called, not, called: two starts of 15, one of which may lie before the horizon.

    80 for 2 MW held at standstill over four hours, and 3 x 40 for 2 MWh at 50 that cost 30 each.
    """
    product = {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": "called",
        "energy_price_up_eur_per_mwh": 50.0,
        **NO_LIMITS,
    }
    unit = engine(provides=[UP], quick_start_h=0.2, start_cost_eur=15.0, initial_on=False)
    components = {"grid": grid(), "mains": mains(), "unit": unit}
    instance = make_instance(components, {**MARKETS, UP: product}, periods=4, start="2025-01-15T10:00")
    found = checked(instance, calls, [10.0] * 4, called=[1.0, 1.0, 0.0, 1.0])
    assert found.profit == pytest.approx(200.0 - 15.0 * starts)
    assert found.stream("called_start.unit") == pytest.approx(-15.0 * starts)


@pytest.mark.parametrize(
    ("limits", "from_h", "longest_h"),
    [
        # one of the two hours is left where it goes on, and later it is over
        ({"calls_max_per_day": 1}, 0.0, 1.0),
        ({"calls_max_per_day": 1}, 0.25, 0.0),
        # another one may begin, once the rest has passed, and last two hours
        ({"calls_max_per_day": 2, "rest_minimum_h": 0.5}, 0.25, 0.0),
        ({"calls_max_per_day": 2, "rest_minimum_h": 0.5}, 0.5, 2.0),
        # or what is left of the day
        ({"call_hours_max_per_day": 2.5}, 0.5, 1.5),
        # its hour has been: none is tried in the period right after
        ({"sustain_h": 1.0}, 0.5, 0.0),
    ],
)
def test_what_may_be_called_inside_the_period_after_a_call(
    limits: dict[str, Any], from_h: float, longest_h: float
) -> None:
    """The first hour is called in full, and the second is not."""
    product = store(**limits).called_products()[UP]
    time = pd.date_range("2025-01-15T10:00", periods=4, freq="1h", tz="Europe/Paris")
    share = np.array([[1.0, 0.0, 0.0, 0.0]])
    found = call_hours(product, share, np.ones_like(share), time, 1.0)
    assert found.inside(np.array([1]), np.array([from_h])) == pytest.approx(longest_h)


# -- the rest of a horizon that is cut in two ------------------------------------------------------------------------


def cut(share: np.ndarray, at: int, period_h: float, midnight: int) -> CallsBefore:
    """What has been called before a period, told by hand; ``midnight`` is the first period of its day."""
    called = share[:at] > 0
    edges = np.diff(np.concatenate([[0], called.astype(int), [0]]))
    runs = list(zip(np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist(), strict=True))
    today = [run for run in runs if run[0] >= midnight]
    fields: dict[str, Any] = {
        "calls_today": len(today),
        "called_today_h": float(share[midnight:at].sum() * period_h),
        "calls_so_far": len(runs),
    }
    if runs and runs[-1][1] == at:
        first = runs[-1][0]
        fields |= {"running_h": (at - first) * period_h, "running_per_unit": float(share[first])}
    elif runs:
        fields["since_last_h"] = (at - runs[-1][1]) * period_h
    return CallsBefore(**fields)


@pytest.mark.parametrize("seed", range(60))
def test_a_horizon_cut_in_two_asks_for_the_same(seed: int) -> None:
    """What may be called from a period on is the same whether the calls before it are in the horizon or in its start.

    The stress test and the model work it out apart from each other: the longest calls of the whole horizon from the
    cut on are those of its rest, and a period of the rest is open where one of them reaches into it.
    """
    draw = np.random.default_rng(seed)
    period_h = float(draw.choice([0.25, 0.5, 1.0]))
    time = pd.date_range("2025-01-15T21:00", periods=24, freq=pd.Timedelta(hours=period_h), tz="Europe/Paris")
    # each call at a share of its own: one call has one
    share = np.zeros(24)
    for first in draw.integers(0, 24, 4):
        share[first : first + int(draw.integers(1, 5))] = draw.choice([1.0, 1.0, 0.5])
    share = one_share_a_call(share)
    limits = {
        "call": draw.choice(["discrete", "continuous"]),
        "sustain_h": draw.choice([0.5, 1.0, 2.0]),
        "call_maximum_h": draw.choice([None, 1.5, 3.0]),
        "call_minimum_h": draw.choice([0.0, 0.5]),
        "rest_minimum_h": draw.choice([0.0, 1.0, 2.0]),
        "calls_max_per_day": draw.choice([None, 1, 2]),
        "calls_max": draw.choice([None, 2, 4]),
        "call_hours_max_per_day": draw.choice([None, 2.0, 3.0]),
    }
    product = store(**limits).called_products()[UP]
    at = int(draw.integers(1, 24))
    midnight = next((t for t in range(at, 0, -1) if time[t].date() != time[t - 1].date()), 0)
    before = CallHistory.of(cut(share, at, period_h, midnight), time[at:])
    whole = hours(product, share, time, period_h, None)
    rest = hours(product, share[at:], time[at:], period_h, before)
    np.testing.assert_allclose(rest, whole[at:], atol=1e-9)
    found = open_to_call(share[at:], np.ones(24 - at), CallRules.of(product, before), days_of(time[at:]), period_h)
    reached = [any(rest[s] > (j - s) * period_h + 1e-6 for s in range(j + 1)) for j in range(24 - at)]
    assert found.tolist() == [float(one) for one in reached]


def one_share_a_call(share: np.ndarray) -> np.ndarray:
    """The share that each call begins with, throughout."""
    found = share.copy()
    for before, now in pairwise(range(len(share))):
        if found[before] > 0 and share[now] > 0:
            found[now] = found[before]
    return found


def hours(
    product: Flexibility, share: np.ndarray, time: pd.DatetimeIndex, period_h: float, before: CallHistory | None
) -> np.ndarray:
    """Longest further call of each period as the stress test has it."""
    one = share[np.newaxis, :]
    return call_hours(product, one, np.ones_like(one), time, period_h, before).at_border[0]


def days_of(time: pd.DatetimeIndex) -> list[np.ndarray]:
    number = pd.factorize(time.date)[0]
    return [np.flatnonzero(number == day) for day in range(number.max() + 1)]
