"""What a full call changes at other nodes must be possible there: power and energy of stores, limits of networks.

Every optimum is worked by hand, with the row that is meant and without it.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum

from mes_stoch.model.site_program import build_leaf_program

ENERGY = {
    "da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}
FREE = {"da_price_eur_per_mwh": 0}


def reserve(direction: str = "up", **fields: Any) -> dict[str, Any]:
    return {
        "block_h": 1,
        "volume_max_mw": 10.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        f"activation_{direction}_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **fields,
    }


def chp(provides: str = "fr_mfrr_up", heat_per_unit: float = 1.0) -> dict[str, Any]:
    """2 MW of power from 2.5 MWh of gas a MWh."""
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [
            {"node": "power", "ratio_per_unit": 1.0},
            {"node": "warmth", "ratio_per_unit": heat_per_unit},
        ],
        "provides": [provides],
    }


def generator(provides: str = "fr_mfrr_up") -> dict[str, Any]:
    return {**chp(provides), "outputs": [{"node": "power", "ratio_per_unit": 1.0}]}


def heat_pump(*provides: str, cop: float | str = 3.0, power_max_mw: float = 2.0) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": power_max_mw,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": cop}],
        "provides": list(provides),
    }


def tank(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "warmth",
        "energy_max_mwh": 20.0,
        "charge_max_mw": 0.0,
        "discharge_max_mw": 0.0,
        "initial_mwh": 10.0,
        **fields,
    }


def heat_network(**fields: Any) -> dict[str, Any]:
    return {"type": "grid_connection", "node": "warmth", "import_max_mw": 5.0, "export_max_mw": 0.0, **fields}


def heating(demand_mw: float) -> dict[str, Any]:
    return {"type": "demand", "node": "warmth", "demand_mw": demand_mw}


# -- networks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("export_max_mw", "demand_mw", "solar_mw", "held_mw"),
    [(0.0, 0.0, 0.0, 0.0), (0.0, 0.6, 0.0, 0.6), (0.5, 0.0, 0.0, 0.5), (0.5, 0.0, 0.2, 0.3), (0.5, 0.6, 0.2, 0.9)],
)
def test_a_heat_network_takes_no_more_than_its_limit(
    export_max_mw: float, demand_mw: float, solar_mw: float, held_mw: float
) -> None:
    """2 MW of CHP at rest, 1 MWh of heat a MWh: a call may end imports (demand less sun) and use the export limit.

    10 EUR a MW; without the row all 2 MW are sold, also where the heat has nowhere to go.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "mains": mains(),
            "chp": chp(),
            "network": heat_network(export_max_mw=export_max_mw),
            "heating": heating(demand_mw),
            "sun": {"type": "source", "node": "warmth", "available_mw": solar_mw, "curtailable": False},
        },
        {**ENERGY, "fr_mfrr_up": reserve()},
    )
    assert optimum(instance, FREE).profit == pytest.approx(10.0 * held_mw, abs=1e-9)
    assert optimum(instance, FREE, drop=["network.call_power_added"]).profit == pytest.approx(20.0)


def test_a_commitment_a_network_cannot_take_is_short_and_not_infeasible() -> None:
    """1 MW committed and called, nothing held: payment lost, 15 for shortfall, 100 for the miss, 300 of imbalance."""
    instance = make_instance(
        {"grid": grid(), "mains": mains(), "chp": chp(), "network": heat_network(), "heating": heating(0.0)},
        {**ENERGY, "fr_mfrr_up": reserve(activation_up_per_unit=1.0)},
    )
    assert optimum(instance, FREE, fixed={"fr_mfrr_up.volume_mw": 1.0}).profit == pytest.approx(-415.0)


def test_a_heat_network_gives_no_more_than_its_limit() -> None:
    """1 MW of heat pump covers 3 MW for 10; the network could give 1.5 MW instead: half a MW at 7. Without: a whole."""
    instance = make_instance(
        {
            "grid": grid(),
            "pump": heat_pump("fr_mfrr_up"),
            "network": heat_network(import_max_mw=1.5, import_price_eur_per_mwh=100.0),
            "heating": heating(3.0),
        },
        {**ENERGY, "fr_mfrr_up": reserve(capacity_price_eur_per_mw_h=7.0)},
    )
    data = {"da_price_eur_per_mwh": 10}
    assert optimum(instance, data).profit == pytest.approx(-10 + 3.5)
    assert optimum(instance, data, drop=["network.call_power_taken"]).profit == pytest.approx(-10 + 7.0)


@pytest.mark.parametrize(("price", "profit", "without"), [(10.0, 25.0, 35.0), (30.0, 30.0, 60.0)])
def test_a_gas_main_carries_schedule_and_call(price: float, profit: float, without: float) -> None:
    """2.5 MW of gas are 1 MW of power: at 100 it earns 25 as energy or its price as reserve, and not both.

    Without the row 1 MW runs on all the gas and a second is sold at 10, or both rest and are sold at 30.
    """
    instance = make_instance(
        {"grid": grid(), "mains": {**mains(), "import_max_mw": 2.5}, "generator": generator()},
        {**ENERGY, "fr_mfrr_up": reserve(capacity_price_eur_per_mw_h=price)},
    )
    data = {"da_price_eur_per_mwh": 100}
    assert optimum(instance, data).profit == pytest.approx(profit)
    assert optimum(instance, data, drop=["mains.call_power_taken"]).profit == pytest.approx(without)


@pytest.mark.parametrize("call", ["discrete", "continuous"])
def test_a_running_call_uses_its_own_gas(call: str) -> None:
    """1 MW held at rest and called: 10 for capacity, 200 for energy less 75 of gas. The main is full then, rightly.

    Counted from the operation instead of the schedule, the call would need the 2.5 MW of gas a second time.
    """
    instance = make_instance(
        {"grid": grid(), "mains": {**mains(), "import_max_mw": 2.5}, "generator": generator()},
        {
            **ENERGY,
            "fr_mfrr_up": reserve(call=call, activation_up_per_unit="call_per_unit", energy_price_up_eur_per_mwh=200.0),
        },
    )
    result = optimum(instance, {**FREE, "call_per_unit": 1})
    assert result.profit == pytest.approx(10 + 200 - 75)
    assert result.variable("fr_mfrr_up.volume_mw")[0] == pytest.approx(1.0)


def test_gas_of_the_own_digester_has_nowhere_to_go() -> None:
    """2.5 MW of biogas run 1 MW at 70. A MW less adds 2.5 MW of gas, which an import must be there to make room for.

    A second MW on imported gas costs 5 and lets 1 MW be held at 8: 70 - 5 + 8; without the row the import is saved.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "mains": {**mains(), "import_max_mw": 5.0},
            "digester": {"type": "source", "node": "fuel", "available_mw": 2.5, "curtailable": False},
            "generator": generator("fr_afrr_down"),
        },
        {**ENERGY, "fr_afrr_down": reserve("down", volume_max_mw=1.0, capacity_price_eur_per_mw_h=8.0)},
    )
    data = {"da_price_eur_per_mwh": 70}
    assert optimum(instance, data).profit == pytest.approx(73.0)
    assert optimum(instance, data, drop=["mains.call_power_added"]).profit == pytest.approx(78.0)


def test_a_connection_with_reserve_of_its_own_keeps_that_first() -> None:
    """A demand of 0.6 MW and an export limit of 0.5 MW leave 1.1 MW at a heat network where reserve is sold as well.

    0.4 MW of store sold there at 12, and 0.7 MW of CHP at 10, since both may be called: 11.8. Were they not to share
    the limit, 4.8 + 11; without the row 4.8 + 20. The 0.6 MW are bought at 20.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "mains": mains(),
            "chp": chp(),
            "network": heat_network(export_max_mw=0.5, import_price_eur_per_mwh=20.0),
            "tank": tank(discharge_max_mw=0.4, provides=["fr_afrr_up"]),
            "heating": heating(0.6),
        },
        {
            **ENERGY,
            "fr_mfrr_up": reserve(),
            "fr_afrr_up": reserve(capacity_price_eur_per_mw_h=12.0, connection="network"),
        },
    )
    assert optimum(instance, FREE).profit == pytest.approx(-12 + 11.8)
    assert optimum(instance, FREE, drop=["network.call_power_added"]).profit == pytest.approx(-12 + 24.8)


def test_no_rows_where_a_network_always_takes_a_call() -> None:
    """Gas without limit that is burnt more, and gas that is burnt less where nothing else supplies it."""
    products = {
        **ENERGY,
        "fr_mfrr_up": reserve(),
        "fr_afrr_down": reserve("down"),
    }
    unit = {**generator(), "provides": ["fr_mfrr_up", "fr_afrr_down"]}

    def call_rows(import_max_mw: float | None) -> set[str]:
        main = {**mains(), "import_max_mw": import_max_mw}
        instance = make_instance({"grid": grid(), "mains": main, "generator": unit}, products)
        program = build_leaf_program(instance, make_tree(instance, FREE))
        return {family.name for family in program.row_groups if ".call_" in family.name}

    assert call_rows(None) == set()
    assert call_rows(2.5) == {"mains.call_power_taken"}


# -- power of stores --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("demand_mw", "held_mw"), [(0.0, 0.1 / 1.5), (0.05, 0.1)])
def test_a_slow_store_takes_little_heat(demand_mw: float, held_mw: float) -> None:
    """A CHP of 1.5 MWh of heat a MWh, a store of 0.1 MW: room for the heat of 0.067 MW, not of the 1 MW that is sold.

    A store that feeds a demand of 0.05 MW can stop doing so as well: 0.15 / 1.5.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "mains": mains(),
            "chp": chp(heat_per_unit=1.5),
            "tank": tank(charge_max_mw=0.1, discharge_max_mw=0.1, terminal_mwh=0.0),
            "heating": heating(demand_mw),
        },
        {**ENERGY, "fr_mfrr_up": reserve(volume_max_mw=1.0)},
    )
    assert optimum(instance, FREE).profit == pytest.approx(10.0 * held_mw)
    assert optimum(instance, FREE, drop=["tank.call_power_added"]).profit == pytest.approx(10.0)


def test_a_slow_store_gives_little_heat() -> None:
    """1 MW of heat pump covers 3 MW for 10; 1.5 MW of store carry half a MW of reserve at 7, whatever it holds."""
    instance = make_instance(
        {
            "grid": grid(),
            "pump": heat_pump("fr_mfrr_up", cop="cop_per_unit"),
            "tank": tank(discharge_max_mw=1.5),
            "heating": heating(3.0),
        },
        {**ENERGY, "fr_mfrr_up": reserve(capacity_price_eur_per_mw_h=7.0)},
    )
    data = {"da_price_eur_per_mwh": 10, "cop_per_unit": 3}
    assert optimum(instance, data).profit == pytest.approx(-10 + 3.5)
    assert optimum(instance, data, drop=["tank.call_power_taken"]).profit == pytest.approx(-10 + 7.0)


@pytest.mark.parametrize(
    ("unit", "store", "effect"),
    [
        # 2 MW of CHP make 3 MW of heat for 2 (50 - 75); a MW less takes 1.5 MW of heat, of which 0.75 are there
        (chp("fr_afrr_down", 1.5), {"discharge_max_mw": 0.75}, "taken"),
        # 1 MW of heat pump at 50; a MW more adds 3 MW of heat, of which the store takes 1.5
        (heat_pump("fr_afrr_down"), {"charge_max_mw": 1.5}, "added"),
    ],
)
def test_downward_calls_need_the_power_of_the_store(unit: Any, store: dict[str, Any], effect: str) -> None:
    """3 MW of heat cost 50, half a MW is held at 10; without the row a whole one."""
    fuel = {"mains": mains()} if any(port["node"] == "fuel" for port in unit["inputs"]) else {}
    instance = make_instance(
        {"grid": grid(), **fuel, "unit": unit, "tank": tank(**store), "heating": heating(3.0)},
        {**ENERGY, "fr_afrr_down": reserve("down", volume_max_mw=1.0)},
    )
    data = {"da_price_eur_per_mwh": 50}
    assert optimum(instance, data).profit == pytest.approx(-50 + 5)
    without = optimum(instance, data, drop=[f"tank.call_power_{effect}"])
    assert without.profit == pytest.approx(-50 + 10)


def test_products_of_one_direction_add_up() -> None:
    """7 for one product and 6 for the other, 1.5 MW of store: half a MW in all, 3.5; one by one it would be 6.5."""
    instance = make_instance(
        {
            "grid": grid(),
            "pump": heat_pump("fr_mfrr_up", "fr_rc_up"),
            "tank": tank(discharge_max_mw=1.5),
            "heating": heating(3.0),
        },
        {
            **ENERGY,
            "fr_mfrr_up": reserve(capacity_price_eur_per_mw_h=7.0),
            "fr_rc_up": reserve(capacity_price_eur_per_mw_h=6.0),
        },
    )
    data = {"da_price_eur_per_mwh": 10}
    assert optimum(instance, data).profit == pytest.approx(-10 + 3.5)
    assert optimum(instance, data, drop=["tank.call_power_taken"]).profit == pytest.approx(-10 + 7.0)


def test_heat_of_one_device_does_not_stand_in_for_that_of_another() -> None:
    """A heat pump that owes 3 MWh a MW beside a CHP that adds 1: half a MW of the one, nothing of the other.

    Netted, 1 MW of heat pump and 1.5 MW of CHP would be sold. Without the row of what is added the CHP sells 2 MW.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "mains": mains(),
            "pump": heat_pump("fr_mfrr_up"),
            "chp": chp(),
            "tank": tank(discharge_max_mw=1.5),
            "heating": heating(3.0),
        },
        {**ENERGY, "fr_mfrr_up": reserve(capacity_price_eur_per_mw_h=7.0)},
    )
    data = {"da_price_eur_per_mwh": 10}
    assert optimum(instance, data).profit == pytest.approx(-10 + 3.5)
    assert optimum(instance, data, drop=["tank.call_power_added"]).profit == pytest.approx(-10 + 3.5 + 14)


@pytest.mark.parametrize("call", ["discrete", "continuous"])
def test_a_running_call_uses_the_store_once(call: str) -> None:
    """1 MW of heat pump is called off for the hour, and 3 MW of store give its heat: 7 for it, all held and delivered.

    The power is bought at 10 and sold as the call. Counted from the operation the store would have no power left.
    """
    instance = make_instance(
        {
            "grid": grid(),
            "pump": heat_pump("fr_mfrr_up", cop="cop_per_unit"),
            "tank": tank(discharge_max_mw=3.0, terminal_mwh=0.0),
            "heating": heating(3.0),
        },
        {
            **ENERGY,
            "fr_mfrr_up": reserve(
                call=call,
                capacity_price_eur_per_mw_h=7.0,
                activation_up_per_unit="call_per_unit",
                energy_price_up_eur_per_mwh=0.0,
            ),
        },
    )
    data = {"da_price_eur_per_mwh": 10, "cop_per_unit": 3, "call_per_unit": 1}
    result = optimum(instance, data, fixed={"fr_mfrr_up.volume_mw": 1.0})
    assert result.profit == pytest.approx(-10 + 7)
    assert result.variable("tank.discharge_mw")[0] == pytest.approx(3.0)


# -- stores and networks together -------------------------------------------------------------------------------------


def heated_site(import_max_mw: float, **products: Any) -> Any:
    """3 MW of direct heating for two hours, a store of 1.5 MWh and a heat network that is dearer."""
    return make_instance(
        {
            "grid": grid(),
            "heater": heat_pump(*products, cop="cop_per_unit", power_max_mw=3.0),
            "tank": tank(discharge_max_mw=10.0, initial_mwh=1.5, terminal_mwh=1.5),
            "network": heat_network(import_max_mw=import_max_mw, import_price_eur_per_mwh=100.0),
            "heating": heating(3.0),
        },
        {**ENERGY, **products},
        periods=2,
    )


@pytest.mark.parametrize("share", [0.0, "call_per_unit"])
def test_a_network_gives_power_and_a_store_energy(share: float | str) -> None:
    """a MW for one hour at 7 and b MW for two at 8, of 1.5 MWh and 1 MW: a + b <= 2.5, a + 2 b <= 3.5.

    So a = 1.5, b = 1: 18.5 an hour. In the first hour the network carries b and the store a; in the second the network
    may carry 1 MW of a again. Without the rows of the store's energy b = 3 (all that heats): 24; without those of the
    network's power the same, since it would carry everything.
    """
    instance = heated_site(
        1.0,
        fr_mfrr_up=reserve(block_h=2, capacity_price_eur_per_mw_h=7.0, activation_up_per_unit=share),
        fr_rc_up=reserve(block_h=2, capacity_price_eur_per_mw_h=8.0, sustain_h=2.0, activation_up_per_unit=share),
    )
    data = {"da_price_eur_per_mwh": 10, "cop_per_unit": 1, "call_per_unit": 0}
    result = optimum(instance, data)
    assert result.profit == pytest.approx(2 * (-30 + 18.5))
    assert result.variable("fr_rc_up.volume_mw")[0] == pytest.approx(1.0)
    for row in ("tank.energy_taken", "network.call_power_taken"):
        assert optimum(instance, data, drop=[row]).profit == pytest.approx(2 * (-30 + 24.0))


def test_a_network_has_room_beside_what_it_carries() -> None:
    """1 MW of network (1.5, less half a MW it buys anyway) and 1.5 MWh for two hours: 1.75 MW at 8; all 3 without."""
    instance = make_instance(
        {
            "grid": grid(),
            "heater": heat_pump("fr_rc_up", cop=1.0, power_max_mw=3.0),
            "tank": tank(discharge_max_mw=10.0, initial_mwh=1.5, terminal_mwh=1.5),
            "network": heat_network(import_max_mw=1.5, export_max_mw=1.5, import_price_eur_per_mwh=100.0),
            "heating": heating(3.5),
        },
        {**ENERGY, "fr_rc_up": reserve(block_h=2, capacity_price_eur_per_mw_h=8.0, sustain_h=2.0)},
        periods=2,
    )
    data = {"da_price_eur_per_mwh": 10}
    assert optimum(instance, data).profit == pytest.approx(2 * (-30 - 50 + 14))
    free = optimum(instance, data, drop=["network.call_power_taken"])
    assert free.profit == pytest.approx(2 * (-30 - 50 + 24))


def test_a_network_without_capacity_counts_as_none() -> None:
    """1.5 MWh carry 1.5 MW, half of it called in both hours, whose heat the store gives while it lasts.

    In two hours a call of all that is held for an hour needs r MWh in the first, and in the second as much beside the
    half a MWh a MW that was called: r (0.5 + 0.5 + 0.5) <= 1.5. So r = 1, for 7 an hour: 14; energy is free.
    """
    product = reserve(
        block_h=2, capacity_price_eur_per_mw_h=7.0, call="continuous", activation_up_per_unit="call_per_unit"
    )
    data = {"da_price_eur_per_mwh": 0, "cop_per_unit": 1, "call_per_unit": 0.5}
    instance = heated_site(0.0, fr_mfrr_up=product)
    store = instance.components["tank"].model_copy(update={"terminal_mwh": 0.0})
    instance = instance.model_copy(update={"components": {**instance.components, "tank": store}})
    bare = instance.model_copy(update={"components": {k: c for k, c in instance.components.items() if k != "network"}})
    for site in (instance, bare):
        assert optimum(site, data).stream("capacity.fr_mfrr_up") == pytest.approx(14.0)


def test_any_commitment_is_feasible_where_rooms_are_narrow() -> None:
    """10 MW of each product from 3 MW of heating, called in full: what is not held is short, at least 17 MW in all."""
    instance = heated_site(
        1.0,
        fr_mfrr_up=reserve(activation_up_per_unit="call_per_unit"),
        fr_rc_up=reserve(sustain_h=2.0, activation_up_per_unit="call_per_unit"),
    )
    volumes = {"fr_mfrr_up.volume_mw": 10.0, "fr_rc_up.volume_mw": 10.0}
    data = {"da_price_eur_per_mwh": 10, "cop_per_unit": 1, "call_per_unit": [[1.0], [0.3], [0.0]]}
    result = optimum(instance, data, [0.5, 0.25, 0.25], fixed=volumes)
    for scenario in range(3):
        short = [result.variable(f"{product}.short_up_mw", scenario)[0] for product in ("fr_mfrr_up", "fr_rc_up")]
        assert 17.0 - 1e-6 <= sum(short) < 20.0
