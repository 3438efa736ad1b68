"""What is optional never lowers an optimum: connections, stores, and offers of which nothing is committed.

There is one exception, which is written down with its price: calls the other way.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, optimum

ENERGY = {
    "da": {"price_eur_per_mwh": "da", "settlement_period_h": 1},
    "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
}


def reserve(**fields: Any) -> dict[str, Any]:
    return {
        "block_h": 3,
        "volume_max_mw": 1.0,
        "sustain_h": 1.0,
        "capacity_price_eur_per_mw_h": 10.0,
        "shortfall_penalty_eur_per_mw_h": 15.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **fields,
    }


HEAT = {
    "pump": {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
        "provides": ["fr_mfrr_up"],
    },
    "tank": {
        "type": "storage",
        "node": "warmth",
        "energy_max_mwh": 20.0,
        "charge_max_mw": 5.0,
        "discharge_max_mw": 5.0,
        "initial_mwh": 10.0,
        "terminal_mwh": 0.0,
    },
    "heating": {"type": "demand", "node": "warmth", "demand_mw": 3.0},
}
OPTIONAL = {
    "network": {"type": "grid_connection", "node": "warmth", "import_max_mw": 0.0, "export_max_mw": 0.6},
    "closed": {"type": "grid_connection", "node": "warmth", "import_max_mw": 0.0, "export_max_mw": 0.0},
    "supply": {
        "type": "grid_connection",
        "node": "warmth",
        "import_max_mw": 4.0,
        "import_price_eur_per_mwh": 70.0,
    },
    "second": {**HEAT["tank"], "initial_mwh": 0.0, "charge_max_mw": 0.5, "discharge_max_mw": 0.5},
}


@pytest.mark.parametrize("optional", [(), ("network",), ("closed",), ("supply",), ("second",), tuple(OPTIONAL)])
@pytest.mark.parametrize("offer", [None, "fr_rc_up", "fr_afrr_down"])
def test_a_heat_pump_with_a_store_sells_its_megawatt_whatever_else_there_is(
    optional: tuple[str, ...], offer: str | None
) -> None:
    """1 MW of rapid reserve for three hours at 10, called in the second at 50: 80. The store gives the 3 MWh of heat.

    What stands beside it is not needed: a heat network, a second store, a CHP with an offer at a price of 0.
    """
    components: dict[str, Any] = {"grid": grid(), **HEAT, **{name: OPTIONAL[name] for name in optional}}
    products = {**ENERGY, "fr_mfrr_up": reserve(activation_up_per_unit="call", energy_price_up_eur_per_mwh=50.0)}
    if offer is not None:
        components["mains"] = mains()
        components["chp"] = {
            "type": "converter",
            "reference": "power",
            "power_max_mw": 1.0,
            "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
            "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.0}],
            "provides": [offer],
        }
        direction = offer.rsplit("_", 1)[1]
        products[offer] = reserve(capacity_price_eur_per_mw_h=0.0, **{f"activation_{direction}_per_unit": 0.0})
    instance = make_instance(components, products, periods=3)
    assert optimum(instance, {"da": 0, "call": [0, 1, 0]}).profit == pytest.approx(80.0)


@pytest.mark.parametrize("with_supply", [False, True])
def test_a_symmetric_product_needs_no_connection_that_only_supplies(with_supply: bool) -> None:
    """1 MW of heat pump at half load holds 0.5 MW of FCR both ways at 20, called both ways for a quarter: 3 h x 10.

    The store takes and gives the heat. A supply of heat that cannot take any is left alone.
    """
    pump = {**HEAT["pump"], "provides": ["fr_fcr"]}
    components: dict[str, Any] = {"grid": grid(), **HEAT, "pump": pump}
    if with_supply:
        components["supply"] = OPTIONAL["supply"]
    fcr = reserve(
        capacity_price_eur_per_mw_h=20.0, sustain_h=0.25, activation_up_per_unit=0.25, activation_down_per_unit=0.25
    )
    instance = make_instance(components, {**ENERGY, "fr_fcr": fcr}, periods=3)
    assert optimum(instance, {"da": 0}).profit == pytest.approx(30.0)


@pytest.mark.parametrize(("group", "export_max_mw", "profit"), [("own", 1.0, 20.0), ("own", 2.0, 40.0)])
def test_groups_share_the_megawatts_of_one_device_and_not_those_of_the_connection(
    group: str, export_max_mw: float, profit: float
) -> None:
    """Two batteries of 1 MW that can only discharge, each selling at 20 to a product of another group: 1 MW of export.

    With one device a MW is sold twice: 1 MW to both products, 40 behind the same MW.
    """

    def battery(*provides: str) -> dict[str, Any]:
        return {
            "type": "storage",
            "node": "power",
            "energy_max_mwh": 4.0,
            "charge_max_mw": 0.0,
            "discharge_max_mw": 1.0,
            "initial_mwh": 4.0,
            "terminal_mwh": 0.0,
            "provides": list(provides),
        }

    product = reserve(block_h=1, capacity_price_eur_per_mw_h=20.0, activation_up_per_unit=0.0, volume_max_mw=2.0)
    products = {**ENERGY, "fr_mfrr_up": product, "fr_rc_up": {**product, "exclusivity_group": group}}
    connection = grid(export_max_mw=export_max_mw)
    apart = {"grid": connection, "one": battery("fr_mfrr_up"), "other": battery("fr_rc_up")}
    assert optimum(make_instance(apart, products), {"da": 0}).profit == pytest.approx(profit)
    together = {"grid": connection, "one": battery("fr_mfrr_up", "fr_rc_up")}
    assert optimum(make_instance(together, products), {"da": 0}).profit == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("upward", "volume_max_mw", "profit"), [(False, 0.0, 100.0), (True, 0.0, 100.0), (True, 1.0, 50.0)]
)
def test_what_a_downward_call_gave_stays_for_the_window_of_an_upward_offer(
    upward: bool, volume_max_mw: float, profit: float
) -> None:
    """An empty battery is called down in the first hour, free of charge, and sells the MWh in the second at 100.

    Beside an upward offer of two hours, of which nothing is committed, that MWh stays in the store for two hours; what
    is left is to buy a MWh at 50 instead: 50. Only "if anything is held" would let it go, a yes/no decision.
    """
    battery = {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 0.0,
        "terminal_mwh": 0.0,
        "provides": ["fr_ma_down", "fr_rc_up"] if upward else ["fr_ma_down"],
    }
    products: dict[str, Any] = {
        **ENERGY,
        "fr_ma_down": {
            "block_h": 1.0,
            "volume_max_mw": 1.0,
            "energy_price_down_eur_per_mwh": 0.0,
            "activation_down_per_unit": "call",
        },
    }
    if upward:
        products["fr_rc_up"] = reserve(
            sustain_h=2.0, capacity_price_eur_per_mw_h=0.0, activation_up_per_unit=0.0, volume_max_mw=volume_max_mw
        )
    instance = make_instance({"grid": grid(), "battery": battery}, products, periods=3)
    found = optimum(instance, {"da": [50.0, 100.0, 20.0], "call": [1.0, 0.0, 0.0]})
    assert found.profit == pytest.approx(profit)
    if upward and volume_max_mw:
        assert found.variable("fr_rc_up.volume_mw")[0] == pytest.approx(0.0)
