"""Heat pumps by hand: COP from temperatures, one compressor for heat and cold, reserve, and on/off states.

Electricity costs 100 per MWh unless said otherwise, heat from the boiler 50.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.plan_by_hand import books_by_hand
from helpers.settled_run import settled, solved
from helpers.site_builder import Optimum, grid, mains, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData
from mes_stoch.settlement.settlement import settle_data
from mes_stoch.uncertainty.quality import check_tree
from mes_stoch.views.lattice import Lattice

PRICE = 100.0


def pump(**fields: Any) -> dict[str, Any]:
    return {"type": "heat_pump", "power_node": "power", "heat_node": "warmth", "power_max_mw": 1.0, **fields}


def constant(cop: float) -> list[dict[str, float]]:
    return [{"lift_k": 0.0, "cop_per_unit": cop}]


def boiler() -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 20.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
    }


def site(
    machine: dict[str, Any],
    *,
    heat: float | str | None = 1.5,
    cold: float | str | None = None,
    products: dict[str, Any] | None = None,
    periods: int = 1,
    **more: Any,
) -> Instance:
    components: dict[str, Any] = {
        "grid": grid(import_price_eur_per_mwh=0.0 if products else "power_eur_per_mwh"),
        "pump": machine,
    }
    if heat is not None:
        components |= {"mains": mains(50.0), "boiler": boiler()}
        components["heating"] = {"type": "demand", "node": "warmth", "demand_mw": heat}
    if cold is not None:
        components["chilled"] = {"type": "demand", "node": "cold", "demand_mw": cold}
    components["grid"]["export_max_mw"] = 100.0 if products else 0.0
    return make_instance(components | more, products, periods=periods)


def solve(instance: Instance, *, price: Any = PRICE, drop: tuple[str, ...] = (), **series: Any) -> Optimum:
    return optimum(instance, {"power_eur_per_mwh": price, **series}, drop=drop)


def agree(instance: Instance, **series: Any) -> None:
    """The hub has the costs and the flows of the model."""
    tree = make_tree(instance, {"power_eur_per_mwh": PRICE, **series})
    found = two_views(instance, tree).compare(5, 1)
    assert found.is_feasible
    assert found.agrees


# -- COP --------------------------------------------------------------------------------------------------------------


def test_the_cop_is_a_share_of_carnot() -> None:
    """From 0 to 50 degC, half of Carnot: 0.5 x 323.15 / 50 = 3.2315; 1 MW of heat costs 100 / 3.2315."""
    machine = pump(source_temperature_degc=0.0, sink_temperature_degc=50.0, quality_grade_per_unit=0.5)
    instance = site(machine, heat=1.0)
    assert solve(instance).profit == pytest.approx(-100.0 / 3.2315)
    agree(instance)


def test_the_cop_follows_the_air_of_each_scenario() -> None:
    """Supply of 46.85 degC = 320 K, half of Carnot: lifts of 40 and 32 K give COPs of 4 and 5, that of 8 K gives 20,
    which is cut to 6."""
    machine = pump(
        source_temperature_degc="air_degc",
        sink_temperature_degc=46.85,
        quality_grade_per_unit=0.5,
        cop_max_per_unit=6.0,
    )
    instance = site(machine, heat=1.0, periods=3)
    air = [6.85, 14.85, 38.85]
    assert solve(instance, air_degc=air).profit == pytest.approx(-25.0 - 20.0 - 100.0 / 6.0)
    # warmer outside than the supply: as much as it ever gives
    assert solve(instance, air_degc=[50.0, 46.85, 38.85]).profit == pytest.approx(-50.0)
    both = optimum(instance, {"power_eur_per_mwh": PRICE, "air_degc": [[6.85] * 3, [14.85] * 3]}, [0.5, 0.5])
    assert both.profit == pytest.approx(-0.5 * 75.0 - 0.5 * 60.0)
    agree(instance, air_degc=air)


def test_the_cop_is_linear_between_the_points_of_a_table() -> None:
    """COP 5 at 20 K and 3 at 60 K: 4.5 at 30 K, 5 below 20 K."""
    table = [{"lift_k": 20.0, "cop_per_unit": 5.0}, {"lift_k": 60.0, "cop_per_unit": 3.0}]
    machine = pump(source_temperature_degc="air_degc", sink_temperature_degc=40.0, cop_by_lift=table)
    instance = site(machine, heat=1.0, periods=2)
    assert solve(instance, air_degc=[10.0, 35.0]).profit == pytest.approx(-100.0 / 4.5 - 100.0 / 5.0)
    issues = check_tree(instance, make_tree(instance, {"power_eur_per_mwh": PRICE, "air_degc": [10.0, -25.0]}))
    assert [issue.key for issue in issues] == ["components.pump.cop_by_lift"]
    assert "65 > 60" in issues[0].found


def test_a_gap_in_a_temperature_is_told() -> None:
    machine = pump(source_temperature_degc="air_degc", sink_temperature_degc=40.0, quality_grade_per_unit=0.5)
    instance = site(machine, heat=1.0)
    for value, word in ((float("nan"), "finite"), (280.0, "")):
        issues = check_tree(instance, make_tree(instance, {"power_eur_per_mwh": PRICE, "air_degc": [value]}))
        assert all(word in issue.expected for issue in issues)
    hot = check_tree(instance, make_tree(instance, {"power_eur_per_mwh": PRICE, "air_degc": [400.0]}))
    assert [issue.key for issue in hot] == ["components.pump.source_temperature_degc"]
    assert "degC" in hot[0].expected


def test_heat_of_the_source_is_drawn_from_its_node() -> None:
    """COP 4: 2 MW of heat are 0.5 MW of electricity and 1.5 MW from a network that asks 10 for a MWh: 50 + 15."""
    waste = {"type": "grid_connection", "node": "low", "import_max_mw": 9.0, "import_price_eur_per_mwh": 10.0}
    components = {
        "grid": grid(import_price_eur_per_mwh=PRICE, export_max_mw=0.0),
        "pump": pump(source_node="low", cop_by_lift=constant(4.0)),
        "low": waste,
        "heating": {"type": "demand", "node": "warmth", "demand_mw": 2.0},
    }
    instance = make_instance(components, nodes={"low": {"carrier": "heat"}})
    assert optimum(instance).profit == pytest.approx(-65.0)
    agree(instance)


# -- one compressor for heat and cold ---------------------------------------------------------------------------------


def reversible(**fields: Any) -> dict[str, Any]:
    return pump(cooling_node="cold", cop_by_lift=constant(3.0), cooling_cop_by_lift=constant(4.0), **fields)


def test_heat_and_cold_share_the_compressor() -> None:
    """3 MW of cold take 0.75 MW of the 1 MW; 0.25 MW give 0.75 MW of heat at 33 a MWh, the boiler the other 0.75 MW:
    100 + 37.5. With a compressor for each there would be 0.5 + 0.75 MW: 125."""
    instance = site(reversible(), cold=3.0)
    assert solve(instance).profit == pytest.approx(-137.5)
    assert solve(instance, drop=("pump.maximum",)).profit == pytest.approx(-125.0)
    assert settled(instance, make_tree(instance, {"power_eur_per_mwh": PRICE})).expected_profit == pytest.approx(-137.5)
    agree(instance)


def test_heat_or_cold_in_a_period() -> None:
    """Cold has no other supply: 0.75 MW of electricity for it, and the boiler for all heat: 75 + 75."""
    instance = site(reversible(modes="exclusive"), cold=3.0)
    assert solve(instance).profit == pytest.approx(-150.0)
    assert solve(instance, drop=("pump.heating_mode",)).profit == pytest.approx(-137.5)
    agree(instance)
    # heat of 3 MW alone: 1 MW of electricity; without the other row it could be made beside cold
    idle = site(reversible(modes="exclusive"), heat=3.0, cold=0.0)
    assert solve(idle).profit == pytest.approx(-100.0)


def test_it_changes_over_only_between_blocks() -> None:
    """Cold in the first hour of two: with blocks of two hours there is no heat from it in the second, 1.5 MW that the
    boiler makes for 75 in place of 50."""
    series = {"cold_mw": [3.0, 0.0]}
    for hours, profit in ((None, -75.0 - 75.0 - 50.0), (2.0, -75.0 - 75.0 - 75.0)):
        instance = site(reversible(modes="exclusive", mode_block_h=hours), cold="cold_mw", periods=2)
        assert solve(instance, **series).profit == pytest.approx(profit)
        agree(instance, **series)


def test_recovery_makes_heat_of_what_it_cools() -> None:
    """COP 4 for heat: 1 MW of electricity draws 3 MW from what is cooled and gives 4 MW of heat. With 3 MW of cold and
    4.5 MW of heat the boiler adds 0.5 MW: 100 + 25."""
    machine = pump(cooling_node="cold", modes="recovery", cop_by_lift=constant(4.0))
    instance = site(machine, heat=4.5, cold=3.0)
    assert solve(instance).profit == pytest.approx(-125.0)
    agree(instance)


def test_cold_alone_has_the_cop_of_a_chiller() -> None:
    """From 6.85 degC = 280 K to 34.85 degC, half of Carnot: 0.5 x 280 / 28 = 5; 2 MW of cold are 0.4 MW."""
    machine = {
        **pump(source_temperature_degc=6.85, sink_temperature_degc=34.85, quality_grade_per_unit=0.5),
        "heat_node": None,
        "cooling_node": "cold",
    }
    assert solve(site(machine, heat=None, cold=2.0)).profit == pytest.approx(-40.0)


def test_each_cycle_has_its_temperatures() -> None:
    """Heat from 0 to 46.85 degC has a lift of 46.85 K: COP 0.5 x 320 / 46.85; cold from 6.85 degC, to 34.85: 5."""
    machine = pump(
        cooling_node="cold",
        source_temperature_degc=0.0,
        sink_temperature_degc=46.85,
        quality_grade_per_unit=0.5,
        cooling_source_temperature_degc=6.85,
        cooling_sink_temperature_degc=34.85,
    )
    cop = 160.0 / 46.85
    assert solve(site(machine, heat=1.0, cold=2.0)).profit == pytest.approx(-100.0 / cop - 40.0)


# -- limits -----------------------------------------------------------------------------------------------------------


def test_less_of_it_may_be_available() -> None:
    """0.2 MW give 0.6 MW of heat for 20; the boiler makes 0.9 MW for 45."""
    machine = pump(cop_by_lift=constant(3.0), available_per_unit="pump_per_unit")
    instance = site(machine)
    assert solve(instance, pump_per_unit=0.2).profit == pytest.approx(-65.0)
    assert solve(instance, pump_per_unit=0.2, drop=("pump.available",)).profit == pytest.approx(-50.0)
    agree(instance, pump_per_unit=0.2)


def test_a_minimum_load_with_starts() -> None:
    """0.6 MW is the least, 1.8 MW of heat: more than the 1.5 MW of the first hour. It starts in the second for 20,
    and 3 MW are 100 in place of the boiler's 150."""
    machine = pump(cop_by_lift=constant(3.0), power_min_mw=0.6, start_cost_eur=20.0, initial_on=False)
    instance = site(machine, heat="heat_mw", periods=2)
    series = {"heat_mw": [1.5, 3.0]}
    assert solve(instance, **series).profit == pytest.approx(-75.0 - 120.0)
    # half a MW in the first hour too: 50 + 100 + one start
    assert solve(instance, drop=("pump.minimum",), **series).profit == pytest.approx(-50.0 - 100.0 - 20.0)
    tree = make_tree(instance, {"power_eur_per_mwh": PRICE, **series})
    assert settled(instance, tree).expected_profit == pytest.approx(-195.0)
    agree(instance, **series)


def test_operation_costs_money() -> None:
    """0.5 MW at 100 + 10."""
    instance = site(pump(cop_by_lift=constant(3.0), cost_eur_per_mwh=10.0))
    assert solve(instance).profit == pytest.approx(-55.0)
    assert settled(instance, make_tree(instance, {"power_eur_per_mwh": PRICE})).expected_profit == pytest.approx(-55.0)


# -- reserve ----------------------------------------------------------------------------------------------------------

MARKET = {
    "da": {"price_eur_per_mwh": 30.0, "settlement_period_h": 1.0},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


def held(direction: str, *, called: float = 0.0, most: float = 5.0) -> dict[str, Any]:
    return {
        f"fr_afrr_{direction}": {
            "block_h": 1.0,
            "volume_max_mw": most,
            "sustain_h": 0.0,
            "capacity_price_eur_per_mw_h": 10.0,
            f"activation_{direction}_per_unit": called,
            "shortfall_penalty_eur_per_mw_h": 50.0,
            "missed_penalty_eur_per_mwh": 500.0,
            f"energy_price_{direction}_eur_per_mwh": 0.0,
        }
    }


def behind(node: str) -> dict[str, Any]:
    """A network that can give 9 MW, too dear to be used."""
    return {"type": "grid_connection", "node": node, "import_max_mw": 9.0, "import_price_eur_per_mwh": 400.0}


def test_consuming_less_is_upward_reserve() -> None:
    """Heat of 1.5 MW with COP 3: half a MW at 30, all of which can be given up: 10 x 0.5 - 15. Where a fifth is called,
    it plans P with P - 0.2 P = 0.5, as electricity costs 10 for a MWh of heat and the boiler 50: 10 x 0.625 - 18.75."""
    machine = pump(cop_by_lift=constant(3.0), provides=["fr_afrr_up"])
    assert solve(site(machine, products=MARKET | held("up"), net=behind("warmth"))).profit == pytest.approx(-10.0)
    called = site(machine, products=MARKET | held("up", called=0.2), net=behind("warmth"))
    result = solve(called)
    assert result.profit == pytest.approx(-12.5)
    assert result.variable("pump.power_heating_mw") == pytest.approx(0.625)
    agree_with_settlement(called, result)


def test_heat_that_nobody_else_makes_is_no_reserve() -> None:
    machine = pump(cop_by_lift=constant(3.0), provides=["fr_afrr_up"])
    components = {
        "grid": grid(),
        "pump": machine,
        "heating": {"type": "demand", "node": "warmth", "demand_mw": 1.5},
    }
    instance = make_instance(components, MARKET | held("up"))
    assert optimum(instance).profit == pytest.approx(-15.0)


@pytest.mark.parametrize(("mode", "profit"), [("heating", 2.5), ("cooling", 7.5)])
def test_calls_change_one_mode(mode: str, profit: float) -> None:
    """0.25 MW for 0.75 MW of heat, 0.75 MW for 3 MW of cold; networks of heat and cold stand behind both."""
    instance = site(
        reversible(provides=["fr_afrr_up"], called_mode=mode),
        heat=0.75,
        cold=3.0,
        products=MARKET | held("up"),
        heat_net=behind("warmth"),
        cold_net=behind("cold"),
    )
    result = solve(instance)
    assert result.profit == pytest.approx(profit - 30.0)
    agree_with_settlement(instance, result)


def agree_with_settlement(instance: Instance, result: Optimum) -> None:
    """Settled from files it is the same, and what it holds stands a full call."""
    tree = make_tree(instance)
    run = solved(instance, tree)
    data = SettlementData(instance, tree, run.solution, run.flow_data)
    assert settle_data(data).expected_profit == pytest.approx(result.profit)
    test = stress(data)
    assert test.passed
    assert test.calls_tested > 0


def test_reserve_of_a_reversible_machine_stays_in_its_mode() -> None:
    """Without the row it would hold 1 MW and promise to make less heat than none."""
    instance = site(
        reversible(provides=["fr_afrr_up"], called_mode="heating"),
        heat=0.75,
        cold=3.0,
        products=MARKET | held("up"),
        heat_net=behind("warmth"),
        cold_net=behind("cold"),
    )
    assert solve(instance, drop=("pump.called_mode",)).profit == pytest.approx(10.0 - 30.0)


def test_consuming_more_is_downward_reserve() -> None:
    """Half a MW makes all heat for 15, and another half MW is left; but what it would make of that has to go somewhere:
    a boiler does not give way to a call. An outlet for 0.9 MW of heat stands for 0.3 MW of electricity."""
    machine = pump(cop_by_lift=constant(3.0), provides=["fr_afrr_down"])
    assert solve(site(machine, products=MARKET | held("down"))).profit == pytest.approx(-15.0)
    outlet = {"type": "grid_connection", "node": "warmth", "import_max_mw": 0.0, "export_max_mw": 0.9}
    with_outlet = site(machine, products=MARKET | held("down"), outlet=outlet)
    assert solve(with_outlet).profit == pytest.approx(3.0 - 15.0)
    agree_with_settlement(with_outlet, solve(with_outlet))


# -- views ------------------------------------------------------------------------------------------------------------


def test_the_lattice_shows_both_ways() -> None:
    lattice = Lattice.of(site(reversible(), cold=3.0))
    arcs = {(arc.node, arc.supplies): arc for arc in lattice.all_arcs if arc.component == "pump"}
    assert set(arcs) == {("power", False), ("warmth", True), ("cold", True)}
    assert [str(ratio) for ratio in arcs["warmth", True].ratios_per_unit] == ["3"]
    assert str(arcs["cold", True].power_max_mw) == "4"


# -- what is on before the horizon, and what a plan may hold ----------------------------------------------------------


def test_it_stays_on_for_its_least_time() -> None:
    """On for an hour of two: 0.6 MW for 60 make 1.8 MW of heat, and 0.3 MW of it are thrown away at 200. Free to stop,
    it would leave 1.5 MW to the boiler for 75."""
    machine = pump(cop_by_lift=constant(3.0), power_min_mw=0.6, minimum_up_h=2.0, initial_on=True, initial_state_h=1.0)
    instance = site(machine)
    warmth = instance.nodes["warmth"].model_copy(update={"dump_penalty_eur_per_mwh": 200.0})
    instance = instance.model_copy(update={"nodes": {**instance.nodes, "warmth": warmth}})
    assert solve(instance).profit == pytest.approx(-120.0)
    assert solve(instance, drop=("pump.initial_state",)).profit == pytest.approx(-75.0)
    agree(instance)


def test_the_stress_test_sees_every_limit() -> None:
    """It heats with 0.75 MW of 1 MW and cools with 0.25 MW in the second hour."""
    district = {"import_max_mw": 9.0, "export_max_mw": 9.0, "import_price_eur_per_mwh": 400.0}
    nets = {f"{node}_net": {"type": "grid_connection", "node": node, **district} for node in ("warmth", "cold")}
    machine = reversible(provides=["fr_afrr_up", "fr_afrr_down"], called_mode="heating")
    instance = make_instance({"grid": grid(), "pump": machine, **nets}, MARKET | held("up") | held("down"), periods=2)
    plan = {
        "pump.power_heating_mw": [0.75, 0.5],
        "pump.power_cooling_mw": [0.0, 0.25],
        "pump.fr_afrr_up_held_mw": [0.75, 0.6],
        "pump.fr_afrr_down_held_mw": [0.4, 0.25],
        "grid.scheduled_mw": [-0.75, -0.75],
    }
    meters = {("warmth", "warmth_net"): [-2.25, -1.5], ("cold", "cold_net"): [0.0, -1.0]}
    # 0.6 MW less of 0.5 MW for heat; 0.75 + 0.4 MW are more than the compressor has
    found = stress(books_by_hand(instance, plan, metered=meters))
    missing = {(miss.limit, round(float(miss.missing[0]), 9)) for miss in found.misses(0) if miss.place == "pump"}
    assert missing == {("power for heating", 0.1), ("largest power", 0.15)}
    plan["pump.fr_afrr_up_held_mw"], plan["pump.fr_afrr_down_held_mw"] = [0.75, 0.5], [0.25, 0.25]
    assert stress(books_by_hand(instance, plan, metered=meters)).passed
