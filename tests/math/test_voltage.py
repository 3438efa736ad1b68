"""The voltage service by hand: reactive power beside active power, with and without the capability.

Four corners make the capability of a converter of 2 MVA the diamond ``|P| + |Q| <= 2``, so that a Mvar takes a MW.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from helpers.site_builder import grid, mains, make_instance, make_tree, optimum

from mes_stoch.model.site_program import build_program
from mes_stoch.products.voltage.format import VoltageService
from mes_stoch.products.voltage.format_capability import circle_corners, polygon_edges
from mes_stoch.schema.instance import Instance

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}
IMBALANCE = {"imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0}}
DIAMOND = {"apparent_power_mva": 2.0, "sides": 4}


def battery(**fields: Any) -> dict[str, Any]:
    """2 MW either way; full of 10 MWh that may be sold."""
    return {
        "type": "storage",
        "node": "power",
        "energy_max_mwh": 20.0,
        "initial_mwh": 10.0,
        "terminal_mwh": 0.0,
        "charge_max_mw": 2.0,
        "discharge_max_mw": 2.0,
        "provides": ["fr_voltage"],
        **fields,
    }


def service(**fields: Any) -> dict[str, Any]:
    """At most 3 Mvar at 30 an hour; what is short loses that and costs 5."""
    return {
        "volume_max_mvar": 3.0,
        "price_eur_per_mvar_h": 30.0,
        "shortfall_penalty_eur_per_mvar_h": 5.0,
        "units": {"battery": DIAMOND},
        **fields,
    }


def site(
    product: dict[str, Any] | None = None,
    devices: dict[str, Any] | None = None,
    others: dict[str, Any] | None = None,
    periods: int = 1,
) -> Instance:
    return make_instance(
        {"grid": grid(), **(devices or {"battery": battery()})},
        {**DA, "fr_voltage": service(**(product or {})), **(others or {})},
        periods=periods,
    )


def edges(instance: Instance) -> list[str]:
    """Rows of the capability."""
    program = build_program(instance, make_tree(instance, {"da_price_eur_per_mwh": 0.0}))
    return [family.name for family in program.row_groups if "_edge" in family.name]


# -- reactive against active power ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("price", "profit", "volume"), [(50.0, 100.0, 0.0), (10.0, 60.0, 2.0)])
def test_reactive_power_is_kept_where_energy_is_cheap(price: float, profit: float, volume: float) -> None:
    """2 MW at 50 are worth more than 2 Mvar at 30, at 10 less. Without the capability both: 2 MW and 3 Mvar."""
    instance, data = site(), {"da_price_eur_per_mwh": [price]}
    result = optimum(instance, data)
    assert result.profit == pytest.approx(profit)
    assert result.variable("fr_voltage.volume_mvar") == pytest.approx([volume])
    free = optimum(instance, data, drop=edges(instance))
    assert free.profit == pytest.approx(2 * price + 3 * 30.0)


@pytest.mark.parametrize(("block_h", "profit", "volumes"), [(1.0, 160.0, [0.0, 2.0]), (None, 150.0, [2.0])])
def test_a_contract_is_short_where_blocks_stay_away(block_h: float | None, profit: float, volumes: list[float]) -> None:
    """Energy at 50, then at 10. By the hour: 2 MW for 100, then 2 Mvar for 60.

    A contract of 2 Mvar is short in the first hour: 100 - 2 x 5 unpaid, and 60; kept in both hours it earns 120.
    """
    data = {"da_price_eur_per_mwh": [50.0, 10.0]}
    result = optimum(site({"block_h": block_h}, periods=2), data)
    assert result.profit == pytest.approx(profit)
    assert result.variable("fr_voltage.volume_mvar") == pytest.approx(volumes)


@pytest.mark.parametrize(("penalty", "profit"), [(5.0, 150.0), (25.0, 120.0)])
def test_being_short_loses_the_payment_and_costs_a_penalty(penalty: float, profit: float) -> None:
    """Selling 2 MW at 50 instead of holding loses 30 and 5, or 30 and 25, a Mvar: worth it, or not.

    Without either (coverage left out) 2 MW are sold in both hours beside 3 Mvar: 120 + 180.
    """
    instance = site({"shortfall_penalty_eur_per_mvar_h": penalty}, periods=2)
    data = {"da_price_eur_per_mwh": [50.0, 10.0]}
    result = optimum(instance, data)
    assert result.profit == pytest.approx(profit)
    assert optimum(instance, data, drop=["fr_voltage.coverage"]).profit == pytest.approx(300.0)


def test_money_is_told_by_stream() -> None:
    """2 Mvar for two hours, short in the first: 60 paid for the second, 10 of penalty."""
    result = optimum(site(periods=2), {"da_price_eur_per_mwh": [50.0, 10.0]})
    assert result.stream("capacity.fr_voltage") == pytest.approx(60.0)
    assert result.stream("penalty.shortfall_fr_voltage") == pytest.approx(-10.0)
    assert result.variable("fr_voltage.short_mvar") == pytest.approx([2.0, 0.0])


def test_the_volume_is_decided_before_the_price_is_known() -> None:
    """50 or 10, as likely: 2 Mvar earn 100 - 10 or 60. Were the price known: 100 or 60."""
    data = {"da_price_eur_per_mwh": [[50.0], [10.0]]}
    assert optimum(site(), data, [0.5, 0.5]).profit == pytest.approx(75.0)
    known = [optimum(site(), {"da_price_eur_per_mwh": row}).profit for row in data["da_price_eur_per_mwh"]]
    assert known == pytest.approx([100.0, 60.0])


# -- the capability ---------------------------------------------------------------------------------------------------


def most(instance: Instance, power_mw: float) -> float:
    """Most reactive power at a given active power, Mvar, which 30 EUR a Mvar tell."""
    held = {"battery.discharge_mw": max(power_mw, 0.0), "battery.charge_mw": max(-power_mw, 0.0)}
    return optimum(instance, {"da_price_eur_per_mwh": 0.0}, fixed=held).profit / 30.0


@pytest.mark.parametrize("power", [0.0, math.sqrt(2.0), 2.0, -math.sqrt(2.0), -2.0])
def test_corners_of_the_polygon_lie_on_the_circle(power: float) -> None:
    """Eight corners at multiples of 45 degrees: ``Q = sqrt(4 - P^2)`` exactly."""
    instance = site({"units": {"battery": {"apparent_power_mva": 2.0, "sides": 8}}})
    assert most(instance, power) == pytest.approx(math.sqrt(max(4.0 - power**2, 0.0)), abs=1e-7)


@pytest.mark.parametrize("sides", [4, 8, 32])
def test_between_corners_the_polygon_lies_inside_by_one_less_cosine(sides: int) -> None:
    """Half-way between the first corners, at the angle pi / sides, the polygon reaches ``S cos(pi / sides)``."""
    angle = math.pi / sides
    radius = 2.0 * math.cos(angle)
    instance = site({"units": {"battery": {"apparent_power_mva": 2.0, "sides": sides}}})
    reactive = most(instance, radius * math.cos(angle))
    assert reactive == pytest.approx(radius * math.sin(angle))
    lost = 1.0 - math.hypot(radius * math.cos(angle), reactive) / 2.0
    assert lost == pytest.approx(1.0 - math.cos(math.pi / sides))


def test_the_default_polygon_loses_half_a_percent() -> None:
    """1 - cos(pi / 32) = 0.00482: told in the description of ``sides``."""
    units = {"battery": {"apparent_power_mva": 2.0}}
    service_of_default = site({"units": units}).products["fr_voltage"]
    assert isinstance(service_of_default, VoltageService)
    assert service_of_default.units["battery"].sides == 32
    assert 1.0 - math.cos(math.pi / 32) == pytest.approx(0.00482, abs=5e-6)


def test_no_point_of_the_polygon_lies_outside_the_circle() -> None:
    """Distances of the edges from the centre are all ``S cos(pi / n)``; corners are at ``S``."""
    corners = circle_corners(3.0, 12)
    assert [math.hypot(*corner) for corner in corners] == pytest.approx([3.0] * 12)
    assert [edge.limit_mva for edge in polygon_edges(corners)] == pytest.approx([3.0 * math.cos(math.pi / 12)] * 12)


def test_a_symmetric_capability_has_one_row_for_both_signs() -> None:
    """Half of the 32 edges for both directions; as many for one, which leaves the other half weaker."""
    for direction in ("both", "injection", "absorption"):
        units = {"battery": {"apparent_power_mva": 2.0}}
        assert len(edges(site({"units": units, "direction": direction}))) == 16


MACHINE = [
    {"power_mw": 0.0, "reactive_mvar": -0.4},
    {"power_mw": 2.0, "reactive_mvar": -0.4},
    {"power_mw": 2.0, "reactive_mvar": 0.6},
    {"power_mw": 0.0, "reactive_mvar": 1.0},
]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("direction", "power", "reactive"),
    [
        ("injection", 0.0, 1.0),
        ("injection", 1.0, 0.8),
        ("injection", 2.0, 0.6),
        ("absorption", 0.0, 0.4),
        ("absorption", 2.0, 0.4),
        ("both", 0.0, 0.4),
        ("both", 2.0, 0.4),
    ],
)
def test_a_capability_of_its_own(order: int, direction: str, power: float, reactive: float) -> None:
    """Injection falls from 1 to 0.6 Mvar with active power, absorption is 0.4; listed either way round."""
    units = {"battery": {"capability": MACHINE[::order]}}
    assert most(site({"units": units, "direction": direction}), power) == pytest.approx(reactive)


def test_direction_of_a_disc_is_either() -> None:
    for direction in ("both", "injection", "absorption"):
        assert most(site({"direction": direction}), 0.5) == pytest.approx(1.5)


# -- reserve, on and off, several units -------------------------------------------------------------------------------


def reserve(direction: str, price: float) -> dict[str, Any]:
    return {
        f"fr_mfrr_{direction}": {
            "volume_max_mw": 1.0,
            "capacity_price_eur_per_mw_h": price,
            f"activation_{direction}_per_unit": 0.0,
            "shortfall_penalty_eur_per_mw_h": 500.0,
        },
        **IMBALANCE,
    }


@pytest.mark.parametrize("direction", ["up", "down"])
@pytest.mark.parametrize(("price", "profit", "volume"), [(40.0, 85.0, 1.5), (10.0, 60.0, 2.0)])
def test_held_reserve_takes_from_reactive_power(direction: str, price: float, profit: float, volume: float) -> None:
    """A MW held from a schedule of half a MW the other way moves between -0.5 and 0.5 MW: 1.5 Mvar are left of 2.

    40 + 45 against 60, or 10 + 45 against 60. Without the capability price + 90.
    """
    devices = {"battery": battery(provides=["fr_voltage", f"fr_mfrr_{direction}"])}
    instance = site(devices=devices, others=reserve(direction, price))
    data = {"da_price_eur_per_mwh": 0.0}
    result = optimum(instance, data)
    assert result.profit == pytest.approx(profit)
    assert result.variable("fr_voltage.volume_mvar") == pytest.approx([volume])
    assert optimum(instance, data, drop=edges(instance)).profit == pytest.approx(price + 90.0)


def test_the_worse_end_of_the_range_of_active_power_binds() -> None:
    """1 MW held down. Sold 2, 1, 0.5 or 0 MW, active power ends between that and 1 MW less: 0, 1, 1.5 or 1 Mvar."""
    devices = {"battery": battery(provides=["fr_voltage", "fr_mfrr_down"])}
    instance = site(devices=devices, others=reserve("down", 40.0))
    for sold, reactive in ((2.0, 0.0), (1.0, 1.0), (0.5, 1.5), (0.0, 1.0)):
        fixed = {"battery.discharge_mw": sold, "battery.charge_mw": 0.0, "fr_mfrr_down.volume_mw": 1.0}
        result = optimum(instance, {"da_price_eur_per_mwh": 0.0}, fixed=fixed)
        assert result.profit == pytest.approx(40.0 + 30.0 * reactive)


@pytest.mark.parametrize(("price", "profit"), [(100.0, 10.0), (80.0, 0.0)])
def test_a_unit_that_is_off_has_no_reactive_power(price: float, profit: float) -> None:
    """On at its least of 1 MW the unit costs 70 and has 0.8 Mvar; off it has none. Without the capability 3 Mvar."""
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "provides": ["fr_voltage"],
    }
    corners = [(1.0, -0.4), (2.0, -0.4), (2.0, 0.6), (1.0, 0.8)]
    capability = [{"power_mw": p, "reactive_mvar": q} for p, q in corners]
    product = {
        "units": {"unit": {"capability": capability}},
        "direction": "injection",
        "price_eur_per_mvar_h": price,
    }
    instance = site(product, {"mains": mains(70.0), "unit": unit})
    data = {"da_price_eur_per_mwh": 0.0}
    result = optimum(instance, data)
    assert result.profit == pytest.approx(profit)
    assert result.variable("unit.on") == pytest.approx([1.0 if profit else 0.0])
    assert optimum(instance, data, drop=edges(instance)).profit == pytest.approx(3 * price)


def test_units_share_a_volume() -> None:
    """1 and 2 MVA at rest have 3 Mvar: 90. Selling 1 MW at 20 from one of them leaves 2 Mvar: 80, so none is sold.

    With one of the two, 2 Mvar.
    """
    devices = {"battery": battery(), "small": battery(discharge_max_mw=1.0, charge_max_mw=1.0)}
    units = {"battery": DIAMOND, "small": {"apparent_power_mva": 1.0, "sides": 4}}
    data = {"da_price_eur_per_mwh": 20.0}
    result = optimum(site({"units": units}, devices), data)
    assert result.profit == pytest.approx(90.0)
    assert result.variable("fr_voltage.battery_held_mvar") == pytest.approx([2.0])
    assert result.variable("fr_voltage.small_held_mvar") == pytest.approx([1.0])
    assert optimum(site(), data).profit == pytest.approx(60.0)


def test_reactive_power_is_no_commitment_without_limit() -> None:
    """A contract of at most 1 Mvar leaves 1 MW to sell: 30 + 10."""
    instance = site({"volume_max_mvar": 1.0})
    assert optimum(instance, {"da_price_eur_per_mwh": 10.0}).profit == pytest.approx(40.0)
    root = build_program(instance, make_tree(instance, {"da_price_eur_per_mwh": 10.0})).root
    assert root.nearest is not None
    assert root.nearest(np.array([1.7])) == pytest.approx([1.0])
