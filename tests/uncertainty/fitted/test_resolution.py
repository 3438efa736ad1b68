"""Series of a horizon in the periods of the past, and back."""

from __future__ import annotations

import numpy as np
from fitted_support import context

from mes_stoch.uncertainty.fitted.resolution import native_context, to_native, to_periods


def test_an_hour_that_the_horizon_begins_in_has_the_mean_of_what_lies_inside() -> None:
    """Quarter-hours from 10:30 with 1, 2 | 3, 5, 5, 7 | 9: means 1.5 of the first half-hour, 20 / 4, and 9."""
    quarters = context("2022-01-14T10:30", 7, 0.25)
    hours = native_context(quarters, 1.0)
    assert [time.hour for time in hours.time] == [10, 11, 12]
    given = np.array([1.0, 2.0, 3.0, 5.0, 5.0, 7.0, 9.0])
    assert to_native(given, quarters, hours).tolist() == [1.5, 5.0, 9.0]
    # held the other way
    assert to_periods(np.array([1.5, 5.0, 9.0]), hours, quarters).tolist() == [1.5, 1.5, 5.0, 5.0, 5.0, 5.0, 9.0]


def test_longer_periods_are_held() -> None:
    """Two hours of 4 and 6, in half-hours."""
    hours = context("2022-01-14", 2)
    assert to_native(np.array([4.0, 6.0]), hours, native_context(hours, 0.5)).tolist() == [4.0, 4.0, 6.0, 6.0]


def test_the_same_periods_are_left_as_they_are() -> None:
    hours = context("2022-01-14", 2)
    given = np.array([4.0, 6.0])
    assert to_native(given, hours, native_context(hours, 1.0)) is given
