"""Probabilities with the moments of the sample, where there are any, and what is said where there are none."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from reduction_support import tree_of
from scipy.optimize import linprog, minimize

import mes_stoch as ms
from mes_stoch.schema.tree import ScenarioTree
from mes_stoch.uncertainty.reduction.moments import matched, matched_probabilities

PRICE, LOAD, GAS = "da_price_eur_per_mwh", "electricity_demand_mw", "gas_price_eur_per_mwh"


def paths(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Three series that go together in part."""
    generator = np.random.default_rng(seed)
    level = generator.standard_normal((count, 1))
    noise = generator.standard_normal((3, count, 12))
    return {PRICE: 50 + 20 * level + 9 * noise[0], LOAD: 4 + level + noise[1], GAS: 30 - 3 * level + noise[2]}


def moments_of(values: dict[str, np.ndarray], weights: np.ndarray) -> np.ndarray:
    """Means, variances and correlations over all scenarios and periods, from weighted copies of all numbers."""
    every = np.repeat(weights / 12, 12)
    table = np.stack([series.ravel() for series in values.values()])
    mean = table @ every
    covariance = (table - mean[:, None]) * every @ (table - mean[:, None]).T
    deviation = np.sqrt(np.diag(covariance))
    return np.concatenate(
        [mean, np.diag(covariance), (covariance / np.outer(deviation, deviation))[np.triu_indices(3, 1)]]
    )


@pytest.mark.parametrize("method", ["fast_forward", "k_medoids"])
def test_moments_are_met_where_they_can_be(method: str) -> None:
    """9 moments of 60 kept scenarios, to 1e-8 of each; without matching they are off by more than 1e-3."""
    values = paths(400)
    tree = tree_of(values)
    wanted = moments_of(values, tree.probabilities)

    def of(reduced: ScenarioTree) -> np.ndarray:
        kept = {name: reduced.dataset[name].values for name in values}
        return moments_of(kept, reduced.probabilities)

    plain = ms.reduce(tree, 60, method=method)
    matching = ms.reduce(tree, 60, method=method, match_moments=["mean", "variance", "correlation"])
    assert np.abs(of(plain) / wanted - 1).max() > 1e-3
    np.testing.assert_allclose(of(matching), wanted, rtol=1e-8)
    assert matching.dataset.attrs["moments_miss"] <= 1e-8
    assert matching.dataset.attrs["moments_matched"] == "mean, variance, correlation"
    assert matching.probabilities.min() >= 0.0
    assert matching.weighting is not None
    assert "match moments" in matching.weighting


def test_the_nearest_probabilities_are_taken() -> None:
    """Of 0, 1, 2 alike a mean of 1.5: q = p + (-a, 0, a) / 3 is nearest, and 1 + 2 a / 3 = 1.5 gives a = 3/4."""
    found = matched(["mean"], np.array([[0.0, 1.0, 2.0]]), np.array([1.5]), np.full(3, 1 / 3))
    np.testing.assert_allclose(found.probabilities, [1 / 12, 4 / 12, 7 / 12], atol=1e-9)


def test_no_probability_is_negative() -> None:
    """A mean of 1.8 would take -1/15 of the first; with 0 there, 1.8 = 2 - q_1 gives 0.2 and 0.8."""
    found = matched(["mean"], np.array([[0.0, 1.0, 2.0]]), np.array([1.8]), np.full(3, 1 / 3))
    np.testing.assert_allclose(found.probabilities, [0.0, 0.2, 0.8], atol=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_another_program_finds_the_same(seed: int) -> None:
    """The quadratic program by sequential quadratic programming."""
    generator = np.random.default_rng(seed)
    matrix, own = generator.standard_normal((4, 15)), generator.dirichlet(np.ones(15))
    target = matrix @ generator.dirichlet(np.full(15, 0.5))
    found = matched([*"abcd"], matrix, target, own)
    assert found.largest_miss <= 1e-8
    scales = np.maximum(own, 1e-3 / 15)
    other = minimize(
        lambda q: ((q - own) ** 2 / scales).sum(),
        own,
        jac=lambda q: 2 * (q - own) / scales,
        bounds=[(0, 1)] * 15,
        constraints=[
            {"type": "eq", "fun": lambda q: matrix @ q - target, "jac": lambda _: matrix},
            {"type": "eq", "fun": lambda q: q.sum() - 1, "jac": lambda _: np.ones((1, 15))},
        ],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    np.testing.assert_allclose(found.probabilities, other.x, atol=1e-5)
    assert ((found.probabilities - own) ** 2 / scales).sum() <= other.fun + 1e-9


def test_what_cannot_be_met_is_missed_least_and_told(caplog: pytest.LogCaptureFixture) -> None:
    """Prices 0, 0, 0, 8: mean 2, deviation sqrt(12). Of two zeros kept, every mean is 0: missed by 2 / sqrt(12)."""
    prices = np.array([[0.0], [0.0], [0.0], [8.0]])
    loads = np.array([[1.0], [2.0], [3.0], [2.0]])
    sample, kept = tree_of({PRICE: prices, LOAD: loads}), tree_of({PRICE: prices[:2], LOAD: loads[[0, 2]]})
    found = matched_probabilities(sample, kept, np.array([0.7, 0.3]), ["mean"])
    assert found.misses[f"mean of {PRICE}"] == pytest.approx(2 / np.sqrt(12), abs=1e-6)
    # the load's mean, which can be met, is
    assert found.misses[f"mean of {LOAD}"] == pytest.approx(0.0, abs=1e-6)
    assert found.worst == f"mean of {PRICE}"
    with caplog.at_level(logging.WARNING):
        reduced = ms.reduce(sample, 1, match_moments=["mean"])
    assert f"the mean of {PRICE} is missed by 0.577" in caplog.text
    assert reduced.dataset.attrs["moments_miss"] == pytest.approx(0.5774, abs=1e-4)


def test_series_that_say_the_same_are_no_contradiction() -> None:
    values = paths(200, seed=4)
    twice = {**values, "afrr_energy_price_up_eur_per_mwh": 2 * values[PRICE]}
    found = ms.reduce(tree_of(twice), 50, match_moments=["correlation"])
    assert found.dataset.attrs["moments_miss"] <= 1e-8


@pytest.mark.parametrize("seed", range(20))
def test_a_linear_program_agrees_on_what_can_be_met(seed: int) -> None:
    """Where it finds probabilities, all moments are met; where its least largest miss is above 0, ours is no less."""
    generator = np.random.default_rng(seed)
    count, moments = 12, 3 + seed % 6
    matrix, target = generator.standard_normal((moments, count)), 0.4 * generator.standard_normal(moments)
    bounds = np.hstack([np.vstack([matrix, -matrix]), -np.ones((2 * moments, 1))])
    least = linprog(
        np.append(np.zeros(count), 1.0),
        A_ub=bounds,
        b_ub=np.concatenate([target, -target]),
        A_eq=[[*np.ones(count), 0.0]],
        b_eq=[1.0],
    ).fun
    found = matched([str(row) for row in range(moments)], matrix, target, np.full(count, 1 / count))
    assert found.probabilities.sum() == pytest.approx(1.0)
    assert found.probabilities.min() >= 0.0
    if least < 1e-12:
        assert found.largest_miss <= 1e-8
    else:
        # the least squared misses are at most as large together as those of the least largest one
        assert least - 1e-9 <= found.largest_miss <= np.sqrt(moments) * least + 1e-6
