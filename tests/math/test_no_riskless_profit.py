"""Money from nothing, by hand: what each rule is worth, and which data are refused.

"Without the rule" is the optimum with the row of the rule dropped, or with the prices that the rule would let through.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum

from mes_stoch.io.validation.worth import Worth
from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

DA = {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1}}
LOAD = {"type": "demand", "node": "power", "demand_mw": 1.0}


def meter(**fields: Any) -> dict[str, Any]:
    return {"type": "grid_connection", "node": "power", "import_max_mw": 10.0, "export_max_mw": 10.0, **fields}


def issues_of(instance: Instance, **series: Any) -> list[Issue]:
    return check_tree(instance, make_tree(instance, series))


def test_unserved_demand_is_no_power_plant() -> None:
    """1 MW of demand, prices 300 and 17,500: -17,800, whatever the currency; the demand is served.

    Without the limit of slack the connection would export 10 MWh at 17,500 against its penalty only if that were
    below the price: a stated penalty of 10,000 earns 10 (17,500 - 10,000) in the second hour, and is refused.
    """
    spot = {"da": {**DA["da"], "price_maximum_eur_per_mwh": None, "price_minimum_eur_per_mwh": None}}
    sold = {"grid": grid(import_max_mw=5.0, export_max_mw=5.0), "load": LOAD}
    instance = make_instance(sold, spot, periods=2)
    prices = {"da_eur_per_mwh": [300.0, 17500.0]}
    assert issues_of(instance, **prices) == []
    result = optimum(instance, prices)
    assert result.profit == pytest.approx(-17800.0)
    assert result.stream("slack.unserved_power") == pytest.approx(0.0)
    stated = make_instance(sold, spot, periods=2, nodes={"power": {"unserved_penalty_eur_per_mwh": 10000.0}})
    (issue,) = issues_of(stated, **prices)
    assert issue.key == "nodes.power.unserved_penalty_eur_per_mwh"
    assert "17,500" in issue.expected
    assert "sheddable_demand" in issue.hint
    # the limit alone: 1 MWh unserved for 10,000 in place of 17,500; without it 6 MWh, 5 of them exported
    assert optimum(stated, prices).profit == pytest.approx(-300.0 - 10000.0)
    unlimited = optimum(stated, prices, drop=["power.unserved_limit"])
    assert unlimited.profit == pytest.approx(-300.0 + 5 * 17500.0 - 6 * 10000.0)


def test_nothing_is_thrown_away_where_nothing_must_be_taken() -> None:
    """Intraday at -1,500 and a demand of 1 MW: 1,500 for it, less 50 in the hour before. No column for dumping."""
    spot = {"id": {"price_eur_per_mwh": "id_eur_per_mwh", "settlement_period_h": 1}}
    instance = make_instance({"grid": grid(import_max_mw=5.0, export_max_mw=5.0), "load": LOAD}, spot, periods=2)
    result = optimum(instance, {"id_eur_per_mwh": [50.0, -1500.0]})
    assert result.profit == pytest.approx(1450.0)
    assert "power.dumped_mw" not in {family.name for family in result.program.column_groups}


@pytest.mark.parametrize(("price", "profit"), [(-1500.0, 0.0), (400.0, 0.0), (3000.0, 0.0)])
def test_an_empty_site_earns_nothing(price: float, profit: float) -> None:
    instance = make_instance({"grid": grid()}, DA)
    assert optimum(instance, {"da_eur_per_mwh": price}).profit == pytest.approx(profit, abs=1e-9)


def test_the_level_to_leave_behind_is_not_for_sale() -> None:
    """A full battery of 1 MWh and a last hour at 2,988 EUR/MWh: 0. A stated 1,000 would sell it for 1,988."""
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 1.0,
    }
    prices = {"da_eur_per_mwh": [60.0, 2988.0]}
    instance = make_instance({"grid": grid(), "battery": battery}, DA, periods=2)
    assert optimum(instance, prices).profit == pytest.approx(0.0, abs=1e-9)
    stated = {**battery, "terminal_penalty_eur_per_mwh": 1000.0}
    cheap = make_instance({"grid": grid(), "battery": stated}, DA, periods=2)
    assert optimum(cheap, prices).profit == pytest.approx(1988.0)
    (issue,) = issues_of(cheap, **prices)
    assert issue.key == "components.battery.terminal_penalty_eur_per_mwh"
    # the limit of the day-ahead market
    assert "4,000" in issue.expected


def test_heat_is_worth_the_electricity_it_frees() -> None:
    """A heat pump of COP 2.5: a MWh of heat frees 0.4 MWh of electricity, at most 1,600 EUR by the market's limit."""
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 2.5}],
    }
    components = {"grid": grid(), "pump": pump, "heating": {**LOAD, "node": "warmth"}}
    for penalty, refused in ((1599.0, True), (1600.0, False)):
        instance = make_instance(components, DA, nodes={"warmth": {"unserved_penalty_eur_per_mwh": penalty}})
        assert [issue.key for issue in issues_of(instance, da_eur_per_mwh=50.0)] == (
            ["nodes.warmth.unserved_penalty_eur_per_mwh"] if refused else []
        )


def test_a_position_taken_before_the_day_stays_feasible() -> None:
    """10 MW sold ahead at 50 by a site that can make 2: 8 MW are settled as imbalance and cost the penalty.

    Limits 4,000 and 300: the penalty is 1.2 (4,000 + 300) = 5,160. In two scenarios, the other can make 10.
    """
    source = {"type": "source", "node": "power", "available_mw": "sun_mw"}
    products = {
        "da": {**DA["da"], "stage": "commit"},
        "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
    }
    instance = make_instance({"grid": grid(), "sun": source}, products)
    data = {"da_eur_per_mwh": 50.0, "sun_mw": [[2.0], [10.0]]}
    result = optimum(instance, data, (0.5, 0.5), fixed={"da.position_mw": 10.0})
    assert result.profit == pytest.approx(500.0 - 0.5 * 8 * (300.0 + 5160.0))
    assert result.variable("grid.schedule_short_mw", 0)[0] == pytest.approx(8.0)
    assert result.variable("grid.schedule_short_mw", 1)[0] == pytest.approx(0.0)
    assert optimum(instance, data, (0.5, 0.5)).profit == pytest.approx(100.0)
    for bound in (-100.0, 100.0):
        assert np.isfinite(optimum(instance, data, (0.5, 0.5), fixed={"da.position_mw": bound}).profit)


RETAIL, FEED_IN = {"import_price_eur_per_mwh": 50.0, "export_max_mw": 0.0}, {"export_price_eur_per_mwh": 80.0}
SUN = {"type": "source", "node": "power", "available_mw": 0.5}


def test_wheeling_between_meters_is_refused_unless_allowed() -> None:
    """Bought at 50 over one meter and sold at 80 over another: 10 x 30 an hour, or a listed issue.

    Where it is allowed: 10.5 MWh sold at 80, 10.5 + 1 - 0.5 - 0.5 MWh bought at 50 (10 at most): 9.5 sold, 10 bought.
    """
    feed_in = meter(import_price_eur_per_mwh=80.0, **FEED_IN)
    components = {"grid": meter(**RETAIL), "feed_in": feed_in, "load": LOAD, "sun": SUN}
    instance = make_instance(components)
    (issue,) = issues_of(instance)
    assert issue.key == "components.feed_in.export_price_eur_per_mwh"
    assert "30 EUR/MWh" in issue.found
    assert "scenario s0, 2025-01-15 00:00" in issue.found
    assert "grid" in issue.expected
    assert "feed_in" in issue.expected
    assert "wheeling: true" in issue.hint
    allowed = instance.model_copy(update={"wheeling": True})
    assert issues_of(allowed) == []
    assert optimum(allowed).profit == pytest.approx(9.5 * 80.0 - 10 * 50.0)


def test_a_market_beside_a_retail_meter() -> None:
    """Retail at 50, day-ahead at 100 over another meter: refused at 100, sound at 50."""
    components = {"grid": grid(import_max_mw=5.0, export_max_mw=5.0), "retail": meter(**RETAIL), "load": LOAD}
    instance = make_instance(components, DA)
    (issue,) = issues_of(instance, da_eur_per_mwh=100.0)
    assert issue.key == "products.da.price_eur_per_mwh"
    assert "50 EUR/MWh" in issue.found
    assert "retail" in issue.expected
    assert issues_of(instance, da_eur_per_mwh=50.0) == []


def test_a_position_of_an_hour_is_compared_in_the_mean() -> None:
    """Retail at 50; quarters at 20, 20, 20 and 110 have a mean of 42.5: no position of an hour earns. 170: it does."""
    components = {"grid": grid(import_max_mw=5.0, export_max_mw=5.0), "retail": meter(**RETAIL)}
    instance = make_instance(components, DA, periods=4, period_h=0.25)
    assert issues_of(instance, da_eur_per_mwh=[20.0, 20.0, 20.0, 110.0]) == []
    assert optimum(instance, {"da_eur_per_mwh": [20.0, 20.0, 20.0, 110.0]}).profit == pytest.approx(0.0, abs=1e-9)
    (issue,) = issues_of(instance, da_eur_per_mwh=[20.0, 20.0, 20.0, 170.0])
    assert "7.5 EUR/MWh" in issue.found
    # 5 MW for an hour
    dear = optimum(instance, {"da_eur_per_mwh": [20.0, 20.0, 20.0, 170.0]})
    assert dear.profit == pytest.approx(5 * 7.5)


def cable(source: str, target: str, ratio: float, **fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": source,
        "power_max_mw": 5.0,
        "inputs": [{"node": source, "ratio_per_unit": 1.0}],
        "outputs": [{"node": target, "ratio_per_unit": ratio}],
        **fields,
    }


def two_nodes(components: dict[str, Any], products: dict[str, Any] | None = None) -> Instance:
    """A second electricity node ``warmth`` beside ``power``."""
    return make_instance(components, products, nodes={"warmth": {"carrier": "electricity"}})


@pytest.mark.parametrize(("price", "gain"), [(81.0, "found 0.5 EUR/MWh"), (80.0, None)])
def test_meters_are_compared_over_cables(price: float, gain: str | None) -> None:
    """38 EUR and 2 of cost over a cable that loses half make 80 at its end: a meter there may pay no more.

    At 81 a MWh bought earns 0.5 x 81 - 40 = 0.5 EUR.
    """
    components = {
        "grid": meter(**{**RETAIL, "import_price_eur_per_mwh": 38.0}),
        "far": meter(node="warmth", import_max_mw=0.0, export_price_eur_per_mwh=price),
        "cable": cable("power", "warmth", 0.5, cost_eur_per_mwh=2.0),
    }
    instance = two_nodes(components)
    found = issues_of(instance)
    assert [gain in str(issue) and "cable" in issue.expected for issue in found if gain] == ([True] if gain else [])
    assert bool(found) is bool(gain)
    # 5 MW at most leave: 2.5 arrive
    assert optimum(instance).profit == pytest.approx(max(0.0, 2.5 * price - 5 * 40.0), abs=1e-9)


def test_a_ring_of_cables_is_no_place_to_throw_energy_away() -> None:
    """At -50 EUR/MWh two cables of 90 % that carry 5 and 4.5 MW the other way would lose 0.95 MW: 47.5 EUR an hour."""
    components = {
        "grid": grid(),
        "out": cable("power", "warmth", 0.9),
        "back": cable("warmth", "power", 0.9),
    }
    instance = two_nodes(components, DA)
    assert optimum(instance, {"da_eur_per_mwh": -50.0}).profit == pytest.approx(0.95 * 50.0)
    (issue,) = issues_of(instance, da_eur_per_mwh=-50.0)
    assert "out" in issue.expected
    assert "back" in issue.expected
    assert issues_of(instance, da_eur_per_mwh=50.0) == []


@pytest.mark.parametrize(("efficiency", "made"), [(0.4, 0.0), (0.3, None)])
def test_a_ring_of_converters_makes_no_energy(efficiency: float, made: float | None) -> None:
    """A heat pump of COP 3 and an engine that makes 0.4 of its heat: 1 MW in, 1.2 MW out."""
    components = {
        "grid": grid(),
        "pump": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1.0,
            "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
            "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        },
        "engine": cable("warmth", "power", efficiency),
    }
    instance = make_instance(components, DA)
    found = issues_of(instance, da_eur_per_mwh=50.0)
    profit = optimum(instance, {"da_eur_per_mwh": 50.0}).profit
    if made is None:
        assert found == []
        assert profit == pytest.approx(0.0, abs=1e-9)
        return
    (issue,) = found
    assert "pump, engine" in issue.expected
    # 3 MW of heat make 1.2 MW
    assert profit == pytest.approx(0.2 * 50.0)


def test_a_second_market_states_what_it_takes() -> None:
    markets = {**DA, "id": {"price_eur_per_mwh": "id_eur_per_mwh", "settlement_period_h": 1}}
    instance = make_instance({"grid": grid()}, markets)
    (issue,) = issues_of(instance, da_eur_per_mwh=50.0, id_eur_per_mwh=60.0)
    assert issue.key == "products.id.liquidity_mw"
    liquid = make_instance({"grid": grid()}, {**markets, "id": {**markets["id"], "liquidity_mw": 2.0}})
    assert issues_of(liquid, da_eur_per_mwh=50.0, id_eur_per_mwh=60.0) == []
    result = optimum(liquid, {"da_eur_per_mwh": 50.0, "id_eur_per_mwh": 60.0})
    assert result.stream("energy.id_spread") == pytest.approx(20.0)


def free_offer(direction: str) -> dict[str, Any]:
    return {
        "volume_max_mw": 1.0,
        f"energy_price_{direction}_eur_per_mwh": f"{direction}_eur_per_mwh",
        f"activation_{direction}_per_unit": f"{direction}_per_unit",
        "block_h": 1.0,
    }


def test_a_spike_is_missed_at_the_mean_of_its_hour() -> None:
    """A free offer called in one quarter at 650, short at 500, 100, 100 and 100: at the mean of 200 a miss would earn

    650 - 200 (penalty) - 200 = 250 EUR/MWh, 62.5 for a quarter. They are taken back.
    """
    imbalance = {
        "price_long_eur_per_mwh": 0.0,
        "price_short_eur_per_mwh": "short_eur_per_mwh",
        "settlement_period_h": 1.0,
    }
    products = {**DA, "imbalance": imbalance, "fr_ma_up": free_offer("up")}
    instance = make_instance({"grid": grid()}, products, periods=4, period_h=0.25)
    data = {
        "da_eur_per_mwh": 100.0,
        "up_eur_per_mwh": [650.0, 0.0, 0.0, 0.0],
        "up_per_unit": [1.0, 0.0, 0.0, 0.0],
        "short_eur_per_mwh": [500.0, 100.0, 100.0, 100.0],
    }
    assert issues_of(instance, **data) == []
    assert optimum(instance, data).profit == pytest.approx(0.0, abs=1e-9)
    offered = optimum(instance, data, fixed={"fr_ma_up.volume_mw": 1.0})
    assert offered.stream("activation.fr_ma_up") == pytest.approx(0.25 * 650.0 - 62.5)
    assert offered.stream("imbalance") == pytest.approx(-0.25 * 200.0)
    assert offered.profit == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("periods", "share"), [(2, 1.0), (1, 0.5)])
def test_calls_missed_up_and_down_do_not_pay_by_netting_off(periods: int, share: float) -> None:
    """Up at 480 and down at -150, half a MWh each, missed together: no imbalance, 2 x 100 of penalty, 315 received.

    115 would be left. One price for both misses is at most -150 + 200 = 50, so that the miss up gives back
    480 - 200 - 50 = 230 EUR/MWh.
    """
    imbalance = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0, "settlement_period_h": 1.0}
    products = {**DA, "imbalance": imbalance, "fr_ma_up": free_offer("up"), "fr_ma_down": free_offer("down")}
    instance = make_instance({"grid": grid()}, products, periods=periods, period_h=1.0 / periods)
    first, last = [share] + [0.0] * (periods - 1), [0.0] * (periods - 1) + [share]
    data = {
        "da_eur_per_mwh": 100.0,
        "up_eur_per_mwh": 480.0,
        "up_per_unit": first,
        "down_eur_per_mwh": -150.0,
        "down_per_unit": last,
    }
    assert issues_of(instance, **data) == []
    assert optimum(instance, data).profit == pytest.approx(0.0, abs=1e-9)
    both = optimum(instance, data, fixed={"fr_ma_up.volume_mw": 1.0, "fr_ma_down.volume_mw": 1.0})
    assert both.stream("imbalance") == pytest.approx(0.0, abs=1e-9)
    assert both.profit == pytest.approx(115.0 - 0.5 * 230.0, abs=1e-9)


def test_sound_data_pass() -> None:
    """An export-only meter at 80 without a price of import, and balancing energy at 12,000 for a quarter of a block."""
    assert issues_of(make_instance({"grid": meter(import_max_mw=0.0, **FEED_IN), "sun": SUN})) == []
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 1.0,
        "provides": ["fr_afrr_up"],
    }
    reserve = {
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 8.0,
        "energy_price_up_eur_per_mwh": "up_eur_per_mwh",
        "activation_up_per_unit": "up_per_unit",
    }
    imbalance = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 500.0}
    products = {**DA, "imbalance": imbalance, "fr_afrr_up": reserve}
    instance = make_instance({"grid": grid(), "battery": battery}, products, periods=4)
    data = {
        "da_eur_per_mwh": 50.0,
        "up_eur_per_mwh": [90.0, 12000.0, 80.0, 70.0],
        "up_per_unit": [0.0, 0.3, 0.0, 0.0],
    }
    assert issues_of(instance, **data) == []
    result = optimum(instance, data)
    # 4 h x 8 for readiness, 0.3 MWh at 12,000, bought back at 50
    assert result.profit == pytest.approx(32.0 + 3600.0 - 15.0)


def test_a_price_above_the_cap_is_told_with_its_remedy() -> None:
    """A declared cap of 200 EUR/MWh and a tariff of 250 in the data."""
    components = {"grid": grid(import_price_eur_per_mwh="tariff_eur_per_mwh"), "load": LOAD}
    capped = make_instance(components).model_copy(update={"price_cap_eur_per_mwh": 200.0})
    (issue,) = issues_of(capped, tariff_eur_per_mwh=250.0)
    assert issue.key == "components.grid.import_price_eur_per_mwh"
    assert "250 (scenario s0" in issue.found
    assert "raise price_cap_eur_per_mwh" in issue.hint
    assert issues_of(capped, tariff_eur_per_mwh=150.0) == []


def test_penalties_follow_the_declared_cap_and_no_scenario() -> None:
    """A cap of 2e6 (a currency of small units): 1 MWh of demand is worth more, and prices of 9e5 do not unserve it."""
    small = make_instance({"grid": grid(), "load": LOAD}, DA).model_copy(update={"price_cap_eur_per_mwh": 2e6})
    result = optimum(small, {"da_eur_per_mwh": 9e5})
    assert result.profit == pytest.approx(-9e5)
    penalties = [
        optimum(small, {"da_eur_per_mwh": price}).program.instance.nodes["power"].unserved_penalty_eur_per_mwh
        for price in (1.0, 9e5)
    ]
    assert penalties[0] == penalties[1]
    assert isinstance(penalties[0], float)
    assert penalties[0] > 2e6


@pytest.mark.parametrize(("paid", "profit"), [(0.0, 4 * 50.0), (50.0, 0.0), (30.0, 4 * 20.0)])
def test_energy_called_off_is_not_kept_for_nothing(paid: float, profit: float) -> None:
    """An empty battery that never moves: sold ahead at 50 for four hours, and called down throughout.

    Reading an instance asks for the price (tests/io/test_bad_downward.py); without one the 50 would stay.
    """
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 0.0,
        "provides": ["fr_afrr_down"],
    }
    reserve = {
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 0.0,
        "activation_down_per_unit": 1.0,
        "energy_price_down_eur_per_mwh": paid,
    }
    imbalance = {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}
    products = {**DA, "imbalance": imbalance, "fr_afrr_down": reserve}
    result = optimum(make_instance({"grid": grid(), "battery": battery}, products, periods=4), {"da_eur_per_mwh": 50.0})
    assert result.profit == pytest.approx(profit, abs=1e-9)


READY = {
    "volume_max_mw": 1.0,
    "block_h": 1.0,
    "sustain_h": 1.0,
    "capacity_price_eur_per_mw_h": 50.0,
    "activation_up_per_unit": 0.0,
    "shortfall_penalty_eur_per_mw_h": 150.0,
    "missed_penalty_eur_per_mwh": 200.0,
}
FIXED_PRICES = {
    "da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


@pytest.mark.parametrize(("penalty", "profit", "unserved"), [("auto", -9600.0, 0.0), (1905.0, -5715.0, 3.0)])
def test_heat_is_not_left_unserved_to_hold_reserve(penalty: float | str, profit: float, unserved: float) -> None:
    """A heat pump at its limit for 192 hours, 3 MW of heat; 6 MW in the first hour empty a tank of 3 MWh.

    Served, 192 MWh of power cost 9,600. A MW called off for an hour takes 3 MWh from the tank: left there, unserved at
    1,905, they hold a MW for all 192 h at 50 EUR, 9,600, and 5,715 are lost.
    """
    components = {
        "grid": grid(),
        "pump": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1.0,
            "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
            "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
            "provides": ["fr_afrr_up"],
        },
        "heating": {"type": "demand", "node": "warmth", "demand_mw": "heat_mw"},
        "tank": {
            "type": "storage",
            "node": "warmth",
            "energy_max_mwh": 10.0,
            "charge_max_mw": 10.0,
            "discharge_max_mw": 10.0,
            "initial_mwh": 3.0,
            "terminal_mwh": 0.0,
        },
    }
    products = {**FIXED_PRICES, "fr_afrr_up": {**READY, "block_h": 4}}
    nodes = {"warmth": {"unserved_penalty_eur_per_mwh": penalty}}
    instance = make_instance(components, products, periods=192, nodes=nodes)
    data = {"heat_mw": [6.0] + [3.0] * 191}
    result = optimum(instance, data)
    assert result.profit == pytest.approx(profit)
    assert result.variable("warmth.unserved_mw").sum() == pytest.approx(unserved, abs=1e-9)
    assert issues_of(instance, **data) == []


@pytest.mark.parametrize(("penalty", "profit"), [("auto", 125.0), (None, 125.0), (120.0, 215.0)])
def test_a_schedule_is_not_broken_to_hold_reserve(penalty: float | str | None, profit: float) -> None:
    """An hour bought flat at 50, quarters of load 0, 1, 0, 1 MW, and a battery that flattens them or holds reserve.

    It swings by half a MW to keep the schedule and holds another half, for 300 EUR/MW/h: 150 less 25 for energy. With
    the schedule broken by 1 MW in two quarters it holds a whole MW: 300 - 25 - 2 x 0.25 x 120 = 215.
    """
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 10.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 5.0,
        "provides": ["fr_fcr"],
    }
    products = {
        "da": {"price_eur_per_mwh": 50.0, "settlement_period_h": 1},
        "imbalance": {"price_long_eur_per_mwh": 50.0, "price_short_eur_per_mwh": 50.0},
        "fr_fcr": {
            **READY,
            "sustain_h": 0.25,
            "capacity_price_eur_per_mw_h": 300.0,
            "activation_down_per_unit": 0.0,
        },
    }
    components = {
        "grid": grid(schedule_penalty_eur_per_mwh=penalty),
        "load": {**LOAD, "demand_mw": "load_mw"},
        "battery": battery,
    }
    instance = make_instance(components, products, periods=4, period_h=0.25)
    data = {"load_mw": [0.0, 1.0, 0.0, 1.0]}
    assert optimum(instance, data).profit == pytest.approx(profit)
    # a stated penalty below what one miss and its imbalance cost is refused
    assert [issue.key for issue in issues_of(instance, **data)] == (
        ["components.grid.schedule_penalty_eur_per_mwh"] if penalty == 120.0 else []
    )


def test_penalties_of_readiness_by_hand() -> None:
    """T = 50, I = 300; C = 200 + 150 + 50 = 400 (block and period of an hour), R = (50 + 150) x 8 h / 1 h = 1,600.

    S = 1.2 (400 + 300 + 1,600) = 2,760; v0 = 2,760 + 400 + 1,600 + 300 = 5,060; U = 1.5 v0 = 7,590.

    A price of readiness that is drawn counts as 0 but for the largest price of energy, 300: C = 350 is more than that,
    R = 150 x 8 = 1,200, S = 1.2 (350 + 300 + 1,200) = 2,220.
    """
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 0.0,
        "provides": ["fr_afrr_up"],
    }
    components = {"grid": grid(), "load": LOAD, "battery": battery}
    instance = make_instance(components, {**FIXED_PRICES, "fr_afrr_up": READY}, periods=8)
    used = optimum(instance, {}).program.instance
    assert used.components["grid"].schedule_penalty_eur_per_mwh == pytest.approx(2760.0)
    assert used.nodes["power"].unserved_penalty_eur_per_mwh == pytest.approx(7590.0)
    drawn = {**READY, "capacity_price_eur_per_mw_h": "capacity_price_eur_per_mw_h"}
    instance = make_instance(components, {**FIXED_PRICES, "fr_afrr_up": drawn}, periods=8)
    assert Worth(instance, {}).schedule == pytest.approx(2220.0)
    assert Worth(instance, {"capacity_price_eur_per_mw_h": (0.0, 50.0)}).schedule == pytest.approx(2760.0)


@pytest.mark.parametrize("behind_a_pipe", [False, True])
def test_a_dear_start_is_paid_for_behind_a_pipe_too(behind_a_pipe: bool) -> None:
    """A boiler that starts for 100,000 EUR and burns 20 EUR/MWh serves 1 MW, through a pipe of 0.95 or none.

    What is left unserved costs 1.5 times the dearest MWh, and the start over what the boiler gives at its minimum,
    0.5 MWh, taken 1 / 0.95 times through the pipe.
    """
    node = "far" if behind_a_pipe else "warmth"
    boiler = {
        "type": "converter",
        "reference": "warmth",
        "power_max_mw": 2.0,
        "power_min_mw": 0.5,
        "start_cost_eur": 1e5,
        "initial_on": False,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
    }
    pipe = {
        "type": "converter",
        "reference": "far",
        "power_max_mw": 2.0,
        "inputs": [{"node": "warmth", "ratio_per_unit": 1 / 0.95}],
        "outputs": [{"node": "far", "ratio_per_unit": 1.0}],
    }
    components = {"mains": mains(20.0), "boiler": boiler, "load": {"type": "demand", "node": node, "demand_mw": 1.0}}
    nodes = {}
    if behind_a_pipe:
        components["pipe"] = pipe
        nodes["far"] = {"carrier": "heat"}
    taken = 1 / 0.95 if behind_a_pipe else 1.0
    result = optimum(make_instance(components, nodes=nodes))
    assert result.profit == pytest.approx(-1e5 - 20.0 * taken)
    penalty = result.program.instance.nodes[node].unserved_penalty_eur_per_mwh
    assert penalty == pytest.approx(1.5 * 20.0 * taken + 1e5 / 0.5 * taken)
