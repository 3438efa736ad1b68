"""Rare calls drawn likelier than they are: right on the mean, and surer than plain draws."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from uncertainty.uncertainty_support import Loaded, synthetic

from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.call_draws import admit_calls, markov_calls
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.call_tilt import CallTilt
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.tree import build_tree

SERIES = "mfrr_activation_up_per_unit"
HOURS = 24


def context_of(factor: float | None, periods: int = HOURS) -> DrawContext:
    time = pd.date_range("2025-01-15", periods=periods, freq="h", tz="Europe/Paris")
    return DrawContext(time, 1.0, tilt=None if factor is None else CallTilt({SERIES: factor}))


def tilted(loaded: Loaded, **factors: float) -> Loaded:
    uncertainty = loaded.instance.uncertainty.model_copy(update={"tilted_calls": factors})
    return replace(loaded, instance=loaded.instance.model_copy(update={"uncertainty": uncertainty}))


def weighted_mean(tree: ScenarioTree, values: np.ndarray) -> float:
    return float(tree.probabilities @ values)


@pytest.mark.parametrize(
    "limits",
    [
        CallLimits(),
        CallLimits(calls_max=1),
        CallLimits(rest_minimum_h=2.0),
        CallLimits(call_minimum_h=2.0, calls_max=2),
    ],
)
def test_over_all_courses_the_ratio_restores_the_likelihood(limits: CallLimits) -> None:
    """Of 6 hours all 64 patterns of starts: sum of q(pattern) L g = sum of p(pattern) g, for any g, to rounding."""
    plain = np.array([0.02, 0.3, 0.05, 0.0, 0.1, 1.0])
    lengths = np.array([1, 2, 1, 1, 3, 1])
    cost = np.array([3.0, -1.0, 7.0, 2.0, 5.0, 11.0])
    under_plain, under_drawn, of_ratio = 0.0, 0.0, 0.0
    for pattern in itertools.product([False, True], repeat=6):
        starts = np.array(pattern)
        context = context_of(8.0, 6)
        assert context.tilt is not None
        chances = context.tilt.of(SERIES, plain)
        assert chances is not None
        p = float(np.where(starts, plain, 1 - plain).prod())
        q = float(np.where(starts, chances.drawn, 1 - chances.drawn).prod())
        if q == 0.0:
            continue
        called = admit_calls(starts, lengths, context, limits, tilted=chances)
        np.testing.assert_array_equal(called, admit_calls(starts, lengths, context, limits))
        ratio = math.exp(context.tilt.take()[SERIES])
        worth = math.exp(-float(cost @ called) / 10)
        under_plain += p * worth
        under_drawn += q * ratio * worth
        of_ratio += q * ratio
    assert under_drawn == pytest.approx(under_plain, rel=1e-12)
    assert of_ratio == pytest.approx(1.0, rel=1e-12)


def drawn_calls(factor: float | None, count: int, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """Calls of an hour, once a day at most, and likelihood ratios."""
    called, ratios = [], []
    for number in range(count):
        context = context_of(factor)
        generator = np.random.default_rng([number, 5])
        called.append(markov_calls(generator, context, CallLimits(calls_max=1), rate, 1.0, SERIES))
        ratios.append(1.0 if context.tilt is None else math.exp(context.tilt.take()[SERIES]))
    return np.array(called), np.array(ratios)


def test_a_rare_call_by_its_closed_form() -> None:
    """Chance p = 1 - exp(-rate / 24) an hour, once a day: P(any) = 1 - (1 - p)^24 = 1 - exp(-rate).

    A call at hour t costs c[t]: the expected cost is the sum of (1 - p)^t p c[t]. At 0.01 calls a day plain draws have
    the variance P (1 - P) = 0.0099; tilted by 100, that of L 1{call} is below a tenth of it.
    """
    rate, count = 0.01, 3000
    p = -math.expm1(-rate / HOURS)
    any_call = -math.expm1(-rate)
    cost = 100.0 + 10.0 * np.arange(HOURS)
    expected_cost = float(((1 - p) ** np.arange(HOURS) * p) @ cost)
    called, ratios = drawn_calls(100.0, count, rate)
    for values, truth in ((called.any(axis=1).astype(float), any_call), (called @ cost, expected_cost)):
        terms = ratios * values
        error = float(np.std(terms, ddof=1)) / math.sqrt(count)
        assert abs(terms.mean() - truth) < 3.5 * error
        assert error < 0.05 * truth
    is_called = ratios * called.any(axis=1)
    assert np.var(is_called, ddof=1) < any_call * (1 - any_call) / 10
    plain, ones = drawn_calls(None, count, rate)
    assert np.var(is_called, ddof=1) < np.var(plain.any(axis=1), ddof=1) / 10
    assert (ones == 1.0).all()


def test_a_factor_of_one_draws_what_is_drawn_without() -> None:
    plain, _ = drawn_calls(None, 50, 2.0)
    same, ratios = drawn_calls(1.0, 50, 2.0)
    np.testing.assert_array_equal(plain, same)
    np.testing.assert_allclose(ratios, 1.0, rtol=1e-12)


def test_a_tree_is_weighted_and_says_so() -> None:
    """Calls are more often in the draw, as rare as they are under the weights; other series stay as drawn."""
    loaded = synthetic(mfrr_calls_per_day=0.05, call_system_sensitivity_per_unit=0.0)
    count = 300
    plain, heavy = build_tree(loaded, count), build_tree(tilted(loaded, **{SERIES: 20.0}), count)
    for name in plain.series_names:
        if name != SERIES:
            np.testing.assert_array_equal(plain.dataset[name].values, heavy.dataset[name].values)
    is_called = heavy.dataset[SERIES].values.any(axis=1)
    assert is_called.mean() > 0.4
    # 96 quarter-hours with 0.05 / 96 each: 1 - (1 - 0.05 / 96)^96 = 0.0488
    truth = 1 - (1 - 0.05 / 96) ** 96
    assert truth == pytest.approx(0.0488, abs=1e-4)
    assert weighted_mean(heavy, is_called) == pytest.approx(truth, rel=0.15)
    about = heavy.dataset.attrs
    # the estimate that is right on the mean for every number of scenarios
    raw = heavy.probabilities * count * about["likelihood_ratio_mean"]
    assert float((raw * is_called).mean()) == pytest.approx(truth, rel=0.15)
    assert about["likelihood_ratio_mean"] == pytest.approx(1.0, abs=0.15)
    assert about["effective_scenarios"] == pytest.approx(1 / (heavy.probabilities**2).sum())
    assert about["effective_scenarios"] < count
    assert about["tilted_calls"] == f"{SERIES} x 20"
    assert heavy.probabilities.sum() == pytest.approx(1.0)
    assert not heavy.is_sample
    assert build_tree(tilted(loaded, **{SERIES: 20.0}), 3, plain=True).is_sample


def test_a_scenario_is_the_same_however_many_are_drawn() -> None:
    loaded = tilted(synthetic(), **{SERIES: 5.0})
    few, many = build_tree(loaded, 3), build_tree(loaded, 6)
    np.testing.assert_array_equal(few.dataset[SERIES].values, many.dataset[SERIES].values[:3])
    np.testing.assert_allclose(
        few.probabilities / few.probabilities[0], many.probabilities[:3] / many.probabilities[0], rtol=1e-12
    )


def test_what_cannot_be_tilted_is_told() -> None:
    with pytest.raises(InstanceError, match=r"uncertainty\.tilted_calls\.da_price_eur_per_mwh"):
        build_tree(tilted(synthetic(), da_price_eur_per_mwh=5.0), 2)
