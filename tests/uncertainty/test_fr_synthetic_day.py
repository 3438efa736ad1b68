"""The synthetic French day against published statistics, and the rules every drawn scenario keeps.

Published figures: French day-ahead quarter-hours of November and December 2025; German ID3 less day-ahead 2023;
western Denmark 2021 (imbalance, mFRR); French FCR auction 2021 (form) and 2024 (level); German aFRR activation
2016-17; RTE's delivery times. Tolerances allow for 600 scenarios of one seed (about three standard errors of a mean)
and, where said, for a simpler law.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from uncertainty_support import synthetic

from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.processes.fr_parameters import FrSyntheticDayParameters
from mes_stoch.uncertainty.processes.fr_synthetic_day import FrSyntheticDay
from mes_stoch.uncertainty.tree import build_tree
from mes_stoch.uncertainty.tree_quality.courses import Courses
from mes_stoch.uncertainty.tree_quality.statistics import statistics

SCENARIOS = 600


@pytest.fixture(scope="module")
def tree() -> ScenarioTree:
    return build_tree(synthetic(da_weekend_offset_eur_per_mwh=0.0), SCENARIOS)


def values(tree: ScenarioTree, name: str) -> NDArray[np.float64]:
    return np.asarray(tree.dataset[name].values)


def moments(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation of equally likely scenarios, shape (scenarios, periods)."""
    count, periods = numbers.shape
    weights = np.full(count, 1.0 / count)
    found = statistics(Courses("tree", ("x",), numbers[:, :, None], weights, np.ones(periods))).loc["x"]
    return float(found["mean"]), float(found["deviation"])


def lag_1(numbers: NDArray[np.float64]) -> float:
    """Autocorrelation about the mean over all scenarios, as that of one long series of days."""
    deviation = numbers - numbers.mean()
    return float((deviation[:, 1:] * deviation[:, :-1]).mean() / (deviation**2).mean())


def spread(tree: ScenarioTree, name: str) -> NDArray[np.float64]:
    return values(tree, name) - values(tree, "da_price_eur_per_mwh")


def hourly(tree: ScenarioTree, one: str, other: str) -> NDArray[np.float64]:
    difference = values(tree, one) - values(tree, other)
    return difference.reshape(difference.shape[0], -1, 4).mean(axis=2)


def test_day_ahead(tree: ScenarioTree) -> None:
    prices = values(tree, "da_price_eur_per_mwh")
    mean, deviation = moments(prices)
    assert mean == pytest.approx(63.6, abs=3.5)
    assert deviation == pytest.approx(32.1, rel=0.10)
    assert prices.std(axis=1).mean() == pytest.approx(19.3, rel=0.15)
    # Smoother than the real quarter-hours (0.943), which step between hours; as smooth as real hours (0.95).
    assert 0.94 < lag_1(prices) < 1.0
    assert lag_1(prices[:, ::4]) == pytest.approx(0.95, abs=0.03)


def test_intraday_spread(tree: ScenarioTree) -> None:
    assert moments(spread(tree, "id_price_eur_per_mwh"))[0] == pytest.approx(2.0, abs=1.5)
    by_hour = hourly(tree, "id_price_eur_per_mwh", "da_price_eur_per_mwh")
    assert moments(by_hour)[1] == pytest.approx(25.1, rel=0.05)
    assert lag_1(by_hour) == pytest.approx(0.686, abs=0.03)


def test_imbalance_spread(tree: ScenarioTree) -> None:
    found = spread(tree, "afrr_energy_price_up_eur_per_mwh")
    mean, deviation = moments(found)
    assert mean == pytest.approx(-3.2, abs=2.0)
    assert deviation == pytest.approx(37.7, rel=0.08)
    assert lag_1(found) == pytest.approx(0.705, abs=0.04)
    assert found.min() >= -150.0 - 1e-9
    assert found.max() <= 150.0 + 1e-9


@pytest.mark.parametrize(
    ("name", "mean", "tolerance", "variation"),
    [
        ("fcr", 7.0, 1.0, 1.11),
        ("afrr_up", 66.0 * 0.6, 4.0, 0.80),
        ("afrr_down", 66.0 * 0.4, 3.0, 0.80),
        # Heavy tail (variation 3.2): the mean of 600 draws is known to a third only, and its variation hardly.
        ("mfrr_up", 1.7, 0.7, None),
        ("rc_up", 1.2, 0.5, None),
    ],
)
def test_capacity_prices(tree: ScenarioTree, name: str, mean: float, tolerance: float, variation: float | None) -> None:
    prices = values(tree, f"{name}_capacity_price_eur_per_mw_h")
    found, deviation = moments(prices)
    assert found == pytest.approx(mean, abs=tolerance)
    assert prices.min() >= 0.0
    if variation is not None:
        assert deviation / found == pytest.approx(variation, rel=0.25)
    else:
        logarithm = np.log(prices[:, 0])
        assert logarithm.std() == pytest.approx(1.56, rel=0.1)


@pytest.mark.parametrize(("name", "block_h"), [("fcr", 4), ("afrr_up", 4), ("afrr_down", 4), ("mfrr_up", 24)])
def test_capacity_prices_are_constant_in_blocks(tree: ScenarioTree, name: str, block_h: int) -> None:
    prices = values(tree, f"{name}_capacity_price_eur_per_mw_h").reshape(SCENARIOS, -1, 4 * block_h)
    assert (np.ptp(prices, axis=2) == 0).all()
    if block_h < 24:
        assert (np.ptp(prices[:, :, 0], axis=1) > 0).all()


def test_fcr_activation(tree: ScenarioTree) -> None:
    up, down = values(tree, "fcr_activation_up_per_unit"), values(tree, "fcr_activation_down_per_unit")
    # Mean of the positive part beyond a dead band d of a normal number of deviation s: s phi(d / s), over full range.
    expected = 0.02 * np.exp(-0.5 * 0.5**2) / np.sqrt(2 * np.pi) / 0.2
    assert up.mean() == pytest.approx(expected, rel=0.05)
    assert down.mean() == pytest.approx(expected, rel=0.05)
    assert ((up > 0) & (down > 0)).mean() > 0.5
    assert (up + down <= 1.0).all()


def test_afrr_activation(tree: ScenarioTree) -> None:
    up, down = (values(tree, f"afrr_activation_{way}_per_unit") for way in ("up", "down"))
    mean_up, deviation_up = moments(up)
    mean_down, deviation_down = moments(down)
    assert mean_up == pytest.approx(151.5 / 1953, abs=0.006)
    assert mean_down == pytest.approx(101.5 / 1809, abs=0.006)
    # Variation 1.40 up and 1.67 down in the German series, 1.46 both ways in the law drawn.
    assert deviation_up / mean_up == pytest.approx(1.40, abs=0.15)
    assert deviation_down / mean_down == pytest.approx(1.67, abs=0.30)
    assert lag_1(up) == pytest.approx(0.70, abs=0.04)
    assert lag_1(down) == pytest.approx(0.73, abs=0.04)


@pytest.mark.parametrize(("name", "longest_h"), [("mfrr", 2.0), ("rc", 1.5)])
def test_calls_keep_their_rules(name: str, longest_h: float) -> None:
    # Far more calls than by default, over three days, so that every limit binds.
    tree = build_tree(synthetic(periods=288, mfrr_calls_per_day=30.0, rc_calls_per_day=30.0), 50)
    longest = 0
    for called in values(tree, f"{name}_activation_up_per_unit"):
        assert set(np.unique(called)) <= {0.0, 1.0}
        edges = np.diff(np.concatenate([[0.0], called, [0.0]]))
        starts, ends = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
        assert ((ends - starts) * 0.25 <= longest_h).all()
        assert ((starts[1:] - ends[:-1]) * 0.25 >= 4.0).all()
        assert np.bincount(starts // 96, minlength=3).max() <= 2
        longest = max(longest, int((ends - starts).max()))
    assert longest * 0.25 == longest_h


def test_calls_come_when_they_are_dear(tree: ScenarioTree) -> None:
    called = values(tree, "mfrr_activation_up_per_unit")
    assert called.mean() == pytest.approx(15.2 / 299.1, abs=0.012)
    premium = values(tree, "afrr_energy_price_up_eur_per_mwh") - values(tree, "da_price_eur_per_mwh")
    starts = np.diff(np.pad(called, ((0, 0), (1, 0))), axis=1) > 0
    assert premium[starts].mean() > premium[called == 0].mean() + 20.0
    ratio = values(tree, "afrr_activation_up_per_unit") - values(tree, "afrr_activation_down_per_unit")
    assert np.corrcoef(ratio.ravel(), premium.ravel())[0, 1] > 0.7


def test_no_free_money() -> None:
    # Wide prices, so that negative ones and cut spreads occur.
    loaded = synthetic(da_day_sd_eur_per_mwh=120.0, imbalance_spread_sd_eur_per_mwh=120.0, seed=9)
    tree = build_tree(loaded, 300)
    long, short = values(tree, "imbalance_long_eur_per_mwh"), values(tree, "imbalance_short_eur_per_mwh")
    assert (short < 0).any()
    assert (long <= short).all()
    for name in ("afrr", "mfrr", "rc"):
        assert (values(tree, f"{name}_energy_price_up_eur_per_mwh") <= short + 1e-9).all()
    assert (values(tree, "afrr_energy_price_down_eur_per_mwh") >= long - 1e-9).all()
    fcr = values(tree, "fcr_energy_price_eur_per_mwh")
    np.testing.assert_array_equal(fcr, values(tree, "da_price_eur_per_mwh"))
    assert (fcr <= short + 150.0 + 1e-9).all()
    assert (fcr >= long - 150.0 - 1e-9).all()
    for name in FrSyntheticDay().series_names():
        if "activation" in name:
            assert values(tree, name).min() >= 0.0
            assert values(tree, name).max() <= 1.0


def test_site(tree: ScenarioTree) -> None:
    parameters = FrSyntheticDayParameters()
    electricity, heat = values(tree, "electricity_demand_mw"), values(tree, "heat_demand_mw")
    assert electricity.mean() == pytest.approx(parameters.electricity_mean_mw, rel=0.01)
    # DOE reference hospital: 0.65 / 0.943 of the mean at night, 1.2 / 0.943 by day
    assert electricity[:, 8].mean() / electricity.mean() == pytest.approx(0.69, abs=0.02)
    assert electricity[:, 46].mean() / electricity.mean() == pytest.approx(1.27, abs=0.02)
    assert heat.min() >= 0.0
    pv = values(tree, "pv_available_mw")
    assert pv[:, :24].max() == 0.0
    assert 0.0 < pv.max() <= parameters.pv_peak_mw
    cop, temperature = values(tree, "heat_pump_cop_per_unit"), values(tree, "outdoor_temperature_degc")
    assert np.corrcoef(cop.ravel(), temperature.ravel())[0, 1] > 0.98
    # Carnot figure by hand: 0.5 * 333.15 / 60 at 0 degC
    assert np.interp(0.0, np.sort(temperature.ravel()), np.sort(cop.ravel())) == pytest.approx(2.776, abs=0.01)


def test_delivers_what_it_names(tree: ScenarioTree) -> None:
    assert set(tree.series_names) == set(FrSyntheticDay().series_names())


def test_every_parameter_says_where_it_comes_from() -> None:
    for name, field in FrSyntheticDayParameters.model_fields.items():
        assert field.description, name
