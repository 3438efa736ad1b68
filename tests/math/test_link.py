"""Links between two nodes of one carrier: each optimum by hand, and what it would be without the rule."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import Optimum, grid, make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

FAR: dict[str, dict[str, Any]] = {
    "power": {"dump_penalty_eur_per_mwh": 500.0},
    "far": {"carrier": "electricity", "dump_penalty_eur_per_mwh": 9.0},
}
PRICE = "price_eur_per_mwh"


def link(**fields: Any) -> dict[str, Any]:
    return {"type": "link", "from_node": "power", "to_node": "far", "power_max_mw": 5.0, **fields}


def load(power: Any = 2.0) -> dict[str, Any]:
    """A demand at the far end that can be shed for 200 a MWh."""
    return {"type": "sheddable_demand", "node": "far", "demand_mw": power, "shed_cost_eur_per_mwh": 200.0}


def site(price: Any, far: dict[str, dict[str, Any]], periods: int = 1, **fields: Any) -> Instance:
    """A connection with a price of energy, a link behind it, and what stands at its far end."""
    connection = grid(import_price_eur_per_mwh=price, export_price_eur_per_mwh=-1000.0)
    return make_instance({"grid": connection, "link": link(**fields), **far}, nodes=FAR, periods=periods)


def checked(instance: Instance, series: dict[str, Any] | None = None) -> Optimum:
    """The optimum, which settlement and hub find as well."""
    tree = make_tree(instance, series)
    found = optimum(instance, series)
    settlement = settled(instance, tree)
    assert settlement.agrees, settlement.worst_differences()
    assert settlement.expected_profit == pytest.approx(found.profit, abs=1e-6)
    assert two_views(instance, tree).hub.least_cost() == pytest.approx(-found.profit, abs=1e-6)
    return found


def test_loss_and_cost() -> None:
    """2 MW at the far end are 2 / 0.8 = 2.5 MW at 50 + 4: 135; without loss 2 x 54 = 108."""
    far = {"load": load()}
    assert checked(site(50.0, far, loss_per_unit=0.2, cost_eur_per_mwh=4.0)).profit == pytest.approx(-135.0)
    assert checked(site(50.0, far, cost_eur_per_mwh=4.0)).profit == pytest.approx(-108.0)


def test_the_limit_is_at_the_sending_end() -> None:
    """1.5 MW sent are 1.2 MW: 75, and 0.8 MW shed for 160; with room for all 125."""
    far = {"load": load()}
    assert checked(site(50.0, far, loss_per_unit=0.2, power_max_mw=1.5)).profit == pytest.approx(-235.0)
    assert checked(site(50.0, far, loss_per_unit=0.2)).profit == pytest.approx(-125.0)


def test_an_outage_of_a_part() -> None:
    """2 MW at 50, in the second hour of 2 MW half, and 1 MW shed: 100 + 50 + 200 instead of 200."""
    instance = site(50.0, {"load": load()}, periods=2, power_max_mw=2.0, available_per_unit="share_per_unit")
    series = {"share_per_unit": [1.0, 0.5]}
    assert checked(instance, series).profit == pytest.approx(-350.0)
    assert optimum(instance, series, drop=["link.available"]).profit == pytest.approx(-200.0)


@pytest.mark.parametrize(("back", "profit"), [(2.0, 90.0 - 160.0 / 0.9), (0.0, -160.0 / 0.9)])
def test_both_ways_lose(back: float, profit: float) -> None:
    """Of 3 MW of sun 2 MW come back as 1.8 MW at 50; then 2 MW are 2 / 0.9 MW at 80. One way: the second alone."""
    sun = {"type": "source", "node": "far", "available_mw": "sun_mw"}
    connection = grid(import_price_eur_per_mwh=80.0, export_price_eur_per_mwh=50.0)
    fields = {"loss_per_unit": 0.1, "power_back_max_mw": back}
    components = {"grid": connection, "link": link(**fields), "sun": sun, "load": load("load_mw")}
    instance = make_instance(components, nodes=FAR, periods=2)
    assert checked(instance, {"sun_mw": [3.0, 0.0], "load_mw": [0.0, 2.0]}).profit == pytest.approx(profit)


def test_a_period_is_shared_between_both_ways() -> None:
    """A quarter of 4 MW is available: 1 MW back of 3 MW of sun, at 50; all of it 150."""
    sun = {"type": "source", "node": "far", "available_mw": 3.0}
    connection = grid(import_price_eur_per_mwh=80.0, export_price_eur_per_mwh=50.0)
    fields = {"power_max_mw": 4.0, "power_back_max_mw": 4.0, "available_per_unit": 0.25}
    instance = make_instance({"grid": connection, "link": link(**fields), "sun": sun}, nodes=FAR)
    assert checked(instance).profit == pytest.approx(50.0)
    assert optimum(instance, drop=["link.sharing"]).profit == pytest.approx(150.0)


def test_energy_is_not_burnt_for_money() -> None:
    """Paid 40 a MWh drawn, with nothing to serve, and half of what is sent lost.

    Sharing 4 MW, F + B = 4 with B = F / 2 at the far end: F = 8/3, B = 4/3 draw 8/3 - 2/3 = 2 MW: 80. One way at a
    time: nothing.
    """
    fields: dict[str, Any] = {"power_max_mw": 4.0, "power_back_max_mw": 4.0, "loss_per_unit": 0.5}
    idle = {"idle": load(0.0)}
    instance = site(-40.0, idle, **fields)
    assert checked(instance).profit == pytest.approx(0.0, abs=1e-9)
    assert optimum(instance, drop=["link.forward_only"]).profit == pytest.approx(80.0)
    assert optimum(instance, drop=["link.back_only"]).profit == pytest.approx(80.0)
    assert not check_tree(instance, make_tree(instance))
    shared = site(-40.0, idle, exclusive=False, **fields)
    assert checked(shared).profit == pytest.approx(80.0)
    (issue,) = check_tree(shared, make_tree(shared))
    assert issue.key == "components.link"
    assert "losing it in link" in issue.expected


def test_what_is_sent_arrives_later() -> None:
    """An hour late, 1 MW under way: 1 MW shed for 200, 2 MW at 10 and 2 MW at 20, and 1 MW left under way at 90."""
    fields: dict[str, Any] = {"delay_h": 1.0, "initial_flow_mw": 1.0, "terminal_penalty_eur_per_mwh": 900.0}
    series = {PRICE: [10.0, 20.0, 90.0]}
    instance = site(PRICE, {"load": load()}, periods=3, **fields)
    assert checked(instance, series).profit == pytest.approx(-(200.0 + 20.0 + 40.0 + 90.0))
    assert optimum(instance, series, drop=["link.terminal"]).profit == pytest.approx(-260.0)
    nothing_left = site(PRICE, {"load": load()}, periods=3, terminal_mwh=0.0, **fields)
    assert checked(nothing_left, series).profit == pytest.approx(-260.0)
    at_once = site(PRICE, {"load": load()}, periods=3)
    assert checked(at_once, series).profit == pytest.approx(-(20.0 + 40.0 + 180.0))


def test_what_was_sent_first_arrives_first() -> None:
    """1 MW, then 2 MW: no more is needed in two hours; then 2 MW at 10, and 3 MW to leave under way at 20.

    The other way round 1 MW is too much in the first hour, thrown away for 9, and one is shed in the second for 200.
    """
    series = {PRICE: [10.0, 20.0, 90.0], "load_mw": [1.0, 2.0, 2.0]}
    fields: dict[str, Any] = {"delay_h": 2.0, "terminal_penalty_eur_per_mwh": 900.0}
    for sent, extra in (([1.0, 2.0], 0.0), ([2.0, 1.0], 209.0)):
        instance = site(PRICE, {"load": load("load_mw")}, periods=3, initial_flow_mw=sent, **fields)
        assert checked(instance, series).profit == pytest.approx(-(20.0 + 60.0 + extra))


def test_too_little_is_left_under_way() -> None:
    """10 % is lost: 1.8 MWh are found, and with an outage in the last hour nothing is left: 1.8 x 500."""
    fields: dict[str, Any] = {"delay_h": 1.0, "initial_flow_mw": 2.0, "loss_per_unit": 0.1}
    series = {"share_per_unit": [1.0, 0.0]}
    instance = site(
        10.0,
        {"load": load(1.8)},
        periods=2,
        available_per_unit="share_per_unit",
        terminal_penalty_eur_per_mwh=500.0,
        **fields,
    )
    # 1.8 MW come by themselves, then 2 MW at 10 bring them
    assert checked(instance, series).profit == pytest.approx(-(20.0 + 900.0))


def test_a_delay_that_is_longer_than_the_horizon() -> None:
    """2 and 1 MW arrive; 1 MW was sent before and is still under way at the end, 4 MWh are to be: 3 MW at 10 and 20."""
    instance = site(
        PRICE,
        {"load": load("load_mw")},
        periods=2,
        delay_h=3.0,
        initial_flow_mw=[2.0, 1.0, 1.0],
        terminal_penalty_eur_per_mwh=900.0,
        power_max_mw=2.0,
    )
    series = {PRICE: [10.0, 20.0], "load_mw": [2.0, 1.0]}
    assert checked(instance, series).profit == pytest.approx(-(20.0 + 20.0))
