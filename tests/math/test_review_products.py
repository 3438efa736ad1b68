"""Terms of the products that a second reading doubted, each by hand: symmetry, signs, hours, settlement."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, optimum

ENERGY = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 5.0, "price_short_eur_per_mwh": 300.0},
}


def fcr(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 2,
        "volume_max_mw": 1.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 7.0,
        "activation_up_per_unit": 0.0,
        "activation_down_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **fields,
    }


def battery(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 1.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "initial_mwh": 1.0,
        "terminal_mwh": 0.0,
        "provides": ["fr_fcr"],
        **fields,
    }


def shedding(**fields: Any) -> dict[str, Any]:
    return {"type": "sheddable_demand", "node": "power", "demand_mw": 5.0, "shed_cost_eur_per_mwh": 0.0, **fields}


def test_a_symmetric_megawatt_short_in_one_direction_is_not_paid() -> None:
    """1 MW both ways from a store of 1 MWh, full at first; its energy is worth 100 in the first hour, 90 in the second.

    Sold in the first hour it leaves an empty store, which holds 1 MW down and nothing up at the end of both: 100 - 30,
    and neither hour is paid: 70. Half of it kept for the second hour would gain 3.5 of the payment and lose 5. Where
    only the downward shortfall forfeits, both hours are paid: 84.
    """
    instance = make_instance({"grid": grid(), "battery": battery()}, {**ENERGY, "fr_fcr": fcr()}, periods=2)
    data = {"da_price_eur_per_mwh": [100, 90]}
    fixed = {"fr_fcr.volume_mw": 1.0}
    result = optimum(instance, data, fixed=fixed)
    assert result.profit == pytest.approx(70.0)
    assert result.variable("fr_fcr.lost_mw_h")[0] == pytest.approx(2.0)
    assert optimum(instance, data, fixed=fixed, drop=["fr_fcr.unheld_up"]).profit == pytest.approx(84.0)
    assert optimum(instance, data, fixed=fixed, drop=["fr_fcr.unheld_down"]).profit == pytest.approx(70.0)
    both = optimum(instance, data, fixed=fixed, drop=["fr_fcr.unheld_up", "fr_fcr.unheld_down"])
    assert both.profit == pytest.approx(84.0)


def test_a_symmetric_megawatt_short_both_ways_is_lost_once() -> None:
    """No device: of 2 h x 7 EUR nothing is paid, and nothing more than that is lost; each direction has its penalty."""
    load = {"type": "demand", "node": "power", "demand_mw": 0.0}
    instance = make_instance({"grid": grid(), "load": load}, {**ENERGY, "fr_fcr": fcr()}, periods=2)
    result = optimum(instance, {"da_price_eur_per_mwh": 0}, fixed={"fr_fcr.volume_mw": 1.0})
    assert result.stream("capacity.fr_fcr") == pytest.approx(0.0)
    assert result.profit == pytest.approx(-2 * 2 * 15)


@pytest.mark.parametrize("call", ["continuous", "discrete"])
def test_energy_not_taken_on_a_downward_call_leaves_the_site_long(call: str) -> None:
    """1 MW for half an hour, fully called, nobody to take it: the ordered energy is paid for, and settled as long.

    Payment 5 - 5, shortfall -15/2, missed -100/2, ordered energy -20/2, imbalance +5/2: -65.
    """
    product = {
        "block_h": 0.5,
        "call": call,
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_down_per_unit": 1.0,
        "energy_price_down_eur_per_mwh": 20.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
    }
    load = {"type": "demand", "node": "power", "demand_mw": 0.0}
    markets = {**ENERGY, "da": {**ENERGY["da"], "settlement_period_h": 0.5}, "fr_afrr_down": product}
    instance = make_instance({"grid": grid(), "load": load}, markets, period_h=0.5)
    result = optimum(instance, {"da_price_eur_per_mwh": 0}, fixed={"fr_afrr_down.volume_mw": 1.0})
    assert result.stream("imbalance") == pytest.approx(2.5)
    assert result.profit == pytest.approx(-65.0)


def test_uncorrected_energy_is_settled_as_imbalance_in_both_directions() -> None:
    """A quarter of 1 MW called up and a half down for an hour: 0.25 MWh short at 300, nothing for the energy itself.

    Payment 7 - 75; all is held, since a miss costs 1e4.
    """
    product = fcr(
        block_h=1,
        energy_settlement="uncorrected",
        activation_up_per_unit=0.25,
        activation_down_per_unit=0.5,
        energy_price_up_eur_per_mwh=1000.0,
        energy_price_down_eur_per_mwh=1000.0,
        missed_penalty_eur_per_mwh=1e4,
    )
    store = battery(energy_max_mwh=10.0, initial_mwh=5.0, terminal_mwh=5.0)
    instance = make_instance({"grid": grid(), "battery": store}, {**ENERGY, "fr_fcr": product})
    result = optimum(instance, {"da_price_eur_per_mwh": 0}, fixed={"fr_fcr.volume_mw": 1.0})
    assert result.stream("imbalance") == pytest.approx(-75.0)
    assert result.profit == pytest.approx(7.0 - 75.0)


@pytest.mark.parametrize(
    ("start", "periods", "hours_of_first_block"),
    [("2025-10-26T00:00", 25, 5), ("2025-03-30T00:00", 23, 3), ("2025-01-15T00:00", 24, 4)],
)
def test_a_block_is_paid_for_its_true_hours(start: str, periods: int, hours_of_first_block: int) -> None:
    """1 MW at 10 EUR/MW/h in the first block of 4 clock hours and 1 EUR/MW/h after it, on days of 25, 23 and 24 h."""
    product = {
        "block_h": 4,
        "volume_max_mw": 1.0,
        "capacity_price_eur_per_mw_h": "capacity_price_eur_per_mw_h",
        "activation_up_per_unit": 0.0,
    }
    instance = make_instance(
        {"grid": grid(), "process": shedding(provides=["fr_mfrr_up"])},
        {**ENERGY, "fr_mfrr_up": product},
        periods=periods,
        start=start,
    )
    later = periods - hours_of_first_block
    prices = [10.0] * hours_of_first_block + [1.0] * later
    result = optimum(instance, {"da_price_eur_per_mwh": 0, "capacity_price_eur_per_mw_h": prices})
    assert result.stream("capacity.fr_mfrr_up") == pytest.approx(10.0 * hours_of_first_block + 1.0 * later)


def test_fees_are_paid_per_megawatt_hour_not_per_period() -> None:
    """2 MW bought for an hour of four quarters at 50 and a fee of 3: 2 MWh, so 106."""
    load = {"type": "demand", "node": "power", "demand_mw": 2.0}
    markets = {"da": {**ENERGY["da"], "fee_eur_per_mwh": 3.0}}
    instance = make_instance({"grid": grid(), "load": load}, markets, periods=4, period_h=0.25)
    result = optimum(instance, {"da_price_eur_per_mwh": 50})
    assert result.profit == pytest.approx(-106.0)
    assert result.stream("energy.da_fee") == pytest.approx(-6.0)


def test_probabilities_weigh_scenarios_and_the_commitment_is_one() -> None:
    """1 or 3 MW can be shed, with 0.2 and 0.8; a MW earns 10 where held and loses 15 where not.

    Up to 1 MW: 10 each; from 1 to 3: 0.8 x 10 - 0.2 x 15 = 5 each. So r = 3 and 10 + 2 x 5 = 20; weights 0.7 and 0.3
    give 0.3 x 10 - 0.7 x 15 < 0, so r = 1 and 10.
    """
    product = {
        "block_h": 1,
        "volume_max_mw": 10.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
    }
    instance = make_instance(
        {"grid": grid(), "process": shedding(demand_mw="demand_mw", provides=["fr_mfrr_up"])},
        {**ENERGY, "fr_mfrr_up": product},
    )
    data = {"da_price_eur_per_mwh": 0, "demand_mw": [[1], [3]]}
    for probabilities, volume, profit in (([0.2, 0.8], 3.0, 20.0), ([0.7, 0.3], 1.0, 10.0)):
        result = optimum(instance, data, probabilities)
        assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(volume)
        assert result.profit == pytest.approx(profit)


DOWN = {
    "block_h": 1,
    "volume_max_mw": 1.0,
    "capacity_price_eur_per_mw_h": 10.0,
    "activation_down_per_unit": 0.0,
}


def heat_site(unit: dict[str, Any], initial_mwh: float) -> Any:
    """A unit for 3 MW of heat, a store of 2 MWh, and downward reserve of an hour."""
    return make_instance(
        {
            "grid": grid(),
            "mains": {
                "type": "grid_connection",
                "node": "fuel",
                "import_max_mw": None,
                "import_price_eur_per_mwh": 30.0,
            },
            "unit": {"type": "converter", "reference": "power", "provides": ["fr_afrr_down"], **unit},
            "store": {
                "type": "storage",
                "node": "warmth",
                "energy_max_mwh": 2.0,
                "charge_max_mw": 10.0,
                "discharge_max_mw": 10.0,
                "initial_mwh": initial_mwh,
            },
            "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0},
        },
        {**ENERGY, "fr_afrr_down": DOWN},
    )


def test_a_chp_that_lowers_output_owes_heat() -> None:
    """3 MW of heat are 2 MW of power at 50 and 5 MW of gas at 30: -50. A MW less for an hour takes 1.5 MWh of heat.

    0.75 MWh are stored, so half a MW is held, for 5; without the row a whole one, for 10.
    """
    chp = {
        "power_max_mw": 3.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.5}],
    }
    instance = heat_site(chp, 0.75)
    data = {"da_price_eur_per_mwh": 50}
    assert optimum(instance, data).profit == pytest.approx(-50 + 5)
    assert optimum(instance, data, drop=["store.energy_taken"]).profit == pytest.approx(-50 + 10)


def test_a_heat_pump_that_raises_its_load_needs_room_for_heat() -> None:
    """1 MW at COP 3 for 50; a MW more for an hour brings 3 MWh, and there is room for 1.5: half a MW is held."""
    heat_pump = {
        "power_max_mw": 2.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
    }
    instance = heat_site(heat_pump, 0.5)
    # nothing burns gas here
    components = {name: spec for name, spec in instance.components.items() if name != "mains"}
    nodes = {name: node for name, node in instance.nodes.items() if name != "fuel"}
    instance = instance.model_copy(update={"components": components, "nodes": nodes})
    data = {"da_price_eur_per_mwh": 50}
    assert optimum(instance, data).profit == pytest.approx(-50 + 5)
    assert optimum(instance, data, drop=["store.energy_added"]).profit == pytest.approx(-50 + 10)


@pytest.mark.parametrize("share", [1.0, "call_per_unit"])
def test_a_constant_call_reads_as_a_series_of_it(share: float | str) -> None:
    """4 MWh that cannot be recharged, 1 MW called in all four hours: 2, 1, 0, 0 h to hold, so nothing is short: 40.

    Two hours held all the time would leave 1 MW short in the fourth.
    """
    product = {
        "block_h": 4,
        "volume_max_mw": 1.0,
        "call": "discrete",
        "sustain_h": 2.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "activation_up_per_unit": share,
        "shortfall_penalty_eur_per_mw_h": 15.0,
    }
    store = battery(
        energy_max_mwh=10.0, initial_mwh=4.0, charge_max_mw=0.0, discharge_max_mw=1.0, provides=["fr_mfrr_up"]
    )
    instance = make_instance({"grid": grid(), "battery": store}, {**ENERGY, "fr_mfrr_up": product}, periods=4)
    data = {"da_price_eur_per_mwh": 0, "call_per_unit": 1}
    assert optimum(instance, data, fixed={"fr_mfrr_up.volume_mw": 1.0}).profit == pytest.approx(40.0)
