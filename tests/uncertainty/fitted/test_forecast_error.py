"""Series around a forecast: quantiles of another program, exact draws, and a law that is found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context
from pydantic import ValidationError
from scipy.stats import norm, spearmanr

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.forecast_error import ForecastError, ForecastErrorOptions, Tail

FORECAST = "forecast_eur_per_mwh"
QUARTILES = [0.05, 0.25, 0.5, 0.75, 0.95]


def past(actual: np.ndarray, forecast: np.ndarray) -> History:
    time = pd.date_range("2021-04-01", periods=len(actual), freq="h", tz=ZONE, name="time")
    return History(pd.DataFrame({PRICE: actual, FORECAST: forecast}, index=time), "FR")


def fitted(history: History, **options: object) -> ForecastError:
    return ForecastError.fit(
        history, ForecastErrorOptions.model_validate({"series": PRICE, "forecast": FORECAST, **options})
    )


def errors_in_step(days: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts from 20 to 60; one error for all hours of a day, its deviation a tenth of the forecast."""
    generator = np.random.default_rng(seed)
    forecast = generator.uniform(20.0, 60.0, days * 24)
    return forecast, forecast + 0.1 * forecast * np.repeat(generator.standard_normal(days), 24)


def test_quantiles_are_those_of_statsmodels() -> None:
    """Both minimise the sum of tilted absolute errors; what statsmodels reaches by iteration HiGHS must not exceed."""
    from statsmodels.regression.quantile_regression import QuantReg

    forecast, actual = errors_in_step(60)
    part = fitted(past(actual, forecast), class_h=12.0, quantile_levels=[0.1, 0.5, 0.9])
    x, y = (series.reshape(60, 24)[:, 12:].ravel() for series in (forecast, actual))
    for place, level in enumerate([0.1, 0.5, 0.9]):
        other = QuantReg(y, np.column_stack([np.ones_like(x), x])).fit(q=level, max_iter=5000).params

        def loss(intercept: float, slope: float, level: float = level) -> float:
            left = y - intercept - slope * x
            return float(np.sum(np.maximum(level * left, (level - 1.0) * left)))

        own = loss(part.intercepts[1][place], part.slopes[1][place])
        assert own == pytest.approx(loss(*other), rel=1e-4)
        assert own <= loss(*other) * (1.0 + 1e-9)


def test_a_known_law_is_found_again() -> None:
    """Price = forecast (1 + 0.1 z): the quantile at level u is forecast (1 + 0.1 Phi^-1(u)).

    500 days with one error each: a quantile's standard error is sqrt(u (1 - u) / 500) / density, at the median
    0.1 x 50 x 0.056 = 0.28 for a forecast of 50, and 0.38 at levels of 10 and 90 %: within four of them.
    """
    forecast, actual = errors_in_step(500)
    part = fitted(past(actual, forecast), quantile_levels=[0.1, 0.5, 0.9])
    level = np.array([0.1, 0.5, 0.9])
    found = part.values_at(level, np.zeros(3, dtype=np.intp), np.full(3, 50.0))
    assert found == pytest.approx(50.0 * (1.0 + 0.1 * norm.ppf(level)), abs=1.5)


def test_hours_of_a_day_err_together() -> None:
    """One error a day: hours correlate by nearly one, days not; of independent errors it is the other way round."""
    forecast, actual = errors_in_step(200)
    part = fitted(past(actual, forecast), quantile_levels=QUARTILES)
    assert np.array(part.same_day).min() > 0.9
    given = {FORECAST: np.full(24 * 170, 50.0)}
    drawn = part.draw(np.random.default_rng(1), context("2022-05-02", 24 * 170), given)[PRICE].reshape(170, 24)
    assert spearmanr(drawn[:, 0], drawn[:, 23]).statistic > 0.9
    # 169 pairs of days: an independent correlation lies within four times 1 / sqrt(169)
    assert abs(np.corrcoef(drawn[1:, 12], drawn[:-1, 12])[0, 1]) < 0.31
    apart = np.random.default_rng(2).standard_normal(24 * 200)
    independent = np.array(fitted(past(forecast + apart, forecast), quantile_levels=QUARTILES).same_day)
    assert np.abs(independent - np.eye(24)).max() < 0.3


def test_days_that_follow_each_other_err_alike() -> None:
    """Errors of a day are 0.8 of those of the day before: the correlation over a day is found within 0.1."""
    generator = np.random.default_rng(8)
    daily = np.zeros(600)
    for day in range(1, 600):
        daily[day] = 0.8 * daily[day - 1] + 0.6 * generator.standard_normal()
    part = fitted(past(np.repeat(daily, 24), np.zeros(24 * 600)), quantile_levels=QUARTILES)
    drawn = part.draw(np.random.default_rng(1), context("2022-05-02", 24 * 600), {FORECAST: np.zeros(24 * 600)})[PRICE]
    noon = drawn.reshape(600, 24)[:, 12]
    assert spearmanr(noon[1:], noon[:-1]).statistic == pytest.approx(0.8, abs=0.12)


def test_a_perfect_forecast_is_drawn_as_it_is() -> None:
    forecast = np.random.default_rng(1).uniform(20.0, 60.0, 24 * 40)
    part = fitted(past(forecast, forecast))
    given = np.linspace(10.0, 70.0, 24)
    drawn = part.draw(np.random.default_rng(3), context("2022-05-02", 24), {FORECAST: given})[PRICE]
    assert drawn == pytest.approx(given, abs=1e-6)


def test_quantiles_do_not_cross() -> None:
    """Lines 0 + 1 f and 10 + 0 f cross at 10: the lower level has the lower of the two on either side."""
    forecast, actual = errors_in_step(20)
    part = fitted(past(actual, forecast), class_h=24.0, quantile_levels=[0.25, 0.75]).model_copy(
        update={"intercepts": [[0.0, 10.0]], "slopes": [[1.0, 0.0]], "forecast_range": [0.0, 100.0]}
    )
    slot = np.zeros(4, dtype=np.intp)
    found = part.values_at(np.array([0.25, 0.75, 0.25, 0.5]), slot, np.array([4.0, 4.0, 16.0, 16.0]))
    assert found == pytest.approx([4.0, 10.0, 10.0, 13.0])


def test_tails_by_hand() -> None:
    """Shape 0.5, scale 2: exceeded with probability 1/4 is 2 / 0.5 (4^0.5 - 1) = 4; shape 0: 2 ln 4."""
    heavy, light = Tail(shape=0.5, scale=2.0), Tail(shape=0.0, scale=2.0)
    assert heavy.beyond(np.array([0.25])) == pytest.approx([4.0])
    assert heavy.exceeded(np.array([4.0])) == pytest.approx([0.25])
    assert light.beyond(np.array([0.25])) == pytest.approx([2.0 * np.log(4.0)])
    assert light.exceeded(np.array([2.0 * np.log(4.0)])) == pytest.approx([0.25])


def test_beyond_the_outermost_quantile_the_tail_begins() -> None:
    forecast, actual = errors_in_step(20)
    tails = {"lower_tail": Tail(shape=0.0, scale=2.0), "upper_tail": Tail(shape=0.5, scale=2.0)}
    part = fitted(past(actual, forecast), class_h=24.0, quantile_levels=[0.2, 0.8]).model_copy(
        update={"intercepts": [[-1.0, 1.0]], "slopes": [[1.0, 1.0]], **tails}
    )
    level = np.array([0.05, 0.2, 0.8, 0.95])
    found = part.values_at(level, np.zeros(4, dtype=np.intp), np.full(4, 30.0))
    assert found == pytest.approx([29.0 - 2.0 * np.log(4.0), 29.0, 31.0, 35.0])


def test_what_is_wrong_is_told() -> None:
    forecast, actual = errors_in_step(5)
    with pytest.raises(UsageError, match="5 past days with a forecast are too few"):
        fitted(past(actual, forecast))
    with pytest.raises(ValidationError, match="levels increase"):
        ForecastErrorOptions(series=PRICE, forecast=FORECAST, quantile_levels=[0.5, 0.1])
