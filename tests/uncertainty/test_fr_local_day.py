"""``fr_local_day``: the draws of its parent, and calls within calendars, likelier when it is cold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.process import DrawContext, Drawn
from mes_stoch.uncertainty.processes.fr_local_day import RESERVED, UNRESERVED, FrLocalDay, FrLocalDayParameters
from mes_stoch.uncertainty.processes.fr_site import seasonal_temperature
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay

TIME = pd.date_range("2026-01-14", periods=96, freq="15min", tz="Europe/Paris")


def draw(process: FrSyntheticDay, context: DrawContext, seed: int) -> Drawn:
    node, leaf = np.random.default_rng(seed), np.random.default_rng(seed + 10_000)
    day_ahead = process.draw_day_ahead(node, context)
    return day_ahead | process.draw_realtime(leaf, context, day_ahead)


def test_everything_else_is_what_the_parent_draws() -> None:
    context = DrawContext(TIME, 0.25)
    parent, child = draw(FrSyntheticDay(), context, 3), draw(FrLocalDay(), context, 3)
    assert set(child) - set(parent) == {RESERVED, UNRESERVED}
    assert set(FrLocalDay().series_names()) == set(child)
    for name, values in parent.items():
        assert np.array_equal(values, child[name]), name


def test_calls_keep_to_the_limits_of_the_contract_that_reads_them() -> None:
    evening = np.asarray((TIME.hour >= 17) & (TIME.hour < 20))
    limits = {RESERVED: CallLimits(open=evening, calls_max_per_day=1, call_minimum_h=0.5, call_maximum_h=1.0)}
    often = FrLocalDay(FrLocalDayParameters(local_reserved_calls_per_day=50.0))
    lengths = []
    for seed in range(50):
        called = draw(often, DrawContext(TIME, 0.25, limits), seed)[RESERVED]
        assert not called[~evening].any()
        assert int((np.diff(np.concatenate([[0.0], called])) > 0).sum()) <= 1
        lengths.append(called.sum() * 0.25)
    assert set(lengths) - {0.0} <= {0.5, 0.75, 1.0}
    assert np.count_nonzero(lengths) > 40


def test_the_number_of_calls_is_the_rate() -> None:
    """Without limits a chain begins ``1 / (1/p01 + 1/p10)`` calls a period in the long run.

    p01 = 1 - exp(-2 x 0.25 / 24) = 0.0206, p10 = 0.25: a day from idle has 96 x p01 x (share idle, 0.924 after the
    first hours) = 1.83 calls. 400 days have a standard deviation of about 0.065 of their mean.
    """
    process = FrLocalDay(
        FrLocalDayParameters(local_reserved_calls_per_day=2.0, local_call_cold_sensitivity_per_unit=0.0)
    )
    context = DrawContext(TIME, 0.25)
    begun = [int((np.diff(np.concatenate([[0.0], draw(process, context, s)[RESERVED]])) > 0).sum()) for s in range(400)]
    p01, p10 = 1 - np.exp(-2 * 0.25 / 24), 0.25
    # share idle before each period, from idle before the first
    idle = p10 / (p01 + p10) + p01 / (p01 + p10) * (1 - p01 - p10) ** np.arange(96)
    assert np.mean(begun) == pytest.approx(float((idle * p01).sum()), abs=3 * 0.065)


def test_calls_are_likelier_when_it_is_cold() -> None:
    """Half of the days are colder than the season. With s = 1 and z a normal number of a day, exp(s z) favours them."""
    process = FrLocalDay(FrLocalDayParameters(local_call_cold_sensitivity_per_unit=1.0))
    context = DrawContext(TIME, 0.25)
    season = seasonal_temperature(context, process.parameters)
    cold, mild = [], []
    for seed in range(200):
        drawn = draw(process, context, seed)
        is_cold = float((season - drawn["outdoor_temperature_degc"]).mean()) > 0
        (cold if is_cold else mild).append(drawn[RESERVED].mean())
    # E[exp(z); z > 0] / E[exp(z); z < 0] = 0.841 / 0.159 = 5.3 for rare calls
    assert np.mean(cold) > 2.5 * np.mean(mild)
