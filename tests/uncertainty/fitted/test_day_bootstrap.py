"""Whole days of the past, drawn by class."""

from __future__ import annotations

import numpy as np
import pytest
from fitted_support import PRICE, context, numbered_days

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.parts.day_bootstrap import DayBootstrap, DayBootstrapOptions


def fitted(first: str = "2021-01-04", days: int = 14, **options: object) -> DayBootstrap:
    """Two weeks from a Monday."""
    return DayBootstrap.fit(
        numbered_days(first, days), DayBootstrapOptions.model_validate({"series": [PRICE], **options})
    )


def test_a_saturday_is_one_of_two_saturdays() -> None:
    """Days 5 and 12 of two weeks from Monday 2021-01-04 are its Saturdays: 500 and 1200, plus the hour."""
    part, day = fitted(), context("2022-01-15", 24)
    drawn = {float(part.draw(np.random.default_rng(seed), day, {})[PRICE][7]) for seed in range(20)}
    assert drawn == {507.0, 1207.0}


def test_working_days_are_equally_likely() -> None:
    """Ten working days: each 400 of 4,000 draws, give or take four deviations of sqrt(4000 0.1 0.9) = 19."""
    part, day = fitted(), context("2022-01-12", 24)
    draws = [int(part.draw(np.random.default_rng(seed), day, {})[PRICE][0]) // 100 for seed in range(4000)]
    counts = np.bincount(draws, minlength=14)
    assert counts[[5, 6, 12, 13]].sum() == 0
    assert np.abs(counts[[0, 1, 2, 3, 4, 7, 8, 9, 10, 11]] - 400).max() <= 76


def test_without_a_class_any_day_is_drawn() -> None:
    part, day = fitted(match=[]), context("2022-07-15", 24)
    draws = {int(part.draw(np.random.default_rng(seed), day, {})[PRICE][0]) // 100 for seed in range(300)}
    assert draws == set(range(14))


def test_quarter_hours_hold_the_hour_and_two_hours_its_mean() -> None:
    part = fitted(days=1)
    quarters = part.draw(np.random.default_rng(1), context("2022-01-12T10:30", 4, 0.25), {})[PRICE]
    assert quarters.tolist() == [10.0, 10.0, 11.0, 11.0]
    pairs = part.draw(np.random.default_rng(1), context("2022-01-12", 12, 2.0), {})[PRICE]
    assert pairs.tolist() == [0.5 + 2.0 * k for k in range(12)]


def test_the_clock_change_repeats_or_leaves_out_an_hour_of_the_donor() -> None:
    part = fitted(first="2021-01-05", days=1, match=[])
    spring = part.draw(np.random.default_rng(1), context("2022-03-27", 23), {})[PRICE]
    assert spring.tolist() == [float(hour) for hour in range(24) if hour != 2]
    autumn = part.draw(np.random.default_rng(1), context("2022-10-30", 25), {})[PRICE]
    assert autumn.tolist() == [float(hour) for hour in [0, 1, 2, 2, *range(3, 24)]]


def test_a_class_without_a_day_is_told() -> None:
    with pytest.raises(UsageError, match="no day of the past is of the class of 2022-07-13: summer, working_day"):
        fitted().draw(np.random.default_rng(1), context("2022-07-13", 24), {})


def test_days_with_a_gap_are_no_donors() -> None:
    history = numbered_days("2021-01-04", 3)
    history.frame.iloc[30, 0] = np.nan
    part = DayBootstrap.fit(history, DayBootstrapOptions(series=[PRICE]))
    assert [donor.day for donor in part.days] == ["2021-01-04", "2021-01-06"]
