"""The optimum of a site, told the same by everybody: program, settlement, energy hub, stress test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from helpers.settled_run import settled, solved
from helpers.site_builder import make_tree, optimum
from helpers.two_views import two_views
from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData


def profit_of(instance: Instance, series: Mapping[str, Any] | None = None, drop: Sequence[str] = ()) -> float:
    """The optimum; settled from its files and as a hub, where nothing is dropped, it must be the same."""
    found = optimum(instance, series, drop=drop).profit
    if not drop:
        settlement = settled(instance, make_tree(instance, series))
        assert settlement.agrees
        assert settlement.expected_profit == pytest.approx(found, abs=1e-6)
        if not instance.products:
            assert two_views(instance, make_tree(instance, series)).least_costs() == pytest.approx((-found, -found))
    return found


def assert_stands(instance: Instance, series: Mapping[str, Any] | None = None) -> None:
    """Whatever the optimal plan holds stands every full call."""
    tree = make_tree(instance, series)
    run = solved(instance, tree)
    test = stress(SettlementData(instance, tree, run.solution, run.flow_data))
    assert test.calls_tested > 0
    assert test.passed
