"""Shares that a frequency calls: against the Gaussian integrals, and refitted from drawn frequencies."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context
from pydantic import ValidationError
from scipy.stats import norm

from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.frequency_response import FrequencyResponse, FrequencyResponseOptions
from mes_stoch.uncertainty.fitted.process import FittedProcess

UP, DOWN = "fcr_activation_up_per_unit", "fcr_activation_down_per_unit"
GIVEN = {"deviation_hz": 0.02, "time_constant_s": 300.0, "source": "assumed"}
NOTHING = History(pd.DataFrame(index=pd.date_range("2021-01-01", periods=2, freq="h", tz=ZONE)), "FR")


def part(**options: object) -> FrequencyResponse:
    return FrequencyResponse.fit(NOTHING, FrequencyResponseOptions.model_validate({**GIVEN, **options}))


def frequencies(deviation_hz: float, time_constant_s: float, steps: int, step_s: float) -> History:
    """Of an Ornstein-Uhlenbeck process about 50 Hz, step by step, by its own recursion."""
    generator = np.random.default_rng(3)
    rho, value, values = math.exp(-step_s / time_constant_s), deviation_hz * generator.standard_normal(), []
    for noise in generator.standard_normal(steps):
        value = rho * value + deviation_hz * math.sqrt(1.0 - rho**2) * noise
        values.append(50.0 + value)
    time = pd.date_range("2021-01-01", periods=steps, freq=pd.Timedelta(seconds=step_s), tz=ZONE)
    return History(pd.DataFrame({"frequency_hz": values}, index=time), "FR")


def test_mean_shares_are_those_of_the_normal_distribution() -> None:
    """With deviation s, dead band D and full activation F the mean share of each direction is
    (s / F) (phi(D / s) - phi(F / s)) + (1 - Phi(F / s)): the integral of min(x / F, 1) over x > D.
    """
    s, dead, full = 0.1, 0.05, 0.2
    expected = s / full * (norm.pdf(dead / s) - norm.pdf(full / s)) + norm.sf(full / s)
    drawn = part(deviation_hz=s, dead_band_hz=dead, full_activation_hz=full, time_constant_s=30.0).draw(
        np.random.default_rng(1), context("2021-01-01", 2000, 0.25), {}
    )
    # 2000 quarter-hours hold 2000 * 900 / (2 * 30) = 30,000 independent values: four deviations of 0.25 / sqrt(30,000)
    assert drawn[UP].mean() == pytest.approx(expected, abs=0.006)
    assert drawn[DOWN].mean() == pytest.approx(expected, abs=0.006)
    assert (drawn[UP] + drawn[DOWN]).max() <= 1.0
    assert ((drawn[UP] > 0) & (drawn[DOWN] > 0)).mean() > 0.99


def test_a_frequency_that_stays_in_the_dead_band_calls_nothing() -> None:
    drawn = part(deviation_hz=1e-4).draw(np.random.default_rng(1), context("2021-01-01", 96, 0.25), {})
    assert drawn[UP].max() == drawn[DOWN].max() == 0.0


def test_a_frequency_led_by_its_driver_alone_is_known_exactly() -> None:
    """At correlation 0.999999 and scores of 1, -2 and 12 deviations of 0.02 Hz: 0.1 up, 0.2 down, all of it up."""
    driver = {"series": "latent_shortage", "correlation": 0.99999999}
    drawn = part(driver=driver).draw(
        np.random.default_rng(1), context("2021-01-01", 3), {"latent_shortage": np.array([1.0, -2.0, 12.0])}
    )
    assert drawn[UP] == pytest.approx([0.1, 0.0, 1.0], abs=1e-4)
    assert drawn[DOWN] == pytest.approx([0.0, 0.2, 0.0], abs=1e-4)


def test_a_drawn_frequency_is_fitted_again() -> None:
    """40,000 steps of 10 s and a time constant of 120 s: the deviation within 4 %, the time constant within 8 %."""
    options = FrequencyResponseOptions(frequency="frequency_hz")
    fitted = FrequencyResponse.fit(frequencies(0.02, 120.0, 40_000, 10.0), options)
    # rho = exp(-1/12) has a deviation of sqrt((1 - rho^2) / 40,000) = 0.002, tau one of 0.002 * 12 = 2.4 %; the mean
    # of squares sqrt(2 * 12 / 40,000) = 2.4 %, the deviation half of it
    assert fitted.deviation_hz == pytest.approx(0.02, rel=0.04)
    assert fitted.time_constant_s == pytest.approx(120.0, rel=0.08)
    assert fitted.source == "fitted to frequency_hz"


def test_a_frequency_without_memory_is_told() -> None:
    history = frequencies(0.02, 120.0, 200, 10.0)
    history.frame["frequency_hz"] = 50.0 + 0.01 * (-1.0) ** np.arange(200)
    with pytest.raises(UsageError, match="autocorrelation of -1"):
        FrequencyResponse.fit(history, FrequencyResponseOptions(frequency="frequency_hz"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"deviation_hz": 0.02}, "and the source of both"),
        ({**GIVEN, "source": " "}, "and the source of both"),
        ({**GIVEN, "frequency": "frequency_hz"}, "not both"),
        ({**GIVEN, "dead_band_hz": 0.3}, "ends before full activation"),
        ({**GIVEN, "driver": {"series": "da_price_eur_per_mwh"}}, "must be given"),
        ({**GIVEN, "driver": {"series": "latent_shortage"}}, "a latent series has no past"),
    ],
)
def test_options_that_contradict_each_other(options: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FrequencyResponseOptions.model_validate(options)


def test_a_driver_that_nobody_draws_is_told() -> None:
    driver = {"series": "latent_shortage", "correlation": 0.5}
    process = FittedProcess([part(driver=driver)], "EUR")
    drawn = ", ".join(process.series_names())
    with pytest.raises(UsageError, match=f"^{drawn}: the process reads latent_shortage, which neither the instance"):
        process.draw_realtime(np.random.default_rng(1), context("2021-01-01", 3), {})
