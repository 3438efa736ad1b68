"""Loops of trade by hand: meters that serve an hour in turn, links that must be on, units of money; sound ones pass."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

DA = {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1}}


def retail(price: float | str) -> dict[str, Any]:
    return {"type": "grid_connection", "node": "power", "import_max_mw": 10.0, "import_price_eur_per_mwh": price}


def feed_in(price: float | str) -> dict[str, Any]:
    return {
        "type": "grid_connection",
        "node": "power",
        "import_max_mw": 0.0,
        "export_max_mw": 10.0,
        "export_price_eur_per_mwh": price,
    }


def cable(source: str, target: str, ratio: float, **fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": target,
        "power_max_mw": 5.0,
        "inputs": [{"node": source, "ratio_per_unit": 1.0 / ratio, "no_load_mw": fields.pop("no_load_mw", 0.0)}],
        "outputs": [{"node": target, "ratio_per_unit": 1.0}],
        **fields,
    }


def issues_of(instance: Instance, **series: Any) -> list[Issue]:
    return check_tree(instance, make_tree(instance, series))


def test_two_meters_serve_an_hour_in_turn() -> None:
    """Sold for an hour at 40; one meter costs 10 and 90, the other 90 and 10: 30 EUR/MWh on 5 MW, by neither alone."""
    components = {
        "grid": grid(import_max_mw=5.0, export_max_mw=5.0),
        "early": retail("early_eur_per_mwh"),
        "late": retail("late_eur_per_mwh"),
    }
    data = {"da_eur_per_mwh": 40.0, "early_eur_per_mwh": [10.0, 90.0], "late_eur_per_mwh": [90.0, 10.0]}
    both = make_instance(components, DA, periods=2, period_h=0.5)
    assert optimum(both, data).profit == pytest.approx(5 * 30.0)
    (issue,) = issues_of(both, **data)
    assert issue.key == "products.da.price_eur_per_mwh"
    assert issue.found == "30 EUR/MWh earned (scenario s0, 2025-01-15 00:00)"
    assert "buying over early or buying over late and selling over grid on da" in issue.expected
    alone = make_instance({k: v for k, v in components.items() if k != "late"}, DA, periods=2, period_h=0.5)
    assert issues_of(alone, **data) == []
    assert optimum(alone, data).profit == pytest.approx(0.0, abs=1e-9)


def test_an_hour_bought_leaves_over_two_meters_in_turn() -> None:
    """Bought for an hour at 50; one meter pays 90 and 0, the other 0 and 90: 40 EUR/MWh on 5 MW."""
    components = {
        "grid": grid(import_max_mw=5.0, export_max_mw=5.0),
        "early": feed_in("early_eur_per_mwh"),
        "late": feed_in("late_eur_per_mwh"),
    }
    data = {"da_eur_per_mwh": 50.0, "early_eur_per_mwh": [90.0, 0.0], "late_eur_per_mwh": [0.0, 90.0]}
    instance = make_instance(components, DA, periods=2, period_h=0.5)
    assert optimum(instance, data).profit == pytest.approx(5 * 40.0)
    (issue,) = issues_of(instance, **data)
    assert issue.found.startswith("40 EUR/MWh earned")


@pytest.mark.parametrize(("no_load_mw", "earned"), [(0.5, 25.0), (0.0, 0.0)])
def test_what_a_link_draws_without_load_is_lost_in_a_ring(no_load_mw: float, earned: float) -> None:
    """At -50 EUR/MWh two cables without loss, of which one draws 0.5 MW whenever it is on: 25 EUR an hour."""
    components = {
        "grid": grid(),
        "out": cable("power", "warmth", 1.0),
        "back": cable("warmth", "power", 1.0, power_min_mw=1.0, no_load_mw=no_load_mw),
    }
    instance = make_instance(components, DA, nodes={"warmth": {"carrier": "electricity"}})
    assert optimum(instance, {"da_eur_per_mwh": -50.0}).profit == pytest.approx(earned, abs=1e-9)
    found = issues_of(instance, da_eur_per_mwh=-50.0)
    assert bool(found) is bool(earned)
    assert all("losing it in" in issue.expected and "back" in issue.expected for issue in found)
    assert issues_of(instance, da_eur_per_mwh=50.0) == []


@pytest.mark.parametrize(("settlement_h", "earned"), [(1.0, 0.0), (0.5, 0.5 * 2.5 * 44.0)])
def test_a_position_of_an_hour_is_not_burnt_in_half_of_it(settlement_h: float, earned: float) -> None:
    """Half-hours at 120 and -44: an hour costs 38 a MWh, sound; half an hour alone is paid for what a ring loses.

    Out go 5 MW at most, and 2.5 of them come back.
    """
    components = {
        "grid": grid(),
        "out": cable("power", "warmth", 1.0),
        "back": cable("warmth", "power", 0.5),
    }
    market = {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": settlement_h}}
    instance = make_instance(components, market, periods=2, period_h=0.5, nodes={"warmth": {"carrier": "electricity"}})
    prices = {"da_eur_per_mwh": [120.0, -44.0]}
    assert optimum(instance, prices).profit == pytest.approx(earned, abs=1e-9)
    assert bool(issues_of(instance, **prices)) is bool(earned)


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e9])
def test_no_unit_of_money_hides_a_loop(unit: float) -> None:
    """51 against 50 is refused and 50 against 50 is sound in any unit: between meters, on one, and in imbalance."""
    for earned, refused in ((51.0, True), (50.0, False)):
        between = make_instance({"retail": retail(50.0 * unit), "feed_in": feed_in(earned * unit)})
        one = make_instance(
            {"meter": {**feed_in(earned * unit), "import_max_mw": 5.0, "import_price_eur_per_mwh": 50.0 * unit}}
        )
        imbalance = {"price_long_eur_per_mwh": "long_eur_per_mwh", "price_short_eur_per_mwh": 50.0 * unit}
        limits = {"price_minimum_eur_per_mwh": None, "price_maximum_eur_per_mwh": None}
        settled = make_instance({"grid": grid()}, {"da": {**DA["da"], **limits}, "imbalance": imbalance})
        data = {"da_eur_per_mwh": 40.0 * unit, "long_eur_per_mwh": earned * unit}
        assert [bool(issues_of(instance, **data)) for instance in (between, one, settled)] == [refused] * 3


def test_a_meter_is_free_where_only_readiness_is_sold_over_it() -> None:
    """A capacity mechanism at the meter puts no schedule on it: bought at 50 and sold at 80, 10 MW x 30 an hour."""
    level = {
        "connection": "grid",
        "available_mw": 1.0,
        "daily_stock_factor_per_unit": 1.0,
        "weekly_stock_factor_per_unit": 1.0,
        "price_eur_per_mw_year": 0.0,
        "reference_price_eur_per_mw_year": 0.0,
        "critical_per_unit": 0.0,
    }
    components = {"grid": retail(50.0), "feed_in": feed_in(80.0)}
    instance = make_instance(components, {"fr_capacity": level})
    assert optimum(instance).profit == pytest.approx(300.0)
    (issue,) = issues_of(instance)
    assert "buying over grid and selling over feed_in" in issue.expected


def test_demand_reduction_puts_no_schedule_on_a_meter() -> None:
    """1 MW of demand behind a meter at 100 / 80 and one at 50: bought at 50, 9 MW sold at 80; 4 h x (720 - 500)."""
    components = {
        "grid": grid(
            import_max_mw=10.0, export_max_mw=10.0, import_price_eur_per_mwh=100.0, export_price_eur_per_mwh=80.0
        ),
        "retail": retail(50.0),
        "load": {"type": "demand", "node": "power", "demand_mw": 1.0},
    }
    reduction = {"volume_max_mw": 0.0, "price_eur_per_mwh": 50.0, "supplier_payment_eur_per_mwh": 0.0}
    instance = make_instance(components, {"fr_nebef": reduction}, periods=4)
    assert optimum(instance).profit == pytest.approx(4 * (9 * 80.0 - 10 * 50.0))
    (issue,) = issues_of(instance)
    assert issue.key == "components.grid.export_price_eur_per_mwh"
    assert issue.found.startswith("30 EUR/MWh earned")


@pytest.mark.parametrize(("hours", "earned"), [("00:00-01:00", 0.0), (None, 10 * 70.0)])
def test_a_market_that_is_closed_keeps_the_schedule_at_nothing(hours: str | None, earned: float) -> None:
    """Retail at 50, 80 + market at the other meter, open in the first hour at -40 (40 is no loop) and closed at 40.

    Outside the hours of a market no position is taken, so nothing is scheduled over its meter, whatever the tariff:
    selling at 80 what costs 50 earns nothing. Open for the whole day, 10 MW x (80 + 40 - 50) are refused.
    """
    components = {
        "grid": grid(
            import_max_mw=10.0, export_max_mw=10.0, import_price_eur_per_mwh=100.0, export_price_eur_per_mwh=80.0
        ),
        "retail": retail(50.0),
    }
    windows = [] if hours is None else [dict(zip(("time_from", "time_to"), hours.split("-"), strict=True))]
    instance = make_instance(components, {"da": {**DA["da"], "calendar": windows}}, periods=2)
    data = {"da_eur_per_mwh": [-40.0, 40.0]}
    assert optimum(instance, data).profit == pytest.approx(earned, abs=1e-9)
    assert bool(issues_of(instance, **data)) is bool(earned)


def waste_heat_cable(share: float) -> dict[str, Any]:
    """10 MW from ``power`` to ``cold``, of which 2 % are lost, and a share that leaves as heat."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 10.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "cold", "ratio_per_unit": 0.98}, {"node": "warmth", "ratio_per_unit": share}],
    }


@pytest.mark.parametrize(("disposal", "earned"), [(0.0, 28.4), (-1400.0, 0.4), (-1500.0, None)])
def test_waste_heat_does_not_hide_a_cable(disposal: float, earned: float | None) -> None:
    """Bought at 50 and sold at 80 behind a cable of 98 %: 78.4 - 50 a MWh, less what getting rid of 2 % of heat costs.

    Of 10 MW from the meter the load takes one at 50, and 9 pass the cable.
    """
    components = {
        "grid": retail(50.0),
        "load": {"type": "demand", "node": "power", "demand_mw": 1.0},
        "far": {**feed_in(80.0), "node": "cold"},
        "cable": waste_heat_cable(0.02),
        "air": {**feed_in(disposal), "node": "warmth"},
    }
    instance = make_instance(components, nodes={"cold": {"carrier": "electricity"}})
    assert optimum(instance).profit == pytest.approx(9 * (earned or 0.0) - 50.0)
    assert [issue.found for issue in issues_of(instance)] == (
        [] if earned is None else [f"{earned:g} EUR/MWh earned (scenario s0, 2025-01-15 00:00)"]
    )


@pytest.mark.parametrize(("price", "earned"), [(100.0, 5.0), (200.0, 0.0), (300.0, 0.0)])
def test_a_pump_does_not_hide_a_pipe_and_costs_its_power(price: float, earned: float) -> None:
    """Heat bought at 20 and sold at 30 over a pipe whose pump takes 5 %: 10 less 5 % of what power costs."""
    pipe = {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 2.0,
        "inputs": [{"node": "warmth", "ratio_per_unit": 1.0}, {"node": "power", "ratio_per_unit": 0.05}],
        "outputs": [{"node": "cold", "ratio_per_unit": 1.0}],
    }
    components = {
        "grid": retail(price),
        "heat": {**retail(20.0), "node": "warmth"},
        "sold": {**feed_in(30.0), "node": "cold"},
        "pipe": pipe,
    }
    instance = make_instance(components, nodes={"cold": {"carrier": "heat"}})
    assert optimum(instance).profit == pytest.approx(2 * earned, abs=1e-9)
    assert len(issues_of(instance)) == (1 if earned else 0)


def test_plant_between_two_nodes_of_a_carrier_is_no_cable() -> None:
    """A gas engine whose auxiliaries draw at one node what it feeds at another, and a heat pump from warm to hot.

    40 of gas and 0.02 x 100 of power make a MWh sold at 80; a MWh of warm water at 5 and half a MWh of power at 100
    make 1.5 MWh of heat sold at 50: both earn, by converting.
    """
    engine = {
        "type": "converter",
        "reference": "cold",
        "power_max_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.0}, {"node": "power", "ratio_per_unit": 0.02}],
        "outputs": [{"node": "cold", "ratio_per_unit": 1.0}],
    }
    gas = {"type": "grid_connection", "node": "fuel", "import_max_mw": None, "import_price_eur_per_mwh": 20.0}
    components = {"grid": retail(100.0), "gas": gas, "sold": {**feed_in(80.0), "node": "cold"}, "engine": engine}
    site = make_instance(components, nodes={"cold": {"carrier": "electricity"}})
    assert optimum(site).profit == pytest.approx(80.0 - 40.0 - 2.0)
    assert issues_of(site) == []
    pump = {
        "type": "converter",
        "reference": "cold",
        "power_max_mw": 1.5,
        "inputs": [{"node": "warmth", "ratio_per_unit": 1 / 1.5}, {"node": "power", "ratio_per_unit": 0.5 / 1.5}],
        "outputs": [{"node": "cold", "ratio_per_unit": 1.0}],
    }
    components = {
        "grid": retail(100.0),
        "warm": {**retail(5.0), "node": "warmth"},
        "hot": {**feed_in(50.0), "node": "cold"},
        "pump": pump,
    }
    site = make_instance(components, nodes={"cold": {"carrier": "heat"}})
    assert optimum(site).profit == pytest.approx(1.5 * 50.0 - 5.0 - 50.0)
    assert issues_of(site) == []


def two_stations(between: str, **more: Any) -> Instance:
    """Bought at ``power`` for 20, through a rectifier and an inverter (0.9 each), sold at ``far`` for 40."""
    components = {
        "retail": retail(20.0),
        "feed_in": feed_in(40.0) | {"node": "far"},
        "rectifier": cable("power", "link", 0.9),
        "inverter": cable("link", "far", 0.9),
        **more,
    }
    nodes = {"link": {"carrier": between}, "far": {"carrier": "electricity"}}
    return make_instance(components, nodes=nodes)


def test_a_way_through_another_carrier_is_a_cable() -> None:
    """5 MW through the rectifier take 5 / 0.9 and sell 4.5: 180 - 111.11 EUR an hour, whatever is between."""
    for between in ("electricity", "heat"):
        instance = two_stations(between)
        assert optimum(instance).profit == pytest.approx(4.5 * 40 - 5 / 0.9 * 20)
        (issue,) = issues_of(instance)
        assert "buying over retail, rectifier, inverter and selling over feed_in" in issue.expected
    # with something to serve in between they are devices: a rectifier that feeds a load of direct current
    load = {"type": "demand", "node": "link", "demand_mw": 1.0}
    assert issues_of(two_stations("heat", load=load)) == []


def test_a_ring_through_another_carrier_is_a_load_bank() -> None:
    """Paid 100 EUR/MWh for taking energy: 5 / 0.9 MW go in and 4.5 come back, beside a load of 1 MW."""
    components = {
        "grid": grid(import_max_mw=5.0, export_max_mw=0.0, import_price_eur_per_mwh=-100.0),
        "load": {"type": "demand", "node": "power", "demand_mw": 1.0},
        "rectifier": cable("power", "link", 0.9),
        "inverter": cable("link", "power", 0.9),
    }
    instance = make_instance(components, nodes={"link": {"carrier": "heat"}})
    assert optimum(instance).profit == pytest.approx(100.0 * (1 + 5 / 0.9 - 4.5))
    (issue,) = issues_of(instance)
    assert "losing it in rectifier, inverter" in issue.expected
    assert issue.key == "components.rectifier"
