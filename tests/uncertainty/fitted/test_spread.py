"""Spreads on a price drawn before."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import PRICE, ZONE, context

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.spread import Spread, SpreadOptions
from mes_stoch.uncertainty.fitted.process import FittedProcess

INTRADAY = "id_price_eur_per_mwh"


def past(spread: np.ndarray, price: np.ndarray, **others: np.ndarray) -> History:
    time = pd.date_range("2021-01-04", periods=len(spread), freq="h", tz=ZONE, name="time")
    return History(pd.DataFrame({PRICE: price, INTRADAY: price + spread, **others}, index=time), "FR")


def fitted(history: History, **options: object) -> Spread:
    chosen = {"series": INTRADAY, "base": PRICE, "transform": "none", "jumps": False, **options}
    return Spread.fit(history, SpreadOptions.model_validate(chosen))


def ar1(periods: int, coefficient: float, noise: np.ndarray) -> np.ndarray:
    found = np.zeros(periods)
    for t in range(1, periods):
        found[t] = coefficient * found[t - 1] + noise[t]
    return found


def test_a_spread_without_noise_is_added_exactly() -> None:
    """Two EUR/MWh at every hour."""
    part = fitted(past(np.full(24 * 28, 2.0), np.arange(24.0 * 28)))
    price = np.array([30.0, -5.0, 80.0])
    assert part.draw(np.random.default_rng(1), context("2022-01-14", 3), {PRICE: price})[INTRADAY] == pytest.approx(
        price + 2.0, abs=1e-6
    )


def test_coefficient_and_volatility_by_price_are_found_again() -> None:
    """AR(1) of 0.6; innovations of deviation 2 below 50 EUR/MWh, 8 above.

    n = 8,000: 0.6 within 4 sqrt(0.64 / 8000). Means by hour of 48 Saturdays carry an error of variance
    (4 + 64) / 2 / 0.64 / 48 = 1.1, a tenth of it on working days: 2 becomes up to 2.3.
    """
    generator = np.random.default_rng(3)
    price = np.repeat(generator.choice([30.0, 70.0], 334), 24)[:8000] + generator.uniform(0, 1, 8000)
    noise = generator.standard_normal(8000) * np.where(price < 50.0, 2.0, 8.0)
    part = fitted(past(ar1(8000, 0.6, noise), price), volatility_of=PRICE, volatility_classes=2)
    assert part.coefficients == pytest.approx([0.6], abs=0.036)
    low, high = np.array(part.volatility_factors) * np.mean(part.volatility_by_slot)
    assert (low, high) == pytest.approx((2.0, 8.0), rel=0.15)


def test_correlation_with_another_series_is_found_again() -> None:
    """Innovations share 0.6 with the normal scores of system_mw: 0.6 within 4 (1 - 0.36) / sqrt(4000)."""
    generator = np.random.default_rng(7)
    system = generator.standard_normal(4000)
    noise = 0.6 * system + 0.8 * generator.standard_normal(4000)
    history = past(ar1(4000, 0.5, noise), np.zeros(4000), system_mw=np.exp(system))
    part = fitted(history, correlated_with="system_mw")
    assert part.correlated is not None
    assert part.correlated.correlation_per_unit == pytest.approx(0.6, abs=0.04)
    given = np.exp(generator.standard_normal(4000))
    known = {PRICE: np.zeros(4000), "system_mw": given}
    drawn = part.draw(np.random.default_rng(1), context("2022-01-14", 4000), known)[INTRADAY]
    shocks = drawn[1:] - 0.5 * drawn[:-1]
    assert np.corrcoef(shocks, np.log(given[1:]))[0, 1] == pytest.approx(0.6, abs=0.06)


def test_a_latent_series_needs_a_stated_correlation() -> None:
    history = past(ar1(800, 0.5, np.random.default_rng(1).standard_normal(800)), np.zeros(800))
    latent = f"latent_{PRICE}"
    part = fitted(history, correlated_with=latent, correlation_per_unit=1.0)
    normal = np.random.default_rng(2).standard_normal(200)
    drawn = part.draw(np.random.default_rng(1), context("2022-01-14", 200), {PRICE: np.zeros(200), latent: normal})
    assert drawn[f"latent_{INTRADAY}"] == pytest.approx(normal)
    with pytest.raises(UsageError, match=latent):
        fitted(history, correlated_with=latent)


def test_the_base_must_be_drawn_before() -> None:
    part = fitted(past(np.full(24 * 28, 2.0), np.arange(24.0 * 28)))
    with pytest.raises(UsageError, match=f"reads {PRICE}"):
        FittedProcess([part], "EUR").draw_realtime(np.random.default_rng(1), context("2022-01-14", 3), {})
