"""The campus with two local contracts: payments, calendars, and what each contract is worth beside the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from instances.test_shipped import assert_matches_expected

import mes_stoch as ms
from mes_stoch.api import Site
from mes_stoch.io.instance import read_instance
from mes_stoch.report.run import Run
from mes_stoch.schema.tree import ScenarioTree

FOLDER = Path(__file__).resolve().parents[2] / "instances" / "enedis_local"
RESERVED, UNRESERVED = "local_reserved_activation_per_unit", "local_unreserved_activation_per_unit"
#: From the README: 5,000 EUR/MW/year over 246 h, three of them on this day.
FIXED_EUR_PER_MW = 5000 / 246 * 3


def campus(overrides: Mapping[str, Any] | None = None) -> Site:
    return Site(read_instance(FOLDER, overrides))


@pytest.fixture(scope="module")
def run() -> Run:
    site = campus()
    return ms.solve(site, site.tree(), method="ef", gap_rel=1e-5)


@pytest.fixture(scope="module")
def tree() -> ScenarioTree:
    return campus().tree(scenarios=300)


def hours_called(tree: ScenarioTree, name: str) -> pd.Series:
    """Called hours by local clock hour, over all scenarios."""
    called = sum(tree.values(name, scenario) for scenario in range(len(tree.scenario_names)))
    return pd.Series(np.asarray(called) * 0.25).groupby(np.asarray(tree.time.hour)).sum()


def test_expected(run: Run) -> None:
    assert_matches_expected(run.summary, FOLDER)


def test_the_fixed_payment_is_that_of_three_hours(run: Run) -> None:
    """Full payment for 1.55 MW is 94.5 EUR; what is lost is in proportion to what was short: 50 EUR/MW/h each."""
    volume = run.summary["commitments"][0]["volume_mw"]
    streams = run.summary["streams"]
    short_mw_h = -streams["penalty.shortfall_enedis_local_reserved"] / 50
    full = volume * FIXED_EUR_PER_MW
    assert 0 < short_mw_h < 0.1
    assert streams["capacity.enedis_local_reserved"] == pytest.approx(full - short_mw_h * 5000 / 246)
    assert "capacity.enedis_local_unreserved" not in streams


def test_without_reservation_what_is_offered_is_delivered(run: Run) -> None:
    """Offers are made when the call is known, so nothing is missed, and the payment is 260 EUR for each MWh."""
    streams = run.summary["streams"]
    assert streams["activation.enedis_local_unreserved"] > 0
    assert streams["penalty.missed_enedis_local_unreserved"] == pytest.approx(0.0, abs=1e-6)


def test_calls_keep_to_calendars_and_limits(tree: ScenarioTree) -> None:
    evening, any_hour = hours_called(tree, RESERVED), hours_called(tree, UNRESERVED)
    assert set(evening.index[evening > 0]) == {17, 18, 19}
    assert any_hour.index[any_hour > 0].min() >= 7
    assert any_hour.index[any_hour > 0].max() <= 20
    for name in (RESERVED, UNRESERVED):
        for scenario in range(len(tree.scenario_names)):
            called = tree.values(name, scenario)
            begun = int(((called > 0) & (np.concatenate([[0.0], called[:-1]]) == 0)).sum())
            assert begun <= 1
            assert called.sum() * 0.25 <= 2.0


def test_calls_are_about_as_many_as_the_readme_says(tree: ScenarioTree) -> None:
    """One in four: at 2 a day over 3 h and 0.5 a day over 14 h, a first call has a chance of about 0.22 and 0.25."""
    for name in (RESERVED, UNRESERVED):
        share = np.mean([tree.values(name, scenario).any() for scenario in range(300)])
        # three standard deviations of 300 draws
        assert share == pytest.approx(0.24, abs=3 * np.sqrt(0.24 * 0.76 / 300))


def test_contracts_are_worth_less_together_than_one_by_one(run: Run) -> None:
    """Without a contract its volume is 0. Values in the README: 44.9, 80.9, 125.4 together."""
    value: dict[str, float] = {}
    for name, off in (
        ("neither", ("enedis_local_reserved", "enedis_local_unreserved")),
        ("enedis_local_unreserved", ("enedis_local_reserved",)),
        ("enedis_local_reserved", ("enedis_local_unreserved",)),
    ):
        site = campus({f"products.{product}.volume_max_mw": 0 for product in off})
        value[name] = ms.solve(site, site.tree(), method="ef", gap_rel=1e-5).summary["objective"]
    both = run.summary["objective"] - value["neither"]
    call, evening = (
        value["enedis_local_unreserved"] - value["neither"],
        value["enedis_local_reserved"] - value["neither"],
    )
    assert call == pytest.approx(44.9, abs=0.1)
    assert evening == pytest.approx(80.9, abs=0.1)
    assert both == pytest.approx(125.4, abs=0.1)
    assert max(call, evening) < both < call + evening
