"""Stretches of the past: joined where they agree, by the clock, and shares that keep their limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.signed_ratio import SignedRatio, SignedRatioOptions
from mes_stoch.uncertainty.fitted.past_stretches import PastStretches

UP, DOWN = "afrr_activation_up_per_unit", "afrr_activation_down_per_unit"


def numbered(days: int, first: str = "2021-01-04") -> tuple[History, np.ndarray]:
    """Hours numbered from 0 on."""
    time = pd.date_range(first, periods=24 * days, freq="h", tz=ZONE)
    values = np.arange(24.0 * days)
    return History(pd.DataFrame({"number": values}, index=time), "FR"), values


def stretches(days: int, mean_h: float, *match: str) -> PastStretches:
    history, values = numbered(days)
    return PastStretches.fit(history, [values], list(match), mean_h)  # type: ignore[arg-type]


def test_without_an_end_the_past_goes_on_to_its_last_day() -> None:
    """A stretch of a million hours from any hour 6: each period is the one after it; 20 hours after the last hour of
    the last day it must have begun anew, at midnight.
    """
    part = stretches(4, 1e6)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12T06:00", 4 * 24))[0]
    steps = np.diff(drawn)
    assert drawn[0] % 24 == 6
    assert set(np.flatnonzero(steps != 1.0) + 6 + 1) <= {24, 48, 72, 96}
    assert (drawn.astype(int) % 24).tolist() == [(6 + hour) % 24 for hour in range(96)]
    assert (steps != 1.0).any()


def test_a_stretch_ends_with_the_chance_of_its_length() -> None:
    """Mean length 8 h: each hour one of eight stretches ends. Of ``K = ceil(sqrt(n))`` of ``n = 200`` days, 15, the
    nearest is the day that the stretch is on, with the chance ``1 / sum_{i <= 15} 1 / i = 0.3014``: so 0.125 * 0.6986
    = 0.0873 of the hours change the day (four deviations: 0.012; fewer than 0.001 by the end of the past).
    """
    drawn = stretches(200, 8.0).draw(np.random.default_rng(2), context("2022-01-12", 24 * 360))[0]
    assert np.mean(np.diff(drawn) != 1.0) == pytest.approx(0.0873, abs=0.013)


def test_it_is_joined_to_a_day_that_was_alike() -> None:
    """Days at a level of 1 or -1 in turn, and stretches of 3 h: of 80 days nine nearest are taken, all of the same
    level, so that no draw of a day ever changes it; without matching levels every other join would.
    """
    level = np.repeat(np.tile([1.0, -1.0], 40), 24)
    history = History(numbered(80)[0].frame.assign(level=level), "FR")
    part = PastStretches.fit(history, [level], [], 3.0)
    for seed in range(20):
        drawn = part.draw(np.random.default_rng(seed), context("2022-01-12", 24))[0]
        assert len(set(np.round(drawn))) == 1


def test_days_match_and_what_is_missing_is_told() -> None:
    """From 4 January on, a month of winter: Saturdays begin on Saturdays only; a day of July has no past."""
    part = stretches(28, 1e6, "day_type")
    for seed in range(10):
        drawn = part.draw(np.random.default_rng(seed), context("2022-01-15", 24))[0]
        assert (drawn[0] // 24) % 7 == 5
    with pytest.raises(UsageError, match="no whole day that is summer"):
        stretches(28, 24.0, "season").draw(np.random.default_rng(0), context("2022-07-15", 24))
    history, values = numbered(2)
    with pytest.raises(UsageError, match="whole days"):
        PastStretches.fit(history, [np.where(values % 24 == 3, np.nan, values)], [], 24.0)


def test_a_clock_change_keeps_the_hours() -> None:
    """27 March 2022 has no hour 2, 30 October 2022 two: hours of the past follow the clock."""
    part = stretches(30, 1e6)
    spring = part.draw(np.random.default_rng(1), context("2022-03-27", 23))[0] % 24
    autumn = part.draw(np.random.default_rng(1), context("2022-10-30", 25))[0] % 24
    assert spring.tolist() == [0, 1, *range(3, 24)]
    assert autumn.tolist() == [0, 1, 2, 2, *range(3, 24)]


def test_an_hour_that_comes_twice_is_of_the_same_past_day() -> None:
    """Quarter-hours of 30 October 2022: four of them come again, and the stretch stays in its day."""
    time = pd.date_range("2021-01-04", periods=96 * 30, freq="15min", tz=ZONE)
    values = np.arange(96.0 * 30)
    history = History(pd.DataFrame({"number": values}, index=time), "FR")
    part = PastStretches.fit(history, [values], [], 1e6)
    drawn = part.draw(np.random.default_rng(1), context("2022-10-30", 100, 0.25))[0]
    assert len(set(drawn // 96)) == 1
    assert (drawn % 96).tolist() == [*range(12), *range(8, 12), *range(12, 96)]


def past_ratio(days: int = 60) -> History:
    """Up and down at once in a third of the quarter-hours, from a noise that lasts."""
    generator = np.random.default_rng(3)
    noise = np.repeat(generator.standard_normal((2, days * 24)), 4, axis=1)
    up, down = np.clip(0.4 * noise[0], 0.0, 0.5), np.clip(0.4 * noise[1], 0.0, 0.5)
    time = pd.date_range("2021-01-04", periods=days * 96, freq="15min", tz=ZONE)
    return History(pd.DataFrame({"up_mw": up, "down_mw": down}, index=time), "FR")


def test_a_ratio_of_the_past_is_drawn_as_it_was() -> None:
    """Stretches without an end, one class: shares of a day are those of one past day, both ways included, up to the
    grid of scores; the same seed draws the same, another another.
    """
    history = past_ratio()
    options = {"up": "up_mw", "down": "down_mw", "up_offered": 1, "down_offered": 1, "class_h": 24}
    part = SignedRatio.fit(history, SignedRatioOptions.model_validate({**options, "memory": "past", "stretch_h": 1e6}))
    days = np.stack([history.values(name).reshape(-1, 96) for name in ("up_mw", "down_mw")], axis=2)
    draws = []
    for seed in (1, 1, 2):
        drawn = part.draw(np.random.default_rng(seed), context("2022-01-12", 96, 0.25), {})
        both = np.stack([drawn[UP], drawn[DOWN]], axis=1)
        assert (both >= 0.0).all()
        assert (both.sum(axis=1) <= 1.0 + 1e-12).all()
        assert np.abs(days - both).max(axis=(1, 2)).min() < 0.02
        draws.append(both)
    assert (draws[0] == draws[1]).all()
    assert (draws[0] != draws[2]).any()
