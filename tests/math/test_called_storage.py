"""What calls do to a store: bounded by what it can run, and no discharge where they only slow a charge.

A period in which one signal calls up for a share of the time, down for another, and rests for the last is three
periods: what a store can do in it follows from what it can do in each, without any of the model's rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.site_builder import grid, make_instance, make_tree, optimum
from scipy.optimize import linprog

from mes_stoch.model.site_program import build_leaf_program

ENERGY = {
    "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": -600.0, "price_short_eur_per_mwh": 300.0},
}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 1.0,
        "terminal_mwh": 0.0,
        "charge_efficiency_per_unit": 0.5,
        "discharge_efficiency_per_unit": 0.5,
        "provides": list(provides),
        **fields,
    }


def reserve(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 0.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "shortfall_penalty_eur_per_mw_h": 150.0,
        "missed_penalty_eur_per_mwh": 200.0,
        **fields,
    }


@pytest.mark.parametrize("call", ["continuous", "discrete"])
def test_a_full_store_called_up_at_negative_prices_burns_what_it_can_run(call: str) -> None:
    """At -400 a full store (0.5 each way) charges 0.8 of the hour and discharges 0.2: 0.6 MWh, 240, called or not.

    Energy called up costs 400 a MWh and so does energy not bought, so that a call is worth nothing. If the called
    operation did not share the hour it would charge 1 MW and give 0.25 back at 1 / 0.5: 300.
    """
    product = reserve(call=call, energy_price_up_eur_per_mwh=-400.0, activation_up_per_unit=1.0)
    instance = make_instance({"grid": grid(), "battery": battery("fr_afrr_up")}, {**ENERGY, "fr_afrr_up": product})
    assert optimum(instance, {"da": -400}).profit == pytest.approx(240.0)
    assert optimum(instance, {"da": -400}, drop=["battery.called_sharing"]).profit == pytest.approx(300.0)


@pytest.mark.parametrize("call", ["continuous", "discrete"])
def test_slowing_a_charge_is_not_a_discharge(call: str) -> None:
    """1 MW of charge for an hour, half of it called off: half a MW is stored at 0.5, 0.25 MWh, and nothing is drawn.

    Counted as a discharge the level would fall by 0.5 - 0.5 / 0.5 = -0.5 MWh.
    """
    product = reserve(call=call, activation_up_per_unit=0.5)
    store = battery("fr_afrr_up", initial_mwh=1.0, energy_max_mwh=4.0, throughput_cost_eur_per_mwh=7.0)
    instance = make_instance({"grid": grid(), "battery": store}, {**ENERGY, "fr_afrr_up": product})
    fixed = {"fr_afrr_up.volume_mw": 1.0, "battery.charge_mw": 1.0, "battery.discharge_mw": 0.0}
    result = optimum(instance, {"da": 0}, fixed=fixed)
    assert result.variable("battery.level_mwh")[0] == pytest.approx(1.25)
    # nor is it wear
    assert result.stream("operation.battery") == pytest.approx(0.0)
    if call == "discrete":
        counted = optimum(instance, {"da": 0}, fixed={**fixed, "battery.cancelled_mw": 0.0}, drop=["*.called_sharing"])
        assert counted.variable("battery.level_mwh")[0] == pytest.approx(0.5)


def test_nothing_is_built_where_it_makes_no_difference() -> None:
    """A store without losses, and one that is never called."""
    lossless = battery("fr_afrr_up", charge_efficiency_per_unit=1.0, discharge_efficiency_per_unit=1.0)
    for store, share in ((lossless, 1.0), (battery("fr_afrr_up"), 0.0)):
        product = reserve(activation_up_per_unit=share)
        instance = make_instance({"grid": grid(), "battery": store}, {**ENERGY, "fr_afrr_up": product})
        program = build_leaf_program(instance, make_tree(instance, {"da": 0}))
        assert not [f.name for f in program.column_groups if "cancelled" in f.name]


# -- against a period taken apart -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A store, its schedule (discharge positive), what is held, and the shares of the hour called up and down."""

    charge_max: float
    discharge_max: float
    eta_charge: float
    eta_discharge: float
    schedule: float
    held: float
    up: float
    down: float


def random_case(seed: int) -> Case:
    generator = np.random.default_rng(seed)
    charge_max, discharge_max = generator.uniform(0.5, 2.0, 2)
    schedule = generator.uniform(-charge_max, discharge_max)
    held = generator.uniform(0.0, min(discharge_max - schedule, charge_max + schedule))
    up = generator.choice([0.0, 0.3, 1.0, generator.random()])
    down = generator.choice([0.0, 1.0 - up, generator.uniform(0.0, 1.0 - up)])
    return Case(charge_max, discharge_max, *generator.uniform(0.5, 0.95, 2), schedule, held, up, down)


def levels_by_parts(case: Case) -> tuple[float, float]:
    """Least and greatest change of the level: each part of the hour runs by itself, at a constant power at the port."""
    least = greatest = 0.0
    for share, power in (
        (case.up, case.schedule + case.held),
        (case.down, case.schedule - case.held),
        (1.0 - case.up - case.down, case.schedule),
    ):
        charge, discharge = max(-power, 0.0), max(power, 0.0)
        # what can run round besides: as much in as out, for the part of the time that is left
        left = max(0.0, 1.0 - charge / case.charge_max - discharge / case.discharge_max)
        round_mw = left / (1.0 / case.charge_max + 1.0 / case.discharge_max)
        best = case.eta_charge * charge - discharge / case.eta_discharge
        greatest += share * best
        least += share * (best - round_mw * (1.0 / case.eta_discharge - case.eta_charge))
    return least, greatest


def levels_of_model(case: Case) -> tuple[float, float]:
    """The same by the rows of the model, all else fixed."""
    store = battery(
        "fr_fcr",
        energy_max_mwh=100.0,
        initial_mwh=50.0,
        charge_max_mw=case.charge_max,
        discharge_max_mw=case.discharge_max,
        charge_efficiency_per_unit=case.eta_charge,
        discharge_efficiency_per_unit=case.eta_discharge,
    )
    product = reserve(volume_max_mw=10.0, activation_up_per_unit=case.up, activation_down_per_unit=case.down)
    instance = make_instance({"grid": grid(), "battery": store}, {**ENERGY, "fr_fcr": product})
    program = build_leaf_program(instance, make_tree(instance, {"da": 0}))
    scenario = program.scenario(0)
    place = {f.name: int(f.positions[0]) for f in program.column_groups}
    lower, upper = scenario.column_lower.copy(), scenario.column_upper.copy()
    for name, value in {
        "fr_fcr.volume_mw": case.held,
        "battery.fr_fcr_up_held_mw": case.held,
        "battery.fr_fcr_down_held_mw": case.held,
        "grid.scheduled_mw": case.schedule,
        "power.unserved_mw": 0.0,
        "power.dumped_mw": 0.0,
    }.items():
        if name in place:
            lower[place[name]] = upper[place[name]] = value
    matrix = scenario.matrix.tocsr()
    finite_above, finite_below = np.isfinite(scenario.row_upper), np.isfinite(scenario.row_lower)
    found = []
    for sign in (1.0, -1.0):
        cost = np.zeros(len(lower))
        cost[place["battery.level_mwh"]] = sign
        solved = linprog(
            cost,
            A_ub=sp.vstack([matrix[finite_above], -matrix[finite_below]]),
            b_ub=np.concatenate([scenario.row_upper[finite_above], -scenario.row_lower[finite_below]]) + 1e-9,
            bounds=list(zip(lower, upper, strict=True)),
        )
        assert solved.success, solved.message
        found.append(sign * solved.fun - 50.0)
    return found[0], found[1]


@pytest.mark.parametrize("seed", range(40))
def test_the_called_store_reaches_the_levels_of_its_parts(seed: int) -> None:
    """Highest and lowest level of a period in which one product is called both ways are those of its three parts."""
    case = random_case(seed)
    assert levels_of_model(case) == pytest.approx(levels_by_parts(case), abs=1e-6)


def two_groups(energy_max_mwh: float) -> Any:
    """1 MW called down for an hour, and aFRR held that nobody calls; charging costs 1 EUR/MWh, nothing can be sold."""
    called = reserve(
        call="discrete",
        exclusivity_group="one",
        sustain_h=1.0,
        capacity_price_eur_per_mw_h=100.0,
        activation_down_per_unit=1.0,
        energy_price_down_eur_per_mwh=0.0,
    )
    held = reserve(sustain_h=1.0, capacity_price_eur_per_mw_h=10.0, energy_price_down_eur_per_mwh=0.0)
    store = battery(
        "fr_mfrr_down",
        "fr_afrr_down",
        energy_max_mwh=energy_max_mwh,
        initial_mwh=0.0,
        charge_max_mw=2.0,
        discharge_max_mw=2.0,
        charge_efficiency_per_unit=1.0,
    )
    meter = grid(import_price_eur_per_mwh=1.0, export_max_mw=0.0)
    return make_instance(
        {"grid": meter, "battery": store},
        {"fr_mfrr_down": called, "fr_afrr_down": held, "imbalance": ENERGY["imbalance"]},
    )


def test_a_call_of_another_group_leaves_less_of_the_period_to_burn_energy_in() -> None:
    """2 MW each way, 1 in and 0.5 out: beside a call of 1 MW at most 0.5 MWh are left of 1, for 0.5 MW go round.

    Then ``a`` MW of aFRR are called as well: the store takes ``1 + a``, at most ``(1 - a) / 2`` go round and lose as
    much, and 0.5 + 1.5 a MWh are in the store. 1.5 MWh have room for a = 2 / 3. Without the row's part of the running
    call 0.5 MW went round all the while, and 1 MW was held that needs 2 MWh.
    """
    result = optimum(two_groups(1.5))
    assert result.variable("fr_afrr_down.volume_mw")[0] == pytest.approx(2 / 3)
    assert result.profit == pytest.approx(100.0 - 1.0 + 10.0 * 2 / 3)
    without = optimum(two_groups(1.5), drop=["battery.stops_discharge_*"])
    assert without.variable("fr_afrr_down.volume_mw")[0] == pytest.approx(1.0)
    assert optimum(two_groups(2.0)).variable("fr_afrr_down.volume_mw")[0] == pytest.approx(1.0)
