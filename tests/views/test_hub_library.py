"""Random sites of the library's kinds: hub and model allow the same; what they hold stands every full call."""

from __future__ import annotations

from types import ModuleType

import pytest
from helpers.one_kind_site import one_kind_site
from helpers.random_kinds import chp, part_load_converter
from helpers.settled_run import solved
from helpers.two_views import COST_TOLERANCE, FLOW_TOLERANCE, two_views

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data

THIN, FULL = 6, 200

SEEDS = [*range(THIN), *(pytest.param(seed, marks=pytest.mark.full_size) for seed in range(THIN, FULL))]
KINDS = pytest.mark.parametrize("kind", [part_load_converter, chp], ids=lambda kind: kind.__name__.rpartition(".")[2])


@KINDS
@pytest.mark.parametrize("seed", SEEDS)
def test_the_hub_allows_what_the_model_allows(seed: int, kind: ModuleType) -> None:
    found = two_views(*one_kind_site(kind, seed, with_reserve=False)).compare(5, seed)
    assert found.is_feasible
    assert found.cost_difference <= COST_TOLERANCE
    assert found.flow_difference <= FLOW_TOLERANCE


@KINDS
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_held_stands_every_call_and_is_settled(seed: int, kind: ModuleType) -> None:
    instance, tree = one_kind_site(kind, seed, with_reserve=True)
    run = solved(instance, tree, gap_rel=1e-4)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    test = stress(data)
    assert test.passed, test.table().head(3)
    assert settle_data(data).agrees
