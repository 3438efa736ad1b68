"""Calls of two states: rates by counting, draws against closed forms, limits kept, rare calls weighted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context

from mes_stoch.rules.call_history import CallHistory
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.calls import breaches, find_calls
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.part import LOG_WEIGHT
from mes_stoch.uncertainty.fitted.parts.call_chain import CallChain, CallChainOptions
from mes_stoch.uncertainty.process import DrawContext

SERIES = "mfrr_activation_up_per_unit"
PRICE = "da_price_eur_per_mwh"


def past(called: object, **others: object) -> History:
    values = np.asarray(called, dtype=float)
    time = pd.date_range("2021-01-04", periods=len(values), freq="h", tz=ZONE)
    return History(pd.DataFrame({"called_mw": values, **others}, index=time), "FR", ("invented",))


def fitted(history: History, **options: object) -> CallChain:
    return CallChain.fit(
        history, CallChainOptions.model_validate({"called": "called_mw", "series": SERIES, "class_h": 24, **options})
    )


def chain(p01: float, p10: float, at_start: float, **fields: object) -> CallChain:
    """A part with known chances an hour."""
    known = {
        "stage": "realtime",
        "series": SERIES,
        "classes": {"class_h": 24.0, "match": [], "country": "FR", "days": [""]},
        "rates": [[-24.0 * math.log1p(-p01)]],
        "called_per_unit": [at_start],
        "mean_length_h": 1.0 / p10,
        "price": None,
        "price_minus": None,
        "price_edges": [],
        "past": None,
        "past_shares": [],
    }
    return CallChain.model_validate({**known, **fields})


def record(*lengths: int, period_h: float = 1.0, share: float = 1.0) -> dict[str, object]:
    """Calls of so many periods, from midnight."""
    shares = [[share] * length for length in lengths]
    return {"period_h": period_h, "shares_per_unit": shares, "starts_h": [0.0] * len(lengths)}


def test_the_variance_of_the_factor_of_days_by_hand() -> None:
    """Two days of 24 h, four calls of an hour on the first (2:00, 6:00, 10:00, 14:00) and none on the second. Pairs
    from idle: on the first day 23 pairs less the four from called ones, 19; on the second 24: four of 43 begin a call.

    E_d = 4 * 19 / 43 and 4 * 24 / 43; sum (N - E)^2 = 2 (96 / 43)^2; of chance 4 * 39 / 43;
    v = (9.9686 - 3.6279) / (3.1239 + 4.9843) = 0.7820.
    """
    hours = np.zeros(48)
    hours[[2, 6, 10, 14]] = 10.0
    part = fitted(past(hours), day_effect=True)
    assert part.day_variance == pytest.approx(0.7820, abs=1e-4)
    assert fitted(past(hours)).day_variance == 0.0


def test_busy_days_keep_the_mean_and_widen_the_counts() -> None:
    """Calls of an hour, begun with a chance of 2 % an idle hour: of 2,000 days the mean number is the same with a
    factor of variance 1 (three deviations of the difference: 0.07); the variance of independent beginnings is about
    the mean, 0.46, and the factor adds about the square of the mean.
    """
    counts = {}
    for variance in (0.0, 1.0):
        part = chain(0.02, 1.0, 0.02, day_variance=variance, past=record(1))
        days = 2000
        drawn = part.draw(np.random.default_rng(3), context("2022-01-01", 24 * days), {})[SERIES]
        counts[variance] = np.add.reduceat(drawn, np.arange(0, 24 * days, 24))
    assert counts[1.0].mean() == pytest.approx(counts[0.0].mean(), abs=0.07)
    assert counts[0.0].var() == pytest.approx(0.46, abs=0.06)
    assert counts[1.0].var() == pytest.approx(0.46 + 0.46**2, abs=0.12)


def test_rates_by_counting() -> None:
    """0 0 1 1 0 0 0 1 0 0 above 5 MW. Pairs from idle: 0-0, 0-1, 0-0, 0-0, 0-1, 0-0: two of six begin a call. Pairs
    from called: 1-1, 1-0, 1-0: two of three end one, so that a call lasts 1.5 h. Called: three of ten hours.
    """
    part = fitted(past([0, 3, 10, 20, 0, 0, 5, 10, 0, 0]), threshold=5, offered=40, severity="past", length="past")
    assert part.rates[0][0] == pytest.approx(-24.0 * math.log(1.0 - 2.0 / 6.0))
    assert part.mean_length_h == pytest.approx(1.5)
    assert part.called_per_unit == pytest.approx([0.3])
    # calls of two hours with 10 and 20 of 40 MW, and of one hour with 10 of 40 MW, from 2:00 and 7:00
    assert part.past is not None
    assert part.past.shares_per_unit == [[0.25, 0.5], [0.25]]
    assert part.past.starts_h == [2.0, 7.0]
    apart = fitted(past([0, 3, 10, 20, 0, 0, 5, 10, 0, 0]), threshold=5, offered=40, severity="past")
    assert apart.past is None
    assert apart.past_shares == pytest.approx([0.375, 0.25])


def test_rates_by_hour_and_price() -> None:
    """Ten days called from 12:00 to 14:00 on the five dear ones: of the twelve periods from 12:00 of a dear day those
    from 13:00 and 14:00 follow a called one. In one of the other ten a call begins.
    """
    hours, dear = np.tile(np.arange(24), 10), np.repeat([True, False] * 5, 24)
    called = np.where(dear & (hours >= 12) & (hours < 14), 7.0, 0.0)
    history = past(called, **{PRICE: np.where(dear, 90.0, 30.0)})
    part = fitted(history, class_h=12, price=PRICE, price_levels=2)
    assert part.rates == [[0.0, 0.0], [0.0, pytest.approx(-24.0 * math.log(1.0 - 0.1))]]
    assert part.price_edges == [60.0]
    assert part.called_per_unit == pytest.approx([0.0, 10.0 / 120.0])
    assert part.mean_length_h == 2.0


def test_rates_by_class_of_the_day() -> None:
    """Two weeks from Monday 2021-01-04, called from 10:00 to 11:00 on Saturdays: one in 23 pairs of them begins a call
    (the one from 11:00 is not idle before), no pair of other days.
    """
    days = np.repeat(np.arange(14), 24)
    called = np.where(np.isin(days, [5, 12]) & (np.tile(np.arange(24), 14) == 10), 9.0, 0.0)
    part = fitted(past(called), match=["day_type"])
    assert part.classes.days == ["saturday", "sunday_or_holiday", "working_day"]
    assert [row[0] for row in part.rates] == pytest.approx([-24.0 * math.log(22.0 / 23.0), 0.0, 0.0])
    assert part.draw(np.random.default_rng(1), context("2022-01-12", 24), {})[SERIES].sum() == 0.0
    seasons = fitted(past(called), match=["season"])
    with pytest.raises(UsageError, match="no day that is summer; it has winter"):
        seasons.draw(np.random.default_rng(1), context("2022-07-13", 24), {})


def test_a_gap_is_no_pair() -> None:
    """1 0 ? 1 0: the call after the gap is not seen to begin, and none begins; two of two end."""
    part = fitted(past([4.0, 0.0, np.nan, 4.0, 0.0, 0.0]))
    assert part.rates == [[0.0]]
    assert part.mean_length_h == 1.0
    with pytest.raises(UsageError, match="no call that begins and ends in the past"):
        fitted(past([4.0, 0.0, np.nan, 4.0, 0.0, 0.0]), length="past")


def test_a_drawn_chain_is_fitted_again() -> None:
    """20,000 hours with chances of 0.05 and 0.4: within four deviations, sqrt(0.05 0.95 / 17,800) = 0.0016 and
    sqrt(0.4 0.6 / 2,200) = 0.010.
    """
    drawn = chain(0.05, 0.4, 0.1).draw(np.random.default_rng(5), context("2021-01-01", 20_000), {})[SERIES]
    again = fitted(past(drawn))
    assert -math.expm1(-again.rates[0][0] / 24.0) == pytest.approx(0.05, abs=0.0066)
    assert 1.0 / again.mean_length_h == pytest.approx(0.4, abs=0.042)
    # stationary share called 0.05 / 0.45; its deviation with a correlation of 0.55: 0.0022 * sqrt(1.55 / 0.45)
    assert drawn.mean() == pytest.approx(0.05 / 0.45, abs=0.018)


@pytest.mark.parametrize("length", ["geometric", "past"])
def test_the_day_begins_as_likely_called_as_any_other(length: str) -> None:
    """In 4,000 days of ten hours every hour is called one time in nine, give or take 4 sqrt(0.1 / 4,000) = 0.02."""
    lengths = record(1, 1, 2, 6) if length == "past" else None
    # a mean length of 2.5 h, p01 = 0.05: idle hours last 20 h on the mean
    part = chain(0.05, 0.4, 2.5 / 22.5, past=lengths)
    day = context("2022-01-12", 10)
    called = np.array([part.draw(np.random.default_rng(k), day, {})[SERIES] for k in range(4000)])
    assert called.mean(axis=0) == pytest.approx(np.full(10, 1.0 / 9.0), abs=0.02)


def test_calls_always_and_never() -> None:
    assert chain(0.0, 1.0, 0.0).draw(np.random.default_rng(1), context("2022-01-12", 24), {})[SERIES].sum() == 0.0
    always = chain(0.5, 1e-9, 1.0).draw(np.random.default_rng(1), context("2022-01-12", 24), {})[SERIES]
    assert always.tolist() == [1.0] * 24


def test_a_call_of_the_past_fills_its_share_of_longer_periods() -> None:
    """Calls of 1.5 h at half of the power, always begun: a quarter of three hours, the whole of three half hours."""
    part = chain(1.0 - 1e-12, 1.0, 0.0, past=record(3, period_h=0.5, share=0.5))
    longer = part.draw(np.random.default_rng(1), context("2022-01-12", 4, 3.0), {})[SERIES]
    assert longer.tolist() == [0.0, 0.25, 0.0, 0.25]
    shorter = part.draw(np.random.default_rng(1), context("2022-01-12", 8, 0.5), {})[SERIES]
    assert shorter.tolist() == [0.0, 0.5, 0.5, 0.5, 0.0, 0.5, 0.5, 0.5]


def test_calls_are_those_that_began_at_the_hour() -> None:
    """Of calls from 6:00, 0.1 and 0.2, and from 18:00, 0.9: those from 6:00 begin before noon, the other after it.

    At 6:00 one of the two periods of the first is under way, at 18:00 the only one of the second.
    """
    calls = {"period_h": 1.0, "shares_per_unit": [[0.1, 0.2], [0.9]], "starts_h": [6.0, 18.0]}
    halves = {"class_h": 12.0, "match": [], "country": "FR", "days": [""]}
    part = chain(1.0 - 1e-12, 1.0, 0.0, rates=[[1e6], [1e6]], called_per_unit=[0.0, 1.0], classes=halves, past=calls)
    morning = part.draw(np.random.default_rng(1), context("2022-01-12T05:00", 6), {})[SERIES]
    assert morning == pytest.approx([0.0, 0.1, 0.2, 0.0, 0.1, 0.2])
    evening = part.draw(np.random.default_rng(1), context("2022-01-12T17:00", 4), {})[SERIES]
    assert evening.tolist() == [0.9, 0.0, 0.9, 0.0]
    late = chain(0.0, 1.0, 0.0, rates=[[0.0], [0.0]], called_per_unit=[1.0, 1.0], classes=halves, past=calls)
    firsts = {
        tuple(late.draw(np.random.default_rng(seed), context("2022-01-12T07:00", 3), {})[SERIES].round(9).tolist())
        for seed in range(30)
    }
    assert firsts == {(0.1, 0.2, 0.0), (0.2, 0.0, 0.0)}


def test_calls_follow_the_price() -> None:
    part = chain(0.0, 1.0, 0.0, rates=[[0.0, 1e6]], price=PRICE, price_minus="base", price_edges=[60.0])
    known = {PRICE: np.array([90.0, 100.0, 90.0, 90.0, 100.0, 90.0]), "base": np.full(6, 35.0)}
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12", 6), known)[SERIES]
    assert drawn.tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize("length", ["geometric", "past"])
def test_limits_of_products_are_kept(length: str) -> None:
    lengths = record(1, 2, 7) if length == "past" else None
    part = chain(0.3, 0.2, 0.5, past=lengths)
    limits = CallLimits(calls_max_per_day=2, call_maximum_h=3.0, call_minimum_h=2.0, rest_minimum_h=4.0)
    plain = context("2022-01-12", 72)
    held = DrawContext(plain.time, plain.period_h, {SERIES: limits})
    free = broken = 0
    for seed in range(200):
        assert breaches(part.draw(np.random.default_rng(seed), held, {})[SERIES], limits, held) == []
        calls = part.draw(np.random.default_rng(seed), plain, {})[SERIES]
        broken += bool(breaches(calls, limits, plain))
        free += len(find_calls(calls, 1.0))
    assert broken > 150
    assert free > 200


@pytest.mark.parametrize("length", ["geometric", "past"])
def test_a_rare_call_is_weighted_right(length: str) -> None:
    """A call on a day of 24 hours with a chance of 0.001 an hour and 0.002 at the start: 1 - 0.998 0.999^23 = 0.02468.

    Plain draws of 2,000 days have a deviation of sqrt(0.0247 0.975 / 2,000) = 0.00347. With odds forty times as large
    two days in three have one. Held against the closed form within four of their own deviations, which must be less
    than half as large; and so must the weights, of mean 1.
    """
    lengths = record(2) if length == "past" else None
    true = 1.0 - 0.998 * 0.999**23
    day, count = context("2022-01-12", 24), 2000
    part = chain(0.001, 0.5, 0.002, past=lengths, tilt=40.0)
    drawn = [part.draw(np.random.default_rng([k, 7]), day, {}) for k in range(count)]
    weights = np.exp([one[LOG_WEIGHT].sum() for one in drawn])
    estimates = weights * np.array([one[SERIES].max() > 0 for one in drawn])
    deviation = estimates.std() / math.sqrt(count)
    assert estimates.mean() == pytest.approx(true, abs=4.0 * deviation)
    assert deviation < 0.5 * math.sqrt(true * (1.0 - true) / count)
    assert weights.mean() == pytest.approx(1.0, abs=4.0 * weights.std() / math.sqrt(count))
    assert 0.5 < (estimates > 0).mean() < 0.8


def test_without_a_tilt_nothing_is_weighted() -> None:
    assert set(chain(0.1, 0.5, 0.1).draw(np.random.default_rng(1), context("2022-01-12", 24), {})) == {SERIES}


@pytest.mark.parametrize(("running_h", "hours"), [(1.0, 2), (0.5, 2), (3.0, 0)])
def test_a_call_under_way_goes_on_for_what_is_left_of_its_length(running_h: float, hours: int) -> None:
    """Past calls last 3 h and none begins: one that has run 1 h has two left, one that has run 3 h none."""
    part = chain(0.0, 1.0, 0.5, past=record(3, 3))
    limits = CallLimits(before=CallHistory(running_h=running_h, calls_today=1, calls=1))
    drawn = part.draw(np.random.default_rng(0), replace(context("2021-02-01", 6), call_limits={SERIES: limits}), {})[
        SERIES
    ]
    assert drawn.tolist() == [1.0] * hours + [0.0] * (6 - hours)


def test_no_call_is_under_way_where_the_instance_says_so() -> None:
    """Always called at the start in the past; told that no call is under way, and none begins: none is drawn."""
    part, day = chain(0.0, 0.5, 0.999), context("2021-02-01", 6)
    assert part.draw(np.random.default_rng(0), day, {})[SERIES][0] == 1.0
    told = replace(day, call_limits={SERIES: CallLimits(before=CallHistory(since_last_h=5.0))})
    assert part.draw(np.random.default_rng(0), told, {})[SERIES].tolist() == [0.0] * 6
