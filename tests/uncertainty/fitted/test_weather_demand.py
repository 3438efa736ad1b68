"""Demands and weather: nights, signs, persistence, and the dependence on a price."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context
from scipy.stats import spearmanr

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.weather_demand import WeatherDemand, WeatherDemandOptions

HEAT, SUN = "heat_demand_mw", "pv_available_per_unit"
HOURS = 24 * 180


def ar1(coefficient: float, noise: np.ndarray) -> np.ndarray:
    """Unit variance, from standard normal noise."""
    found = noise.copy()
    for t in range(1, len(noise)):
        found[t] = coefficient * found[t - 1] + np.sqrt(1.0 - coefficient**2) * noise[t]
    return found


def past(**series: np.ndarray) -> History:
    length = len(next(iter(series.values())))
    time = pd.date_range("2021-04-01", periods=length, freq="h", tz=ZONE, name="time")
    return History(pd.DataFrame(series, index=time), "FR")


def fitted(history: History, *series: str, **options: object) -> WeatherDemand:
    return WeatherDemand.fit(history, WeatherDemandOptions.model_validate({"series": list(series), **options}))


def sunny(seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Sun from 6 to 18 h local summer time, the more of it the clearer; clearness goes on by 0.98 an hour."""
    time = pd.date_range("2021-04-01", periods=HOURS, freq="h", tz=ZONE)
    clear = ar1(0.98, np.random.default_rng(seed).standard_normal(HOURS))
    elevation = np.maximum(np.sin(np.pi * (np.asarray(time.hour) - 6.0) / 12.0), 0.0)
    return np.where(elevation > 1e-9, elevation, 0.0) / (1.0 + np.exp(-clear)), clear


def test_the_sun_does_not_shine_at_night_and_nothing_is_negative() -> None:
    sun, _ = sunny()
    heat = np.exp(ar1(0.95, np.random.default_rng(2).standard_normal(HOURS)))
    part = fitted(past(**{HEAT: heat, SUN: sun}), HEAT, SUN)
    days = context("2022-06-01", 24 * 40)
    drawn = part.draw(np.random.default_rng(1), days, {})
    night = (np.asarray(days.time.hour) <= 6) | (np.asarray(days.time.hour) >= 18)
    assert (drawn[SUN][night] == 0.0).all()
    assert (drawn[SUN][~night] > 0.0).all()
    assert drawn[HEAT].min() >= heat.min() > 0.0
    assert drawn[HEAT].max() <= heat.max()


def test_a_bright_evening_is_followed_by_a_bright_morning() -> None:
    """Clearness at 17 and 7 h, 14 hours apart: 0.98^14 = 0.75; 179 nights, four times (1 - 0.57) / sqrt(179) = 0.13."""
    part = fitted(past(**{SUN: sunny()[0]}), SUN)
    assert part.persistence_of_constant[0] ** 14 == pytest.approx(0.75, abs=0.13)
    drawn = part.draw(np.random.default_rng(3), context("2022-05-01", 24 * 120), {})[SUN].reshape(120, 24)
    assert spearmanr(drawn[:-1, 17], drawn[1:, 7]).statistic == pytest.approx(0.75, abs=0.3)


def test_persistence_and_correlation_are_found_again() -> None:
    """Two AR(1) of 0.9 whose noise correlates by 0.7: A = 0.9 I, correlation of residuals 0.7, 1,000 days.

    Standard errors are 0.004; ranks within classes of 60 (free days of a season) to 190 days take some.
    """
    generator = np.random.default_rng(5)
    first, second = generator.standard_normal((2, 24 * 1000))
    heat = ar1(0.9, first)
    cold = ar1(0.9, 0.7 * first + np.sqrt(0.51) * second)
    part = fitted(past(**{HEAT: heat, "cold_demand_mw": cold}), HEAT, "cold_demand_mw")
    assert np.array(part.coefficients[0]) == pytest.approx(0.9 * np.eye(2), abs=0.06)
    covariance = np.array(part.covariance)
    assert covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]) == pytest.approx(0.7, abs=0.05)


def test_the_same_coefficients_as_statsmodels() -> None:
    """Of normal scores without nights, least squares equation by equation is a VAR(1) without constant."""
    from statsmodels.tsa.api import VAR

    from mes_stoch.uncertainty.fitted.parts.weather_demand import _fit_equations

    normal = np.column_stack([ar1(0.9, noise) for noise in np.random.default_rng(7).standard_normal((2, 500))])
    own = _fit_equations(normal, np.zeros_like(normal, dtype=bool), 2, [1], ["a", "b"])
    other = VAR(normal).fit(1, trend="n")
    assert own[0][0] == pytest.approx(other.coefs[0], rel=1e-9)
    assert own[2] == pytest.approx(np.cov(other.resid.T), rel=1e-9)


def test_demand_follows_a_price_drawn_before() -> None:
    """Heat is exp(score of the price): drawn with the price, it is that of its score, nearly."""
    price = ar1(0.8, np.random.default_rng(9).standard_normal(HOURS))
    part = fitted(past(**{HEAT: np.exp(price), PRICE: price}), HEAT, drivers=[PRICE])
    assert part.needs() == (PRICE,)
    given = ar1(0.8, np.random.default_rng(10).standard_normal(24 * 60))
    drawn = part.draw(np.random.default_rng(1), context("2022-06-01", 24 * 60), {PRICE: given})[HEAT]
    assert spearmanr(drawn, given).statistic > 0.9
    alone = part.draw(np.random.default_rng(1), context("2022-06-01", 24 * 60), {PRICE: given[::-1].copy()})[HEAT]
    assert abs(spearmanr(alone, given).statistic) < 0.3


def test_what_is_usual_is_by_hour_and_kind_of_day() -> None:
    """Working days 100 + hour, other days the hour: and a thousandth of noise."""
    time = pd.date_range("2021-04-01", periods=HOURS, freq="h", tz=ZONE)
    holidays = {"2021-04-05", "2021-05-01", "2021-05-08", "2021-05-13", "2021-05-24", "2021-07-14", "2021-08-15"}
    free = (time.day_of_week >= 5) | time.strftime("%Y-%m-%d").isin(holidays)
    level = np.where(free, 0.0, 100.0) + np.asarray(time.hour)
    moving = ar1(0.9, np.random.default_rng(1).standard_normal(HOURS))
    part = fitted(past(**{HEAT: level + 1e-3 * moving}), HEAT)
    drawn = part.draw(np.random.default_rng(1), context("2022-06-03", 48), {})[HEAT]
    assert drawn == pytest.approx([*range(100, 124), *range(24)], abs=0.01)


def test_too_short_a_past_is_told() -> None:
    with pytest.raises(UsageError, match="too few"):
        fitted(past(**{HEAT: np.arange(48.0)}), HEAT)
