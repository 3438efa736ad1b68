"""Units whose efficiency changes with their load, by hand: each rule with it and without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from helpers.agreed_profit import assert_stands, profit_of
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

HYDROGEN = {"h2": {"carrier": "hydrogen"}}


def unit(points: Mapping[str, Sequence[float]], **fields: Any) -> dict[str, Any]:
    """Flows by node, the first of them the reference; ``power`` is what it takes, unless the fields say more."""
    inputs = fields.pop("inputs", ["power"])
    ports = {node: {"node": node, "flow_mw": list(flow)} for node, flow in points.items()}
    return {
        "type": "part_load_converter",
        "reference": next(iter(points)),
        "inputs": [port for node, port in ports.items() if node in inputs],
        "outputs": [port for node, port in ports.items() if node not in inputs],
        **fields,
    }


def network(node: str, **fields: Any) -> dict[str, Any]:
    return {"type": "grid_connection", "node": node, "import_max_mw": 0.0, **fields}


def buyer(price: float, node: str = "h2") -> dict[str, Any]:
    return network(node, export_max_mw=100.0, export_price_eur_per_mwh=price)


def load(demand: float, node: str) -> dict[str, Any]:
    return {"type": "demand", "node": node, "demand_mw": demand}


# -- the curve --------------------------------------------------------------------------------------------------------

#: A MW of power gives 0.8 of hydrogen, a second one 0.4.
FALLING = {"power": [0.0, 1.0, 2.0], "h2": [0.0, 0.8, 1.2]}


def electrolyser(price: float, hydrogen: float, **fields: Any) -> Instance:
    return make_instance(
        {
            "grid": grid(import_price_eur_per_mwh=price),
            "unit": unit(FALLING, **fields),
            "buyer": buyer(hydrogen),
        },
        nodes=HYDROGEN,
    )


@pytest.mark.parametrize("formulation", ["exact", "convex"])
@pytest.mark.parametrize(
    ("hydrogen", "profit"),
    [
        # 0.8 x 20 = 16 are less than 20
        (20.0, 0.0),
        # 0.8 x 40 - 20 = 12; the second MW would earn 0.4 x 40 - 20 = -4
        (40.0, 12.0),
        # 1.2 x 60 - 40
        (60.0, 32.0),
    ],
)
def test_a_load_where_the_next_mw_no_longer_pays(hydrogen: float, profit: float, formulation: str) -> None:
    assert profit_of(electrolyser(20.0, hydrogen, formulation=formulation)) == pytest.approx(profit, abs=1e-9)


def test_operation_costs_by_the_mwh() -> None:
    """0.8 x 40 - 20 - 3."""
    assert profit_of(electrolyser(20.0, 40.0, cost_eur_per_mwh=3.0)) == pytest.approx(9.0)


def paid_to_draw(**fields: Any) -> Instance:
    """Power at -10, and 0.8 MW of hydrogen wanted, no more."""
    return make_instance(
        {
            "grid": grid(import_price_eur_per_mwh=-10.0, export_max_mw=0.0),
            "unit": unit(FALLING, **fields),
            "use": load(0.8, "h2"),
        },
        nodes=HYDROGEN,
    )


def test_waste_that_is_paid_for_is_no_choice() -> None:
    """0.8 MW of hydrogen take 1 MW; filled in any order 1.5: 0.4 from the second MW, 0.4 from half the first."""
    assert profit_of(paid_to_draw()) == pytest.approx(10.0)
    assert profit_of(paid_to_draw(), drop=["unit.full_1"]) == pytest.approx(15.0)
    assert profit_of(paid_to_draw(formulation="convex")) == pytest.approx(15.0)


def boiler(points: Mapping[str, Sequence[float]], demand: float, **fields: Any) -> Instance:
    return make_instance(
        {
            "mains": network("fuel") | {"import_max_mw": None, "import_price_eur_per_mwh": 10.0},
            "unit": unit(points, inputs=["fuel"], **fields),
            "heating": load(demand, "warmth"),
        }
    )


def test_the_first_segment_comes_first() -> None:
    """0.5 MW of heat a MW up to 2 MW of fuel, 1 above: 2 MW of heat take 3 of fuel, or 2 from the upper part alone."""
    site = boiler({"fuel": [0.0, 2.0, 4.0], "warmth": [0.0, 1.0, 3.0]}, 2.0)
    assert profit_of(site) == pytest.approx(-30.0)
    assert profit_of(site, drop=["unit.after_1"]) == pytest.approx(-20.0)


def test_points_on_a_line_are_one_segment() -> None:
    site = boiler({"fuel": [0.0, 1.0, 3.0, 4.0], "warmth": [0.0, 0.9, 2.7, 3.6]}, 1.8)
    assert profit_of(site) == pytest.approx(-20.0)
    assert "unit.segments" not in {rows.name for rows in optimum(site).program.row_groups}


def test_segments_while_off() -> None:
    """At least 1 MW of fuel for 0.5 of heat, then 0.9 a MW: heat of 0.95 takes 1.5; of nothing, nothing."""
    points = {"fuel": [1.0, 2.0, 3.0], "warmth": [0.5, 1.4, 1.9]}
    assert profit_of(boiler(points, 0.95)) == pytest.approx(-15.0)
    assert profit_of(boiler(points, 0.0)) == pytest.approx(0.0, abs=1e-9)
    # 1.65: 1 + 1 + 0.25 / 0.5
    assert profit_of(boiler(points, 1.65)) == pytest.approx(-25.0)


def test_several_ports_follow_one_curve() -> None:
    """An absorption chiller: cooling 1.2 of heat 2 and power 0.1 at full load, 0.5 of 1 and 0.05 at half.

    0.85 of cooling lie in the middle of the two: 1.5 of heat at 10, 0.075 of power at 40.
    """
    points = {"cold": [0.5, 1.2], "warmth": [1.0, 2.0], "power": [0.05, 0.1]}
    site = make_instance(
        {
            "grid": grid(import_price_eur_per_mwh=40.0),
            "heat": network("warmth") | {"import_max_mw": None, "import_price_eur_per_mwh": 10.0},
            "chiller": unit(points, inputs=["warmth", "power"]),
            "cooling": load(0.85, "cold"),
        }
    )
    assert profit_of(site) == pytest.approx(-15.0 - 3.0)


# -- on or off --------------------------------------------------------------------------------------------------------


def hydrogen_site(points: Mapping[str, Sequence[float]], **fields: Any) -> Instance:
    """0.3 MW of hydrogen for four hours, a tank of 1 MWh, power at 20, 20, 100, 100."""
    return make_instance(
        {
            "grid": grid(import_price_eur_per_mwh="power_eur_per_mwh"),
            "unit": unit(points, **fields),
            "tank": tank(1.0),
            "use": load(0.3, "h2"),
        },
        periods=4,
        nodes=HYDROGEN,
    )


def tank(energy: float, initial: float = 0.0) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "h2",
        "energy_max_mwh": energy,
        "charge_max_mw": 100.0,
        "discharge_max_mw": 100.0,
        "initial_mwh": initial,
        "terminal_mwh": 0.0,
    }


PRICES = {"power_eur_per_mwh": [20.0, 20.0, 100.0, 100.0]}


def test_an_electrolyser_with_a_least_load_and_what_it_takes_for_being_on() -> None:
    """1 MW for 0.6 of hydrogen, at least 0.2 MW, and 0.02 MW whenever it is on: two full hours, 2 x 1.02 x 20."""
    points = {"power": [0.22, 1.02], "h2": [0.12, 0.6]}
    assert profit_of(hydrogen_site(points), PRICES) == pytest.approx(-40.8)
    # without a state it takes nothing for being on: 2 x 1 x 20
    assert profit_of(hydrogen_site({"power": [0.0, 1.0], "h2": [0.0, 0.6]}), PRICES) == pytest.approx(-40.0)


def test_starts_and_outages_are_those_of_any_unit() -> None:
    """Out in the second hour: 0.6 MWh in the first at 20.4, the other 0.6 in the third at 102, two starts of 5 each.

    Without the outage one start, and 40.8.
    """
    points = {"power": [0.22, 1.02], "h2": [0.12, 0.6]}
    fields = {"start_cost_eur": 5.0, "initial_on": False, "available_per_unit": "share_per_unit"}
    series = {**PRICES, "share_per_unit": [1.0, 0.0, 1.0, 1.0]}
    assert profit_of(hydrogen_site(points, **fields), series) == pytest.approx(-20.4 - 102.0 - 10.0)
    assert profit_of(hydrogen_site(points, **fields), {**series, "share_per_unit": 1.0}) == pytest.approx(-45.8)


def test_a_share_of_the_largest_power() -> None:
    """0.5 of 2 MW: the first segment alone, 0.8 x 60 - 20; with all of it 32."""
    assert profit_of(electrolyser(20.0, 60.0, available_per_unit=0.5)) == pytest.approx(28.0)
    assert profit_of(electrolyser(20.0, 60.0, available_per_unit=0.5), drop=["unit.available"]) == pytest.approx(32.0)


def test_a_ramp_of_the_schedule() -> None:
    """1 MW an hour. Prices 20, -100: 2 MW at -100 need 1 MW before, which costs 20."""
    site = make_instance(
        {
            "grid": grid(import_price_eur_per_mwh="power_eur_per_mwh", export_max_mw=0.0),
            "unit": unit(FALLING, energy_ramp_mw_per_min=1 / 60),
            "buyer": buyer(0.0),
        },
        periods=2,
        nodes=HYDROGEN,
    )
    series = {"power_eur_per_mwh": [20.0, -100.0]}
    assert profit_of(site, series) == pytest.approx(200.0 - 20.0)
    assert profit_of(site, series, drop=["unit.energy_ramp_up"]) == pytest.approx(200.0)


def test_hydrogen_from_power_and_back() -> None:
    """Electrolyser, tank and fuel cell: power at 20, 20, 100, 100, and 1 MW wanted in the last two hours.

    2 MW give 1.2 of hydrogen, 1 MW gives 0.8. The fuel cell makes 0.5 MW of 0.8 and a MW of 2 (0.8 and 1.2 for half a
    MW each). A MWh more at 20 in the first MW: 0.8 of hydrogen, 0.5 of power, 50: pays. In the second: 0.4 of hydrogen
    for 20, that is 50 a MWh; in the first half of the fuel cell a MWh of it saves 62.5, in the second 41.7. So
    the first half runs in both hours on 1.6 MWh of hydrogen, all of which the first MW makes: 2 x 20 + 2 x 0.5 x 100.
    """
    site = make_instance(
        {
            "grid": grid(import_price_eur_per_mwh="power_eur_per_mwh"),
            "electrolyser": unit(FALLING),
            "tank": tank(5.0),
            "cell": unit({"power": [0.0, 0.5, 1.0], "h2": [0.0, 0.8, 2.0]}, inputs=["h2"]),
            "use": {"type": "demand", "node": "power", "demand_mw": "use_mw"},
        },
        periods=4,
        nodes=HYDROGEN,
    )
    series = {**PRICES, "use_mw": [0.0, 0.0, 1.0, 1.0]}
    assert profit_of(site, series) == pytest.approx(-40.0 - 100.0)


# -- what cannot be ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("made", "is_refused"), [(1.05, True), (0.95, False)])
def test_a_ring_that_makes_energy_at_one_load_is_found(made: float, is_refused: bool) -> None:
    """1 MW of power makes 1 of hydrogen, 2 MW make 1.8; the cell makes so much of 1 MW, and 1.9 of 2."""
    site = make_instance(
        {
            "grid": grid(export_price_eur_per_mwh=10.0, import_price_eur_per_mwh=20.0),
            "electrolyser": unit({"power": [0.0, 1.0, 2.0], "h2": [0.0, 1.0, 1.8]}),
            "cell": unit({"power": [0.0, made, 1.9], "h2": [0.0, 1.0, 2.0]}, inputs=["h2"]),
        },
        nodes=HYDROGEN,
    )
    found = check_tree(site, make_tree(site))
    assert bool(found) is is_refused
    assert all("no energy from electrolyser, cell alone" in issue.expected for issue in found)


# -- reserve ----------------------------------------------------------------------------------------------------------

#: A MW of power takes 2 of hydrogen, a second one 3.
CELL = {"power": [0.0, 1.0, 2.0], "h2": [0.0, 2.0, 5.0]}


def up(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "sustain_h": 1.0,
        "volume_max_mw": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **fields,
    }


def selling(source: dict[str, Any], product: dict[str, Any], day_ahead: float, **fields: Any) -> Instance:
    return make_instance(
        {
            "grid": grid(schedule_penalty_eur_per_mwh=9000.0),
            "source": source,
            "cell": unit(CELL, inputs=["h2"], provides=["fr_afrr_up"], **fields),
        },
        {
            "da": {"price_eur_per_mwh": day_ahead, "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
            "fr_afrr_up": product,
        },
        nodes=HYDROGEN,
    )


def test_reserve_is_backed_at_the_other_port_by_the_steepest_slope() -> None:
    """3 MWh of hydrogen, nothing scheduled: 3 MWh a MW held, so 1 MW. The curve itself would do for 4/3 MW."""
    site = selling(tank(3.0, 3.0), up(), 0.0)
    assert profit_of(site) == pytest.approx(10.0)
    assert profit_of(site, drop=["source.energy_taken"]) == pytest.approx(20.0)
    assert_stands(site)


def test_a_call_moves_the_unit_along_its_curve() -> None:
    """Hydrogen at 10, power at 41: the first MW earns 41 - 20, the second, if it is not held, 41 - 30.

    Held it earns 10, and half of it is called, at 40: 20, for 1.5 MWh of hydrogen at 10: 15, more than 11.
    """
    gas = network("h2") | {"import_max_mw": None, "import_price_eur_per_mwh": 10.0}
    called = up(activation_up_per_unit=0.5, energy_price_up_eur_per_mwh=40.0, volume_max_mw=1.0)
    site = selling(gas, called, 41.0)
    assert profit_of(site) == pytest.approx(21.0 + 10.0 + 20.0 - 15.0)
    assert_stands(site)


def test_room_below_the_largest_power() -> None:
    """Power at 45 earns 25 a MWh in the first MW, 15 in the second, reserve 10: without the row both of it all."""
    gas = network("h2") | {"import_max_mw": None, "import_price_eur_per_mwh": 10.0}
    site = selling(gas, up(), 45.0)
    assert profit_of(site) == pytest.approx(25.0 + 15.0)
    assert profit_of(site, drop=["cell.maximum"]) == pytest.approx(25.0 + 15.0 + 20.0)


def test_reserve_of_a_unit_that_must_be_on() -> None:
    """On from 1 MW and 2 of hydrogen: power at 15 loses 5 an hour there, a MW of reserve earns 10."""
    gas = network("h2") | {"import_max_mw": None, "import_price_eur_per_mwh": 10.0}
    product = {
        "da": {"price_eur_per_mwh": 15.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        "fr_afrr_up": up(),
    }
    cell = unit({"power": [1.0, 2.0], "h2": [2.0, 5.0]}, inputs=["h2"], provides=["fr_afrr_up"])
    site = make_instance(
        {"grid": grid(schedule_penalty_eur_per_mwh=9000.0), "source": gas, "cell": cell}, product, nodes=HYDROGEN
    )
    assert profit_of(site) == pytest.approx(5.0)
    assert_stands(site)


def test_an_electrolyser_draws_less_when_called_up() -> None:
    """Hydrogen at 40, power at 20: 2 MW are bought, of which one is held at 10 and called back at 30.

    The other makes 0.8 of hydrogen: 32 - 40 + 10 + 30. The buyer takes what comes, so less of it needs nothing. Bought
    alone, that one earns 32 - 20.
    """
    site = make_instance(
        {
            "grid": grid(schedule_penalty_eur_per_mwh=9000.0),
            "unit": unit(FALLING, provides=["fr_afrr_up"]),
            "buyer": buyer(40.0),
        },
        {
            "da": {"price_eur_per_mwh": 20.0, "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
            "fr_afrr_up": up(activation_up_per_unit=1.0, energy_price_up_eur_per_mwh=30.0, volume_max_mw=1.0),
        },
        nodes=HYDROGEN,
    )
    assert profit_of(site) == pytest.approx(32.0 - 40.0 + 10.0 + 30.0)
    assert_stands(site)
