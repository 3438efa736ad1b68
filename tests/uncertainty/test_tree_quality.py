"""Statistics and distances of scenarios, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.tree_quality.courses import Courses, courses_of_past
from mes_stoch.uncertainty.tree_quality.distances import series_distances, transport_distance
from mes_stoch.uncertainty.tree_quality.report import quality_of
from mes_stoch.uncertainty.tree_quality.statistics import correlations, statistics

PRICE, CALLED = "da_price_eur_per_mwh", "mfrr_activation_up_per_unit"


def courses(values: list[list[float]], weights: list[float], name: str = "tree", series: str = PRICE) -> Courses:
    """One series by hour."""
    return Courses(name, (series,), np.array(values)[:, :, None], np.array(weights), 1.0)


def test_moments_and_quantiles_are_weighted() -> None:
    """Values 0, 0 (3/4) and 10, 10 (1/4): mean 2.5, variance 0.75 6.25 + 0.25 56.25 = 18.75; skewness
    (0.75 (-15.625) + 0.25 421.875) / 18.75^1.5 = 93.75 / 81.19 = 1.1547."""
    found = statistics(courses([[0.0, 0.0], [10.0, 10.0]], [0.75, 0.25])).loc[PRICE]
    assert found["mean"] == 2.5
    assert found["deviation"] == pytest.approx(18.75**0.5)
    assert found["skewness"] == pytest.approx(93.75 / 18.75**1.5)
    assert (found["q50"], found["q95"]) == (0.0, 10.0)
    assert found["zeros"] == 0.75


def test_a_course_that_stays_correlates_and_one_that_turns_does_not() -> None:
    """Over equally likely cases (1, 1), (-1, -1) the hours are one number; over (1, -1), (-1, 1) opposite ones."""
    assert statistics(courses([[1.0, 1.0], [-1.0, -1.0]], [0.5, 0.5])).loc[PRICE, "lag_1_h"] == pytest.approx(1.0)
    assert statistics(courses([[1.0, -1.0], [-1.0, 1.0]], [0.5, 0.5])).loc[PRICE, "lag_1_h"] == pytest.approx(-1.0)


def test_calls_are_counted_by_the_day() -> None:
    """Four hours are a sixth of a day. Case 1 (weight 1/4) has calls of 1 and 2 hours, case 2 none: 0.5 calls in four
    hours are 3 a day, of (1 + 2) / 2 hours."""
    found = statistics(courses([[1, 0, 1, 0.5], [0, 0, 0, 0]], [0.25, 0.75], series=CALLED)).loc[CALLED]
    assert found["calls_per_day"] == pytest.approx(3.0)
    assert found["call_h"] == pytest.approx(1.5)


def test_series_that_move_together_or_apart() -> None:
    values = np.array([[[1.0, 2.0, -3.0]], [[3.0, 6.0, -9.0]]])
    table = correlations(Courses("tree", ("a", "b", "c"), values, np.array([0.5, 0.5]), 1.0))
    assert np.allclose(table, [[1, 1, -1], [1, 1, -1], [-1, -1, 1]])


def test_distance_of_a_series_in_its_deviations() -> None:
    """Source 0 and 2 (deviation 1); the tree has 1 alone: every value is moved by 1."""
    source = courses([[0.0], [2.0]], [0.5, 0.5], "sample")
    assert series_distances(courses([[1.0]], [1.0]), source)[PRICE] == pytest.approx(1.0)
    assert series_distances(courses([[0.0], [2.0]], [0.5, 0.5]), source)[PRICE] == 0.0
    # weight 3/4 on 0: a quarter of the weight moves by 2
    assert series_distances(courses([[0.0], [2.0]], [0.75, 0.25]), source)[PRICE] == pytest.approx(0.5)


def test_distance_of_whole_courses() -> None:
    """The case at the mean is as far as the spread: 1. Courses (0, 2), (2, 0) have the values of (0, 0), (2, 2) in
    every hour, and are apart: each moves by |(0, 2) - (0, 0)|^2 = 4, of a spread of 2: sqrt(4 / 2)."""
    pytest.importorskip("ot", reason="POT is not installed (extra fit)")
    source = courses([[0.0, 0.0], [2.0, 2.0]], [0.5, 0.5], "sample")
    assert transport_distance(courses([[1.0, 1.0]], [1.0]), source) == pytest.approx(1.0)
    assert transport_distance(courses([[0.0, 2.0], [2.0, 0.0]], [0.5, 0.5]), source) == pytest.approx(2.0**0.5)
    assert transport_distance(source, source) == pytest.approx(0.0, abs=1e-9)


def test_past_days_come_in_the_periods_of_the_horizon() -> None:
    """Two days of hours, the first without a number at noon: one day of half-hours is left."""
    time = pd.date_range("2021-01-04", periods=48, freq="h", tz="Europe/Paris")
    frame = pd.DataFrame({PRICE: np.arange(48.0)}, index=time)
    frame.iloc[12, 0] = np.nan
    context = DrawContext(pd.date_range("2022-01-04", periods=48, freq="30min", tz="Europe/Paris"), 0.5)
    found = courses_of_past(History(frame, "FR"), context, "past", [PRICE])
    assert found.values[:, :, 0].tolist() == [np.repeat(np.arange(24.0, 48.0), 2).tolist()]
    with pytest.raises(UsageError, match="a horizon of one day, and this one has 12 h"):
        courses_of_past(History(frame, "FR"), DrawContext(context.time[:24], 0.5), "past", [PRICE])


def test_other_series_or_periods_are_told() -> None:
    source = courses([[0.0], [2.0]], [0.5, 0.5], "sample")
    with pytest.raises(UsageError, match="tree has 2 periods, and sample has 1 periods"):
        quality_of(courses([[0.0, 1.0]], [1.0]), source)
    with pytest.raises(UsageError, match=f"tree has no {PRICE}"):
        quality_of(courses([[0.0]], [1.0], series=CALLED), source)
