"""The process of an Australian precinct: a price ahead that dispatch follows, and heat that follows the weather."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mes_stoch.uncertainty.process import DrawContext, Drawn
from mes_stoch.uncertainty.processes.au_precinct_day import AuPrecinctDay, AuPrecinctDayParameters

DAYS = 100


def draw(seed: int = 1, **parameters: float) -> tuple[DrawContext, Drawn]:
    time = pd.date_range("2026-06-01", periods=48 * DAYS, freq="30min", tz="Australia/Melbourne")
    context = DrawContext(time, 0.5)
    process = AuPrecinctDay(AuPrecinctDayParameters.model_validate(parameters))
    ahead = process.draw_day_ahead(np.random.default_rng(seed), context)
    return context, ahead | process.draw_realtime(np.random.default_rng(seed + 1), context, ahead)


def test_all_series_are_drawn_and_finite() -> None:
    context, drawn = draw()
    assert set(drawn) == set(AuPrecinctDay().series_names())
    assert all(np.isfinite(values).all() and values.shape == (context.periods,) for values in drawn.values())


def test_dispatch_departs_from_the_price_ahead_as_stated() -> None:
    """Without events: mean 0, deviation 30; 0.75 a quarter-hour is 0.5625 a half-hour: about 1,340 of 4,800 count."""
    _, drawn = draw(spikes_per_day=0.0)
    departure = drawn["dispatch_price_eur_per_mwh"] - drawn["ahead_price_eur_per_mwh"]
    assert departure.mean() == pytest.approx(0.0, abs=3 * 30 / np.sqrt(1340))
    assert departure.std() == pytest.approx(30.0, rel=0.06)


def test_an_event_lifts_raise_services_and_twice_as_much_the_price() -> None:
    _, quiet = draw(spikes_per_day=0.0)
    _, eventful = draw(spikes_per_day=2.0, spike_periods_max=1)
    lift = eventful["raise6sec_price_eur_per_mw_h"] - quiet["raise6sec_price_eur_per_mw_h"]
    price = eventful["dispatch_price_eur_per_mwh"] - quiet["dispatch_price_eur_per_mwh"]
    assert np.count_nonzero(lift > 1) > DAYS
    assert price == pytest.approx(2.0 * lift, abs=1e-6)
    assert np.array_equal(quiet["lower6sec_price_eur_per_mw_h"], eventful["lower6sec_price_eur_per_mw_h"])
    assert np.array_equal(quiet["heat_demand_mw"], eventful["heat_demand_mw"])


def test_heat_without_noise_is_hot_water_and_degrees() -> None:
    """0.3 MW a degree below 16 degC on top of hot water of 0.8 MW on the mean."""
    _, drawn = draw(heat_noise_sd_per_unit=0.0)
    heating = 0.3 * np.maximum(16.0 - drawn["outdoor_temperature_degc"], 0.0)
    assert (drawn["heat_demand_mw"] - heating).mean() == pytest.approx(0.8)


def test_the_heat_pump_reaches_half_of_carnot() -> None:
    _, drawn = draw()
    expected = 0.5 * 333.15 / (60.0 - drawn["outdoor_temperature_degc"])
    assert drawn["heat_pump_cop_per_unit"] == pytest.approx(expected)
