"""Fleets of electric vehicles: by hand, with and without each rule."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.settlement.data import SettlementData

SLACK = {"departure_penalty_eur_per_mwh": 1000.0, "terminal_penalty_eur_per_mwh": 1000.0}


def fleet(**fields: Any) -> dict[str, Any]:
    return {
        "type": "ev_fleet",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "plugged_in_per_unit": 1.0,
        **SLACK,
        **fields,
    }


def site(periods: int, *, export_price: float | str | None = None, **fields: Any) -> Any:
    tariff: dict[str, Any] = {"import_price_eur_per_mwh": "p_eur_per_mwh", "export_max_mw": 0.0}
    if export_price is not None:
        tariff |= {"export_max_mw": 100.0, "export_price_eur_per_mwh": export_price}
    return make_instance({"grid": grid(**tariff), "cars": fleet(**fields)}, periods=periods)


def profit(instance: Any, prices: list[float], series: Any = None, **options: Any) -> float:
    own = {"p_eur_per_mwh": prices, **(series or {})}
    if not options:
        tree = make_tree(instance, own)
        assert settled(instance, tree).agrees
        comparison = two_views(instance, tree).compare(3, seed=1)
        assert comparison.is_feasible
        assert comparison.agrees, comparison
    return optimum(instance, own, **options).profit


def test_a_trip() -> None:
    """Plugged in in the first and the last of four hours; 0.3 MWh are driven in between.

    The pack begins and ends with 0.2 of 1 MWh, the charger has 0.5 MW, power costs 40: 0.1 MWh before the trip, 0.2
    after it. Without what the trip needs only the latter.
    """
    chp = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
    }
    car = fleet(charge_max_mw=0.5, plugged_in_per_unit="plug_per_unit", departure_mwh="trip_mwh", initial_mwh=0.2)
    components = {
        "grid": grid(import_price_eur_per_mwh=80.0, import_max_mw=5.0, export_max_mw=5.0),
        "mains": mains(20.0),
        "chp": chp,
        "car": car,
    }
    instance = make_instance(components, periods=4)
    series = {"plug_per_unit": [1.0, 0.0, 0.0, 1.0], "trip_mwh": [0.3, 0.0, 0.0, 0.0]}
    tree = make_tree(instance, series)
    assert settled(instance, tree).agrees
    best = optimum(instance, series)
    assert best.profit == pytest.approx(-12.0)
    assert best.variable("car.charge_mw") == pytest.approx([0.1, 0.0, 0.0, 0.2])
    assert optimum(instance, series, drop=["car.departure"]).profit == pytest.approx(-8.0)
    # it leaves with 0.5 and comes back with 0.2 MWh: 0.3 before the trip
    series |= {"trip_mwh": [0.5, 0.0, 0.0, 0.0], "back_mwh": [0.0, 0.0, 0.0, 0.2]}
    components["car"] = car | {"arrival_mwh": "back_mwh"}
    assert optimum(make_instance(components, periods=4), series).profit == pytest.approx(-12.0)


def test_chargers_in_use() -> None:
    """One of two vehicles comes an hour later; 1 MWh is needed, 0.5 MW each: 5 + 25 at 10 and 50; 10 without limit."""
    instance = site(
        2, vehicles=2.0, charge_max_mw=0.5, plugged_in_per_unit="n_per_unit", leaving_per_unit="off_per_unit",
        departure_mwh="out_mwh",
    )  # fmt: skip
    series = {"n_per_unit": [0.5, 1.0], "off_per_unit": [0.0, 1.0], "out_mwh": [0.0, 1.0]}
    assert profit(instance, [10.0, 50.0], series) == pytest.approx(-30.0)
    assert profit(instance, [10.0, 50.0], series, drop=["cars.charge_available"]) == pytest.approx(-10.0)
    # both need 1 MWh: 1.5 MWh can be charged, 0.5 are missing
    series["out_mwh"] = [0.0, 2.0]
    assert profit(instance, [10.0, 50.0], series) == pytest.approx(-5.0 - 50.0 - 500.0)


def test_what_stays_and_what_leaves() -> None:
    """One of two vehicles leaves after the first hour. To the other one 1 MWh is sold from 10 to 50; from both 2."""
    fields = {"vehicles": 2.0, "charge_max_mw": 2.0, "plugged_in_per_unit": "n_per_unit"}
    series = {"n_per_unit": [1.0, 0.5]}
    instance = site(2, export_price="sold_eur_per_mwh", discharge_max_mw=2.0, **fields)
    own = {**series, "sold_eur_per_mwh": [0.0, 50.0]}
    assert profit(instance, [10.0, 50.0], own) == pytest.approx(40.0)
    assert profit(instance, [10.0, 50.0], own, drop=["cars.staying"]) == pytest.approx(80.0)
    # paid 10 a MWh: no more than 2 MWh fit into both, of which 1 leaves; 3 if one took 2 with it
    one_way = site(2, **fields)
    assert profit(one_way, [-10.0, 100.0], series) == pytest.approx(20.0)
    assert profit(one_way, [-10.0, 100.0], series, drop=["cars.leaving"]) == pytest.approx(30.0)


def test_vehicles_that_take_turns() -> None:
    """The same share is plugged in, but one vehicle leaves and another comes: what leaves takes its energy along.

    At 10 and 50, the second one leaves with 1 MWh: charged at 50, though the first one could have stored it.
    """
    series = {"off_per_unit": [1.0, 1.0], "out_mwh": [0.0, 1.0]}
    instance = site(2, leaving_per_unit="off_per_unit", departure_mwh="out_mwh")
    assert profit(instance, [10.0, 50.0], series) == pytest.approx(-50.0)
    stays = site(2, leaving_per_unit="off_per_unit", departure_mwh="out_mwh")
    assert profit(stays, [10.0, 50.0], series | {"off_per_unit": [0.0, 1.0]}) == pytest.approx(-10.0)
    # it comes with 0.25; no more than 1 MWh fits into it
    comes = site(2, leaving_per_unit="off_per_unit", departure_mwh="out_mwh", arrival_mwh="in_mwh")
    assert profit(comes, [10.0, 50.0], series | {"in_mwh": [0.0, 0.25]}) == pytest.approx(-37.5)


def test_vehicle_to_grid() -> None:
    """1.25 MWh at 10 fill 1 MWh, of which 0.5 MWh come back: 50 at 100, less wear of 20 a MWh: 40 - 12.5."""
    fields = {
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "charge_efficiency_per_unit": 0.8,
        "discharge_efficiency_per_unit": 0.5,
        "throughput_cost_eur_per_mwh": 20.0,
    }
    instance = site(2, export_price="sold_eur_per_mwh", **fields)
    sold = {"sold_eur_per_mwh": [0.0, 100.0]}
    assert profit(instance, [10.0, 100.0], sold) == pytest.approx(27.5)
    # it is to leave 0.5 MWh behind: half of it
    half = site(2, export_price="sold_eur_per_mwh", **fields | {"terminal_mwh": 0.5})
    assert profit(half, [10.0, 100.0], sold) == pytest.approx(20.0 - 12.5)
    assert profit(half, [10.0, 100.0], sold, drop=["cars.terminal"]) == pytest.approx(27.5)


def test_charging_and_discharging_share_a_period() -> None:
    """Paid 10 a MWh, 0.4 MWh of room: with ``d`` to empty it meanwhile, ``0.8 (1 - d) - 2 d = 0.4``: net 0.714286."""
    instance = site(
        1, export_price=-10.0, energy_max_mwh=0.4, discharge_max_mw=1.0, charge_efficiency_per_unit=0.8,
        discharge_efficiency_per_unit=0.5,
    )  # fmt: skip
    assert profit(instance, [-10.0]) == pytest.approx(10.0 * (1.0 - 2.0 * 0.4 / 2.8))
    # 1 MW in and 0.2 MW out
    assert profit(instance, [-10.0], drop=["cars.sharing"]) == pytest.approx(8.0)


def test_a_least_power() -> None:
    """1.2 MWh at 10 and 50 with 1 MW: 10 + 10. With at least 0.8 MW whenever it charges: 8 + 40."""
    fields = {"energy_max_mwh": 2.0, "leaving_per_unit": "off_per_unit", "departure_mwh": "out_mwh"}
    series = {"off_per_unit": [0.0, 1.0], "out_mwh": [0.0, 1.2]}
    assert profit(site(2, **fields), [10.0, 50.0], series) == pytest.approx(-20.0)
    instance = site(2, **fields, charge_min_per_unit=0.8)
    assert profit(instance, [10.0, 50.0], series) == pytest.approx(-48.0)
    for row in ("charge_least", "charge_most"):
        assert profit(instance, [10.0, 50.0], series, drop=[f"cars.{row}"]) == pytest.approx(-20.0)


def test_missing_energy() -> None:
    """0.5 MW, 1 MWh wanted at the end of an hour: 0.5 MWh are missing, at 1000; likewise what is to be left behind."""
    leaves = site(1, charge_max_mw=0.5, leaving_per_unit=1.0, departure_mwh=1.0)
    assert profit(leaves, [10.0]) == pytest.approx(-505.0)
    stays = site(1, charge_max_mw=0.5, terminal_mwh=1.0)
    assert profit(stays, [10.0]) == pytest.approx(-505.0)


# -- reserve -----------------------------------------------------------------------------------------------------------


def reserve(direction: str, price: float = 30.0, **fields: Any) -> dict[str, Any]:
    own = {f"activation_{direction}_per_unit": 0.0, "energy_price_down_eur_per_mwh": 0.0}
    if direction == "up":
        del own["energy_price_down_eur_per_mwh"]
    return {
        "da": {"price_eur_per_mwh": 0.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
        f"fr_afrr_{direction}": {
            "block_h": None,
            "volume_max_mw": 5.0,
            "sustain_h": 1.0,
            "capacity_price_eur_per_mw_h": price,
            "shortfall_penalty_eur_per_mw_h": 100.0,
            **own,
            **fields,
        },
    }


def offered(direction: str, periods: int = 1, product: dict[str, Any] | None = None, **fields: Any) -> Any:
    own = fleet(provides=[f"fr_afrr_{direction}"], **fields)
    components = {"grid": grid(import_price_eur_per_mwh=20.0), "cars": own}
    return make_instance(components, reserve(direction, **(product or {})), periods=periods)


def earned(instance: Any, series: Any = None, **options: Any) -> float:
    if not options:
        tree = make_tree(instance, series)
        run = solved(instance, tree)
        data = SettlementData(instance, tree, run.solution, run.flow_data)
        assert settled(instance, tree).agrees
        assert stress(data).passed
    return optimum(instance, series, **options).profit


def test_a_charge_that_can_be_stopped() -> None:
    """1 MW of charge for 20 lets 1 MW be held for 30: 10. Efficiency does not matter: stopping leaves out as much."""
    assert earned(offered("up")) == pytest.approx(10.0)
    assert earned(offered("up", charge_efficiency_per_unit=0.8)) == pytest.approx(10.0)
    # 1 MWh is there as well: what is not charged could only be given back, which these chargers cannot
    full = {"initial_mwh": 1.0, "terminal_mwh": 0.0, "energy_max_mwh": 2.0}
    assert earned(offered("up", **full)) == pytest.approx(10.0)
    assert earned(offered("up", **full), drop=["cars.headroom_up"]) == pytest.approx(60.0 - 20.0)
    # only by what is plugged in
    assert earned(offered("up", plugged_in_per_unit=0.25)) == pytest.approx(2.5)


def test_nobody_leaves_with_less_for_a_call() -> None:
    """What is charged for those that leave cannot be stopped: it costs 20, and holding it would earn 30."""
    leaving = {"leaving_per_unit": 1.0, "departure_mwh": 1.0}
    assert earned(offered("up", **leaving)) == pytest.approx(-20.0)
    assert earned(offered("up", **leaving), drop=["cars.energy_taken"]) == pytest.approx(10.0)
    # an hour earlier it can: what a call of an hour stops is charged in the next one
    later = {"leaving_per_unit": "off_per_unit", "departure_mwh": "out_mwh", "energy_max_mwh": 2.0}
    series = {"off_per_unit": [0.0, 1.0], "out_mwh": [0.0, 1.0]}
    by_hour = {"block_h": 1}
    assert earned(offered("up", 2, by_hour, **later), series) == pytest.approx(10.0)


def test_room_for_a_charge() -> None:
    """0.5 of 1 MWh is full: 0.5 MW can be charged for an hour, 15; 0.5 / 0.8 where a fifth is lost; 1 MW for none."""
    half = {"initial_mwh": 0.5, "terminal_mwh": 0.0}
    assert earned(offered("down", **half)) == pytest.approx(15.0)
    assert earned(offered("down", **half, charge_efficiency_per_unit=0.8)) == pytest.approx(18.75)
    assert earned(offered("down", **half), drop=["cars.energy_added"]) == pytest.approx(30.0)
    assert earned(offered("down", **half, charge_max_mw=0.25)) == pytest.approx(7.5)
    two = offered("down", **half, charge_max_mw=0.25)
    assert earned(two, drop=["cars.headroom_down"]) == pytest.approx(15.0)


def test_room_at_the_start_is_that_of_the_vehicles_there() -> None:
    """Half the fleet is there, full with 0.5 MWh, and a call down of a quarter of an hour may come at once.

    It finds the room that has been discharged by its end: 0.25 d >= 0.25 held. At 4 MW in and 1 MW out, held / 4 + d of
    the chargers is at most 0.5: 0.4 MW, 12. With the room of the whole fleet it would be 1 MW.
    """
    fields = {"initial_mwh": 0.5, "terminal_mwh": 0.0, "charge_max_mw": 4.0, "discharge_max_mw": 1.0}
    instance = offered("down", 1, {"sustain_h": 0.25}, plugged_in_per_unit="n_per_unit", **fields)
    assert earned(instance, {"n_per_unit": [0.5]}) == pytest.approx(12.0)
    assert earned(instance, {"n_per_unit": [0.5]}, drop=["cars.energy_added_after_900s"]) == pytest.approx(30.0)


def test_reserve_of_vehicle_to_grid() -> None:
    """1 MWh gives 0.5 MW for an hour at an efficiency of 0.5: 15; 0.25 MW of chargers 7.5."""
    full = {"initial_mwh": 1.0, "terminal_mwh": 0.0, "discharge_max_mw": 1.0, "discharge_efficiency_per_unit": 0.5}
    assert earned(offered("up", **full)) == pytest.approx(15.0)
    assert earned(offered("up", **full | {"discharge_max_mw": 0.25})) == pytest.approx(7.5)


def test_calls_slow_the_charge() -> None:
    """Half of 1 MW is called for nothing: 0.5 MWh less are bought for 20 and 0.4 MWh stored: the end lacks nothing."""
    called = {"activation_up_per_unit": 0.5, "energy_price_up_eur_per_mwh": 0.0}
    fields = {"charge_efficiency_per_unit": 0.8, "terminal_mwh": 0.4}
    instance = offered("up", 1, called, **fields)
    best = optimum(instance)
    assert best.variable("cars.level_mwh") == pytest.approx([0.4])
    assert earned(instance) == pytest.approx(30.0 - 10.0)


def test_a_fleet_backs_no_calls_of_others() -> None:
    """A pump called for 1 MW more takes 0.3 MW of a second node, of which a connection gives 0.06: 0.2 MW held, 6.

    With a battery there in place of the fleet 1 MW is held.
    """
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "side", "ratio_per_unit": 0.3}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 0.8}],
        "provides": ["fr_afrr_down"],
    }
    components = {
        "grid": grid(import_price_eur_per_mwh=20.0),
        "side_grid": grid(node="side", import_price_eur_per_mwh=20.0, import_max_mw=0.06, export_max_mw=0.0),
        "heat_network": grid(node="warmth", import_price_eur_per_mwh=20.0),
        "pump": pump,
        "cars": fleet(node="side", initial_mwh=1.0, discharge_max_mw=1.0),
    }
    nodes = {"side": {"carrier": "electricity"}}
    instance = make_instance(components, reserve("down"), nodes=nodes)
    assert earned(instance) == pytest.approx(6.0)
    battery = {
        "type": "storage",
        "node": "side",
        "energy_max_mwh": 1.0,
        "initial_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "terminal_penalty_eur_per_mwh": 1000.0,
    }
    assert earned(make_instance(components | {"cars": battery}, reserve("down"), nodes=nodes)) == pytest.approx(30.0)
