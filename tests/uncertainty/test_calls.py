"""Calls: found in a series, held against the limits of a product, drawn within them, and refused in a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.random_site import below_nodes
from helpers.site_builder import grid, make_instance, make_tree
from uncertainty_support import synthetic

from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_draws import CallBook, admit_calls, markov_calls
from mes_stoch.uncertainty.call_limits import CallLimits, limits_of
from mes_stoch.uncertainty.calls import breaches, find_calls
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.quality import check_tree
from mes_stoch.uncertainty.tree import build_tree


def hours(periods: int, start: str = "2025-01-15", period_h: float = 1.0) -> DrawContext:
    time = pd.date_range(start, periods=periods, freq=pd.Timedelta(hours=period_h), tz="Europe/Paris")
    return DrawContext(time, period_h)


def series(periods: int, *called: int, share: float = 1.0) -> np.ndarray:
    values = np.zeros(periods)
    values[list(called)] = share
    return values


# --- found ---------------------------------------------------------------------------------------------------------


def test_a_call_is_an_unbroken_run() -> None:
    found = find_calls(np.array([1.0, 0.0, 0.5, 0.5, 0.25, 0.0, 0.3]), 1.0)
    assert [(c.first, c.stop) for c in found] == [(0, 1), (2, 5), (6, 7)]
    # half the power to the end but for half an hour of the last; a call within a period counts with its share
    assert [c.hours(1.0).sum() for c in found] == pytest.approx([1.0, 2.5, 0.3])
    assert find_calls(np.zeros(4), 1.0) == []


@pytest.mark.parametrize(
    ("limits", "called", "field", "period"),
    [
        # three hours, from the second on
        (CallLimits(call_maximum_h=2.0), (1, 2, 3), "call_maximum_h", 1),
        (CallLimits(call_minimum_h=2.0), (4, 8, 9), "call_minimum_h", 4),
        # two hours between the end of one and the beginning of the other
        (CallLimits(rest_minimum_h=3.0), (1, 2, 5, 6), "rest_minimum_h", 5),
        (CallLimits(calls_max_per_day=2), (1, 4, 7), "calls_max_per_day", 7),
        (CallLimits(calls_max=1), (1, 30), "calls_max", 30),
        # the third hour of the day is one too many
        (CallLimits(call_hours_max_per_day=2.0), (1, 4, 7), "call_hours_max_per_day", 7),
        (CallLimits(open=series(48, *range(8, 20)) > 0), (7, 8), "calendar", 7),
    ],
)
def test_each_limit_is_found_broken_alone(limits: CallLimits, called: tuple[int, ...], field: str, period: int) -> None:
    found = breaches(series(48, *called), limits, hours(48))
    assert [(b.field, b.period) for b in found] == [(field, period)]
    assert breaches(series(48, *called), CallLimits(), hours(48)) == []


@pytest.mark.parametrize(
    ("limits", "called"),
    [
        (CallLimits(call_maximum_h=3.0), (1, 2, 3)),
        (CallLimits(call_minimum_h=1.0), (4, 8, 9)),
        (CallLimits(rest_minimum_h=2.0), (1, 2, 5, 6)),
        (CallLimits(calls_max_per_day=3), (1, 4, 7)),
        (CallLimits(calls_max=2), (1, 30)),
        (CallLimits(call_hours_max_per_day=3.0), (1, 4, 7)),
        # two on each of two days
        (CallLimits(calls_max_per_day=2), (1, 23, 25, 40)),
        # an hour before midnight and two after it
        (CallLimits(call_hours_max_per_day=2.0), (23, 24, 25)),
    ],
)
def test_calls_at_their_limits_are_allowed(limits: CallLimits, called: tuple[int, ...]) -> None:
    assert breaches(series(48, *called), limits, hours(48)) == []


def test_calls_cut_by_the_horizon_are_not_too_short() -> None:
    """One hour seen of calls that began before the horizon or go on after it; the one between is seen whole."""
    found = breaches(series(24, 0, 10, 23), CallLimits(call_minimum_h=2.0), hours(24))
    assert [b.period for b in found] == [10]


def test_periods_at_the_edge_may_be_called_in_part() -> None:
    """A call of an hour and a half in hourly periods: 1, 0.5. Twice 1 is two hours."""
    limits = CallLimits(call_maximum_h=1.5, call_hours_max_per_day=1.5)
    assert breaches(np.array([0, 1.0, 0.5, 0]), limits, hours(4)) == []
    assert [b.field for b in breaches(np.array([0, 1.0, 1.0, 0]), limits, hours(4))] == [
        "call_maximum_h",
        "call_hours_max_per_day",
    ]


@pytest.mark.parametrize(("start", "day_h"), [("2025-03-30", 23), ("2025-10-26", 25), ("2025-01-15", 24)])
def test_days_are_local_days(start: str, day_h: int) -> None:
    """Two calls, one in the last hour of a day of 23, 24 or 25 hours and one an hour later: one on each day."""
    limits = CallLimits(calls_max_per_day=1)
    context = hours(48, start)
    assert breaches(series(48, day_h - 1, day_h + 1), limits, context) == []
    assert [b.period for b in breaches(series(48, day_h - 3, day_h - 1), limits, context)] == [day_h - 1]


def test_limits_of_two_products_on_one_series() -> None:
    one = CallLimits(calls_max_per_day=2, call_minimum_h=1.0, open=np.array([True, True, False]))
    other = CallLimits(calls_max_per_day=3, call_maximum_h=2.0, open=np.array([False, True, True]))
    both = one.and_also(other)
    assert (both.calls_max_per_day, both.call_maximum_h, both.call_minimum_h) == (2, 2.0, 1.0)
    assert both.open is not None
    assert both.open.tolist() == [False, True, False]


# --- drawn -----------------------------------------------------------------------------------------------------------

STRICT = CallLimits(
    calls_max_per_day=2,
    call_hours_max_per_day=3.0,
    calls_max=5,
    call_minimum_h=0.5,
    call_maximum_h=2.0,
    rest_minimum_h=1.5,
)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("start", ["2025-03-29", "2025-10-25"])
def test_drawn_calls_keep_every_limit(seed: int, start: str) -> None:
    """Four days over a change of clock, called far more often than allowed, from 06:00 to 22:00."""
    context = hours(4 * 96, start, 0.25)
    limits = STRICT.and_also(CallLimits(open=(context.time.hour >= 6) & (context.time.hour < 22)))
    generator = np.random.default_rng(seed)
    starts, lengths = generator.random(context.periods) < 0.3, generator.integers(1, 20, context.periods)
    unlimited = admit_calls(starts, lengths, context, CallLimits())
    assert {b.field for b in breaches(unlimited, limits, context)} >= {"calls_max_per_day", "call_hours_max_per_day"}
    for called in (
        admit_calls(starts, lengths, context, limits),
        markov_calls(generator, context, limits, 30.0, 2.0),
    ):
        assert breaches(called, limits, context) == []
        assert len(find_calls(called, 0.25)) == 5


def test_the_last_hours_of_a_day_are_cut() -> None:
    """3 h a day: a call of two hours, then one of two that ends after one, then none; the next day is free again."""
    context = hours(48)
    starts = series(48, 2, 8, 14, 30) > 0
    called = admit_calls(starts, np.full(48, 2), context, CallLimits(call_hours_max_per_day=3.0))
    assert np.flatnonzero(called).tolist() == [2, 3, 8, 30, 31]
    # where a call must last two hours the second one is left out instead of cut
    whole = CallLimits(call_hours_max_per_day=3.0, call_minimum_h=2.0)
    assert np.flatnonzero(admit_calls(starts, np.full(48, 2), context, whole)).tolist() == [2, 3, 30, 31]


def test_a_call_shorter_than_a_period_is_a_share_of_it() -> None:
    context = hours(8, period_h=2.0)
    limits = CallLimits(call_maximum_h=1.5)
    called = admit_calls(series(8, 3) > 0, np.full(8, 1), context, limits)
    assert called[3] == pytest.approx(0.75)
    assert breaches(called, limits, context) == []


def test_calls_that_keep_the_limits_are_left_as_drawn() -> None:
    context = hours(96, period_h=0.25)
    starts, lengths = series(96, 10, 60) > 0, np.full(96, 6)
    free = admit_calls(starts, lengths, context, CallLimits())
    assert np.array_equal(admit_calls(starts, lengths, context, STRICT), free)
    one, other = (
        markov_calls(np.random.default_rng(3), context, limits, 1.0, 1.0) for limits in (CallLimits(), STRICT)
    )
    assert breaches(one, STRICT, context) == []
    assert np.array_equal(one, other)


def test_markov_chain_without_limits_has_its_stationary_share() -> None:
    """12 calls per 24 idle hours in hourly periods: p01 = 1 - exp(-0.5) = 0.3935. Mean length 4 h: p10 = 0.25.

    Each call lasts 4 h on average, and the wait for the next one has mean 1 / p01 = 2.54 h, the step back to idle
    included: a share of 4 / (4 + 2.54) = 0.611. Over 200,000 hours the standard error is about 0.002.
    """
    context = hours(200_000, "2000-01-01")
    called = markov_calls(np.random.default_rng(1), context, CallLimits(), 12.0, 4.0)
    lengths = [call.stop - call.first for call in find_calls(called, 1.0)]
    assert np.mean(lengths) == pytest.approx(4.0, abs=0.08)
    assert called.mean() == pytest.approx(4.0 / (4.0 + 1.0 / (1.0 - np.exp(-0.5))), abs=0.008)


def test_a_call_that_may_begin_keeps_its_chance() -> None:
    """One call a day: P(called on the day) is what it is without the limit, 1 - exp(-rate), only its repeats go.

    2 calls per 24 hours of one period each: 1 - exp(-2) = 0.865 (20,000 days, standard error 0.0024).
    """
    # without changes of clock all days have 24 hours
    context = DrawContext(pd.date_range("1970-01-01", periods=24 * 20_000, freq="h", tz="UTC"), 1.0)
    limits = CallLimits(calls_max_per_day=1, call_maximum_h=1.0)
    called = markov_calls(np.random.default_rng(7), context, limits, 2.0, 1.0)
    per_day = called.reshape(-1, 24).sum(axis=1)
    assert set(per_day) == {0.0, 1.0}
    assert per_day.mean() == pytest.approx(1.0 - np.exp(-2.0), abs=0.01)


def test_calls_of_a_book_never_touch() -> None:
    book = CallBook(hours(10), CallLimits())
    assert book.call(2, 3) == 5
    assert [book.fit(t, 9) for t in (4, 5, 6)] == [0, 0, 4]


# --- the French day --------------------------------------------------------------------------------------------------


def with_mfrr(parameters: dict[str, float], **fields: Any) -> Any:
    """A site that sells mFRR on the calls which ``fr_synthetic_day`` draws, two days of quarter-hours."""
    loaded = synthetic(periods=192, **parameters)
    product = make_instance(
        {"grid": grid(), "load": {"type": "demand", "node": "power", "demand_mw": 1.0}},
        {
            "fr_mfrr_up": {
                "volume_max_mw": 1.0,
                "capacity_price_eur_per_mw_h": 1.0,
                "activation_up_per_unit": "mfrr_activation_up_per_unit",
                **fields,
            }
        },
    ).products
    loaded.instance = loaded.instance.model_copy(update={"products": product})
    return loaded


@pytest.mark.parametrize(
    ("fields", "limit"),
    [
        ({"calls_max_per_day": 1}, "calls_max_per_day"),
        ({"call_maximum_h": 1.0}, "call_maximum_h"),
        ({"rest_minimum_h": 8.0}, "rest_minimum_h"),
        ({"call_hours_max_per_day": 2.0}, "call_hours_max_per_day"),
        ({"calls_max": 1}, "calls_max"),
        ({"call_minimum_h": 1.0}, "call_minimum_h"),
        ({"calendar": [{"time_from": "08:00", "time_to": "20:00"}]}, "calendar"),
    ],
)
def test_the_french_day_draws_what_the_product_allows(fields: dict[str, Any], limit: str) -> None:
    """The instance's own limit, stricter than the process's: the calls of the process alone break it."""
    often = {"mfrr_calls_per_day": 20.0}
    allowed, free = with_mfrr(often, **fields), build_tree(with_mfrr(often, call_hours_max_per_day=None), 20)
    limits = limits_of(allowed.instance.products["fr_mfrr_up"], allowed.time)
    context = hours(192, "2025-11-20", 0.25)
    broken = [breaches(s, limits, context) for s in free.dataset["mfrr_activation_up_per_unit"].values]
    assert limit in {b.field for found in broken for b in found}
    drawn = build_tree(allowed, 20).dataset["mfrr_activation_up_per_unit"].values
    assert drawn.sum() > 0
    assert [b for values in drawn for b in breaches(values, limits, context)] == []


def test_the_french_day_is_the_same_where_no_limit_binds() -> None:
    """The catalogue's limits are those the process draws by: a site with the product has the series of one without."""
    name = "mfrr_activation_up_per_unit"
    plain, sold = (build_tree(site, 40).dataset[name] for site in (synthetic(periods=192), with_mfrr({})))
    assert plain.equals(sold)
    assert float(plain.mean()) > 0


# --- refused in a tree ---------------------------------------------------------------------------------------------


def called_site(periods: int = 24, **fields: Any) -> Instance:
    product = {
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 1.0,
        "activation_up_per_unit": "call_per_unit",
        "call_hours_max_per_day": None,
        "call_maximum_h": None,
        "calls_max_per_day": None,
        **fields,
    }
    return make_instance(
        {"grid": grid(), "load": {"type": "demand", "node": "power", "demand_mw": 1.0}},
        {"da": {"price_eur_per_mwh": 50.0}, "fr_mfrr_up": product},
        periods=periods,
    )


def refused(instance: Instance, called: Sequence[np.ndarray]) -> list[Issue]:
    tree = make_tree(instance, {"call_per_unit": np.array(called)}, [1.0 / len(called)] * len(called))
    return check_tree(instance, tree)


@pytest.mark.parametrize(
    ("fields", "called", "key", "found", "expected"),
    [
        ({"calls_max_per_day": 2}, (1, 4, 7), "calls_max_per_day", "3 calls on this day", "at most 2 a local day"),
        ({"call_maximum_h": 2.0}, (1, 2, 3), "call_maximum_h", "a call of 3 h", "at most 2 h a call"),
        ({"call_minimum_h": 2.0}, (4,), "call_minimum_h", "a call of 1 h", "at least 2 h a call"),
        ({"rest_minimum_h": 4.0}, (1, 4), "rest_minimum_h", "a call 2 h after another", "at least 4 h between calls"),
        ({"calls_max": 1}, (1, 4), "calls_max", "2 calls", "at most 1 over the horizon"),
        ({"call_hours_max_per_day": 1.0}, (1, 4), "call_hours_max_per_day", "2 h called", "at most 1 h a local day"),
        (
            {"calendar": [{"time_from": "08:00", "time_to": "20:00"}]},
            (7,),
            "calendar",
            "a call",
            "calls within the window of the product",
        ),
        ({"contract_start": "2025-01-16"}, (7,), "calendar", "a call", "calls within the window of the product"),
    ],
)
def test_scenarios_that_break_a_limit_are_refused(
    fields: dict[str, Any], called: tuple[int, ...], key: str, found: str, expected: str
) -> None:
    values = [np.zeros(24), series(24, *called)]
    (issue,) = refused(called_site(**fields), values)
    assert issue.key == f"products.fr_mfrr_up.{key}"
    assert found in issue.found
    assert "(scenario s1, 2025-01-15 0" in issue.found
    assert issue.expected == expected
    assert "call_per_unit" in issue.hint
    assert refused(called_site(), values) == []


def test_one_issue_a_limit_with_examples_and_a_count() -> None:
    instance = called_site(call_maximum_h=1.0)
    (issue,) = refused(instance, [series(24, 1, 2)] * 5)
    assert issue.found.count("scenario") == 3
    assert issue.found.endswith("and 2 more")


def test_a_window_given_as_a_series_counts_scenario_by_scenario() -> None:
    instance = called_site(window_per_unit="window_per_unit")
    window = np.array([series(24, *range(8)), series(24, *range(8, 24))])
    called = np.array([series(24, 4), series(24, 4)])
    tree = make_tree(instance, {"call_per_unit": called, "window_per_unit": window}, [0.5, 0.5])
    (issue,) = check_tree(instance, tree)
    assert "scenario s1" in issue.found
    assert "scenario s0" not in issue.found


def test_an_offer_is_called_in_merit_order_and_in_its_window() -> None:
    """Called all day by the series; in merit for two hours of it; outside the window the offer does not exist."""
    offer = {
        "volume_max_mw": 1.0,
        "activation_up_per_unit": 1.0,
        "offer_price_eur_per_mwh": 80.0,
        "marginal_price_eur_per_mwh": "marginal_eur_per_mwh",
        "call_maximum_h": 2.0,
        "calendar": [{"time_from": "00:00", "time_to": "10:00"}],
    }
    load = {"type": "demand", "node": "power", "demand_mw": 1.0}

    def issues(*dear: int) -> list[Issue]:
        instance = make_instance(
            {"grid": grid(), "load": load}, {"da": {"price_eur_per_mwh": 50.0}, "fr_ma_up": offer}, periods=24
        )
        marginal = np.full(24, 79.0) + 2.0 * series(24, *dear)
        return [
            i for i in check_tree(instance, make_tree(instance, {"marginal_eur_per_mwh": marginal})) if "call" in i.key
        ]

    assert issues(4, 5) == []
    assert issues(8, 9, 10, 11) == []
    (issue,) = issues(4, 5, 6)
    assert issue.key == "products.fr_ma_up.call_maximum_h"


# --- announced the day before ---------------------------------------------------------------------------------------


def leaves_of_one_node(instance: Instance, called: list[np.ndarray]) -> ScenarioTree:
    tree = make_tree(instance, {"call_per_unit": np.array(called)}, [1.0 / len(called)] * len(called))
    return below_nodes(tree, [0] * len(called))


@pytest.mark.parametrize(
    ("notice_h", "hour", "known"),
    [
        # the day-ahead stage is decided at 12:00 on the day before: 20 h ahead of 08:00, 12 h ahead of midnight
        (20.0, 8, True),
        (19.0, 8, False),
        (12.0, 0, True),
        (0.0, 0, False),
        (36.0, 23, True),
    ],
)
def test_calls_announced_before_the_day_ahead_gate_are_the_same_below_a_node(
    notice_h: float, hour: int, known: bool
) -> None:
    instance = called_site(notice_h=notice_h)
    called, idle = series(24, hour), np.zeros(24)
    issues = check_tree(instance, leaves_of_one_node(instance, [idle, called]))
    assert [i.key for i in issues] == (["products.fr_mfrr_up.notice_h"] if known else [])
    if known:
        assert f"1 (scenario s1, 2025-01-15 {hour:02d}:00)" in issues[0].found
    # the same in all leaves, or in nodes of their own
    assert check_tree(instance, leaves_of_one_node(instance, [called, called])) == []
    assert refused(instance, [idle, called]) == []


def test_a_later_gate_knows_more() -> None:
    """Intraday auction at 15:00 decided at the same stage: what the day-ahead market knew is what counts."""
    instance = called_site(notice_h=19.0)
    late = instance.products["da"].model_copy(update={"gate": "D-1 15:00"})
    tree = leaves_of_one_node(instance, [np.zeros(24), series(24, 8)])
    assert check_tree(instance, tree) == []
    only_late = instance.model_copy(update={"products": {**instance.products, "da": late}})
    assert len(check_tree(only_late, tree)) == 1
    auction = late.model_copy(update={"liquidity_mw": 1.0})
    both = instance.model_copy(update={"products": {**instance.products, "auction": auction}})
    assert check_tree(both, tree) == []
