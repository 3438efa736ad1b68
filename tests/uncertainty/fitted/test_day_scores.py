"""Scores of draws of days, by which evidence on activations is judged: by hand, by scipy, and by the shipped score."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.day_scores import Distance, Paired, Sample, energy_scores, paired_by_day, paired_distance
from scipy.stats import wasserstein_distance

from mes_stoch.uncertainty.fitted.diagnosis import energy_score


def test_energy_scores_are_those_of_prices() -> None:
    """Day by day as :func:`energy_score`, which fitted prices are held against."""
    generator = np.random.default_rng(1)
    draws, observed = generator.standard_normal((6, 4, 5)), generator.standard_normal((4, 5))
    alone = [energy_score(draws[:, day], observed[day]) for day in range(4)]
    assert energy_scores(draws, observed) == pytest.approx(alone, rel=1e-12)


def test_the_error_of_a_difference_is_that_of_blocks() -> None:
    """Seven days of a difference of 1 and seven of 3: two blocks of deviation sqrt(2) about 2, error sqrt(2 / 2)."""
    paired = paired_by_day(np.repeat([1.0, 3.0], 7), np.zeros(14))
    assert (paired.own, paired.baseline, paired.error) == pytest.approx((2.0, 0.0, 1.0))
    # fourteen days on their own would have sqrt(14 / 13) / sqrt(14) = 0.28
    assert Paired(2.0, 0.0, 1.0).verdict == "equal"
    assert Paired(2.1, 0.0, 1.0).verdict == "worse"


def test_the_distance_counts_days_as_often_as_it_is_told() -> None:
    """Against scipy, with the weights of the days of each value."""
    generator = np.random.default_rng(2)
    one = Sample(generator.random(30).round(1), np.repeat(np.arange(3), 10))
    other = Sample(generator.random(24).round(1), np.tile(np.arange(3), 8))
    weights = np.array([2.0, 0.0, 1.0])
    expected = wasserstein_distance(one.values, other.values, weights[one.day], weights[other.day])
    assert Distance(one, other).at(weights) == pytest.approx(expected, rel=1e-12)


def test_a_difference_that_all_days_share_has_no_error() -> None:
    """Days of 0 and 1, drawn 0.1 and 0.3 too high: distances of 0.1 and 0.3 whatever days are taken."""
    days = np.arange(8)
    values = (days % 2).astype(float)
    samples = [Sample(values + shift, days) for shift in (0.0, 0.1, 0.3)]
    weights = [np.array([1.0, 2.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]), np.ones(8)]
    found = paired_distance(*samples, weights)
    assert (found.own, found.baseline) == pytest.approx((0.1, 0.3))
    assert found.error == pytest.approx(0.0, abs=1e-12)
    assert found.verdict == "better"
