"""A ratio called up or down: known parameters found again, shares that sum to at most one, exact draws where it can."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context
from pydantic import ValidationError
from scipy.signal import lfilter
from scipy.stats import norm

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.normal_scores import SCORE_GRID, NormalScores
from mes_stoch.uncertainty.fitted.parts.signed_ratio import SignedRatio, SignedRatioOptions
from mes_stoch.uncertainty.fitted.persistence import Memory

UP, DOWN = "afrr_activation_up_per_unit", "afrr_activation_down_per_unit"
SPREAD = "spread_eur_per_mwh"
NAMES: dict[str, object] = {"up": "up_mw", "down": "down_mw"}


def past(up: np.ndarray, down: np.ndarray, **others: np.ndarray) -> History:
    time = pd.date_range("2021-01-04", periods=len(up), freq="15min", tz=ZONE)
    return History(pd.DataFrame({"up_mw": up, "down_mw": down, **others}, index=time), "FR", ("invented",))


def normal_past(rho: float, correlation: float, periods: int = 30_000) -> History:
    """``r = z / 4`` of 400 MW a side with AR(1) scores (by a filter of scipy) that follow a spread of 10 EUR/MWh."""
    generator = np.random.default_rng(11)
    noise = generator.standard_normal((2, periods))
    driver, own = (lfilter([np.sqrt(1 - r**2)], [1.0, -r], e) for r, e in zip((0.5, rho), noise, strict=True))
    ratio = np.clip((correlation * driver + np.sqrt(1 - correlation**2) * own) / 4.0, -1.0, 1.0)
    return past(400.0 * np.maximum(ratio, 0.0), 400.0 * np.maximum(-ratio, 0.0), **{SPREAD: 10.0 * driver})


def fitted(history: History, **options: object) -> SignedRatio:
    return SignedRatio.fit(history, SignedRatioOptions.model_validate({**NAMES, **options}))


def test_known_parameters_are_found_again() -> None:
    """30,000 quarter-hours: rho 0.9 within four deviations of sqrt((1 - 0.81) / 30,000) = 0.0025, and quantiles of
    z / 4; the mean called share is E max(z, 0) / 4 = 0.0997.
    """
    part = fitted(normal_past(0.9, 0.0), up_offered=400, down_offered=400, class_h=24, components=1)
    assert part.persistence is not None
    assert part.persistence.autocorrelations == pytest.approx([0.9], abs=0.01)
    # the effective number of values is 30,000 (1 - 0.9) / (1 + 0.9) = 1,579: deviation of the median of r 0.0079
    assert part.ratios[0].values_at(norm.ppf(np.array([0.1, 0.5, 0.9]))) == pytest.approx(
        norm.ppf([0.1, 0.5, 0.9]) / 4.0, abs=0.04
    )
    drawn = part.draw(np.random.default_rng(1), context("2022-01-01", 40_000, 0.25), {})
    assert drawn[UP].mean() == pytest.approx(0.25 * norm.pdf(0.0), abs=0.02)


def test_a_correlation_with_a_spread_is_found_and_drawn_again() -> None:
    """0.6 of scores that follow an AR(1) of 0.5 and 0.9: four deviations are below 0.03."""
    history = normal_past(0.9, 0.6)
    part = fitted(history, up_offered=400, down_offered=400, class_h=24, components=1, driver={"series": SPREAD})
    assert part.driver is not None
    assert part.driver.correlation == pytest.approx(0.6, abs=0.03)
    assert part.persistence is not None
    assert part.persistence.autocorrelations == pytest.approx([0.9], abs=0.02)
    spread = history.values(SPREAD)[:20_000]
    drawn = part.draw(np.random.default_rng(1), context("2022-01-01", 20_000, 0.25), {SPREAD: spread})
    assert np.corrcoef(drawn[UP] - drawn[DOWN], spread)[0, 1] == pytest.approx(0.6, abs=0.04)


def test_two_speeds_are_found_again() -> None:
    """Half of the variance forgets at 0.5 a quarter-hour, half at 0.98."""
    noise = np.random.default_rng(2).standard_normal((2, 60_000))
    parts = [lfilter([np.sqrt(1 - r**2)], [1.0, -r], e) for r, e in zip((0.5, 0.98), noise, strict=True)]
    ratio = np.clip((parts[0] + parts[1]) / np.sqrt(2.0) / 4.0, -1.0, 1.0)
    part = fitted(past(np.maximum(ratio, 0.0), np.maximum(-ratio, 0.0)), up_offered=1, down_offered=1, class_h=24)
    assert part.persistence is not None
    assert part.persistence.autocorrelations == pytest.approx([0.5, 0.98], abs=0.06)
    assert part.persistence.shares == pytest.approx([0.5, 0.5], abs=0.06)


def test_memory_is_that_of_what_is_called() -> None:
    """The positive part of a normal value has the autocorrelation of its score rho

        ((sqrt(1 - rho^2) + rho (pi - arccos(rho))) / (2 pi) - 1 / (2 pi)) / (1 / 2 - 1 / (2 pi))

    (the arc-cosine kernel of order one). 40,000 values of an AR(1) of 0.8 have those of the formula within 0.02, and
    from them 0.8 is found.
    """
    rho, noise = 0.8, np.random.default_rng(5).standard_normal(40_000)
    scores = lfilter([np.sqrt(1 - rho**2)], [1.0, -rho], noise)
    follows = np.concatenate([[False], np.ones(39_999, dtype=bool)])
    part = np.maximum(scores, 0.0)
    kernel = (np.sqrt(1 - rho**2) + rho * (np.pi - np.arccos(rho))) / (2 * np.pi)
    expected = (kernel - 1 / (2 * np.pi)) / (0.5 - 1 / (2 * np.pi))
    assert np.corrcoef(part[:-1], part[1:])[0, 1] == pytest.approx(expected, abs=0.02)
    found = Memory.of_parts(scores, follows, NormalScores(values=SCORE_GRID.tolist()))
    assert found.known[:3] == pytest.approx([0.8, 0.64, 0.512], abs=0.03)


def test_one_direction_by_the_hour_is_drawn_exactly() -> None:
    """Half of 100 MW up in even hours, a quarter of 80 MW down in odd ones, whatever is drawn; an hour and a half
    from 10:00 is 0.5 2/3 of the time and 0.25 down 1/3 of it.
    """
    even = np.tile(np.repeat([True, False], 4), 12 * 14)
    part = fitted(past(np.where(even, 50.0, 0.0), np.where(even, 0.0, 20.0)), up_offered=100, down_offered=80)
    quarters = part.draw(np.random.default_rng(1), context("2022-01-12T10:00", 8, 0.25), {})
    assert quarters[UP].tolist() == [0.5] * 4 + [0.0] * 4
    assert quarters[DOWN].tolist() == [0.0] * 4 + [0.25] * 4
    longer = part.draw(np.random.default_rng(1), context("2022-01-12T10:00", 1, 1.5), {})
    assert (longer[UP][0], longer[DOWN][0]) == pytest.approx((0.5 * 2 / 3, 0.25 / 3))


def test_what_is_called_both_ways_is_kept() -> None:
    """20 MW of 100 up and 10 MW of 100 down in every period: ratio 0.1, both ways 0.1."""
    part = fitted(past(np.full(960, 20.0), np.full(960, 10.0)), up_offered=100, down_offered=100)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12", 24), {})
    assert drawn[UP] == pytest.approx(np.full(24, 0.2))
    assert drawn[DOWN] == pytest.approx(np.full(24, 0.1))


def test_both_directions_never_exceed_the_whole() -> None:
    """90 of 100 MW up and 60 of 100 down at once, 1.5 in all: ratio 0.3, both ways at most (1 - 0.3) / 2 = 0.35."""
    part = fitted(past(np.full(960, 90.0), np.full(960, 60.0)), up_offered=100, down_offered=100)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12", 24), {})
    assert drawn[UP] == pytest.approx(np.full(24, 0.65))
    assert drawn[DOWN] == pytest.approx(np.full(24, 0.35))


def test_what_is_offered_can_be_a_series_or_the_most_called() -> None:
    up, down = np.tile([10.0, 20.0], 480), np.full(960, 4.0)
    part = fitted(past(up, down, offered_mw=np.tile([40.0, 80.0], 480)), up_offered="offered_mw")
    # up 0.25 of the series in every period, down 4 of the most ever called, 4: ratio -0.75, both ways 0.25 at most
    # (1 - 0.75) / 2
    drawn = part.draw(np.random.default_rng(1), context("2022-01-12", 3), {})
    assert drawn[UP] == pytest.approx(np.full(3, 0.125))
    assert drawn[DOWN] == pytest.approx(np.full(3, 0.875))


def test_latent_scores_lead_other_parts() -> None:
    part = fitted(normal_past(0.9, 0.0, 4000), latent_series="latent_afrr", class_h=24)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-01", 2000, 0.25), {})
    assert np.corrcoef(drawn["latent_afrr"], drawn[UP] - drawn[DOWN])[0, 1] > 0.98
    with pytest.raises(ValidationError, match="latent_series"):
        SignedRatioOptions.model_validate({**NAMES, "latent_series": "afrr"})


@pytest.mark.parametrize(("up", "words"), [(np.zeros(960), "not always zero"), (np.full(960, -1.0), "never negative")])
def test_power_that_is_none_is_told(up: np.ndarray, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        fitted(past(up, np.ones(960)))


def test_hours_without_a_past_are_told() -> None:
    with pytest.raises(UsageError, match="class 6 of the 24 classes of periods"):
        fitted(past(np.ones(24), np.ones(24)))
    with pytest.raises(ValidationError, match="a length that divides a day"):
        SignedRatioOptions.model_validate({**NAMES, "class_h": 5})
