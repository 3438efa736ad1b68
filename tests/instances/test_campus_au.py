"""The Australian campus: what its plan enables is available by AEMO's own arithmetic, and is paid as it should be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from instances.test_shipped import assert_matches_expected, command_line

import mes_stoch as ms
from mes_stoch.api import Site
from mes_stoch.io.instance import read_instance
from mes_stoch.products.fcas.equations_trapezium import (
    Trapezium,
    contingency_available_mw,
    joint_ramp_limit_mw,
    regulation_available_mw,
    scale_to_limits,
    scale_to_ramp,
)
from mes_stoch.products.fcas.format import FcasService, FcasUnit

CAMPUS = Path(__file__).resolve().parents[2] / "instances" / "campus_au"
INTERVAL_H = 1 / 12
TOLERANCE_MW = 1e-6


@pytest.fixture(scope="module")
def site() -> Site:
    """Without bid rules, whose integers have no part in what is tested on the dispatch."""
    return Site(read_instance(CAMPUS, {"bids": {"minimum": False, "steps": False}}))


@pytest.fixture(scope="module")
def run(site: Site) -> Any:
    return ms.solve(site, site.tree(scenarios=2))


def services(site: Site) -> dict[str, FcasService]:
    return {name: p for name, p in site.instance.products.items() if isinstance(p, FcasService)}


def enabled(run: Any, unit: str, name: str, product: FcasService) -> np.ndarray:
    """Enabled MW, shape (scenarios, periods)."""
    return np.asarray(run.solution[f"{unit}.{name}_{product.direction}_held_mw"].values)


def energy(run: Any, unit: str) -> np.ndarray:
    if unit == "battery":
        return np.asarray((run.solution["battery.discharge_mw"] - run.solution["battery.charge_mw"]).values)
    return np.asarray(run.solution[f"{unit}.power_mw"].values)


def scaled(offer: FcasUnit, *, regulation: bool) -> Trapezium:
    limits = offer.energy_limits
    assert limits is not None
    trapezium = Trapezium(*limits, offer.max_available_mw)
    if not regulation:
        return trapezium
    within = scale_to_limits(trapezium, offer.agc_min_mw, offer.agc_max_mw)
    return scale_to_ramp(within, offer.agc_ramp_mw_per_min, INTERVAL_H)


def test_ten_services_in_five_minute_intervals(site: Site) -> None:
    named = services(site)
    assert len(named) == 10
    assert sum(product.is_regulation for product in named.values()) == 2
    assert {product.direction for product in named.values()} == {"up", "down"}
    assert site.instance.horizon.periods == 288
    assert site.instance.horizon.period_h == pytest.approx(INTERVAL_H)
    assert str(site.tree(scenarios=1).time.tz) == "Australia/Sydney"


@pytest.mark.parametrize(("unit", "sign"), [("battery", 1), ("chiller", -1)])
def test_what_is_enabled_is_available(site: Site, run: Any, unit: str, sign: int) -> None:
    """AEMO's availability (section 7.1), for every service, interval and scenario, beside all others enabled.

    The chiller is a load: raise services move its energy down.
    """
    own = {name: product for name, product in services(site).items() if unit in product.units}
    targets = energy(run, unit)
    held = {name: enabled(run, unit, name, product) for name, product in own.items()}
    for name, product in own.items():
        alike = [other for other, p in own.items() if p.direction == product.direction and other != name]
        contingencies = [other for other in alike if not own[other].is_regulation]
        regulation = [other for other in alike if own[other].is_regulation]
        trapezium = scaled(product.units[unit], regulation=product.is_regulation)
        rises = (product.direction == "up") == (sign > 0)
        for s, t in np.argwhere(held[name] > TOLERANCE_MW):
            target = targets[s, t]
            if product.is_regulation:
                ramp = product.units[unit].agc_ramp_mw_per_min
                assert ramp is not None
                before = targets[s, t - 1] if t > 0 else None
                available = regulation_available_mw(
                    trapezium,
                    target,
                    rises=rises,
                    contingencies=[
                        (scaled(own[c].units[unit], regulation=False), held[c][s, t]) for c in contingencies
                    ],
                    joint_ramp_mw=None
                    if before is None
                    else joint_ramp_limit_mw(before, ramp, INTERVAL_H, rises=rises),
                )
            else:
                beside = sum(held[r][s, t] for r in regulation)
                available = contingency_available_mw(trapezium, target, rises=rises, regulation_mw=beside)
            assert held[name][s, t] <= available + TOLERANCE_MW, (name, s, t)
    assert max(values.max() for values in held.values()) > 0.5


def test_regulation_of_the_chiller_is_scaled_to_its_ramp(site: Site, run: Any) -> None:
    """0.15 MW a minute reach 0.75 MW in an interval, of 1.5 MW offered; somewhere all of it is used."""
    product = services(site)["au_raisereg"]
    assert enabled(run, "chiller", "au_raisereg", product).max() == pytest.approx(0.75)


def test_contingency_services_share_megawatts(site: Site, run: Any) -> None:
    """The battery has 10 MW from full charge to full discharge, and is enabled for more than that upward."""
    names = ("au_raise1sec", "au_raise6sec", "au_raise60sec", "au_raise5min", "au_raisereg")
    total = sum(enabled(run, "battery", name, services(site)[name]) for name in names)
    assert np.max(total) > 10.5


def test_the_battery_holds_the_energy_of_the_service_that_needs_most(site: Site, run: Any) -> None:
    """In every interval, regulation and the most demanding contingency service beside the schedule, all called in full.

    A battery that charges delivers by charging less, so what counts is the level after the interval and not before it.
    """
    spec = site.instance.components["battery"]
    level = np.asarray(run.solution["battery.level_mwh"].values)
    before = np.concatenate([np.full((level.shape[0], 1), spec.initial_mwh), level[:, :-1]], axis=1)
    charge, discharge = run.solution["battery.charge_mw"].values, run.solution["battery.discharge_mw"].values
    scheduled = discharge - charge
    assert np.minimum(charge, discharge).max() < 1e-6

    def drawn(power: np.ndarray, hours: float) -> np.ndarray:
        return hours * np.where(power > 0, power / 0.94, power * 0.94)

    def run_round(power: np.ndarray, hours: float) -> np.ndarray:
        """The most that charging and discharging in turn loses beside ``power``: 5 MW either way."""
        return hours * np.clip(1.0 - np.abs(power) / 5.0, 0.0, None) / (1 / 5.0 + 1 / 5.0) * (1 / 0.94 - 0.94)

    for direction, sign in (("up", 1), ("down", -1)):
        own = {n: p for n, p in services(site).items() if p.direction == direction and "battery" in p.units}
        held = {n: enabled(run, "battery", n, p) for n, p in own.items()}
        beside = scheduled + sign * sum(power for n, power in held.items() if own[n].is_regulation)
        for name, product in own.items():
            if product.is_regulation:
                continue
            called_h = min(product.sustain_h, INTERVAL_H)
            during = before - drawn(beside + sign * held[name], called_h)
            after = during - drawn(beside, INTERVAL_H - called_h)
            if direction == "up":
                assert np.minimum(during, after).min() >= spec.energy_min_mwh - 1e-6
            else:
                lost = run_round(beside - held[name], called_h)
                assert (during - lost).max() <= spec.energy_max_mwh + 1e-6
                lost = lost + run_round(beside, INTERVAL_H - called_h)
                assert (after - lost).max() <= spec.energy_max_mwh + 1e-6
    assert ms.evaluate(run, stress=True).stress.passed


def test_enablement_is_paid_a_twelfth_of_the_price_an_interval(site: Site, run: Any) -> None:
    tree = run.tree
    for name, product in services(site).items():
        total = sum(enabled(run, unit, name, product) for unit in product.units)
        prices = np.stack([tree.values(str(product.enablement_price_eur_per_mw_h), s) for s in range(2)])
        paid = float((prices * total / 12).sum(axis=1).mean())
        assert run.summary["streams"].get(f"enablement.{name}", 0.0) == pytest.approx(paid, abs=1e-4)


def test_no_more_is_enabled_than_offered(site: Site, run: Any) -> None:
    for name, product in services(site).items():
        offered = np.repeat(np.asarray(run.solution[f"{name}.volume_mw"].values), 48)
        total = sum(enabled(run, unit, name, product) for unit in product.units)
        assert np.all(total <= offered + 1e-6)


@pytest.mark.slow
def test_the_default_scenarios_give_the_expected_value(tmp_path: Path) -> None:
    """Offers are whole megawatts."""
    summary = command_line([str(CAMPUS)], tmp_path / "run")
    assert summary["scenarios"] == 10
    assert summary["gap_rel"] <= 1e-3
    assert_matches_expected(summary, CAMPUS)
    volumes = [entry["volume_mw"] for entry in summary["commitments"]]
    assert volumes == pytest.approx(np.round(volumes))
    assert max(volumes) >= 6
