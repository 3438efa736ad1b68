"""Rings of converters by hand that a port off the ring would hide, and sound ones that pass."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, make_instance, make_tree, optimum

from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree

DA = {"da": {"price_eur_per_mwh": "da_eur_per_mwh", "settlement_period_h": 1}}
PRICE = {"da_eur_per_mwh": 100.0}


def converter(inputs: dict[str, float], outputs: dict[str, float], power_mw: float = 10.0) -> dict[str, Any]:
    """The first input is the reference."""
    return {
        "type": "converter",
        "reference": next(iter(inputs)),
        "power_max_mw": power_mw,
        "inputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in inputs.items()],
        "outputs": [{"node": node, "ratio_per_unit": ratio} for node, ratio in outputs.items()],
    }


def supply(node: str, price: float = 0.0, import_max_mw: float | None = None) -> dict[str, Any]:
    return {
        "type": "grid_connection",
        "node": node,
        "import_max_mw": import_max_mw,
        "import_price_eur_per_mwh": price,
    }


def issues_of(instance: Instance) -> list[Issue]:
    return check_tree(instance, make_tree(instance, PRICE))


@pytest.mark.parametrize(
    ("water", "well", "refused"),
    [
        (0.0, None, True),
        # any amount of water for nothing, in units of its own
        (0.01, supply("cold"), True),
        (0.5, supply("cold"), True),
        # a hundredth is an auxiliary, whatever it costs and whoever has how much of it; it counts as energy used
        (0.01, supply("cold", price=1.0), True),
        (0.01, supply("cold", import_max_mw=10.0), True),
        # more than the ring makes is put in: of 1.12 MW of gas 0.08 are left where power balances
        (0.1, supply("cold", price=1.0), False),
        (0.5, supply("cold", price=1.0), False),
    ],
)
def test_water_does_not_hide_a_ring(water: float, well: dict[str, Any] | None, refused: bool) -> None:
    """1 MW makes 1.2 MW of gas, of which a cell makes 1.08 MW of power: 0.08 x 10 MW at 100 EUR/MWh, less the water.

    The check looks for the most that is made: 1 / 0.9 MW of the gas keep the electrolyser running and 0.0889 are left.
    """
    inputs = {"power": 1.0} | ({"cold": water} if water else {})
    components = {
        "grid": grid(import_max_mw=1.0, export_max_mw=10.0),
        "electrolyser": converter(inputs, {"fuel": 1.2}),
        "cell": converter({"fuel": 1.0}, {"power": 0.9}, 20.0),
        **({} if well is None else {"well": well}),
    }
    instance = make_instance(components, DA)
    price = 0.0 if well is None else well["import_price_eur_per_mwh"]
    assert optimum(instance, PRICE).profit == pytest.approx(10 * (0.08 * 100.0 - water * price))
    found = issues_of(instance)
    assert bool(found) is refused
    for issue in found:
        assert "electrolyser, cell" in issue.expected


def test_a_fuel_is_no_auxiliary() -> None:
    """A gas boiler with a pump, and a turbine on its steam: 1 MW of gas and 0.01 of power make 0.95 and 0.19.

    On the ring of power and heat the turbine gives back nineteen times what the pump took: out of gas.
    """
    components = {
        "grid": grid(),
        "mains": supply("fuel", price=30.0),
        "boiler": converter({"power": 0.01, "fuel": 1.0}, {"warmth": 0.95}, 1.0),
        "turbine": converter({"warmth": 1.0}, {"power": 0.2}, 5.0),
    }
    assert issues_of(make_instance(components, DA)) == []


@pytest.mark.parametrize(("lifted", "refused"), [(1.1, False), (1.2, True)])
def test_a_pump_between_two_temperatures_makes_nothing(lifted: float, refused: bool) -> None:
    """0.1 MW of power lift 1 MW of heat to 1.1 MW, which a valve leads back: the ring gains what the power brings.

    With 1.2 MW at the top a tenth comes from nowhere.
    """
    components = {
        "grid": grid(),
        "lift": converter({"warmth": 1.0, "power": 0.1}, {"cold": lifted}),
        "valve": converter({"cold": 1.0}, {"warmth": 1.0}),
    }
    instance = make_instance(components, DA, nodes={"cold": {"carrier": "heat"}})
    found = [issue for issue in issues_of(instance) if "alone" in issue.expected]
    assert bool(found) is refused
