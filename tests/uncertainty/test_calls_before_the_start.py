"""Calls before the horizon in series of calls: counted in checks, gone on with in draws and forecasts, by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.random_site import below_nodes
from helpers.site_builder import grid, make_instance, make_tree
from uncertainty_support import Loaded, synthetic

from mes_stoch.evaluation.rolling.forecast import LikenessForecast
from mes_stoch.rules.call_history import CallHistory
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance, Start
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_draws import admit_calls, markov_calls, periods_left
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.calls import breaches
from mes_stoch.uncertainty.continued_calls import continued_calls
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.quality import check_tree
from mes_stoch.uncertainty.tree import build_tree, call_limits

UP = "fr_mfrr_up"
MFRR = "mfrr_activation_up_per_unit"
AN_HOUR = CallHistory(running_h=1.0, calls_today=1, called_today_h=1.0, calls=1)


def hours(periods: int, start: str = "2025-01-15T10:00") -> DrawContext:
    return DrawContext(pd.date_range(start, periods=periods, freq="h", tz="Europe/Paris"), 1.0)


def series(periods: int, *called: int) -> np.ndarray:
    values = np.zeros(periods)
    values[list(called)] = 1.0
    return values


# --- checked ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "before", "called", "field", "period", "found"),
    [
        # three hours, of which one before the start
        (CallLimits(call_maximum_h=2.0), AN_HOUR, (0, 1), "call_maximum_h", 0, "a call of 3 h"),
        # it ends with the start, an hour too early
        (CallLimits(call_minimum_h=2.0), AN_HOUR, (), "call_minimum_h", 0, "a call of 1 h"),
        (CallLimits(call_minimum_h=2.0), AN_HOUR, (4, 5), "call_minimum_h", 0, "a call of 1 h"),
        # none is under way: a call of the first hour has begun with it
        (CallLimits(call_minimum_h=2.0), CallHistory(), (0,), "call_minimum_h", 0, "a call of 1 h"),
        (CallLimits(rest_minimum_h=3.0), AN_HOUR, (2,), "rest_minimum_h", 2, "a call 2 h after another"),
        (
            CallLimits(rest_minimum_h=3.0),
            CallHistory(since_last_h=0.5),
            (2,),
            "rest_minimum_h",
            2,
            "a call 2.5 h after another",
        ),
        (
            CallLimits(calls_max_per_day=1),
            AN_HOUR,
            (3,),
            "calls_max_per_day",
            3,
            "2 calls on this day with 1 before the start",
        ),
        (
            CallLimits(calls_max_per_day=1),
            CallHistory(calls_today=1),
            (3,),
            "calls_max_per_day",
            3,
            "2 calls on this day with 1 before the start",
        ),
        (CallLimits(calls_max=2), AN_HOUR, (3, 6), "calls_max", 6, "3 calls with 1 before the start"),
        # an hour before the start and one with it: the third is one too many
        (
            CallLimits(call_hours_max_per_day=2.0),
            AN_HOUR,
            (0, 1),
            "call_hours_max_per_day",
            1,
            "3 h called on this day with 1 before the start",
        ),
    ],
)
def test_each_limit_counts_from_before_the_start(
    limits: CallLimits, before: CallHistory, called: tuple[int, ...], field: str, period: int, found: str
) -> None:
    context, values = hours(8), series(8, *called)
    (breach,) = breaches(values, replace(limits, before=before), context)
    assert (breach.field, breach.period, breach.found) == (field, period, found)
    assert breaches(values, limits, context) == []


@pytest.mark.parametrize(
    ("limits", "before", "called"),
    [
        (CallLimits(call_maximum_h=3.0), AN_HOUR, (0, 1)),
        (CallLimits(call_minimum_h=2.0), AN_HOUR, (0,)),
        (CallLimits(call_minimum_h=1.0), AN_HOUR, ()),
        (CallLimits(rest_minimum_h=2.0), AN_HOUR, (2,)),
        # the call under way goes on, and is no second one
        (CallLimits(rest_minimum_h=9.0), AN_HOUR, (0,)),
        (CallLimits(calls_max_per_day=1, calls_max=1), AN_HOUR, (0, 1)),
        # 14 hours from 10:00 on: the next day has calls and hours of its own
        (CallLimits(calls_max_per_day=1), AN_HOUR, (0, 14)),
        (CallLimits(call_hours_max_per_day=2.0), AN_HOUR, (0, 14, 15)),
    ],
)
def test_what_the_limits_allow(limits: CallLimits, before: CallHistory, called: tuple[int, ...]) -> None:
    assert breaches(series(18, *called), replace(limits, before=before), hours(18)) == []


def site(calls: dict[str, Any] | None, start: str = "2025-01-15T10:00", **fields: Any) -> Instance:
    product = {
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 1.0,
        "activation_up_per_unit": "call_per_unit",
        "call_hours_max_per_day": None,
        "call_maximum_h": None,
        "calls_max_per_day": None,
        **fields,
    }
    instance = make_instance(
        {"grid": grid(), "load": {"type": "demand", "node": "power", "demand_mw": 1.0}},
        {"da": {"price_eur_per_mwh": 50.0}, UP: product},
        periods=8,
        start=start,
    )
    given = {} if calls is None else {UP: calls}
    return instance.model_copy(update={"start": Start.model_validate({"calls": given})})


def issues(instance: Instance, *called: tuple[int, ...]) -> list[Issue]:
    values = np.array([series(8, *one) for one in called])
    tree = make_tree(instance, {"call_per_unit": values}, [1.0 / len(called)] * len(called))
    return check_tree(instance, tree)


@pytest.mark.parametrize(
    ("fields", "called", "key"),
    [
        ({"call_maximum_h": 2.0}, (0, 1), "call_maximum_h"),
        ({"calls_max_per_day": 1}, (3,), "calls_max_per_day"),
        # no scenario calls anything, though the call under way has an hour to run
        ({"call_minimum_h": 2.0}, (), "call_minimum_h"),
    ],
)
def test_scenarios_that_break_a_limit_over_the_start_are_refused(
    fields: dict[str, Any], called: tuple[int, ...], key: str
) -> None:
    (issue,) = issues(site({"running_h": 1.0}, **fields), called)
    assert issue.key == f"products.{UP}.{key}"
    assert "(scenario s0, 2025-01-15 1" in issue.found
    assert issues(site(None, **fields), called) == []


def test_a_call_under_way_was_announced_before_it_began() -> None:
    """Gate at 12:00 of the day before, and six hours of notice, on a call that has run for seven at 00:30.

    Announced at 11:30 it is known at the gate, and the two leaves of a node may not differ in it. Of a call that begins
    with the horizon, announced at 18:30, one may have it and the other not.
    """
    fields = {"notice_h": 6.0, "start": "2025-01-15T00:30"}

    def found(calls: dict[str, Any] | None) -> list[Issue]:
        instance = site(calls, **fields)
        values = np.array([series(8, 0, 1), series(8, 0)])
        tree = make_tree(instance, {"call_per_unit": values}, [0.5, 0.5])
        return check_tree(instance, below_nodes(tree, [0, 0]))

    (issue,) = found({"running_h": 7.0})
    assert issue.key == f"products.{UP}.notice_h"
    assert found({"running_h": 6.0}) == []
    assert found(None) == []


# --- drawn -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "left", "expected"),
    [
        # as long as it would; to its longest; to its shortest
        (CallLimits(), 3, [1, 1, 1, 0, 0, 0]),
        (CallLimits(call_maximum_h=3.0), 5, [1, 1, 0, 0, 0, 0]),
        (CallLimits(call_minimum_h=3.0), 0, [1, 1, 0, 0, 0, 0]),
        (CallLimits(call_maximum_h=1.0), 5, [0, 0, 0, 0, 0, 0]),
        # two hours a day, one of which is over, and a window that closes
        (CallLimits(call_hours_max_per_day=2.0), 5, [1, 0, 0, 0, 0, 0]),
        (CallLimits(open=np.array([1, 1, 0, 1, 1, 1], dtype=bool)), 5, [1, 1, 0, 0, 0, 0]),
    ],
)
def test_a_call_under_way_goes_on(limits: CallLimits, left: int, expected: list[float]) -> None:
    no_starts, lengths = np.zeros(6, dtype=bool), np.ones(6, dtype=int)
    assert admit_calls(no_starts, lengths, hours(6), replace(limits, before=AN_HOUR), left).tolist() == expected
    # without one nothing goes on
    assert not admit_calls(no_starts, lengths, hours(6), limits, left).any()


def test_a_call_in_part_goes_on_in_part_and_one_shorter_than_a_period_to_its_end() -> None:
    no_starts, lengths = np.zeros(3, dtype=bool), np.ones(3, dtype=int)
    half = CallHistory(running_h=1.0, running_per_unit=0.5)
    assert admit_calls(no_starts, lengths, hours(3), CallLimits(before=half), 2).tolist() == [0.5, 0.5, 0.0]
    # half an hour at most, a quarter of which has been
    short = CallLimits(call_maximum_h=0.5, before=CallHistory(running_h=0.25))
    assert admit_calls(no_starts, lengths, hours(3), short, 2).tolist() == [0.25, 0.0, 0.0]


@pytest.mark.parametrize(
    ("limits", "before", "expected"),
    [
        (CallLimits(), None, [1, 0, 1, 0, 1, 0]),
        # the call under way ends with the start: one in the first hour would be the same
        (CallLimits(), AN_HOUR, [0, 1, 0, 1, 0, 1]),
        (CallLimits(rest_minimum_h=2.0), AN_HOUR, [0, 0, 1, 0, 0, 1]),
        (CallLimits(rest_minimum_h=2.0), CallHistory(since_last_h=0.5), [0, 0, 1, 0, 0, 1]),
        (CallLimits(rest_minimum_h=2.0), CallHistory(since_last_h=2.0), [1, 0, 0, 1, 0, 0]),
        (CallLimits(calls_max_per_day=2), AN_HOUR, [0, 1, 0, 0, 0, 0]),
        (CallLimits(calls_max=1), AN_HOUR, [0, 0, 0, 0, 0, 0]),
        (CallLimits(call_hours_max_per_day=3.0), AN_HOUR, [0, 1, 0, 1, 0, 0]),
    ],
)
def test_calls_that_would_begin_in_every_hour(
    limits: CallLimits, before: CallHistory | None, expected: list[float]
) -> None:
    starts, lengths = np.ones(6, dtype=bool), np.ones(6, dtype=int)
    assert admit_calls(starts, lengths, hours(6), replace(limits, before=before)).tolist() == expected


def test_the_chain_goes_on_by_its_own_law() -> None:
    """Mean length of four hours: it ends with each hour with probability 1/4, the first included.

    So it runs for (1 - 1/4) / (1/4) = 3 hours more, and in the first of them with probability 3/4: from 4,000 draws
    standard errors of 0.055 h and 0.007. With a shortest call of three hours, one of which has been, these two come
    first: 2 + 3.
    """
    context = hours(80)
    for limits, mean_h, first in ((CallLimits(), 3.0, 0.75), (CallLimits(call_minimum_h=3.0), 5.0, 1.0)):
        own = replace(limits, before=AN_HOUR)
        drawn = np.array([markov_calls(np.random.default_rng(k), context, own, 0.0, 4.0) for k in range(4000)])
        assert drawn.sum(axis=1).mean() == pytest.approx(mean_h, abs=0.25)
        assert drawn[:, 0].mean() == pytest.approx(first, abs=0.03)
        # one unbroken run from the start on
        assert (np.diff(drawn, axis=1) <= 0).all()


def test_what_is_left_of_a_call_is_drawn_from_the_longer_lengths() -> None:
    """Of 0.5, 1, 1.5 and 2 h the last two are longer than an hour: 0.5 or 1 h are left, two or four quarters."""
    lengths = np.array([0.5, 1.0, 1.5, 2.0])
    limits = CallLimits(before=AN_HOUR)
    assert [periods_left(uniform, lengths, limits, 0.25) for uniform in (0.0, 0.49, 0.5, 0.99)] == [2, 2, 4, 4]
    assert periods_left(0.5, lengths, CallLimits(before=CallHistory(running_h=2.0)), 0.25) == 0
    assert periods_left(0.5, lengths, CallLimits(), 0.25) == 0


def with_mfrr(calls: dict[str, Any] | None, **fields: Any) -> Loaded:
    """A site that sells mFRR on the calls of ``fr_synthetic_day``, a day of quarter-hours from 10:00 on."""
    loaded = synthetic("2025-11-20T10:00", periods=56, mfrr_calls_per_day=20.0)
    sold = site(calls, activation_up_per_unit=MFRR, **fields)
    update = {"products": {UP: sold.products[UP]}, "start": sold.start}
    loaded.instance = loaded.instance.model_copy(update=update)
    return loaded


@pytest.mark.parametrize(
    ("fields", "calls"),
    [
        ({"calls_max_per_day": 2, "rest_minimum_h": 0.0}, {"running_h": 0.5}),
        ({"calls_max_per_day": 1}, {"calls_today": 1}),
        ({"call_maximum_h": 2.0}, {"running_h": 1.75}),
        ({"call_minimum_h": 2.0}, {"running_h": 0.25}),
        ({"call_hours_max_per_day": 2.0}, {"calls_today": 1, "called_today_h": 1.5}),
        ({"rest_minimum_h": 8.0}, {"since_last_h": 0.25}),
        ({"calls_max": 1}, {"calls_so_far": 1}),
    ],
)
def test_the_french_day_keeps_limits_over_the_start(fields: dict[str, Any], calls: dict[str, Any]) -> None:
    """Drawn without what has been, some of the same scenarios break a limit that counts it; drawn with it, none."""
    started, free = with_mfrr(calls, **fields), with_mfrr(None, **fields)
    trees = [build_tree(one, 30) for one in (started, free)]
    limits = call_limits(started.instance, started.time)[MFRR]
    context = DrawContext(started.time, 0.25)
    with_start, without = ([breaches(v, limits, context) for v in tree.dataset[MFRR].values] for tree in trees)
    assert not any(with_start)
    assert any(without)
    others = [name for name in trees[0].series_names if name != MFRR]
    assert all(trees[0].dataset[name].equals(trees[1].dataset[name]) for name in others)


# --- forecast --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "called", "seen", "expected"),
    [
        (CallLimits(call_maximum_h=3.0), (0, 1, 2, 3), 0, [1, 1, 0, 0, 0, 0]),
        (CallLimits(call_maximum_h=3.0), (0, 1, 2, 3), 1, [1, 1, 0, 0, 0, 0]),
        (CallLimits(call_minimum_h=3.0), (), 0, [1, 1, 0, 0, 0, 0]),
        (CallLimits(call_minimum_h=3.0), (0,), 1, [1, 1, 0, 0, 0, 0]),
        # nothing was called in the first hour: the call ended with the start, and its rest has begun
        (CallLimits(rest_minimum_h=3.0), (2, 4), 1, [0, 0, 0, 0, 1, 0]),
        (CallLimits(calls_max=1), (0, 3), 1, [1, 0, 0, 0, 0, 0]),
        # what has been stays, whatever the limits
        (CallLimits(call_maximum_h=1.0), (0, 1), 2, [1, 1, 0, 0, 0, 0]),
    ],
)
def test_a_forecast_goes_on_with_the_call_under_way(
    limits: CallLimits, called: tuple[int, ...], seen: int, expected: list[float]
) -> None:
    own = replace(limits, before=AN_HOUR)
    assert continued_calls(series(6, *called), seen, own, hours(6)).tolist() == expected


def test_courses_of_the_rolling_operation_count_the_calls_before_the_start() -> None:
    """No scenario of the forecast goes on with the call; it has to run for two hours, and is the only one."""
    fields = {"call_minimum_h": 2.0, "calls_max_per_day": 1}

    def course(calls: dict[str, Any] | None) -> list[float]:
        instance = site(calls, **fields)
        forecast: ScenarioTree = make_tree(instance, {"call_per_unit": series(8, 3, 4)})
        (found,) = LikenessForecast(instance, forecast).courses({"call_per_unit": np.zeros(0)})
        return found.series["call_per_unit"].tolist()

    assert course({"running_h": 1.0}) == series(8, 0).tolist()
    assert course(None) == series(8, 3, 4).tolist()
