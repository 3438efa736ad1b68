"""Rare events with a time to recover: renewal equations, known parameters found again, weights of rare ones."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context
from pydantic import ValidationError

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.calls import breaches, find_calls
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import LOG_WEIGHT
from mes_stoch.uncertainty.fitted.parts.contingency import Contingency, ContingencyOptions
from mes_stoch.uncertainty.process import DrawContext

SERIES = "raise6sec_called_per_unit"
NOTHING = History(pd.DataFrame(index=pd.date_range("2021-01-01", periods=2, freq="h", tz=ZONE)), "FR")


def given(**options: object) -> Contingency:
    known = {"series": SERIES, "events_per_year": 365.0, "durations_h": [1.0], "source": "assumed"}
    return Contingency.fit(NOTHING, ContingencyOptions.model_validate({**known, **options}))


def past(called: object) -> History:
    values = np.asarray(called, dtype=float)
    time = pd.date_range("2021-01-04", periods=len(values), freq="h", tz=ZONE)
    return History(pd.DataFrame({"called_mw": values}, index=time), "FR")


def fitted(history: History, **options: object) -> Contingency:
    known = {"series": SERIES, "called": "called_mw"}
    return Contingency.fit(history, ContingencyOptions.model_validate({**known, **options}))


def test_a_mean_rate_leaves_room_for_the_time_to_recover() -> None:
    """365 events a year are one in 24 h: with 6 h to recover the next comes after 18 h on the mean."""
    part = given(refractory_h=6.0)
    assert part.rate_per_h == pytest.approx(1.0 / 18.0)
    assert part.mean_rate_per_h == pytest.approx(1.0 / 24.0)
    # events that last longer than the time to recover are what leaves no room
    assert given(refractory_h=6.0, durations_h=[4.0, 10.0]).rate_per_h == pytest.approx(1.0 / (24.0 - 8.0))
    with pytest.raises(UsageError, match="leave room for"):
        given(refractory_h=24.0)


def test_parameters_by_hand() -> None:
    """Events in hours 2, 12 to 13, and 20 of 30, with 8, 4 and 8 of 8 MW. Beginnings 10 and 8 h apart: 8 - (9 - 8) = 7
    h to recover. Each pause takes 7 h of the 30: 3 events in 9 h.
    """
    called = np.zeros(30)
    called[[2, 12, 13, 20]] = [8.0, 4.0, 4.0, 8.0]
    part = fitted(past(called))
    assert part.refractory_h == pytest.approx(7.0)
    assert part.rate_per_h == pytest.approx(3.0 / 9.0)
    assert part.durations_h == [1.0, 2.0, 1.0]
    assert part.shares_per_unit == [1.0, 0.5, 1.0]
    # told that there is no time to recover: only the events themselves, 4 h, are pauses
    assert fitted(past(called), refractory_h=0.0).rate_per_h == pytest.approx(3.0 / 26.0)


def test_drawn_events_are_fitted_again() -> None:
    """40,000 hours with 12 h to recover and 28 h after that: 1,000 events. The rate has a deviation of 3.2 %, the time
    to recover one of 28 / 1,000 h and the half hour by which beginnings are known.
    """
    part = given(events_per_year=8760 / 40.0, refractory_h=12.0, durations_h=[1.0, 3.0])
    drawn = part.draw(np.random.default_rng(4), context("2021-01-01", 40_000), {})[SERIES]
    again = fitted(past(drawn))
    assert again.refractory_h == pytest.approx(12.0, abs=1.0)
    assert again.rate_per_h == pytest.approx(1.0 / 28.0, rel=0.13)
    assert len(find_calls(drawn, 1.0)) == pytest.approx(1000, abs=4 * 23)
    assert np.mean(again.durations_h) == pytest.approx(2.0, abs=0.13)


def test_events_are_as_likely_at_the_start_as_later() -> None:
    """One of 4 h in 16 h: in each of the first hours of 3,000 horizons a quarter is called, give or take 4 sqrt(0.1875
    / 3,000) = 0.032; beginnings are moved to those of their periods, and rests rounded up, which adds half an hour.
    """
    part = given(events_per_year=8760 / 16.0, refractory_h=8.0, durations_h=[4.0])
    day = context("2022-01-12", 48, 0.25)
    called = np.array([part.draw(np.random.default_rng(k), day, {})[SERIES] for k in range(3000)])
    assert (called > 0).mean(axis=0) == pytest.approx(np.full(48, 4.0 / 16.0), abs=0.04)


def test_an_event_fills_its_share_of_a_period() -> None:
    """Ten minutes at 80 %: in an hour 1/6 of it, in five minutes two whole periods."""
    part = given(events_per_year=8760 / 3.0, durations_h=[1.0 / 6.0], shares_per_unit=[0.8])
    hours = part.draw(np.random.default_rng(2), context("2022-01-12", 48), {})[SERIES]
    assert set(np.round(hours, 12)) == {0.0, round(0.8 / 6.0, 12)}
    steps = part.draw(np.random.default_rng(2), context("2022-01-12", 288, 1.0 / 12.0), {})[SERIES]
    calls = [call for call in find_calls(steps, 1.0 / 12.0) if call.first]
    assert {call.stop - call.first for call in calls} == {2}
    assert set(steps[steps > 0]) == {0.8}


def test_limits_of_products_are_kept() -> None:
    part = given(events_per_year=8760 / 5.0, durations_h=[1.0, 5.0])
    limits = CallLimits(calls_max_per_day=2, call_maximum_h=2.0, rest_minimum_h=3.0)
    plain = context("2022-01-12", 48)
    held = DrawContext(plain.time, plain.period_h, {SERIES: limits})
    broken = 0
    for seed in range(100):
        assert breaches(part.draw(np.random.default_rng(seed), held, {})[SERIES], limits, held) == []
        broken += bool(breaches(part.draw(np.random.default_rng(seed), plain, {})[SERIES], limits, plain))
    assert broken > 80


def test_a_rare_event_is_weighted_right() -> None:
    """Two a year of one hour with 48 h to recover, on a day of 24 h: mean rate m = 2 / 8760, l = 1 / (4380 - 48).

    Nothing is called where the day begins outside a pause and no event comes, (1 - 48 m) exp(-24 l); where it begins in
    a pause with 24 to 47 h left, 23 m (with more left the event itself still runs); and where it begins in one with
    r < 24 h left and no event comes in 24 - r, m (1 - exp(-24 l)) / l.
    """
    mean, rate = 2.0 / 8760.0, 1.0 / (4380.0 - 48.0)
    idle = (1.0 - 48.0 * mean) * math.exp(-24.0 * rate)
    paused = mean * (23.0 + (1.0 - math.exp(-24.0 * rate)) / rate)
    true, count = 1.0 - idle - paused, 2000
    part = given(events_per_year=2.0, refractory_h=48.0, tilt=150.0)
    assert part.rate_per_h == pytest.approx(rate)
    drawn = [part.draw(np.random.default_rng([k, 9]), context("2022-01-12", 24), {}) for k in range(count)]
    weights = np.exp([one[LOG_WEIGHT].sum() for one in drawn])
    estimates = weights * np.array([one[SERIES].max() > 0 for one in drawn])
    deviation = estimates.std() / math.sqrt(count)
    assert estimates.mean() == pytest.approx(true, abs=4.0 * deviation)
    assert deviation < 0.5 * math.sqrt(true * (1.0 - true) / count)
    assert weights.mean() == pytest.approx(1.0, abs=4.0 * weights.std() / math.sqrt(count))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"events_per_year": 2.0, "durations_h": [1.0]}, "and the source of both"),
        ({"called": "called_mw", "events_per_year": 2.0}, "not both"),
        ({"events_per_year": 2.0, "durations_h": [1.0], "source": "x", "shares_per_unit": [1, 1]}, "one a duration"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ContingencyOptions.model_validate({"series": SERIES, **options})


def test_a_past_that_says_too_little_is_told() -> None:
    with pytest.raises(UsageError, match="no event that begins and ends"):
        fitted(past([1.0, 0.0, 0.0]))
    with pytest.raises(UsageError, match="give refractory_h"):
        fitted(past([0.0, 1.0, 0.0, 1.0, 0.0]))
