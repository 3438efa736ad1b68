"""Reserve from a battery on another bus than the connection it is sold over: optima by hand, with and without."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled, solved
from helpers.site_builder import Optimum, grid, make_instance, make_tree, optimum

from mes_stoch.evaluation.flexibility.committed import committed_mw
from mes_stoch.evaluation.stress.outcome import stress
from mes_stoch.evaluation.stress.plan import Plan
from mes_stoch.model.site_program import build_program
from mes_stoch.schema.instance import Instance
from mes_stoch.settlement.data import SettlementData

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}
IMBALANCE = {"imbalance": {"price_long_eur_per_mwh": -50.0, "price_short_eur_per_mwh": 300.0}}
NODES = {name: {"carrier": "electricity"} for name in ("busbar", "bay")}


def reserve(direction: str = "up", **fields: Any) -> dict[str, dict[str, Any]]:
    """2 MW for 10 a MW and hour, held for an hour."""
    stated = {
        "block_h": 1,
        "volume_max_mw": 2.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        f"activation_{direction}_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 30.0,
        **fields,
    }
    return {f"fr_afrr_{direction}": stated}


def battery(*provides: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "busbar",
        "energy_max_mwh": 10.0,
        "charge_max_mw": 3.0,
        "discharge_max_mw": 3.0,
        "initial_mwh": 5.0,
        "terminal_penalty_eur_per_mwh": 5000.0,
        "provides": list(provides),
        **fields,
    }


def feeder(**fields: Any) -> dict[str, Any]:
    return {"type": "link", "from_node": "power", "to_node": "busbar", "power_max_mw": 10.0} | fields


def site(products: dict[str, Any], periods: int = 1, **components: dict[str, Any]) -> Instance:
    own = {"grid": grid(schedule_penalty_eur_per_mwh=5000.0), **components}
    return make_instance(own, DA | IMBALANCE | products, nodes=NODES, periods=periods)


def checked(instance: Instance, price: Any = 100.0, **series: Any) -> Optimum:
    """The optimum, which settlement finds as well, and which stands every call."""
    data = {"da_price_eur_per_mwh": price, **series}
    tree = make_tree(instance, data)
    found = optimum(instance, data)
    settlement = settled(instance, tree)
    assert settlement.agrees, settlement.worst_differences()
    assert settlement.expected_profit == pytest.approx(found.profit, abs=1e-6)
    run = solved(instance, tree)
    test = stress(SettlementData(instance, tree, run.solution, run.flow_data))
    assert test.passed, test.table()
    return found


@pytest.mark.parametrize(("back", "profit"), [(1.5, 15.0), (5.0, 20.0)])
def test_upward_calls_pass_the_link(back: float, profit: float) -> None:
    """2 MW at 10, of which the feeder carries 1.5 MW back; with room for all 20."""
    parts = {"battery": battery("fr_afrr_up"), "feeder": feeder(power_back_max_mw=back)}
    instance = site(reserve(), **parts)
    assert checked(instance).profit == pytest.approx(profit)
    assert optimum(instance, {"da_price_eur_per_mwh": 100.0}, drop=["feeder.room_from_back"]).profit == pytest.approx(
        20.0
    )


def test_a_load_beside_the_battery_makes_room() -> None:
    """Against 0.3 MW that flow to a load 1.8 MW can be called over 1.5 MW: 18, less 0.3 MW at 20."""
    load = {"type": "demand", "node": "busbar", "demand_mw": 0.3}
    parts = {"battery": battery("fr_afrr_up"), "load": load, "feeder": feeder(power_back_max_mw=1.5)}
    assert checked(site(reserve(), **parts), 20.0).profit == pytest.approx(18.0 - 6.0)


@pytest.mark.parametrize("share", [0.5, "share_per_unit"])
def test_what_is_available_of_the_link(share: Any) -> None:
    """Half of 3 MW back: 15."""
    parts = {"battery": battery("fr_afrr_up"), "feeder": feeder(power_back_max_mw=3.0, available_per_unit=share)}
    assert checked(site(reserve(), **parts), share_per_unit=0.5).profit == pytest.approx(15.0)


def test_downward_calls_pass_the_link() -> None:
    """1.2 MW come in beside a sale: the feeder carries 1.2 MW forward; without its limit 20."""
    parts = {"battery": battery("fr_afrr_down"), "feeder": feeder(power_max_mw=1.2, power_back_max_mw=5.0)}
    instance = site(reserve("down"), **parts)
    assert checked(instance).profit == pytest.approx(12.0)
    found = optimum(instance, {"da_price_eur_per_mwh": 100.0}, drop=["feeder.room_from_forward"])
    assert found.profit == pytest.approx(20.0)


@pytest.mark.parametrize(("loss", "profit"), [(0.0, 20.0), (0.2, 8.0), (0.1, 9.0)])
def test_losses_on_the_way(loss: float, profit: float) -> None:
    """A battery of 1 MW counts with what arrives of it: 0.8 or 0.9 MW; without loss one of 2 MW with 2 MW."""
    power = 2.0 if loss == 0 else 1.0
    own = battery("fr_afrr_up", discharge_max_mw=power)
    parts = {"battery": own, "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=loss)}
    assert checked(site(reserve(), **parts)).profit == pytest.approx(profit)


def test_energy_of_the_calls_is_lost_on_the_way_too() -> None:
    """1.5 MWh in store are 1.5 MW for an hour, of which 1.2 MW arrive."""
    own = battery("fr_afrr_up", initial_mwh=1.5)
    parts = {"battery": own, "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=0.2)}
    assert checked(site(reserve(), **parts)).profit == pytest.approx(12.0)


def test_what_is_committed_is_told_at_the_connection() -> None:
    """A battery of 1 MW behind a loss of 0.2: 0.8 MW may be called."""
    parts = {"battery": battery("fr_afrr_up", discharge_max_mw=1.0)}
    instance = site(reserve(), feeder=feeder(power_back_max_mw=5.0, loss_per_unit=0.2), **parts)
    tree = make_tree(instance, {"da_price_eur_per_mwh": 100.0})
    run = solved(instance, tree)
    plan = Plan(SettlementData(instance, tree, run.solution, run.flow_data))
    assert committed_mw(plan, 0, "grid", 1, 0, 1.0) == pytest.approx(0.8)


def test_a_chain_of_links() -> None:
    """Of a MW 0.9 pass the first link and 0.8 of that the second, which carries 0.6 MW: 6; with room 7.2."""
    second = {"type": "link", "from_node": "busbar", "to_node": "bay", "power_max_mw": 5.0, "power_back_max_mw": 5.0}
    own = battery("fr_afrr_up", node="bay", discharge_max_mw=1.0)
    first = feeder(loss_per_unit=0.2, power_back_max_mw=0.75)
    parts = {"battery": own, "feeder": first, "branch": second | {"loss_per_unit": 0.1}}
    # 0.75 MW sent at the busbar are 0.6 MW at the connection
    instance = site(reserve(), **parts)
    assert checked(instance).profit == pytest.approx(6.0)
    wide = optimum(instance, {"da_price_eur_per_mwh": 100.0}, drop=["feeder.room_from_back"])
    assert wide.profit == pytest.approx(7.2)


def test_a_call_is_delivered_at_the_connection() -> None:
    """Half of 0.8 MW is called, 0.4 MW arrive of 0.5 MW: paid 60 a MWh, 24, with 8 for readiness.

    What was drawn must be back in store, an hour later at 50: 0.5 / 0.8 MWh are 31.25. (Not to draw 0.4 MW that were
    bought in the first hour would lose nothing, and cost 0.4 x 79 = 31.6.)
    """
    products = reserve(activation_up_per_unit="up_per_unit", energy_price_up_eur_per_mwh=60.0, volume_max_mw=0.8)
    own = battery("fr_afrr_up", discharge_max_mw=1.0)
    parts = {"battery": own, "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=0.2)}
    instance = site(products, 2, **parts)
    found = checked(instance, [79.0, 50.0], up_per_unit=[0.5, 0.0])
    # in the second hour as well 8 for readiness
    assert found.profit == pytest.approx(8.0 + 8.0 + 24.0 - 31.25)
    assert found.variable("feeder.sent_back_mw") == pytest.approx([0.5, 0.0])
    assert found.variable("grid.scheduled_mw") == pytest.approx([0.0, -0.625])


def test_a_call_that_stops_a_charge() -> None:
    """0.64 MWh must be stored, and half of what is held is called while they come.

    Held 0.5 MW counts 0.4 MW, and 0.2 MW arrive of the 0.25 MW that the battery gives. As operated the feeder sends
    1 - 0.2 = 0.8 MW, of which 0.64 MW arrive; what is given more than that is made good in the schedule:
    charge - 0.25 = 0.64.
    """
    products = reserve(activation_up_per_unit="up_per_unit", energy_price_up_eur_per_mwh=60.0, volume_max_mw=0.4)
    own = battery(
        "fr_afrr_up", initial_mwh=0.0, terminal_mwh=0.64, terminal_penalty_eur_per_mwh=None, charge_max_mw=3.0
    )
    parts = {"battery": own, "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=0.2)}
    instance = site(products, **parts)
    found = checked(instance, 50.0, up_per_unit=0.5)
    # 1 MWh bought at 50, 0.4 MW at 10, 0.2 MWh called at 60
    assert found.profit == pytest.approx(-50.0 + 4.0 + 12.0)
    assert found.variable("feeder.sent_mw") == pytest.approx([0.8])
    assert found.variable("grid.scheduled_mw") == pytest.approx([-1.0])
    assert found.variable("battery.charge_mw") == pytest.approx([0.89])


def test_two_batteries_on_both_sides() -> None:
    """1 MW at the connection and 0.8 MW of one behind the feeder: 18."""
    near, far = (battery("fr_afrr_up", node=node, discharge_max_mw=1.0) for node in ("power", "busbar"))
    parts = {"near": near, "far": far, "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=0.2)}
    assert checked(site(reserve(), **parts)).profit == pytest.approx(18.0)


def test_the_connection_is_asked_for_what_arrives() -> None:
    """0.4 MW of export at the connection are held by 0.5 MW behind the feeder."""
    parts = {"battery": battery("fr_afrr_up"), "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=0.2)}
    own = {"grid": grid(schedule_penalty_eur_per_mwh=5000.0, export_max_mw=0.4), **parts}
    instance = make_instance(own, DA | IMBALANCE | reserve(), nodes=NODES)
    found = checked(instance)
    assert found.profit == pytest.approx(4.0)
    assert found.variable("battery.fr_afrr_up_held_mw") == pytest.approx([0.5])


def test_the_flow_of_a_link_follows_what_calls_change() -> None:
    """It is no part of a schedule that is kept while calls run, and so is the way it goes."""
    parts = {"battery": battery("fr_afrr_up"), "feeder": feeder(power_back_max_mw=5.0, loss_per_unit=0.2)}
    instance = site(reserve(), **parts)
    base = build_program(instance, make_tree(instance, {"da_price_eur_per_mwh": 100.0})).base_schedule
    assert {"feeder.sent_mw", "feeder.sent_back_mw"} <= base.following
    assert not any(name.startswith("feeder") for name in base.exchanging | base.states)
