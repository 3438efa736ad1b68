"""The Australian process: levels it is given come out again, and its parts hang together as it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mes_stoch.uncertainty.process import DrawContext, Drawn
from mes_stoch.uncertainty.processes.au_parameters import AuSyntheticDayParameters
from mes_stoch.uncertainty.processes.au_prices import service_names
from mes_stoch.uncertainty.processes.au_synthetic_day import AuSyntheticDay

DAYS = 200


def draw(seed: int = 1, days: int = DAYS, **parameters: float) -> tuple[DrawContext, Drawn]:
    start = pd.Timestamp("2026-01-01", tz="Australia/Sydney")
    time = pd.date_range(start, periods=288 * days, freq="5min")
    context = DrawContext(time, 1 / 12)
    process = AuSyntheticDay(AuSyntheticDayParameters.model_validate(parameters))
    return context, process.draw_realtime(np.random.default_rng(seed), context, {})


def price(drawn: Drawn, service: str) -> np.ndarray:
    return drawn[f"{service}_price_eur_per_mw_h"]


@pytest.fixture(scope="module")
def calm() -> tuple[DrawContext, Drawn]:
    """Two hundred days without events of shortage."""
    return draw(spikes_per_day=0.0)


def test_all_series_are_drawn_and_finite(calm: tuple[DrawContext, Drawn]) -> None:
    context, drawn = calm
    assert set(drawn) == set(AuSyntheticDay().series_names())
    assert all(np.isfinite(values).all() and values.shape == (context.periods,) for values in drawn.values())


@pytest.mark.parametrize(
    ("service", "mean"), [("raisereg", 15.0), ("lowerreg", 10.0), ("raise6sec", 1.0), ("lower6sec", 0.4)]
)
def test_fcas_prices_have_their_means_outside_events(
    calm: tuple[DrawContext, Drawn], service: str, mean: float
) -> None:
    """Log deviation 0.8: a coefficient of variation of 0.95, over about 200 x 24 x 0.9 independent hours."""
    assert price(calm[1], service).mean() == pytest.approx(mean, rel=0.06)
    assert np.log(price(calm[1], service)).std() == pytest.approx(0.8, rel=0.06)


def test_services_move_together(calm: tuple[DrawContext, Drawn]) -> None:
    """60 % of the variance of the logarithm is common, so that is the correlation of any two."""
    logs = [np.log(price(calm[1], service)) for service in ("raisereg", "lower5min")]
    assert np.corrcoef(*logs)[0, 1] == pytest.approx(0.6, abs=0.06)


def test_spot_has_its_mean_and_peaks_in_the_evening(calm: tuple[DrawContext, Drawn]) -> None:
    context, drawn = calm
    spot = drawn["spot_price_eur_per_mwh"]
    assert spot.mean() == pytest.approx(90.0, abs=3 * 25 / np.sqrt(DAYS))
    hour = np.floor(context.local_hour)
    by_hour = [spot[hour == h].mean() for h in range(24)]
    assert int(np.argmax(by_hour)) == 18
    assert int(np.argmin(by_hour)) in (11, 12)


def test_events_lift_every_raise_service_alike_and_no_lower_one() -> None:
    _, quiet = draw(days=30, spikes_per_day=0.0)
    _, eventful = draw(days=30, spikes_per_day=2.0)
    lifts = [price(eventful, s) - price(quiet, s) for s in service_names() if s.startswith("raise")]
    event = lifts[0]
    assert 0 < np.count_nonzero(event > 1) < 0.1 * len(event)
    assert event.max() <= 700.0 + 1e-9
    assert event[event > 1].min() >= 70.0 - 1e-9
    for lift in lifts:
        assert lift == pytest.approx(event, abs=1e-6)
    for service in (s for s in service_names() if s.startswith("lower")):
        assert np.array_equal(price(eventful, service), price(quiet, service))
    lifted = eventful["spot_price_eur_per_mwh"] - quiet["spot_price_eur_per_mwh"]
    assert lifted == pytest.approx(2.0 * event, abs=1e-6)


def test_prices_stay_between_floor_and_cap() -> None:
    _, drawn = draw(
        days=30,
        price_cap_aud_per_mwh=100.0,
        price_floor_aud_per_mwh=0.0,
        spikes_per_day=5.0,
        spot_noise_sd_aud_per_mwh=80.0,
    )
    spot = drawn["spot_price_eur_per_mwh"]
    assert (spot.min(), spot.max()) == (0.0, 100.0)
    assert max(price(drawn, service).max() for service in service_names()) == 100.0


def test_control_calls_raise_or_lower_and_not_both(calm: tuple[DrawContext, Drawn]) -> None:
    """Deviation 0.25: the mean of either part is 0.25 / sqrt(2 pi) = 0.0997."""
    up, down = calm[1]["regulation_raise_per_unit"], calm[1]["regulation_lower_per_unit"]
    assert not np.any((up > 0) & (down > 0))
    assert up.mean() == pytest.approx(0.0997, rel=0.05)
    assert down.mean() == pytest.approx(0.0997, rel=0.05)
    assert max(up.max(), down.max()) <= 1.0


def test_weather_follows_the_southern_sun() -> None:
    """Warmest in January; no sun at midnight; the sun stands highest near 13 h of summer time (151.21 degrees east)."""
    context, drawn = draw(days=365, temperature_day_sd_k=0.0)
    month = np.asarray(context.time.month)
    temperature = drawn["outdoor_temperature_degc"]
    assert temperature[month == 1].mean() > temperature[month == 7].mean() + 10
    sun = drawn["pv_available_mw"]
    assert sun[context.local_hour < 4].max() == 0.0
    summer = month == 1
    hourly = [sun[summer & (np.floor(context.local_hour) == h)].mean() for h in range(24)]
    assert int(np.argmax(hourly)) in (12, 13)
    # the warmer it is, the more is cooled and the less cold a MWh of electricity makes
    assert np.corrcoef(temperature, drawn["cooling_demand_mw"])[0, 1] > 0.8
    assert np.corrcoef(temperature, drawn["chiller_cop_per_unit"])[0, 1] < -0.8
