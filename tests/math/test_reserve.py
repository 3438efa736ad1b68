"""Reserve products by hand: capacity, shortfall, calls, ramps, energy of calls, settlement."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, optimum

ENERGY = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


def up(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 10.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **fields,
    }


def process(demand: float | str = "demand_mw", **fields: Any) -> dict[str, Any]:
    return {
        "type": "sheddable_demand",
        "node": "power",
        "demand_mw": demand,
        "shed_cost_eur_per_mwh": 0.0,
        "provides": ["fr_mfrr_up"],
        **fields,
    }


def generator(provides: list[str], **fields: Any) -> dict[str, Any]:
    """2 MW at 75 EUR/MWh of gas."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": provides,
        **fields,
    }


def battery(provides: list[str], **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 10.0,
        "discharge_max_mw": 10.0,
        "initial_mwh": 2.0,
        "provides": provides,
        **fields,
    }


def test_published_settlement_example() -> None:
    """10 MW x 15 EUR/MW/h x 4 h = 600 EUR and 7 MW x 1 h x 70 EUR/MWh = 490 EUR (regelleistung.net, FAQ)."""
    instance = make_instance(
        {"grid": grid(), "process": process(10.0)},
        {
            **ENERGY,
            "fr_mfrr_up": up(
                block_h=4,
                capacity_price_eur_per_mw_h=15.0,
                energy_price_up_eur_per_mwh=70.0,
                activation_up_per_unit="call_per_unit",
            ),
        },
        periods=4,
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 0, "call_per_unit": [0.7, 0, 0, 0]})
    assert result.stream("capacity.fr_mfrr_up") == pytest.approx(600.0)
    assert result.stream("activation.fr_mfrr_up") == pytest.approx(490.0)
    assert result.profit == pytest.approx(1090.0)


def test_commitment_is_a_quantile_of_what_can_be_held() -> None:
    """Demand 1, 2, 3 or 4 MW: a further MW earns 10 q - 15 (1 - q) where a share q of scenarios holds it.

    q = 1: 10, 0.75: 3.75, 0.5: -2.5; so r = 2 and the profit 13.75. Without the shortfall penalty row the volume is 10.
    """
    instance = make_instance({"grid": grid(), "process": process()}, {**ENERGY, "fr_mfrr_up": up()})
    data = {"da_price_eur_per_mwh": 0, "demand_mw": [[1], [2], [3], [4]]}
    result = optimum(instance, data, [0.25] * 4)
    assert result.profit == pytest.approx(13.75)
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(2.0)
    assert optimum(instance, data, [0.25] * 4, drop=["process.limit"]).profit == pytest.approx(100.0)


def test_nothing_is_committed_without_plant() -> None:
    """No phantom capacity: with nobody to hold it, every volume loses money, however dear the capacity."""
    load = {"type": "demand", "node": "power", "demand_mw": 1.0}
    instance = make_instance(
        {"grid": grid(), "load": load}, {**ENERGY, "fr_mfrr_up": up(capacity_price_eur_per_mw_h=1e4)}
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 0})
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(0.0)
    assert result.profit == pytest.approx(0.0)


@pytest.mark.parametrize(("theta", "profit"), [(1.0, -170.0), (2.0, -210.0), (0.0, -170.0)])
def test_the_larger_of_forfeiture_and_clawback(theta: float, profit: float) -> None:
    """2 MW committed, 1 MW held for 4 h, one hour fully called at 200.

    Payment 10 (8 - lost) with lost = max(4 h x 1 short, theta x 4 h x 1 missed), shortfall -15 x 4, missed -100,
    ordered energy +400, imbalance -300, shedding -150: -170 for theta <= 1; theta = 2 loses 40 more.
    """
    instance = make_instance(
        {"grid": grid(), "process": process(1.0, shed_cost_eur_per_mwh=150.0)},
        {
            **ENERGY,
            "fr_mfrr_up": up(
                block_h=4,
                clawback_per_unit=theta,
                energy_price_up_eur_per_mwh=200.0,
                activation_up_per_unit="call_per_unit",
            ),
        },
        periods=4,
    )
    data = {"da_price_eur_per_mwh": 0, "call_per_unit": [0, 0, 1, 0]}
    result = optimum(instance, data, fixed={"fr_mfrr_up.volume_mw": 2.0})
    assert result.profit == pytest.approx(profit)


@pytest.mark.parametrize(
    ("settlement", "profit"),
    [("ordered", 400 - 300 - 100 - 150), ("delivered", 200 - 100 - 150), ("uncorrected", 0 - 100 - 150 + 20)],
)
def test_energy_settlement(settlement: str, profit: float) -> None:
    """2 MW called, 1 MW delivered for 150, energy price 200, long 20, short 300, missed 100 (capacity set aside).

    Ordered: paid for 2 MWh, 1 MWh short. Delivered: paid for 1 MWh, no imbalance. Uncorrected: it is long.
    """
    instance = make_instance(
        {"grid": grid(), "process": process(1.0, shed_cost_eur_per_mwh=150.0)},
        {
            "da": ENERGY["da"],
            "imbalance": {"price_long_eur_per_mwh": 20.0, "price_short_eur_per_mwh": 300.0},
            "fr_mfrr_up": up(
                energy_settlement=settlement,
                capacity_price_eur_per_mw_h=0.0,
                shortfall_penalty_eur_per_mw_h=1e-9,
                energy_price_up_eur_per_mwh=200.0,
                activation_up_per_unit=1.0,
            ),
        },
    )
    # the one MW that can be shed is delivered, not missed: 150 < 100 + 300 - 0
    result = optimum(
        instance,
        {"da_price_eur_per_mwh": 0},
        fixed={"fr_mfrr_up.volume_mw": 2.0, "process.fr_mfrr_up_called_mw": 1.0},
    )
    assert result.profit == pytest.approx(profit, abs=1e-6)


@pytest.mark.parametrize(("price", "volume", "profit"), [(15.0, 0.0, 40.0), (25.0, 2.0, 50.0)])
def test_headroom_trades_energy_for_reserve(price: float, volume: float, profit: float) -> None:
    """2 MW earn 95 - 75 = 20 EUR/MW as energy or the capacity price as reserve, not both (as 2 x 45 = 90)."""
    instance = make_instance(
        {"grid": grid(), "mains": mains(), "generator": generator(["fr_mfrr_up"])},
        {**ENERGY, "fr_mfrr_up": up(capacity_price_eur_per_mw_h=price, volume_max_mw=2.0)},
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 95})
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(volume)
    assert result.profit == pytest.approx(profit)
    free = optimum(instance, {"da_price_eur_per_mwh": 95}, drop=["generator.maximum"])
    assert free.profit == pytest.approx(2 * (20 + price))


def test_downward_reserve_needs_output() -> None:
    """At 70 a MWh loses 5; a MW of downward capacity at 8 needs a MW of output: 2 x 3 = 6, without that 16."""
    down = {k: v for k, v in up(capacity_price_eur_per_mw_h=8.0, volume_max_mw=2.0).items() if "up" not in k}
    instance = make_instance(
        {"grid": grid(), "mains": mains(), "generator": generator(["fr_afrr_down"])},
        {**ENERGY, "fr_afrr_down": {**down, "activation_down_per_unit": 0.0}},
    )
    assert optimum(instance, {"da_price_eur_per_mwh": 70}).profit == pytest.approx(6.0)
    without = optimum(instance, {"da_price_eur_per_mwh": 70}, drop=["generator.minimum"])
    assert without.profit == pytest.approx(16.0)


@pytest.mark.parametrize(("price", "mfrr", "afrr", "profit"), [(5.0, 1.3, 0.0, 13.0), (20.0, 0.8, 0.5, 18.0)])
def test_ramps_are_shared(price: float, mfrr: float, afrr: float, profit: float) -> None:
    """0.1 MW/min gives 0.5 MW within 300 s and 1.3 MW within 780 s in all; mFRR earns 10, aFRR 5 or 20."""
    products = {
        **ENERGY,
        "fr_mfrr_up": up(),
        "fr_afrr_up": up(capacity_price_eur_per_mw_h=price),
    }
    instance = make_instance(
        {
            "grid": grid(),
            "mains": mains(),
            "generator": generator(["fr_mfrr_up", "fr_afrr_up"], ramp_mw_per_min=0.1),
        },
        products,
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 0})
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(mfrr)
    assert result.variable("fr_afrr_up.volume_mw")[0] == pytest.approx(afrr)
    assert result.profit == pytest.approx(profit)
    # without the shared row of the slower product the maximum of 2 MW binds instead
    free = optimum(instance, {"da_price_eur_per_mwh": 0}, drop=["generator.fr_mfrr_up_ramp"])
    assert free.profit == pytest.approx(20.0 if price == 5.0 else 0.5 * 20 + 1.5 * 10)


def fcr(**fields: Any) -> dict[str, Any]:
    return {
        "volume_max_mw": 10.0,
        "sustain_h": 1.0 / 3.0,
        "capacity_price_eur_per_mw_h": 7.0,
        "activation_up_per_unit": 0.0,
        "activation_down_per_unit": 0.0,
        **fields,
    }


def test_limited_reservoir_holds_twenty_minutes_each_way() -> None:
    """10 MW for 20 min need 3.33 MWh each way (Svenska kraftnaet's example); 2 MWh each way carry 6 MW.

    4 h x 7 EUR x 6 MW = 168; with enough energy 280, and 280 without the energy rows.
    """

    def site(energy_max_mwh: float) -> Any:
        return make_instance(
            {
                "grid": grid(),
                "battery": battery(["fr_fcr"], energy_max_mwh=energy_max_mwh, initial_mwh=energy_max_mwh / 2),
            },
            {**ENERGY, "fr_fcr": fcr()},
            periods=4,
        )

    data = {"da_price_eur_per_mwh": 0}
    assert optimum(site(4.0), data).profit == pytest.approx(168.0)
    assert optimum(site(20.0 / 3.0), data).profit == pytest.approx(280.0)
    # the volume is one for both directions, so both energy rows must go
    assert optimum(site(4.0), data, drop=["battery.energy_taken*"]).profit == pytest.approx(168.0)
    both = optimum(site(4.0), data, drop=["battery.energy_taken*", "battery.energy_added*"])
    assert both.profit == pytest.approx(280.0)


def test_both_ways_in_one_period_lose_the_round_trip() -> None:
    """1 MW called half up and half down for an hour at 0.8 each way: 0.8 x 0.5 - 0.5 / 0.8 = -0.225 MWh."""
    instance = make_instance(
        {
            "grid": grid(),
            "battery": battery(
                ["fr_fcr"],
                charge_efficiency_per_unit=0.8,
                discharge_efficiency_per_unit=0.8,
                terminal_penalty_eur_per_mwh=1.0,
                charge_max_mw=1.0,
                discharge_max_mw=1.0,
            ),
        },
        {**ENERGY, "fr_fcr": fcr(block_h=1, activation_up_per_unit=0.5, activation_down_per_unit=0.5)},
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 100}, fixed={"fr_fcr.volume_mw": 1.0})
    assert result.variable("battery.level_mwh")[0] == pytest.approx(2.0 - 0.225)


@pytest.mark.parametrize(("call", "lost_mw_h"), [("discrete", 0.0), ("continuous", 1.0)])
def test_a_running_call_is_not_counted_twice(call: str, lost_mw_h: float) -> None:
    """1 MW for up to 2 h from 3 MWh that cannot be recharged; called in the first two of four hours.

    1 MWh is left then. Discrete: the call is over and cannot go on in the third hour, and one that begins in the fourth
    needs 1 MWh until the horizon ends: nothing is short. Continuous: it may go on for both hours, 1 MW h is short.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "battery": battery(["fr_mfrr_up"], initial_mwh=3.0, terminal_mwh=0.0, charge_max_mw=0.0),
        },
        {
            **ENERGY,
            "fr_mfrr_up": up(
                block_h=4,
                sustain_h=2.0,
                call=call,
                call_maximum_h=None,
                calls_max_per_day=None,
                call_hours_max_per_day=None,
                activation_up_per_unit="call_per_unit",
            ),
        },
        periods=4,
    )
    data = {"da_price_eur_per_mwh": 0, "call_per_unit": [1, 1, 0, 0]}
    result = optimum(instance, data, fixed={"fr_mfrr_up.volume_mw": 1.0})
    assert result.variable("fr_mfrr_up.lost_mw_h")[0] == pytest.approx(lost_mw_h)
    assert result.profit == pytest.approx(10 * (4 - lost_mw_h) - 15 * lost_mw_h)


def test_a_heat_pump_that_cuts_its_load_owes_heat() -> None:
    """1 MW at COP 3 covers 3 MW of heat; a MW of reserve for 1 h owes 3 MWh, the store holds 1.5: r = 0.5.

    -10 for electricity + 7 x 0.5; without the row the whole load is offered: -10 + 7.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0},
            "heat_pump": {
                "type": "converter",
                "reference": "power",
                "power_max_mw": 2.0,
                "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
                "outputs": [{"node": "warmth", "ratio_per_unit": "cop_per_unit"}],
                "provides": ["fr_mfrr_up"],
            },
            "tank": {
                "type": "storage",
                "node": "warmth",
                "energy_max_mwh": 1.5,
                "charge_max_mw": 5.0,
                "discharge_max_mw": 5.0,
                "initial_mwh": 1.5,
            },
        },
        {**ENERGY, "fr_mfrr_up": up(capacity_price_eur_per_mw_h=7.0, sustain_h=1.0)},
    )
    data = {"da_price_eur_per_mwh": 10, "cop_per_unit": 3}
    assert optimum(instance, data).profit == pytest.approx(-10 + 3.5)
    assert optimum(instance, data, drop=["tank.energy_taken"]).profit == pytest.approx(-10 + 7.0)


def test_a_chp_that_raises_output_needs_room_for_heat() -> None:
    """2 MW of CHP at rest, 0.6 MWh of room, 1 MWh of heat per MWh of electricity, 1 h: r = 0.6; without the row 2."""
    chp = generator(
        ["fr_mfrr_up"],
        outputs=[{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.0}],
    )
    instance = make_instance(
        {
            "grid": grid(),
            "mains": mains(),
            "chp": chp,
            "tank": {
                "type": "storage",
                "node": "warmth",
                "energy_max_mwh": 1.0,
                "charge_max_mw": 5.0,
                "discharge_max_mw": 5.0,
                "initial_mwh": 0.4,
            },
        },
        {**ENERGY, "fr_mfrr_up": up(sustain_h=1.0)},
    )
    data = {"da_price_eur_per_mwh": 0}
    assert optimum(instance, data).profit == pytest.approx(6.0)
    assert optimum(instance, data, drop=["tank.energy_added"]).profit == pytest.approx(20.0)


def test_reserve_needs_room_at_the_connection() -> None:
    """4 MW behind 2 MW of export, 9 for energy, 10 for reserve: 2 x 10; were the connection not to count, 4 x 10."""
    instance = make_instance(
        {
            "grid": grid(export_max_mw=2.0),
            "pv": {"type": "source", "node": "power", "available_mw": 4.0, "provides": ["fr_mfrr_up"]},
        },
        {**ENERGY, "fr_mfrr_up": up()},
    )
    data = {"da_price_eur_per_mwh": 9}
    assert optimum(instance, data).profit == pytest.approx(20.0)
    free = optimum(instance, data, drop=["grid.headroom_up"])
    assert free.profit == pytest.approx(40.0)


@pytest.mark.parametrize(("bids", "volume"), [((False, False), 2.5), ((False, True), 2.4), ((True, False), 2.5)])
def test_bid_steps(bids: tuple[bool, bool], volume: float) -> None:
    """2.5 MW can be held; steps of 0.4 MW allow 2.4; a minimum of 1 MW does not bind."""
    instance = make_instance(
        {"grid": grid(), "process": process(2.5)},
        {**ENERGY, "fr_mfrr_up": up(bid_step_mw=0.4, minimum_bid_mw=1.0)},
        bids={"minimum": bids[0], "steps": bids[1]},
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 0})
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(volume)


@pytest.mark.parametrize(("minimum", "volume", "profit"), [(3.0, 3.0, 17.5), (5.0, 0.0, 0.0)])
def test_minimum_bid(minimum: float, volume: float, profit: float) -> None:
    """2.5 MW can be held. 3 MW pay 25 - 0.5 x 15; 5 MW would pay 25 - 2.5 x 15 < 0, so there is no bid."""
    instance = make_instance(
        {"grid": grid(), "process": process(2.5)},
        {**ENERGY, "fr_mfrr_up": up(minimum_bid_mw=minimum)},
        bids={"minimum": True, "steps": False},
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 0})
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(volume)
    assert result.profit == pytest.approx(profit)


def test_intraday_spread_is_its_own_stream() -> None:
    """2 MW of liquidity sold at 60 and bought back at 50: 20 of spread, 1 of fee; the load's energy stays at 50."""
    instance = make_instance(
        {"grid": grid(), "load": {"type": "demand", "node": "power", "demand_mw": 1.0}},
        {
            **ENERGY,
            "id": {
                "price_eur_per_mwh": "id_price_eur_per_mwh",
                "settlement_period_h": 1,
                "liquidity_mw": 2.0,
                "fee_eur_per_mwh": 0.5,
            },
        },
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 50, "id_price_eur_per_mwh": 60})
    assert result.stream("energy.da") == pytest.approx(-50.0)
    assert result.stream("energy.id_spread") == pytest.approx(20.0)
    assert result.stream("energy.id_fee") == pytest.approx(-1.0)
    assert result.profit == pytest.approx(-31.0)


def test_a_position_can_be_moved_to_the_first_stage_by_data() -> None:
    """2 MW at -10 or +30: decided afterwards (0 + 60) / 2, decided before one position fits both: 2 x 10 = 20."""
    components = {"grid": grid(), "pv": {"type": "source", "node": "power", "available_mw": 2.0}}
    data = {"da_price_eur_per_mwh": [[-10], [30]]}
    later = make_instance(components, {"da": ENERGY["da"]})
    before = make_instance(components, {"da": {**ENERGY["da"], "stage": "commit"}})
    assert optimum(later, data, [0.5, 0.5]).profit == pytest.approx(30.0)
    assert optimum(before, data, [0.5, 0.5]).profit == pytest.approx(20.0)
