"""A first period that is shorter than the others: by hand, and against the same hours in quarters of an hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from helpers.settled_run import settled
from helpers.site_builder import Optimum, grid, mains, make_instance, make_tree, optimum
from scipy.optimize import Bounds, LinearConstraint, milp

from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance, Start

#: Half an hour is left of the hour from ten on.
START, FIRST_H = "2025-01-15T10:30", 0.5
TARIFF = {"import_price_eur_per_mwh": 200.0, "export_price_eur_per_mwh": "sold"}


def site(
    components: dict[str, Any], products: dict[str, Any] | None = None, periods: int = 2, **given: Any
) -> Instance:
    own = {"grid": grid(**({} if products else TARIFF)), **components}
    instance = make_instance(own, products, periods=periods, start=START, first_period_h=FIRST_H)
    return instance.model_copy(update={"start": Start.model_validate(given)}) if given else instance


def checked(instance: Instance, series: dict[str, Any] | None = None) -> Optimum:
    """The optimum, which settlement finds as well."""
    found, settlement = optimum(instance, series), settled(instance, make_tree(instance, series))
    assert settlement.agrees, settlement.worst_differences()
    assert settlement.expected_profit == pytest.approx(found.profit, abs=1e-6)
    return found


def engine(**fields: Any) -> dict[str, Any]:
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
    }
    return {"mains": mains(30.0), "engine": {**unit, **fields}}


def battery(**fields: Any) -> dict[str, Any]:
    store = {"type": "storage", "node": "power", "energy_max_mwh": 1.0, "charge_max_mw": 1.0, "discharge_max_mw": 1.0}
    return {"battery": {**store, "initial_mwh": 1.0, "terminal_mwh": 0.0, **fields}}


# -- by hand ----------------------------------------------------------------------------------------------------------


def test_energy_is_power_times_the_length_of_its_period() -> None:
    """2 MW for half an hour at a margin of 70, then for an hour at one of 10: 70 + 20."""
    assert checked(site(engine()), {"sold": [100.0, 40.0]}).profit == pytest.approx(90.0)


def test_forty_minutes_are_forty_minutes_however_they_are_written() -> None:
    """2 MW for 40 minutes at a margin of 70, then for an hour at one of 10: 280 / 3 + 20, with 0.6666667 too.

    Reserve that is held for 1.5 h and for 50 minutes ends 50 minutes into a period, from the start and from a border:
    one moment, and one row. 1 MW of either would take 1.5 or 0.8333 MWh of the 1 MWh there is: at prices of 10 and 5
    by the hour 2/3 MW of the first, for 1 h 40.
    """
    for first_h in (2.0 / 3.0, 0.6666667):
        own = {"start": "2025-01-15T10:20", "first_period_h": first_h, "periods": 2}
        sold = make_instance({"grid": grid(**TARIFF), **engine()}, **own)
        assert checked(sold, {"sold": [100.0, 40.0]}).profit == pytest.approx(280.0 / 3.0 + 20.0, rel=1e-12)
        held = {
            "block_h": None,
            "volume_max_mw": 4.0,
            "activation_up_per_unit": 0.0,
            "minimum_bid_mw": 0,
            "bid_step_mw": 0,
        }
        products = {
            "fr_mfrr_up": {**held, "sustain_h": 1.5, "capacity_price_eur_per_mw_h": 10.0},
            "fr_rc_up": {**held, "sustain_h": 0.8333333, "capacity_price_eur_per_mw_h": 5.0},
            "imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0},
        }
        store = battery(provides=["fr_mfrr_up", "fr_rc_up"], charge_max_mw=0.0)
        reserve = make_instance({"grid": grid(), **store}, products, **own)
        assert checked(reserve).profit == pytest.approx(10.0 * 2.0 / 3.0 * 5.0 / 3.0)


def test_a_store_gives_and_loses_by_the_length_of_a_period() -> None:
    """Of 1 MWh half an hour at 1 MW at 100, and the rest at 80: 50 + 40.

    With a standing loss of 19 % an hour 0.9 is left after half an hour: 0.9 - 0.5 = 0.4 MWh, of which 0.81 can be sold
    in the hour that follows: 50 + 80 x 0.324.
    """
    prices = {"sold": [100.0, 80.0]}
    assert checked(site(battery()), prices).profit == pytest.approx(90.0)
    losing = checked(site(battery(standing_loss_per_h=0.19)), prices)
    assert losing.profit == pytest.approx(50.0 + 80.0 * 0.324)
    assert losing.variable("battery.level_mwh") == pytest.approx([0.4, 0.0])


def test_a_ramp_counts_from_the_middle_of_a_period_to_that_of_the_next() -> None:
    """1 MW an hour, 0.75 h from middle to middle: of 2 MW at 100 the half hour before must bring 1.25 MW at -20.

    200 - 60 for fuel, less half an hour at 1.25 x (20 + 30); without the ramp nothing of the latter.
    """
    instance = site(engine(energy_ramp_mw_per_min=1 / 60))
    assert checked(instance, {"sold": [-20.0, 100.0]}).profit == pytest.approx(140.0 - 31.25)
    free = optimum(instance, {"sold": [-20.0, 100.0]}, drop=["engine.energy_ramp_up"])
    assert free.profit == pytest.approx(140.0)


def test_a_minimum_time_that_begins_with_the_first_period_takes_one_more() -> None:
    """On from the start for an hour at least, which the half hour is not: 70, and then 1 MW at a loss of 30.

    Where nothing demands it, the unit is off by then.
    """
    fields = {"power_min_mw": 1.0, "initial_on": False, "initial_state_h": 9.0, "minimum_up_h": 1.0}
    instance = site(engine(**fields), periods=3)
    prices = {"sold": [100.0, 0.0, 0.0]}
    found = checked(instance, prices)
    assert found.profit == pytest.approx(40.0)
    assert found.variable("engine.on") == pytest.approx([1.0, 1.0, 0.0])
    assert optimum(instance, prices, drop=["engine.minimum_up"]).profit == pytest.approx(70.0)


@pytest.mark.parametrize(("off_h", "profit"), [(2.0, 0.0), (2.5, 40.0)])
def test_a_state_before_the_horizon_ends_by_the_clock(off_h: float, profit: float) -> None:
    """Three hours off, of which so many are over: half an hour more is the first period, an hour two of them."""
    fields = {"power_min_mw": 2.0, "initial_on": False, "initial_state_h": off_h, "minimum_down_h": 3.0}
    found = checked(site(engine(**fields)), {"sold": [100.0, 50.0]})
    assert found.profit == pytest.approx(profit)


def test_a_start_is_hot_by_the_hours_that_the_unit_was_off() -> None:
    """Off for 1.5 h at the start and on from the second period: 2 h, so that the start is a warm one at 15, not 5.

    2 MW for an hour at a margin of 20. In the first period it would cost 5, and bring half an hour at a loss of 30.
    """
    costs = [{"off_from_h": 0.0, "cost_eur": 5.0}, {"off_from_h": 2.0, "cost_eur": 15.0}]
    fields = {"power_min_mw": 2.0, "initial_on": False, "initial_state_h": 1.5, "start_costs": costs}
    assert checked(site(engine(**fields)), {"sold": [0.0, 50.0]}).profit == pytest.approx(40.0 - 15.0)
    # 1.4 and a half are less than two hours
    fields["initial_state_h"] = 1.4
    assert checked(site(engine(**fields)), {"sold": [0.0, 50.0]}).profit == pytest.approx(40.0 - 5.0)


def test_the_mean_of_an_interval_is_one_over_time() -> None:
    """Hours of half-hour periods from 10:15 on: 3 MW for a quarter, nothing for a half: 1 MW in the mean, at 10."""
    load = {"type": "demand", "node": "power", "demand_mw": "load"}
    fields = {"demand_charge_eur_per_mw": 10.0, "demand_charge_interval_h": 1.0}
    instance = make_instance(
        {"grid": grid(**fields), "load": load}, periods=2, period_h=0.5, first_period_h=0.25, start="2025-01-15T10:15"
    )
    assert checked(instance, {"load": [3.0, 0.0]}).profit == pytest.approx(-10.0)


def test_a_closed_position_is_delivered_for_what_is_left_of_its_hour() -> None:
    """1 MW sold for the hour that has begun: half an hour at a margin of 20; then 2 MW for an hour: 10 + 40."""
    products = {"da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1}}
    assert checked(site(engine(), products, positions_mw={"da": [1.0]})).profit == pytest.approx(50.0)


def test_a_block_that_has_begun_is_paid_for_what_is_left_of_it() -> None:
    """1 MW of reserve for half an hour at 10, then the 2 MW that the engine has for an hour: 5 + 20."""
    reserve = {
        "block_h": 1,
        "volume_max_mw": 4.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
    }
    imbalance = {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0}
    products = {"fr_afrr_up": reserve, "imbalance": imbalance}
    instance = site(engine(provides=["fr_afrr_up"]), products, commitments_mw={"fr_afrr_up": [1.0]})
    assert checked(instance).profit == pytest.approx(25.0)


def test_what_is_under_way_arrives_by_the_hour() -> None:
    """Heat that takes an hour: 1 MW was sent from nine to ten, 3 MW from ten to half past.

    The first half hour gets what was sent from half past nine on, 0.5 MWh; the hour after that what was sent in the
    half hour from ten on, 1.5 MWh, and what is sent in the first half hour: 0, as there is nothing to send.
    """
    components = {
        "grid": grid(),
        "pipe": {
            "type": "link",
            "from_node": "warmth",
            "to_node": "town",
            "power_max_mw": 4.0,
            "delay_h": 1.0,
            "initial_flow_mw": [1.0, 3.0],
            "terminal_mwh": 0.0,
        },
        "town_network": {
            "type": "grid_connection",
            "node": "town",
            "import_max_mw": 0.0,
            "export_max_mw": 9.0,
            "export_price_eur_per_mwh": 10.0,
        },
    }
    nodes = {"town": {"carrier": "heat"}}
    instance = make_instance(components, periods=2, start=START, first_period_h=FIRST_H, nodes=nodes)
    assert checked(instance).profit == pytest.approx(20.0)


# -- against quarters of an hour --------------------------------------------------------------------------------------


def hours_and_quarters(seed: int) -> tuple[Instance, Instance, dict[str, np.ndarray], np.ndarray]:
    """A site from half past ten on, in hours and in quarters; its data by hour, and the hour of each quarter."""
    draw = np.random.default_rng(seed)
    hours = 3
    of_quarter = np.repeat(np.arange(hours), [2, 4, 4])
    series = {
        "da": draw.uniform(10, 120, hours),
        "load": draw.uniform(0.5, 1.5, hours),
        "fcr_up": draw.uniform(0, 0.5, hours),
        "fcr_down": draw.uniform(0, 0.5, hours),
        "event": (draw.random(hours) < 0.4).astype(float),
    }
    held = {"capacity_price_eur_per_mw_h": float(draw.uniform(2, 40)), "shortfall_penalty_eur_per_mw_h": 300.0}
    products = {
        "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
        "imbalance": {
            "price_long_eur_per_mwh": -50.0,
            "price_short_eur_per_mwh": 400.0,
            "settlement_period_h": 1,
        },
        "fr_fcr": {
            **held,
            "block_h": 1,
            "volume_max_mw": 1.0,
            "sustain_h": float(draw.choice([0.25, 0.75, 1.25])),
            "activation_up_per_unit": "fcr_up",
            "activation_down_per_unit": "fcr_down",
            "energy_price_up_eur_per_mwh": 60.0,
            "energy_price_down_eur_per_mwh": 40.0,
        },
        "fr_mfrr_up": {
            **held,
            "block_h": None,
            "volume_max_mw": 1.5,
            "sustain_h": float(draw.choice([1.25, 1.5])),
            "activation_up_per_unit": "event",
            "energy_price_up_eur_per_mwh": 90.0,
            "calls_max_per_day": None,
        },
    }
    components = {
        "grid": grid(import_max_mw=6.0, export_max_mw=6.0, schedule_penalty_eur_per_mwh=5000.0),
        "load": {"type": "demand", "node": "power", "demand_mw": "load"},
        **engine(
            power_min_mw=1.0,
            start_cost_eur=15.0,
            minimum_up_h=1.0,
            initial_on=False,
            initial_state_h=5.0,
            provides=["fr_mfrr_up"],
        ),
        **battery(
            energy_max_mwh=2.0,
            charge_efficiency_per_unit=0.9,
            discharge_efficiency_per_unit=0.9,
            terminal_penalty_eur_per_mwh=500.0,
            provides=["fr_fcr", "fr_mfrr_up"],
        ),
    }
    whole = make_instance(components, products, periods=hours, start=START, first_period_h=FIRST_H)
    quarters = make_instance(components, products, periods=len(of_quarter), period_h=0.25, start=START)
    return whole, quarters, series, of_quarter


def held_together(instance: Instance, series: dict[str, Any], of_quarter: np.ndarray) -> float:
    """Largest profit where every power and every state is the same in all quarters of an hour."""
    program = build_program(instance, make_tree(instance, series))
    one = program.scenario(0)
    ties = []
    for group in program.column_groups:
        if group.dimension == "time" and group.unit in ("MW", "1"):
            ties += [
                (group.positions[t - 1], group.positions[t])
                for t in range(1, len(of_quarter))
                if of_quarter[t] == of_quarter[t - 1]
            ]
    rows = np.repeat(np.arange(len(ties)), 2)
    signs = np.tile([1.0, -1.0], len(ties))
    equal = sp.csr_array((signs, (rows, np.array(ties).ravel())), shape=(len(ties), len(one.cost)))
    found = milp(
        one.cost,
        integrality=one.integer.astype(int),
        bounds=Bounds(one.column_lower, one.column_upper),
        constraints=[LinearConstraint(one.matrix, one.row_lower, one.row_upper), LinearConstraint(equal, 0.0, 0.0)],
        options={"mip_rel_gap": 0.0},
    )
    assert found.x is not None, found.message
    return -float(found.fun + one.offset)


@pytest.mark.parametrize("seed", range(8))
def test_hours_are_quarters_that_are_decided_together(seed: int) -> None:
    """The first half hour, and hours after it, are two and four quarters of equal power: one optimum.

    Starts, minimum times, levels and the energy of calls of any length are counted in quarters there, by rows that know
    nothing of a shorter period. What is called lasts as long as an hour or longer, so that no call ends within one.
    """
    whole, quarters, series, of_quarter = hours_and_quarters(seed)
    fine = {name: values[of_quarter] for name, values in series.items()}
    assert optimum(whole, series).profit == pytest.approx(held_together(quarters, fine, of_quarter), abs=1e-6)
