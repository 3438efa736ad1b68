"""The hypermarket, the district-heating plant and the hydrogen site: known intervals, and what their parts must do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from instances.test_shipped import assert_matches_expected

import mes_stoch as ms
from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.report.run import Run
from mes_stoch.settlement.data import SettlementData

INSTANCES = Path(__file__).resolve().parents[2] / "instances"


def solved(name: str, scenarios: int | None = None, **options: Any) -> Run:
    site = ms.read(INSTANCES / name)
    stated = site.loaded.instance.solve
    options = {"method": stated.method, "gap_rel": stated.gap_rel, **options}
    run: Run = ms.solve(site, site.tree(scenarios=scenarios), **options)
    return run


def flow_mw(run: Run, component: str, node: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Into the node, shape (scenarios, periods)."""
    flows = run.flow_data["flow_mw"]
    own = (flows["component"].values == component) & (flows["node"].values == node)
    return np.asarray(flows.transpose("scenario", "time", "flow").values[:, :, own].sum(axis=2), dtype=float)


def assert_deliverable(name: str, run: Run) -> None:
    instance, tree = ms.read(INSTANCES / name).loaded.instance, run.tree
    assert stress(SettlementData(instance, tree, run.solution, run.flow_data)).passed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["supermarket_fr", "district_heat_dk", "hydrogen_valley"])
def test_known_interval_and_every_call_can_be_delivered(name: str) -> None:
    run = solved(name)
    assert_matches_expected(run.summary, INSTANCES / name)
    assert json.loads((INSTANCES / name / "expected.json").read_text())["scenarios"] == run.summary["scenarios"]
    assert_deliverable(name, run)


@pytest.fixture(scope="module")
def supermarket() -> Run:
    return solved("supermarket_fr", 2, gap_rel=2e-3)


def test_the_month_s_peak_is_paid_for_by_the_meter(supermarket: Run) -> None:
    """1,500 EUR/MW, a twentieth of it, above the 0.7 MW that have been reached: 75 EUR per MW of import on top."""
    imported = supermarket.solution["grid.import_mw"].values
    above = np.maximum(imported.max(axis=1) - 0.7, 0.0)
    charge = supermarket.summary["streams"].get("demand_charge.grid", 0.0)
    assert charge == pytest.approx(-75.0 * above.mean(), abs=1e-6)
    # without the charge nothing would keep an import of 1.5 MW away from that
    assert above.max() < 0.2


def test_refrigeration_makes_up_what_waits(supermarket: Run) -> None:
    """0.42 MW for 24 h are 10.08 MWh; what is moved is made up with 5 % on top; a third of 0.42 MW is 0.1386 MW.

    In a period some may wait while some is made up: only the difference shows, and the 5 % are of a little more.
    """
    drawn = -flow_mw(supermarket, "refrigeration", "cold")
    moved = np.maximum(0.42 - drawn, 0.0).sum(axis=1) * 0.25
    assert (moved > 0.1).all()
    extra = drawn.sum(axis=1) * 0.25 - 10.08
    assert (extra > 0.05 * moved - 1e-6).all()
    assert (extra < 0.055 * moved).all()
    assert np.abs(drawn - 0.42).max() <= 0.33 * 0.42 + 1e-9


@pytest.fixture(scope="module")
def district() -> Run:
    return solved("district_heat_dk", 3)


def test_chp_runs_in_its_region_or_not_at_all(district: Run) -> None:
    """On, its fuel lies between 13 and 30 MW; power and heat are those of its four corners and what lies between."""
    power, heat = flow_mw(district, "chp", "power"), flow_mw(district, "chp", "network")
    fuel = -flow_mw(district, "chp", "fuel")
    running = power > 1e-6
    assert running.any()
    assert (heat[~running] < 1e-6).all()
    assert (fuel[running] > 13.0 - 1e-6).all()
    assert (fuel < 30.0 + 1e-6).all()
    # at one fuel, 0.15 MW of power are lost per MW of heat: on the upper face P = 12 - (12 - 9.43) / 17.14 H
    assert (power + (12.0 - 9.43) / 17.14 * heat < 12.0 + 1e-6).all()


def test_emissions_are_those_of_the_meters(district: Run) -> None:
    """202 kg per MWh of gas and 110 per MWh of electricity drawn, at 30 EUR/t."""
    gas = district.solution["mains.import_mw"].values.sum(axis=1)
    electricity = district.solution["grid.import_mw"].values.sum(axis=1)
    tonnes = (0.202 * gas + 0.110 * electricity).mean()
    assert district.summary["streams"]["co2"] == pytest.approx(-30.0 * tonnes, rel=1e-6)


def test_electrolyser_stays_on_its_curve() -> None:
    """65 % at 4 MW and 60 % at 10 MW: linear between (1, 0.5), (4, 2.6) and (10, 6); half of it in an outage."""
    run = solved("hydrogen_valley", 2, method="ef", gap_rel=5e-3)
    power, hydrogen = -flow_mw(run, "electrolyser", "power"), flow_mw(run, "electrolyser", "hydrogen")
    curve = np.where(power > 1e-6, np.interp(power, [1.0, 4.0, 10.0], [0.5, 2.6, 6.0]), 0.0)
    assert hydrogen == pytest.approx(curve, abs=1e-5)
    assert (power > 1e-6).any()
