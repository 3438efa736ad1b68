"""FCAS by hand: AEMO's worked example through the whole model, and every rule with and without its rows."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, optimum

INTERVAL_H = 1 / 12


def offer(available: float, *limits: float, **fields: Any) -> dict[str, Any]:
    """Availability, then enablement minimum, break points and enablement maximum; none: independent of energy."""
    keys = ("en_min_mw", "low_breakpoint_mw", "high_breakpoint_mw", "en_max_mw")
    return {"max_available_mw": available, **dict(zip(keys, limits, strict=False)), **fields}


def service(unit: str, trapezium: dict[str, Any], price: float | str, **fields: Any) -> dict[str, Any]:
    return {
        "volume_max_mw": 1000.0,
        "block_h": None,
        "enablement_price_eur_per_mw_h": price,
        "units": {unit: trapezium},
        **fields,
    }


def generator(provides: list[str], power_max_mw: float = 100.0, cost: float = 10.0) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": power_max_mw,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "cost_eur_per_mwh": cost,
        "provides": provides,
    }


def site(unit: dict[str, Any], products: dict[str, Any], energy_price: float | str, **fields: Any) -> Any:
    """One unit behind a wide connection; fuel is free, so that a generator's cost is its own."""
    market = {"price_eur_per_mwh": energy_price, "settlement_period_h": fields.get("period_h", 1.0)}
    return make_instance(
        {"grid": grid(import_max_mw=1000.0, export_max_mw=1000.0), "mains": mains(0.0), "unit": unit},
        {"au_energy": market, **products},
        **fields,
    )


# -- AEMO's worked example ---------------------------------------------------------------------------------------------


def gen01(initial_mw: float, energy_price: float = 30.0) -> Any:
    """Appendix A.1 and A.2 of "FCAS Model in NEMDE": offers and limits, energy 30 against 10 and FCAS 3 against 1."""
    control = {"agc_min_mw": 280.0, "agc_max_mw": 670.0}
    offers = {
        "au_raisereg": offer(100, 300, 300, 590, 680, agc_ramp_mw_per_min=3.0, **control),
        "au_lowerreg": offer(100, 300, 400, 690, 690, agc_ramp_mw_per_min=2.0, **control),
        "au_raise5min": offer(66, 290, 300, 624, 690),
        "au_lower5min": offer(76, 290, 366, 690, 690),
    }
    products = {
        name: service("unit", {**trapezium, "initial_mw": initial_mw}, 3.0, enablement_cost_eur_per_mw_h=1.0)
        for name, trapezium in offers.items()
    }
    return site(generator(list(offers), 690.0), products, energy_price, period_h=INTERVAL_H)


def test_published_dispatch() -> None:
    """465 / 0 / 66 / 10 / 76 MW; (465 x 20 + (66 + 10 + 76) x 2) / 12 = 800.33.

    Without the joint ramp row of raise regulation the unit leaves regulation and runs at 690 MW, where 76 MW of lower
    service are left: (690 x 20 + 76 x 2) / 12 = 1162.67.
    """
    result = optimum(gen01(450.0))
    names = ["power", "au_raisereg_up_held", "au_raise5min_up_held", "au_lowerreg_down_held", "au_lower5min_down_held"]
    dispatch = [result.variable(f"unit.{name}_mw")[0] for name in names]
    assert dispatch == pytest.approx([465, 0, 66, 10, 76])
    assert result.profit == pytest.approx((465 * 20 + (66 + 10 + 76) * 2) / 12)
    free = optimum(gen01(450.0), drop=["unit.au_raisereg_joint_ramp"])
    assert free.profit == pytest.approx((690 * 20 + 76 * 2) / 12)


@pytest.mark.parametrize(("initial_mw", "regulation", "profit"), [(680.0, 0, 284.0), (450.0, 25, 334.0)])
def test_published_stranded_unit(initial_mw: float, regulation: float, profit: float) -> None:
    """Appendix A.3: from 680 MW no regulation, since automatic control ends at 670 MW.

    With energy at its cost and ramps set aside all of 66 + 76 MW of contingency services earn 2 each, 284, and where
    the unit is not stranded 15 + 10 MW of regulation besides, 334.
    """
    ramps = ["unit.au_raisereg_joint_ramp", "unit.au_lowerreg_joint_ramp"]
    result = optimum(gen01(initial_mw, energy_price=10.0), drop=ramps)
    held = [result.variable(f"unit.{name}_held_mw")[0] for name in ("au_raisereg_up", "au_lowerreg_down")]
    assert sum(held) == pytest.approx(regulation)
    assert result.profit == pytest.approx(profit / 12)


# -- payment -----------------------------------------------------------------------------------------------------------


def test_enablement_is_paid_by_the_hour() -> None:
    """12 MW in one interval of five minutes at 6 per MW and hour: 12 x 6 / 12 = 6; its own cost of 1 takes 1 off."""
    load = {"type": "sheddable_demand", "node": "power", "demand_mw": 20.0, "shed_cost_eur_per_mwh": 1e4}
    products = {"au_raise6sec": service("unit", offer(12.0), 6.0, enablement_cost_eur_per_mw_h=1.0)}
    result = optimum(site({**load, "provides": ["au_raise6sec"]}, products, 0.0, period_h=INTERVAL_H))
    assert result.stream("enablement.au_raise6sec") == pytest.approx(6.0)
    assert result.stream("operation.au_raise6sec") == pytest.approx(-1.0)
    assert result.profit == pytest.approx(5.0)


# -- the trapezium -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "energy", "enabled", "profit"), [(5.0, 100, 0, 400.0), (8.0, 40, 40, 480.0)])
def test_upper_side(price: float, energy: float, enabled: float, profit: float) -> None:
    """Energy earns 4; a MW of raise costs (100 - 40) / 40 = 1.5 MW of it, so it pays from a price of 6 on.

    Without the side a MW of raise costs one MW of energy: 60 x 4 + 40 x price.
    """
    products = {"au_raise5min": service("unit", offer(40, 0, 0, 40, 100), price)}
    instance = site(generator(["au_raise5min"]), products, 14.0)
    result = optimum(instance)
    assert result.variable("unit.power_mw")[0] == pytest.approx(energy)
    assert result.variable("unit.au_raise5min_up_held_mw")[0] == pytest.approx(enabled)
    assert result.profit == pytest.approx(profit)
    assert optimum(instance, drop=["unit.au_raise5min_upper"]).profit == pytest.approx(60 * 4 + 40 * price)


@pytest.mark.parametrize(("price", "enabled", "profit"), [(5.0, 0, 0.0), (8.0, 40, 80.0)])
def test_lower_side(price: float, enabled: float, profit: float) -> None:
    """Energy loses 4; a MW of lower needs 60 / 40 = 1.5 MW of it, so it pays from a price of 6 on: 40 x (8 - 6) = 80.

    Without the side it needs one MW: 40 x (price - 4).
    """
    products = {"au_lower5min": service("unit", offer(40, 0, 60, 100, 100), price)}
    instance = site(generator(["au_lower5min"]), products, 6.0)
    result = optimum(instance)
    assert result.variable("unit.au_lower5min_down_held_mw")[0] == pytest.approx(enabled)
    assert result.profit == pytest.approx(profit)
    assert optimum(instance, drop=["unit.au_lower5min_lower"]).profit == pytest.approx(40 * (price - 4))


def test_availability() -> None:
    """40 MW at 3 = 120; without the row the 100 MW that could be raised: 300."""
    products = {"au_raise5min": service("unit", offer(40, 0, 0, 100, 100), 3.0)}
    instance = site(generator(["au_raise5min"]), products, 10.0)
    assert optimum(instance).profit == pytest.approx(120)
    assert optimum(instance, drop=["unit.au_raise5min_available"]).profit == pytest.approx(300)


@pytest.mark.parametrize(("price", "profit"), [(1.0, 0.0), (2.0, 20.0)])
def test_enabled_is_trapped_at_the_minimum(price: float, profit: float) -> None:
    """To be enabled the unit runs at 30 MW or more at a loss of 2: 40 MW at 1 earn less than 60, at 2 they earn 80.

    Without the lower row nothing has to run: 40 x price.
    """
    products = {"au_raise5min": service("unit", offer(40, 30, 30, 60, 100), price)}
    instance = site(generator(["au_raise5min"]), products, 8.0)
    assert optimum(instance).profit == pytest.approx(profit)
    assert optimum(instance, drop=["unit.au_raise5min_lower"]).profit == pytest.approx(40 * price)


def test_stranded_units_move_in_first() -> None:
    """From 0 MW: one hour at 30 MW without being enabled (-60), then 40 x 4 - 60 = 100: 40 in all.

    Never stranded, both hours earn 100.
    """
    products = {"au_raise5min": service("unit", offer(40, 30, 30, 60, 100, initial_mw=0.0), 4.0)}
    instance = site(generator(["au_raise5min"]), products, 8.0, periods=2)
    result = optimum(instance)
    assert result.variable("unit.au_raise5min_up_held_mw") == pytest.approx([0, 40])
    assert result.profit == pytest.approx(40)
    rows = ["unit.au_raise5min_stranded_above", "unit.au_raise5min_stranded_below"]
    assert optimum(instance, drop=rows).profit == pytest.approx(200)


# -- automatic control -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("control", "energy", "enabled", "profit"),
    [
        ({}, 60, 40, 320.0),
        ({"agc_max_mw": 80.0}, 40, 40, 280.0),
        ({"agc_ramp_mw_per_min": 2.0}, 90, 10, 230.0),
        ({"agc_max_mw": 80.0, "agc_ramp_mw_per_min": 2.0}, 100, 0, 200.0),
        ({"agc_on": False}, 100, 0, 200.0),
    ],
)
def test_scaling_by_automatic_control(control: dict[str, Any], energy: float, enabled: float, profit: float) -> None:
    """Energy earns 2 and regulation 5, both 100 MW together: 60 x 2 + 40 x 5 = 320.

    Control up to 80 MW: 40 x 2 + 40 x 5 = 280. Ten MW in five minutes: 90 x 2 + 10 x 5 = 230. Both: 70 x 2 + 50 = 190,
    and the unit rather leaves and sells 100 MW of energy; so it does where control is off.
    """
    products = {"au_raisereg": service("unit", offer(40, 0, 0, 60, 100, **control), 5.0)}
    result = optimum(site(generator(["au_raisereg"]), products, 12.0, period_h=INTERVAL_H))
    assert result.variable("unit.power_mw")[0] == pytest.approx(energy)
    assert result.variable("unit.au_raisereg_up_held_mw")[0] == pytest.approx(enabled)
    assert result.profit == pytest.approx(profit / 12)


def test_joint_ramping_follows_the_last_target() -> None:
    """From 50 MW with 10 MW an interval; energy earns 2, regulation 5: stay and regulate, 2 x (100 + 50) = 300.

    The other way, 60 MW first and then regulation, earns 120 + 170 = 290. Without the row 90 MW and 10 MW: 2 x 230.
    """
    trapezium = offer(40, 0, 0, 60, 100, agc_ramp_mw_per_min=2.0, initial_mw=50.0)
    products = {"au_raisereg": service("unit", trapezium, 5.0)}
    instance = site(generator(["au_raisereg"]), products, 12.0, period_h=INTERVAL_H, periods=2)
    result = optimum(instance)
    assert result.variable("unit.power_mw") == pytest.approx([50, 50])
    assert result.profit == pytest.approx(300 / 12)
    assert optimum(instance, drop=["unit.au_raisereg_joint_ramp"]).profit == pytest.approx(460 / 12)


def test_joint_ramping_downward() -> None:
    """From 50 MW with 10 MW an interval, energy loses 1 and regulation earns 5: 50 MW kept, (-50 + 50) = 0 each.

    Giving up regulation: 40 and then 30 MW lose 70. In between 40 MW and then 10 MW of regulation: -40 - 40 + 50 = -30.
    Without the row the ten MW of output that lower regulation needs: 2 x (50 - 10) = 80.
    """
    trapezium = offer(40, 0, 40, 100, 100, agc_ramp_mw_per_min=2.0, initial_mw=50.0)
    products = {"au_lowerreg": service("unit", trapezium, 5.0)}
    instance = site(generator(["au_lowerreg"]), products, 9.0, period_h=INTERVAL_H, periods=2)
    result = optimum(instance)
    assert result.variable("unit.power_mw") == pytest.approx([50, 50])
    assert result.profit == pytest.approx(0.0, abs=1e-9)
    assert optimum(instance, drop=["unit.au_lowerreg_joint_ramp"]).profit == pytest.approx(80 / 12)


# -- joint capacity ----------------------------------------------------------------------------------------------------


def test_joint_capacity() -> None:
    """Regulation at 3, delayed raise at 2 on a side of slope 2, energy free: a MW of regulation takes half a MW of it.

    20 + 2 F <= 100 with R = 20: F = 40, 60 + 80 = 140, as 20 MW of regulation and 40 of contingency need exactly the
    100 MW; with 40 MW of regulation F = 30: 120 + 60 = 180. Without regulation in the row F = 50: 120 + 100 = 220.
    """
    products = {
        "au_raisereg": service("unit", offer(40, 0, 0, 60, 100), 3.0),
        "au_raise5min": service("unit", offer(50, 0, 0, 0, 100), 2.0),
    }
    instance = site(generator(list(products)), products, 10.0)
    result = optimum(instance)
    assert result.variable("unit.au_raisereg_up_held_mw")[0] == pytest.approx(40)
    assert result.variable("unit.au_raise5min_up_held_mw")[0] == pytest.approx(30)
    assert result.profit == pytest.approx(180)
    assert optimum(instance, drop=["unit.au_raise5min_upper"]).profit == pytest.approx(220)


# -- the offer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("dear", "offered", "profit"), [(3.0, 0.0, 0.0), (6.0, 40.0, 40.0)])
def test_the_offer_is_decided_before_prices_are_known(dear: float, offered: float, profit: float) -> None:
    """Keeping a MW on offer costs 2 an hour; the price is 0 or `dear`, each with probability 1/2.

    At 3 it earns 1.5 on average and nothing is offered, though 40 MW would be in one case; at 6 it earns 3: 40 x 1.
    Without the row nothing needs to be offered: 40 x dear / 2.
    """
    trapezium = offer(40, 0, 0, 100, 100)
    products = {"au_raise60sec": service("unit", trapezium, "price_eur_per_mw_h", offer_cost_eur_per_mw_h=2.0)}
    instance = site(generator(list(products)), products, 10.0)
    prices = {"price_eur_per_mw_h": [[0.0], [dear]]}
    result = optimum(instance, prices, [0.5, 0.5])
    assert result.variable("au_raise60sec.volume_mw")[0] == pytest.approx(offered)
    assert result.profit == pytest.approx(profit)
    free = optimum(instance, prices, [0.5, 0.5], drop=["au_raise60sec.offered"])
    assert free.profit == pytest.approx(20 * dear)


def test_an_offer_that_follows_the_price_is_worth_more() -> None:
    """The same with the offer decided in each scenario: at 3 half the time 40 x (3 - 2), where before nothing paid."""
    fields = {"offer_cost_eur_per_mw_h": 2.0, "stage": "realtime"}
    products = {"au_raise60sec": service("unit", offer(40, 0, 0, 100, 100), "price_eur_per_mw_h", **fields)}
    result = optimum(
        site(generator(list(products)), products, 10.0), {"price_eur_per_mw_h": [[0.0], [3.0]]}, [0.5, 0.5]
    )
    assert result.profit == pytest.approx(20.0)
    assert [result.variable("au_raise60sec.volume_mw", s)[0] for s in range(2)] == pytest.approx([0.0, 40.0])


def test_offers_are_whole_megawatts() -> None:
    """Of 10.6 MW that may be offered 10 are in steps of 1 MW: 10 x 3; all of them without bid rules: 10.6 x 3."""
    products = {"au_raise6sec": service("unit", offer(40, 0, 0, 100, 100), 3.0, volume_max_mw=10.6)}
    args = (generator(list(products)), products, 10.0)
    assert optimum(site(*args, bids={"minimum": True, "steps": True})).profit == pytest.approx(30.0)
    assert optimum(site(*args)).profit == pytest.approx(31.8)


# -- the same MW for several services ----------------------------------------------------------------------------------

AT_REST = {"unit.charge_mw": 0.0, "unit.discharge_mw": 0.0}
RAISE = ("au_raise1sec", "au_raise6sec", "au_raise60sec", "au_raise5min")


def battery(provides: list[str], **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 40.0,
        "charge_max_mw": 10.0,
        "discharge_max_mw": 10.0,
        "initial_mwh": 20.0,
        "provides": provides,
        **fields,
    }


def wide(available: float = 10.0) -> dict[str, Any]:
    """The whole range of the battery, raise: all of it at rest, nothing at full discharge."""
    return offer(available, -10, -10, 0, 10)


@pytest.mark.parametrize(("price", "profit"), [(9.0, 100.0), (11.0, 110.0)])
def test_contingency_services_share_megawatts_and_regulation_does_not(price: float, profit: float) -> None:
    """At rest 10 MW serve at 1 + 2 + 3 + 4 = 10 a MW all four contingency services, or regulation at 9 or 11.

    Were they to be added up as European reserves are, in one group, the best would be the dearest alone: 10 x 4 = 40,
    or regulation; with regulation left out of the joint capacity rows and of the MW held both are earned.
    """
    products = {name: service("unit", wide(), float(k + 1)) for k, name in enumerate(RAISE)}
    products["au_raisereg"] = service("unit", wide(), price)
    unit = battery(list(products))
    result = optimum(site(unit, products, 0.0), fixed=AT_REST)
    assert result.profit == pytest.approx(profit)
    one_group = {name: {**product, "exclusivity_group": "one"} for name, product in products.items()}
    assert optimum(site(unit, one_group, 0.0), fixed=AT_REST).profit == pytest.approx(max(40.0, 10 * price))
    rows = [f"unit.{name}_upper" for name in RAISE] + [f"unit.stacked_up_fcas_{g}" for g in ("1s", "6s", "60s", "5min")]
    assert optimum(site(unit, products, 0.0), fixed=AT_REST, drop=rows).profit == pytest.approx(100 + 10 * price)


def test_energy_held_is_that_of_the_service_that_needs_most() -> None:
    """1 MWh holds 6 MW for ten minutes, 6 x 3 = 18, and in it 6 MW for a minute, 6 x 1 more: 24.

    Were energy and MW added up, 10 a + b <= 60 and a + b <= 10 would leave a = 50 / 9, b = 40 / 9: 190 / 9. Without
    the energy row 10 x 3 + 6 x 1 = 36.
    """
    products = {
        "au_raise5min": service("unit", wide(), 3.0),
        "au_raise6sec": service("unit", wide(6.0), 1.0),
    }
    unit = battery(list(products), initial_mwh=1.0)
    assert optimum(site(unit, products, 0.0), fixed=AT_REST).profit == pytest.approx(24.0)
    one_group = {name: {**product, "exclusivity_group": "one"} for name, product in products.items()}
    assert optimum(site(unit, one_group, 0.0), fixed=AT_REST).profit == pytest.approx(190 / 9)
    assert optimum(site(unit, products, 0.0), fixed=AT_REST, drop=["unit.energy_taken*"]).profit == pytest.approx(36.0)


def test_regulation_adds_to_the_energy_held() -> None:
    """0.5 MWh are 30 MW-minutes: regulation for five minutes earns 2 / 5 each, the delayed service for ten 3 / 10.

    So 6 MW of regulation, 12; what is left of power finds no energy. Without the energy row 10 MW at 3.
    """
    products = {"au_raise5min": service("unit", wide(), 3.0), "au_raisereg": service("unit", wide(), 2.0)}
    unit = battery(list(products), initial_mwh=0.5)
    result = optimum(site(unit, products, 0.0), fixed=AT_REST)
    assert result.variable("unit.au_raisereg_up_held_mw")[0] == pytest.approx(6.0)
    assert result.profit == pytest.approx(12.0)
    assert optimum(site(unit, products, 0.0), fixed=AT_REST, drop=["unit.energy_taken*"]).profit == pytest.approx(30.0)


def test_lower_services_need_room() -> None:
    """1 MWh of room at 100 % takes 6 MW for ten minutes: 18; at 80 % 7.5 MW: 22.5; without the row 30."""
    products = {"au_lower5min": service("unit", offer(10, -10, 0, 10, 10), 3.0)}
    for efficiency, profit in ((1.0, 18.0), (0.8, 22.5)):
        unit = battery(list(products), initial_mwh=39.0, charge_efficiency_per_unit=efficiency)
        assert optimum(site(unit, products, 0.0), fixed=AT_REST).profit == pytest.approx(profit)
        free = optimum(site(unit, products, 0.0), fixed=AT_REST, drop=["unit.energy_added*"])
        assert free.profit == pytest.approx(30.0)


# -- loads, sources, regulation that is called -------------------------------------------------------------------------


def load(provides: list[str]) -> dict[str, Any]:
    """20 MW whose use is worth 4 a MWh."""
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": 20.0,
        "shed_cost_eur_per_mwh": 4.0,
        "provides": provides,
    }


@pytest.mark.parametrize(("price", "profit", "free"), [(5.0, 30.0, 120.0), (8.0, 40.0, 130.0)])
def test_a_load_raises_by_using_less(price: float, profit: float, free: float) -> None:
    """Leaving a MW unused earns 10 - 4 = 6; raise regulation uses the same way down, 5 MW an interval: 5 x 6 or 5 x 8.

    Without the joint ramp row 20 MW less, 120, or 15 MW less and 5 MW of regulation, 90 + 40. The 20 MW of demand cost
    20 x 10 in all cases.
    """
    trapezium = offer(20, 0, 20, 20, 20, agc_ramp_mw_per_min=1.0, initial_mw=20.0)
    products = {"au_raisereg": service("unit", trapezium, price)}
    instance = site(load(list(products)), products, 10.0, period_h=INTERVAL_H)
    assert optimum(instance).profit == pytest.approx((profit - 200) / 12)
    dropped = optimum(instance, drop=["unit.au_raisereg_joint_ramp"])
    assert dropped.profit == pytest.approx((free - 200) / 12)


def test_joint_capacity_of_a_load_is_below_its_use() -> None:
    """15 MW of raise regulation at 3 leave 20 - 15 = 5 MW of use for the delayed raise at 2: 45 + 10 = 55.

    Without regulation in the row and in the MW held 45 + 40 = 85.
    """
    products = {
        "au_raisereg": service("unit", offer(15, 0, 15, 20, 20), 3.0),
        "au_raise5min": service("unit", offer(20, 0, 20, 20, 20), 2.0),
    }
    instance = site(load(list(products)), products, 0.0)
    assert optimum(instance).profit == pytest.approx(55.0)
    rows = ["unit.au_raise5min_lower", "unit.limit"]
    assert optimum(instance, drop=rows).profit == pytest.approx(85.0)


def test_a_source_is_scaled_to_its_forecast() -> None:
    """6 MW of sun, energy at 4, raise at 9 with slope 2: 2 F <= 6 gives 3 x 9 = 27, more than 6 x 4.

    Without the row what the sun allows: 5 MW of raise and 1 MW of energy, 49.
    """
    sun = {"type": "source", "node": "power", "available_mw": "sun_mw", "provides": ["au_raise6sec"]}
    products = {"au_raise6sec": service("unit", offer(5, 0, 0, 0, 10), 9.0)}
    instance = site(sun, products, 4.0)
    assert optimum(instance, {"sun_mw": 6.0}).profit == pytest.approx(27.0)
    assert optimum(instance, {"sun_mw": 6.0}, drop=["unit.au_raise6sec_upper"]).profit == pytest.approx(49.0)


def test_regulation_that_is_called_moves_the_battery_and_is_paid_at_spot() -> None:
    """10 MW of raise, 20 % of it called in the hour: 2 MWh leave the battery at 50, and 10 x 1 for being enabled.

    At 80 % discharging efficiency the level falls by 2.5 MWh.
    """
    called = {"activation_per_unit": "share_per_unit", "energy_price_eur_per_mwh": "spot_eur_per_mwh"}
    products = {"au_raisereg": service("unit", wide(), 1.0, **called)}
    unit = battery(["au_raisereg"], terminal_mwh=0.0, discharge_efficiency_per_unit=0.8)
    instance = site(unit, products, "spot_eur_per_mwh")
    data = {"share_per_unit": 0.2, "spot_eur_per_mwh": 50.0}
    result = optimum(instance, data, fixed=AT_REST)
    assert result.stream("energy.au_raisereg") == pytest.approx(100.0)
    assert result.stream("energy.au_energy") == pytest.approx(0.0)
    metered = result.variable("grid.export_mw")[0] - result.variable("grid.import_mw")[0]
    assert metered == pytest.approx(2.0)
    assert result.variable("unit.level_mwh")[0] == pytest.approx(17.5)
    assert result.profit == pytest.approx(110.0)
    quiet = optimum(instance, {**data, "share_per_unit": 0.0}, fixed=AT_REST)
    assert quiet.profit == pytest.approx(10.0)


def test_an_offer_counts_in_its_window_alone() -> None:
    """Three hours at 3, in which all, half and none of 10 MW count: 30 + 15."""
    products = {"au_raise6sec": service("unit", wide(), 3.0, volume_max_mw=10.0, window_per_unit="counts_per_unit")}
    instance = site(battery(["au_raise6sec"]), products, 0.0, periods=3)
    assert optimum(instance, {"counts_per_unit": [1.0, 0.5, 0.0]}).profit == pytest.approx(45.0)
    assert optimum(instance, {"counts_per_unit": 1.0}).profit == pytest.approx(90.0)


@pytest.mark.parametrize(
    "nothing", [{"agc_on": False}, {"max_available_mw": 0.0}], ids=["no automatic control", "nothing available"]
)
def test_joint_ramping_binds_providers_of_regulation_alone(nothing: dict[str, Any]) -> None:
    """A generator of 100 MW at 10 that earns 30 in two hours and rose to 100 MW from 0 at most 0.5 MW/min.

    It offers no regulation, so its control says nothing of its energy: 2 x 100 x 20. With 50 MW of regulation at a
    price of 0 it reaches 30 MW in the first hour and 60 in the second: 90 x 20. An energy ramp of its own binds it in
    the same way from the second hour on, since nothing is known of the hour before.
    """
    control = {"agc_ramp_mw_per_min": 0.5, "initial_mw": 0.0}
    provider = {"au_raisereg": service("unit", offer(50, 0, 0, 100, 100, **control), 0.0)}
    idle = {"au_raisereg": service("unit", {**offer(50, 0, 0, 100, 100, **control), **nothing}, 0.0)}
    unit = generator(["au_raisereg"])
    assert optimum(site(unit, provider, 30.0, periods=2)).profit == pytest.approx(90 * 20.0)
    assert optimum(site(unit, idle, 30.0, periods=2)).profit == pytest.approx(200 * 20.0)
    slow = {**unit, "energy_ramp_mw_per_min": 0.5}
    prices = {"spot_eur_per_mwh": [9.0, 30.0]}
    # the first hour loses 1 EUR/MWh and the second earns 20: 70 MW, then 100
    held_back = optimum(site(slow, idle, "spot_eur_per_mwh", periods=2), prices)
    assert held_back.profit == pytest.approx(100 * 20.0 - 70 * 1.0)
    assert optimum(site(unit, idle, "spot_eur_per_mwh", periods=2), prices).profit == pytest.approx(100 * 20.0)


@pytest.mark.parametrize(("largest", "profit"), [(1.0, 62.5), (0.0, 500.0), (None, 500.0)])
def test_an_offer_of_nothing_counts_as_an_offer_in_joint_ramping(largest: float | None, profit: float) -> None:
    """A battery of 1 MW at -1,000 and 1,000 AUD/MWh in turn: 6 x 1,000 / 12 = 500 in half an hour.

    Under automatic control of 0.25 MW an interval it swings between +-0.125 MW: an eighth, 62.5, though nothing is
    offered. A largest volume of 0, or no such service, takes the row away.
    """
    store = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 2.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 1.0,
        "terminal_mwh": 0.0,
        "provides": [] if largest is None else ["au_raisereg"],
    }
    products: dict[str, Any] = {"au_energy": {"price_eur_per_mwh": "spot"}}
    fixed = {}
    if largest is not None:
        control = {"max_available_mw": 1.0, "agc_ramp_mw_per_min": 0.05}
        units = {"battery": control}
        products["au_raisereg"] = {"volume_max_mw": largest, "enablement_price_eur_per_mw_h": 0.0, "units": units}
        fixed["au_raisereg.volume_mw"] = 0.0
    instance = make_instance({"grid": grid(), "battery": store}, products, periods=6, period_h=INTERVAL_H)
    assert optimum(instance, {"spot": [-1000.0, 1000.0] * 3}, fixed=fixed).profit == pytest.approx(profit)
