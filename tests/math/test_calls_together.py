"""What one full call brings together at a node: calls of both directions, and groups that hold one MW.

Every optimum is worked by hand, with the rows that are meant and without them.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import Optimum, grid, mains, make_instance, optimum

from mes_stoch.schema.instance import Instance

ENERGY = {
    "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


def reserve(direction: str, **fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 1.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 50.0,
        f"activation_{direction}_per_unit": 0.0,
        f"energy_price_{direction}_eur_per_mwh": 0.0,
        "shortfall_penalty_eur_per_mw_h": 150.0,
        "missed_penalty_eur_per_mwh": 200.0,
        **fields,
    }


# -- both directions --------------------------------------------------------------------------------------------------


def heated_site(up: str, down: str, products: dict[str, Any], periods: int = 1, **tank: float) -> Instance:
    """6 MW of heat: 3 from a heat pump of 1 MW, whose calls up take it away, 3 from a CHP, whose calls down do."""
    components = {
        "grid": grid(),
        "mains": mains(20.0),
        "pump": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1.0,
            "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
            "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
            "provides": [up],
        },
        "chp": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1.0,
            "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 3.0}],
            "provides": [down],
        },
        "heating": {"type": "demand", "node": "warmth", "demand_mw": 6.0},
        "tank": {
            "type": "storage",
            "node": "warmth",
            "energy_max_mwh": 3.0,
            "charge_max_mw": 6.0,
            "discharge_max_mw": 6.0,
            "initial_mwh": 3.0,
            **tank,
        },
    }
    return make_instance(components, {**ENERGY, **products}, periods=periods)


def volumes(result: Optimum, *products: str) -> list[float]:
    return [float(result.variable(f"{product}.volume_mw")[0]) for product in products]


@pytest.mark.parametrize(("initial_mwh", "discharge_max_mw", "row"), [(3.0, 6.0, "energy"), (6.0, 3.0, "call_power")])
def test_up_and_down_calls_take_heat_from_one_store(initial_mwh: float, discharge_max_mw: float, row: str) -> None:
    """Heat for one MW: r_up + r_down <= 1, 50 less 50 of gas (the MW bought is the MW made). Without: both, 100."""
    products = {"fr_afrr_up": reserve("up"), "fr_afrr_down": reserve("down")}
    instance = heated_site(
        "fr_afrr_up",
        "fr_afrr_down",
        products,
        energy_max_mwh=initial_mwh,
        initial_mwh=initial_mwh,
        discharge_max_mw=discharge_max_mw,
    )
    result = optimum(instance, {"da": 50})
    assert result.profit == pytest.approx(0.0, abs=1e-9)
    assert sum(volumes(result, "fr_afrr_up", "fr_afrr_down")) == pytest.approx(1.0)
    assert optimum(instance, {"da": 50}, drop=[f"tank.{row}_taken"]).profit == pytest.approx(50.0)


def test_up_and_down_calls_add_heat_to_one_store() -> None:
    """The other way round: the pump called down and the CHP called up add 3 MWh of heat a MW, to 3 MWh of room.

    Neither runs: a network heats. 1 MW in all at 50, without the row 2.
    """
    instance = heated_site(
        "fr_afrr_down", "fr_afrr_up", {"fr_afrr_up": reserve("up"), "fr_afrr_down": reserve("down")}, initial_mwh=0.0
    )
    network = {"type": "grid_connection", "node": "warmth", "import_max_mw": 6.0, "export_max_mw": 0.0}
    fields = instance.model_dump()
    fields["components"]["network"] = {**network, "import_price_eur_per_mwh": 0.0}
    fields["components"]["heating"]["demand_mw"] = 0.0
    instance = Instance.model_validate(fields)
    assert optimum(instance, {"da": 50}).profit == pytest.approx(50.0)
    assert optimum(instance, {"da": 50}, drop=["tank.energy_added"]).profit == pytest.approx(100.0)


@pytest.mark.parametrize(("initial_mwh", "volume_mw"), [(3.0, 1.0), (1.5, 0.5)])
def test_a_symmetric_product_goes_one_way_at_a_time(initial_mwh: float, volume_mw: float) -> None:
    """1 MW of FCR, up from the pump and down from the CHP: either takes 3 MWh of heat, and never both at once.

    Without the rows of one of the directions that one is free; with the sum half as much would be sold.
    """
    fcr = reserve("up", activation_down_per_unit=0.0, energy_price_down_eur_per_mwh=0.0)
    instance = heated_site("fr_fcr", "fr_fcr", {"fr_fcr": fcr}, initial_mwh=initial_mwh)
    result = optimum(instance, {"da": 50})
    assert volumes(result, "fr_fcr") == [pytest.approx(volume_mw)]
    rows = [f"tank.fr_fcr_taken_either_{way}" for way in ("up", "down")]
    assert optimum(instance, {"da": 50}, drop=rows).profit == pytest.approx(-50 + 50.0)


@pytest.mark.parametrize(("initial_mwh", "volume_mw"), [(3.0, 0.0), (6.0, 1.0)])
def test_a_signal_may_turn_while_it_lasts(initial_mwh: float, volume_mw: float) -> None:
    """FCR of two hours that the pump holds upward in the first and the CHP downward in the second, 1 MW or nothing.

    Up and then down takes 3 MWh of heat in either hour, 6 in all. One way or the other for two hours would take 3.
    """
    fcr = reserve("up", sustain_h=2.0, activation_down_per_unit=0.0, energy_price_down_eur_per_mwh=0.0)
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 8.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 4.0,
        "provides": ["fr_fcr"],
    }
    instance = heated_site(
        "fr_fcr", "fr_fcr", {"fr_fcr": fcr}, periods=2, energy_max_mwh=initial_mwh, initial_mwh=initial_mwh
    )
    fields = instance.model_dump()
    fields["components"]["battery"] = battery
    instance = Instance.model_validate(fields)
    held = {"pump.fr_fcr_up_held_mw": [1.0, 0.0], "chp.fr_fcr_down_held_mw": [0.0, 1.0]}
    held |= {"battery.fr_fcr_up_held_mw": [0.0, 1.0], "battery.fr_fcr_down_held_mw": [1.0, 0.0]}
    held |= {"chp.fr_fcr_up_held_mw": 0.0, "pump.fr_fcr_down_held_mw": 0.0}
    if volume_mw:
        assert optimum(instance, {"da": 50}, fixed=held).profit == pytest.approx(2 * (-50 + 50.0))
    else:
        with pytest.raises(RuntimeError):
            optimum(instance, {"da": 50}, fixed=held)


def test_reserve_of_a_store_and_what_others_ask_of_it_come_together() -> None:
    """A heat store sells 1 MW of heat upward to a heat network for an hour, and a CHP called down takes 3 MW a MW.

    3 MWh in store are 3 x 50 / 3 from the CHP or 3 x 50 sold by the store, at 3 MW: 150 less nothing; without the
    store's energy both.
    """
    products = {
        "fr_afrr_up": reserve("up", volume_max_mw=3.0, connection="network"),
        "fr_afrr_down": reserve("down"),
    }
    instance = heated_site("fr_afrr_up", "fr_afrr_down", products)
    fields = instance.model_dump()
    fields["components"]["pump"]["provides"] = []
    fields["components"]["tank"]["provides"] = ["fr_afrr_up"]
    fields["components"]["network"] = {
        "type": "grid_connection",
        "node": "warmth",
        "import_max_mw": 0.0,
        "export_max_mw": 9.0,
    }
    instance = Instance.model_validate(fields)
    assert optimum(instance, {"da": 50}).profit == pytest.approx(-50 + 150.0)
    assert optimum(instance, {"da": 50}, drop=["tank.energy_taken"]).profit == pytest.approx(-50 + 150.0 + 50.0)


# -- groups that hold one MW ------------------------------------------------------------------------------------------


def two_groups(direction: str, energy_price: float, gas_max_mw: float | None, *, with_tank: bool) -> Instance:
    """A generator of 1 MW that sells it to two groups for two hours, of which one calls it all the time."""
    free = {"call_maximum_h": None, "call_hours_max_per_day": None, "calls_max_per_day": None}
    called = {f"activation_{direction}_per_unit": 1.0, f"energy_price_{direction}_eur_per_mwh": energy_price}
    first, other = f"fr_afrr_{direction}", f"fr_mfrr_{direction}"
    components: dict[str, Any] = {
        "grid": grid(),
        "mains": {**mains(20.0), "import_max_mw": gas_max_mw},
        "generator": {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1.0,
            "inputs": [{"node": "fuel", "ratio_per_unit": 2.0}],
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
            "provides": [first, other],
        },
    }
    if with_tank:
        components["tank"] = {
            "type": "storage",
            "node": "fuel",
            "energy_max_mwh": 0.001,
            "charge_max_mw": 0.001,
            "discharge_max_mw": 0.001,
            "initial_mwh": 0.0,
        }
    products = {
        first: reserve(direction),
        other: reserve(direction, exclusivity_group="other", call="discrete", **called, **free),
    }
    return make_instance(components, {**ENERGY, **products}, periods=2)


@pytest.mark.parametrize("with_tank", [False, True])
def test_an_optional_store_does_not_ask_for_gas_twice(with_tank: bool) -> None:
    """Sold at 50 and called down at 40: 2 x (50 + 50 of readiness + 50 - 40), and no gas is burnt.

    A call of the other group finds the generator at rest, and saves no gas that a store would have to take.
    """
    instance = two_groups("down", 40.0, None, with_tank=with_tank)
    assert optimum(instance, {"da": 50}).profit == pytest.approx(220.0)


@pytest.mark.parametrize("with_tank", [False, True])
@pytest.mark.parametrize(("gas_max_mw", "profit"), [(None, 280.0), (4.0, 280.0), (2.0, 280.0), (1.0, 140.0)])
def test_a_main_of_the_size_of_the_generator_is_enough(
    gas_max_mw: float | None, profit: float, with_tank: bool
) -> None:
    """Called up at 80, gas for 40: 2 x (50 + 50 + 80 - 40), with all the gas that 1 MW can burn; half of it: half.

    A store of a kWh is worth a few cents at most.
    """
    instance = two_groups("up", 80.0, gas_max_mw, with_tank=with_tank)
    assert optimum(instance, {"da": 10}).profit == pytest.approx(profit, abs=0.05 if with_tank else 1e-6)


def test_what_is_called_of_one_group_counts_for_the_other() -> None:
    """Half of the MW is called of one group: a full call of the other adds the other half, and 2 MW of gas are enough.

    2 x (50 + 50 + 0.5 x (80 - 40)). Asked for anew, the other would find 1 MW of gas and hold half a MW: 25 for 50.
    With the whole MW called nothing would be left for it: 2 x (50 + 80 - 40) in place of 280.
    """
    anew = {"mains.generator_fr_afrr_up_taken_flexibility_moved_mw": 0.0}
    instance = two_groups("up", 80.0, 2.0, with_tank=False)
    assert optimum(instance, {"da": 10}, fixed=anew).profit == pytest.approx(180.0)
    fields = instance.model_dump()
    fields["products"]["fr_mfrr_up"]["activation_up_per_unit"] = 0.5
    instance = Instance.model_validate(fields)
    assert optimum(instance, {"da": 10}).profit == pytest.approx(2 * (100 + 20))
    assert optimum(instance, {"da": 10}, fixed=anew).profit == pytest.approx(2 * (75 + 20))
