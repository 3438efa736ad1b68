"""Autoregressive prices: parameters found again, another program's, and draws known by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.autoregressive import Autoregressive, AutoregressiveOptions

PLAIN = {"transform": "none", "harmonics": 0, "jumps": False}


def fitted(history: History, **options: object) -> Autoregressive:
    return Autoregressive.fit(history, AutoregressiveOptions.model_validate({"series": PRICE, **options}))


def past(values: np.ndarray, first: str = "2021-01-04", **others: np.ndarray) -> History:
    time = pd.date_range(first, periods=len(values), freq="h", tz=ZONE, name="time")
    return History(pd.DataFrame({PRICE: values, **others}, index=time), "FR", ("invented",))


def invented(
    periods: int, coefficients: dict[int, float], sigma: np.ndarray | float = 1.0, seed: int = 1
) -> np.ndarray:
    """``y[t] = sum phi_l y[t-l] + sigma[t] e[t]`` from zero."""
    e = np.random.default_rng(seed).standard_normal(periods) * sigma
    y = np.zeros(periods)
    for t in range(periods):
        y[t] = e[t] + sum(phi * y[t - lag] for lag, phi in coefficients.items() if t >= lag)
    return y


def test_known_coefficients_are_found_again() -> None:
    """A year of an AR(1, 2, 24). Standard errors of coefficients are about sqrt((1 - phi^2) / n) < 1 / sqrt(8760) =
    0.011: within four of them. The mean by hour is ten times the hour, give or take the slow waves of the series.
    """
    truth = {1: 0.7, 2: -0.2, 24: 0.3}
    hour = past(np.zeros(8760), "2021-01-01").time.hour
    part = fitted(past(invented(8760, truth) + 10.0 * hour, "2021-01-01"), lags=[1, 2, 24], **PLAIN)
    assert part.coefficients == pytest.approx(list(truth.values()), abs=0.044)
    assert part.mean_by_day_type[0] == pytest.approx(10.0 * np.arange(24.0), abs=1.0)
    assert part.volatility_by_slot == pytest.approx([1.0] * 24, abs=4.0 / np.sqrt(2 * 365))


def test_the_same_coefficients_as_statsmodels() -> None:
    """Least squares on lags 1 and 24 of what the mean by hour and class of day leaves; January, no change of clock."""
    from statsmodels.tsa.ar_model import AutoReg

    values = invented(24 * 60, {1: 0.8, 24: 0.1}, seed=3) + np.sin(np.arange(24 * 60))
    history = past(values)
    part = fitted(history, lags=[1, 24], **PLAIN)
    series = pd.Series(values, history.time.tz_localize(None).to_period("h"))
    day = np.where(history.time.day_of_week == 5, 1, np.where(history.time.day_of_week == 6, 2, 0))
    left = series - series.groupby([day, history.time.hour]).transform("mean")
    assert part.coefficients == pytest.approx(AutoReg(left, [1, 24], trend="n").fit().params.to_list(), rel=1e-9)


def test_a_series_without_noise_is_drawn_exactly() -> None:
    """Working days are the hour, the other days the hour and 100; from values of Friday 2022-01-14, still in place."""
    time = pd.date_range("2021-01-04", periods=24 * 28, freq="h", tz=ZONE)
    values = time.hour + np.where(time.day_of_week >= 5, 100.0, 0.0)
    part = fitted(past(np.asarray(values, dtype=float)), lags=[1], **PLAIN)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-14", 48), {})[PRICE]
    assert drawn == pytest.approx([*range(24), *range(100, 124)], abs=1e-6)


def test_a_path_goes_on_from_the_last_values() -> None:
    """AR(1) of coefficient 0.5 without noise, 8 above its mean of zero: 4, 2, 1, ..."""
    part = fitted(past(invented(24 * 28, {1: 0.5})), lags=[1], **PLAIN)
    flat = {"mean_by_day_type": [[0.0] * 24] * 3, "coefficients": [0.5], "volatility_by_slot": [0.0] * 24}
    part = part.model_copy(update={**flat, "maximum": 100.0}).continued([8.0])
    assert part.draw(np.random.default_rng(1), context("2022-01-14", 4), {})[PRICE].tolist() == [4.0, 2.0, 1.0, 0.5]


def test_without_last_values_a_path_starts_from_the_stationary_law() -> None:
    """Deviation 1 / sqrt(1 - 0.8^2) = 5/3 from the first hour on; 1,000 paths: within 4 / sqrt(2000) of it."""
    part = fitted(past(invented(24 * 28, {1: 0.8})), lags=[1], **PLAIN)
    flat = {"mean_by_day_type": [[0.0] * 24] * 3, "coefficients": [0.8], "volatility_by_slot": [1.0] * 24}
    part = part.model_copy(update={**flat, "minimum": -99.0, "maximum": 99.0})
    day = context("2022-01-14", 1)
    first = [float(part.draw(np.random.default_rng(seed), day, {})[PRICE][0]) for seed in range(1000)]
    assert np.std(first) == pytest.approx(5.0 / 3.0, rel=4.0 / np.sqrt(2000))


def test_jumps_are_told_from_the_rest() -> None:
    """One hour in a hundred jumps by 50, noise has deviation 1; the first hour has no lag and does not count.

    Jumps raise the mean of their hour and class of day by about half a EUR/MWh, and its volatility with it.
    """
    generator = np.random.default_rng(5)
    is_jump = generator.random(8760) < 0.01
    values = generator.standard_normal(8760) + 50.0 * is_jump
    part = fitted(past(values, "2021-01-01"), lags=[1], jumps=True, jump_threshold=6.0, transform="none", harmonics=0)
    assert part.jump_probability_per_unit == pytest.approx(is_jump[1:].sum() / 8759, rel=1e-9)
    sizes = np.array(part.jump_quantiles) * np.mean(part.volatility_by_slot)
    assert np.median(sizes) == pytest.approx(50.0, rel=0.1)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-14", 24 * 90), {})[PRICE]
    # 2,160 hours at 0.01: 21.6, and four deviations of 4.6
    assert 3 <= (drawn > 25.0).sum() <= 40


def test_jumps_of_one_sign_leave_the_mean_where_it_is() -> None:
    """Innovations uniform between -1.5 and 0.5 (mean -0.5, variance 1/3), one in ten a jump between 4 and 5 (mean 4.5):
    0.9 (-0.5) + 0.1 4.5 = 0. Not taking -0.5 into account the mean would be 7 - 0.45 / (1 - 0.5) = 6.1.

    Variance 0.9 (1/3 + 0.25) + 0.1 (1/12 + 20.25) = 2.56; the mean of n values varies by sqrt(2.56 / n) / (1 - 0.5).
    """
    part = fitted(past(invented(24 * 28, {1: 0.5})), lags=[1], **PLAIN)
    flat = {
        "mean_by_day_type": [[7.0] * 24] * 3,
        "coefficients": [0.5],
        "volatility_by_slot": [1.0] * 24,
        "innovation_quantiles": [-1.5, 0.5],
        "jump_probability_per_unit": 0.1,
        "jump_quantiles": [4.0, 5.0],
        "minimum": -99.0,
        "maximum": 99.0,
    }
    part = part.model_copy(update=flat)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-14", 24 * 400), {})[PRICE]
    assert drawn.mean() == pytest.approx(7.0, abs=4.0 * np.sqrt(2.56 / (24 * 400)) / 0.5)


def test_a_path_goes_on_from_values_whose_mean_a_forecast_moved() -> None:
    """Price = 3 load + y, y of coefficient 0.5 without noise. 68 before at a load of 20 is 8 above its mean: 4, 2, 1
    above 60. Without the load before, whose mean in the past is 15, it would be 23 above: 71.5 first.
    """
    load = np.random.default_rng(4).uniform(10.0, 20.0, 24 * 40)
    values = 3.0 * load + invented(24 * 40, {1: 0.5})
    part = fitted(past(values, load_mw=load), lags=[1], regressors=["load_mw"], **PLAIN)
    exact = part.regressors[0].model_copy(update={"mean": 15.0, "deviation": 1.0, "coefficient": 3.0})
    flat = {"mean_by_day_type": [[45.0] * 24] * 3, "coefficients": [0.5], "volatility_by_slot": [0.0] * 24}
    part = part.model_copy(update={**flat, "regressors": [exact], "maximum": 100.0})
    goes_on = part.continued([68.0], regressors={"load_mw": [20.0]})
    drawn = goes_on.draw(np.random.default_rng(1), context("2022-01-14", 3), {"load_mw": np.full(3, 20.0)})[PRICE]
    assert drawn == pytest.approx([64.0, 62.0, 61.0])
    with pytest.raises(UsageError, match="need the regressors of the same periods too: load_mw"):
        part.continued([68.0])
    with pytest.raises(UsageError, match="load_mw: as many values as last_values, 1"):
        part.continued([68.0], regressors={"load_mw": [20.0, 20.0]})
    with pytest.raises(UsageError, match="wind_mw is no regressor; there are load_mw"):
        part.continued([68.0], regressors={"load_mw": [20.0], "wind_mw": [1.0]})
    with pytest.raises(UsageError, match="last_values are 2 values, the longest lag, not 1"):
        part.model_copy(update={"lags": [2]}).continued([68.0], regressors={"load_mw": [20.0]})


def test_volatility_follows_the_driver() -> None:
    """Noise of deviation 1 on even days, 5 on odd ones, which the forecast tells: factors as one to five.

    Means of 86 Saturdays carry an error of variance (1 + 25) / 2 / 86 = 0.15: one becomes 1.07 there.
    """
    forecast = np.repeat(np.arange(600) % 2, 24).astype(float)
    values = np.random.default_rng(2).standard_normal(14400) * (1.0 + 4.0 * forecast)
    history = past(values, wind_mw=forecast + 0.001 * np.arange(14400) / 14400)
    part = fitted(history, lags=[1], volatility_of="wind_mw", volatility_classes=2, **PLAIN)
    assert part.volatility_factors[1] / part.volatility_factors[0] == pytest.approx(5.0, rel=0.1)
    assert part.needs() == ("wind_mw",)
    calm = part.draw(np.random.default_rng(1), context("2022-01-14", 240), {"wind_mw": np.zeros(240)})[PRICE]
    windy = part.draw(np.random.default_rng(1), context("2022-01-14", 240), {"wind_mw": np.full(240, 1.1)})[PRICE]
    assert windy.std() / calm.std() == pytest.approx(5.0, rel=0.3)


def test_a_mean_depends_on_a_forecast() -> None:
    """Price = 3 load exactly, load by chance: the draw is three times the forecast given."""
    load = np.random.default_rng(4).uniform(10.0, 20.0, 24 * 40)
    part = fitted(past(3.0 * load, load_mw=load), lags=[1], regressors=["load_mw"], **PLAIN)
    given = np.linspace(11.0, 19.0, 24)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-14", 24), {"load_mw": given})[PRICE]
    assert drawn == pytest.approx(3.0 * given, abs=1e-6)


def test_the_transformation_is_undone() -> None:
    part = fitted(past(invented(24 * 40, {1: 0.5}) * 30.0), lags=[1], harmonics=0)
    values = np.array([part.minimum, -1.0, 0.0, 12.0, part.maximum])
    assert part.restored(part.transformed(values)) == pytest.approx(values, abs=1e-9)


def test_what_cannot_be_fitted_is_told() -> None:
    with pytest.raises(UsageError, match="too few for"):
        fitted(past(np.arange(24.0)), lags=[1], **PLAIN)
    grows = np.exp(0.01 * np.arange(1440.0))
    with pytest.raises(UsageError, match="grows by"):
        fitted(past(grows), lags=[1], **PLAIN)
