"""Random sites: the hub's matrices and the model, built node by node, allow the same operation.

The full size is that of ``scripts/hub_against_model.py``, whose result is ``docs/evidence/hub_against_model.json``.
"""

from __future__ import annotations

import numpy as np
import pytest
from helpers.random_plant import RandomPlant
from helpers.two_views import COST_TOLERANCE, FLOW_TOLERANCE, TwoViews, two_views
from test_hub_textbook import assert_equivalent

from mes_stoch.views.hub import build_hub

THIN, THIN_OBJECTIVES = 12, 5
FULL, FULL_OBJECTIVES = 100, 100


def views_of(seed: int, *, has_outages: bool = False) -> TwoViews:
    return two_views(*RandomPlant(seed, has_outages=has_outages).build())


@pytest.mark.parametrize(
    ("seed", "objectives"),
    [
        *((seed, THIN_OBJECTIVES) for seed in range(THIN)),
        *(pytest.param(seed, FULL_OBJECTIVES, marks=pytest.mark.full_size) for seed in range(FULL)),
    ],
)
def test_the_hub_allows_what_the_model_allows(seed: int, objectives: int) -> None:
    """The same least cost with binaries; with states fixed, the same optimum in every direction of the port flows."""
    found = views_of(seed).compare(objectives, seed)
    assert found.cost_difference <= COST_TOLERANCE
    assert found.flow_difference <= FLOW_TOLERANCE


@pytest.mark.parametrize(
    ("seed", "objectives"),
    [
        *((seed, THIN_OBJECTIVES) for seed in range(THIN)),
        *(pytest.param(seed, FULL_OBJECTIVES, marks=pytest.mark.full_size) for seed in range(FULL)),
    ],
)
def test_the_hub_allows_what_the_model_allows_in_outages(seed: int, objectives: int) -> None:
    """The same where less than all of a device is available, or nothing."""
    found = views_of(seed, has_outages=True).compare(objectives, seed)
    assert found.cost_difference <= COST_TOLERANCE
    assert found.flow_difference <= FLOW_TOLERANCE


@pytest.mark.parametrize("seed", [0, 4, 5])
def test_the_standardised_form_is_the_same_hub(seed: int) -> None:
    assert_equivalent(build_hub(*RandomPlant(seed).build()))


def test_one_wrong_coefficient_is_seen() -> None:
    """A boiler that needs a tenth of a per cent less fuel, in its column of the coupling matrix alone."""
    instance, tree = RandomPlant(1).build()
    views, hub = two_views(instance, tree), build_hub(instance, tree)
    columns = hub.columns
    burnt = np.flatnonzero((columns["component"] == "boiler") & (columns["name"] == "power"))
    fuel = np.flatnonzero(hub.injection.rows.get_level_values("node") == "fuel")
    matrix = views.hub.matrix.tolil()
    changed = 0
    for row in fuel:
        for column in burnt:
            changed += matrix[row, column] != 0
            matrix[row, column] *= 0.999
    assert changed == len(fuel)
    views.hub.matrix = matrix.tocsr()
    assert not views.compare(THIN_OBJECTIVES, 1).agrees
