"""Random sites: the hub's matrices and the model, built node by node, allow the same operation.

The full size is that of ``scripts/hub_against_model.py``, whose result is ``docs/evidence/hub_against_model.json``.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.random_plant import RandomPlant
from helpers.two_views import COST_TOLERANCE, FLOW_TOLERANCE, TwoViews, least_cost_of, two_views
from test_hub_textbook import assert_equivalent

from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub

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
    assert found.is_feasible, "a site that cannot be operated compares nothing"
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


CUT = 10


@pytest.mark.parametrize("seed", range(CUT))
def test_a_cut_within_periods_changes_nothing_where_flows_do_not(seed: int) -> None:
    """Flows of every step of a period the same, stores filled and emptied evenly in it: the optimum is the uncut one.

    What a store loses while it stands is that of a period, spread over its steps.
    """
    instance, tree = RandomPlant(seed).build()
    period_h = instance.horizon.period_h
    cut = build_hub(instance, tree, cuts_h=[0.3 * period_h, 0.75 * period_h])
    # of a first period that has begun, what is over is not cut
    is_over = [share * period_h <= instance.horizon.begun_h + 1e-9 for share in (0.3, 0.75)]
    assert len(cut.steps) == 3 * instance.horizon.periods - sum(is_over)
    assert least_cost_of(cut, _even_rows(cut))[0] == pytest.approx(
        least_cost_of(build_hub(instance, tree))[0], rel=1e-6, abs=1e-6
    )


def test_some_of_these_sites_lose_energy_in_a_store_at_work() -> None:
    lossy = 0
    for seed in range(CUT):
        instance, _ = RandomPlant(seed).build()
        lossy += any(getattr(spec, "standing_loss_per_h", 0.0) > 0 for spec in instance.components.values())
    assert lossy >= CUT / 2


def _even_rows(hub: Hub) -> sp.csr_array:
    """Rows that are 0 where every flow is constant within a period."""
    columns, hours, period = hub.columns, hub.steps.hours, hub.steps.period_of_step
    per_hour = columns["role"].isin(["stored", "drawn"]).to_numpy()
    rows = []
    flows = columns[columns["role"].isin(["flow", "stored", "drawn"])]
    for _, own in flows.groupby(["component", "name"]):
        for first, second in pairwise(own.index):
            one, two = columns.at[first, "step"], columns.at[second, "step"]
            if period[one] == period[two]:
                entries = [1.0 / hours[one], -1.0 / hours[two]] if per_hour[first] else [1.0, -1.0]
                rows.append(sp.csr_array((entries, ([0, 0], [first, second])), shape=(1, len(columns))))
    return sp.csr_array(sp.vstack(rows))


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
