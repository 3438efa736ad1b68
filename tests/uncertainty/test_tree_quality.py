"""Statistics and distances of scenarios, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mes_stoch.rules.time_axis import PERIOD_LENGTH
from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.tree_quality.courses import Courses, courses_of_past
from mes_stoch.uncertainty.tree_quality.distances import series_distances, transport_distance
from mes_stoch.uncertainty.tree_quality.report import quality_of
from mes_stoch.uncertainty.tree_quality.statistics import correlations, statistics

PRICE, CALLED = "da_price_eur_per_mwh", "mfrr_activation_up_per_unit"


def courses(values: list[list[float]], weights: list[float], name: str = "tree", series: str = PRICE) -> Courses:
    """One series by hour."""
    periods = len(values[0])
    called = frozenset({CALLED} & {series})
    return Courses(name, (series,), np.array(values)[:, :, None], np.array(weights), np.ones(periods), called)


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
    table = correlations(Courses("tree", ("a", "b", "c"), values, np.array([0.5, 0.5]), np.ones(1)))
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


def a_tree(start: str, periods: int, period_h: float, first_period_h: float | None = None) -> ScenarioTree:
    """Times alone."""
    begin = pd.Timestamp(start, tz="Europe/Paris")
    lengths = np.full(periods, period_h)
    lengths[0] = first_period_h or period_h
    time = (begin + pd.to_timedelta(np.concatenate([[0.0], np.cumsum(lengths)[:-1]]), unit="h")).tz_convert("UTC")
    dataset = xr.Dataset(coords={"time": time.tz_localize(None), PERIOD_LENGTH: ("time", lengths)})
    return ScenarioTree(dataset.assign_attrs(timezone="Europe/Paris", period_h=period_h))


def past(days: int) -> History:
    """Hours counted from midnight of 4 January 2021."""
    time = pd.date_range("2021-01-04", periods=24 * days, freq="h", tz="Europe/Paris")
    return History(pd.DataFrame({PRICE: np.arange(24.0 * days)}, index=time), "FR")


def test_past_days_come_in_the_periods_of_the_horizon() -> None:
    """Two days of hours, the first without a number at noon: one day of half-hours is left."""
    history = past(2)
    history.frame.iloc[12, 0] = np.nan
    found = courses_of_past(history, a_tree("2022-01-04", 48, 0.5), "past", [PRICE])
    assert found.values[:, :, 0].tolist() == [np.repeat(np.arange(24.0, 48.0), 2).tolist()]
    with pytest.raises(UsageError, match="a horizon of a day at most, and this one has 48 h"):
        courses_of_past(history, a_tree("2022-01-04", 48, 1.0), "past", [PRICE])


def test_past_days_begin_at_the_clock_time_of_the_horizon() -> None:
    """From 10:20, 40 minutes and the hours to 10 o'clock of the next day: two spans of three days, from hours 10 on."""
    found = courses_of_past(past(3), a_tree("2022-01-04T10:20", 24, 1.0, 2.0 / 3.0), "past", [PRICE])
    assert np.allclose(found.values[:, :, 0], [np.arange(10.0, 34.0), np.arange(34.0, 58.0)])


def test_a_clock_change_leaves_a_span_out() -> None:
    """On 28 March 2021 the clock is put forward: of three days from the 27th the first and the third are whole."""
    time = pd.date_range("2021-03-27", "2021-03-29 23:00", freq="h", tz="Europe/Paris")
    history = History(pd.DataFrame({PRICE: np.asarray(time.day, dtype=float)}, index=time), "FR")
    found = courses_of_past(history, a_tree("2022-01-04", 24, 1.0), "past", [PRICE])
    assert found.values[:, 0, 0].tolist() == [27.0, 29.0]


def test_a_shorter_first_period_counts_by_its_length() -> None:
    """A period of half an hour called in one case and an hour in the other, of a day of 23.5 h: means (0.5 + 1) / 2 of
    23.5 h; a call in each case; 0.75 h a call."""
    values = np.zeros((2, 24, 1))
    values[0, 0] = values[1, 1] = 1.0
    lengths = np.append(0.5, np.ones(23))
    given = Courses("tree", (CALLED,), values, np.array([0.5, 0.5]), lengths, frozenset({CALLED}))
    found = statistics(given).loc[CALLED]
    assert found["mean"] == pytest.approx(0.75 / 23.5)
    assert found["calls_per_day"] == pytest.approx(24.0 / 23.5)
    assert found["call_h"] == pytest.approx(0.75)


def test_periods_of_two_hours_have_no_correlation_at_an_hour() -> None:
    given = Courses("tree", (PRICE,), np.eye(3)[:, :, None], np.full(3, 1 / 3), np.full(3, 2.0))
    assert np.isnan(statistics(given).loc[PRICE, "lag_1_h"])


def test_other_periods_are_told() -> None:
    source = courses([[0.0], [2.0]], [0.5, 0.5], "sample")
    with pytest.raises(UsageError, match=r"tree has 2 periods, and sample has 1$"):
        quality_of(courses([[0.0, 1.0]], [1.0]), source)
