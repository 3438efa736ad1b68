"""Combined heat and power by hand: regions of operation, what can be held at the heat it makes, published optima."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.agreed_profit import assert_stands, profit_of
from helpers.site_builder import grid, mains, make_instance, optimum

from mes_stoch.components.chp.format_region import Region
from mes_stoch.schema.instance import Instance

Points = Sequence[tuple[float, float, float]]

#: Condensing, extraction, extraction at half load, condensing at half load: fuel = 2 power + 0.8 heat everywhere.
EXTRACTION: Points = [(5.0, 0.0, 10.0), (3.0, 5.0, 10.0), (1.5, 2.5, 5.0), (2.5, 0.0, 5.0)]

#: The two of them with all the heat: 5/3 of heat and 10/3 of fuel a MW of power.
BACK_PRESSURE: Points = [(3.0, 5.0, 10.0), (1.5, 2.5, 5.0)]


def chp(points: Points, **fields: Any) -> dict[str, Any]:
    keys = ("power_mw", "heat_mw", "fuel_mw")
    return {
        "type": "chp",
        "fuel_node": "fuel",
        "power_node": "power",
        "heat_node": "warmth",
        "points": [dict(zip(keys, point, strict=True)) for point in points],
        **fields,
    }


def heating(demand: float | str = 2.5) -> dict[str, Any]:
    return {"type": "demand", "node": "warmth", "demand_mw": demand}


def site(points: Points, price: float, *, fuel: float = 10.0, demand: float = 2.5, **fields: Any) -> Instance:
    """Power is sold at a price, heat must be made."""
    return make_instance(
        {
            "grid": grid(import_max_mw=0.0, export_price_eur_per_mwh=price),
            "mains": mains(fuel),
            "chp": chp(points, **fields),
            "heating": heating(demand),
        }
    )


# -- operation --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "profit"),
    [
        # 20 of fuel for a MWh: as much as there is at a heat of 2.5, half way from condensing to extraction
        (30.0, 4 * 30 - 10 * 10.0),
        # as little as there is
        (15.0, 1.5 * 15 - 5 * 10.0),
    ],
)
def test_power_at_a_heat(price: float, profit: float) -> None:
    assert profit_of(site(EXTRACTION, price)) == pytest.approx(profit)


@pytest.mark.parametrize(
    ("row", "profit"),
    [
        # heat of nothing: all condensing
        ("chp.weighted_heat", 5 * 30 - 100.0),
        # power of nothing: half load with all the heat
        ("chp.weighted_power", 5 * 30 - 50.0),
        # 0.5 of extraction and 0.7 of condensing: 5 MW of 12 of fuel
        ("chp.weights", 5 * 30 - 120.0),
    ],
)
def test_every_row_of_the_region_binds(row: str, profit: float) -> None:
    assert profit_of(site(EXTRACTION, 30.0), drop=[row]) == pytest.approx(profit)


def test_back_pressure_has_one_power_for_a_heat() -> None:
    assert profit_of(site(BACK_PRESSURE, 30.0)) == pytest.approx(1.5 * 30 - 50.0)


def test_standstill_as_a_point_needs_no_state() -> None:
    """Heat of 1 MW from nothing to 3 MW and 5: 0.6 of power, 2 of fuel; no state."""
    instance = site([*BACK_PRESSURE, (0.0, 0.0, 0.0)], 30.0, demand=1.0)
    assert profit_of(instance) == pytest.approx(0.6 * 30 - 20.0)
    assert "chp.on" not in {columns.name for columns in optimum(instance).program.column_groups}


def test_off_is_nothing_at_all() -> None:
    """Power at 10 for 20 of fuel, and no heat wanted."""
    assert profit_of(site(EXTRACTION, 10.0, demand=0.0)) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(("fuel", "profit"), [(10.0, -50.0), (-10.0, 55.0)])
def test_fuel_between_points_that_are_not_in_line(fuel: float, profit: float) -> None:
    """5 MW at the middle point, 5.5 half way between the outer ones, which pays where fuel is paid for."""
    points = [(1.0, 1.0, 3.0), (2.0, 2.0, 5.0), (3.0, 3.0, 8.0)]
    assert profit_of(site(points, 0.0, fuel=fuel, demand=2.0)) == pytest.approx(profit)


def test_operation_starts_and_outages() -> None:
    """Three hours at 30, the second one out, each start 4, 1 a MWh of power; heat that is missing costs 50."""
    instance = make_instance(
        {
            "grid": grid(import_max_mw=0.0, export_price_eur_per_mwh=30.0),
            "mains": mains(10.0),
            "chp": chp(
                EXTRACTION,
                cost_eur_per_mwh=1.0,
                start_cost_eur=4.0,
                initial_on=False,
                available_per_unit="share_per_unit",
            ),
            "heating": heating(),
        },
        periods=3,
        nodes={"warmth": {"unserved_penalty_eur_per_mwh": 50.0}},
    )
    out = profit_of(instance, {"share_per_unit": [1.0, 0.0, 1.0]})
    assert out == pytest.approx(2 * (4 * 30 - 100 - 4 - 4) - 2.5 * 50)
    # 3 of 5 MW: 3 x 30 for 8 of fuel
    part = profit_of(instance, {"share_per_unit": [1.0, 0.6, 1.0]})
    assert part == pytest.approx(2 * (4 * 30 - 100 - 4) + 3 * 30 - 80 - 3 - 4)


def test_a_ramp_of_power() -> None:
    """From 1.5 MW, which the heat of the first hour demands, no more than 1 MW up."""
    fields = {"energy_ramp_mw_per_min": 1 / 60}
    instance = make_instance(
        {
            "grid": grid(import_max_mw=0.0, export_price_eur_per_mwh="price_eur_per_mwh"),
            "mains": mains(10.0),
            "chp": chp(EXTRACTION, **fields),
            "heating": heating(),
        },
        periods=2,
    )
    series = {"price_eur_per_mwh": [19.0, 30.0]}
    # a MW more in the first hour loses 1 and lets the second earn 10: 3 MW before 4
    assert profit_of(instance, series) == pytest.approx((3 * 19 - 80) + (4 * 30 - 100))
    assert profit_of(instance, series, drop=["chp.energy_ramp_up"]) == pytest.approx((1.5 * 19 - 50) + (4 * 30 - 100))


# -- reserve ----------------------------------------------------------------------------------------------------------


def selling(points: Points, components: dict[str, Any] | None = None, **product: Any) -> Instance:
    """Power at 30 on the day-ahead market, a MW of reserve at 15."""
    reserve = {
        "block_h": 1,
        "sustain_h": 1.0,
        "volume_max_mw": 5.0,
        "capacity_price_eur_per_mw_h": 15.0,
        "activation_up_per_unit": 0.0,
        "shortfall_penalty_eur_per_mw_h": 20.0,
        "missed_penalty_eur_per_mwh": 100.0,
        **product,
    }
    name = "fr_afrr_down" if "activation_down_per_unit" in product else "fr_afrr_up"
    if name == "fr_afrr_down":
        del reserve["activation_up_per_unit"]
    return make_instance(
        {
            "grid": grid(schedule_penalty_eur_per_mwh=9000.0),
            "mains": mains(10.0),
            "chp": chp(points, provides=[name]),
            "heating": heating(),
            **(components or {}),
        },
        {
            "da": {"price_eur_per_mwh": 30.0, "settlement_period_h": 1},
            "imbalance": {"price_long_eur_per_mwh": 0.0, "price_short_eur_per_mwh": 300.0},
            name: reserve,
        },
    )


def test_a_call_moves_power_at_constant_heat() -> None:
    """Between 1.5 and 4 MW at a heat of 2.5: 2.5 MW held at 15 earn more than 10 of a MWh; 5 MW exist without heat."""
    instance = selling(EXTRACTION)
    assert profit_of(instance) == pytest.approx(1.5 * 30 - 50 + 2.5 * 15)
    assert profit_of(instance, drop=["chp.edge_*"]) == pytest.approx(1.5 * 30 - 50 + 3.5 * 15)
    assert_stands(instance)


def test_what_is_called_takes_fuel_and_no_heat() -> None:
    """All of it called at 40: 2.5 x 40 less 2 of fuel a MWh."""
    instance = selling(EXTRACTION, activation_up_per_unit=1.0, energy_price_up_eur_per_mwh=40.0)
    assert profit_of(instance) == pytest.approx(1.5 * 30 - 50 + 2.5 * 15 + 2.5 * (40 - 20))
    assert_stands(instance)


def test_calls_down_at_constant_heat() -> None:
    """4 MW sold, of which 2.5 can be left off: 2.5 x 15 on top; without the sides of the region 4 - 1.5 as well."""
    instance = selling(EXTRACTION, activation_down_per_unit=0.0, energy_price_down_eur_per_mwh=0.0)
    assert profit_of(instance) == pytest.approx(4 * 30 - 100 + 2.5 * 15)
    assert_stands(instance)


def test_the_least_power_rises_with_the_heat() -> None:
    """4 MW of heat: power from 2.4 to 3.4. One MW at 15; without the sides of the region 1.5 MW is the least."""
    instance = selling(
        EXTRACTION,
        {"heating": heating(4.0)},
        activation_down_per_unit=0.0,
        energy_price_down_eur_per_mwh=0.0,
    )
    assert profit_of(instance) == pytest.approx(3.4 * 30 - 100 + 1.0 * 15)
    assert profit_of(instance, drop=["chp.edge_*"]) == pytest.approx(3.4 * 30 - 100 + 1.9 * 15)
    assert_stands(instance)


def cooler(largest: float) -> dict[str, Any]:
    return {"type": "grid_connection", "node": "warmth", "import_max_mw": 0.0, "export_max_mw": largest}


def test_heat_of_back_pressure_follows_a_call() -> None:
    """A MW called up brings 5/3 of heat: nothing is held without room for it, 0.6 MW where 1 MW can be thrown away."""
    assert profit_of(selling(BACK_PRESSURE)) == pytest.approx(1.5 * 30 - 50)
    instance = selling(BACK_PRESSURE, {"cooler": cooler(1.0)})
    assert profit_of(instance) == pytest.approx(1.5 * 30 - 50 + 0.6 * 15)
    assert profit_of(instance, drop=["cooler.call_power_added"]) == pytest.approx(1.5 * 30 - 50 + 1.5 * 15)
    assert_stands(instance)


def test_half_a_call_of_back_pressure() -> None:
    """0.3 MW called at 50 take 1 MWh of fuel; half a MW of heat goes to the cooler."""
    called = {"activation_up_per_unit": 0.5, "energy_price_up_eur_per_mwh": 50.0}
    instance = selling(BACK_PRESSURE, {"cooler": cooler(1.0)}, **called)
    assert profit_of(instance) == pytest.approx(-5 + 9 + 0.3 * 50 - 10)
    assert_stands(instance)


# -- geometry ---------------------------------------------------------------------------------------------------------


def test_the_sides_of_a_region() -> None:
    """(1.5, 2.5), (2.5, 0), (5, 0), (3, 5): power from 2.5 - 0.4 heat and 0.6 heat to 5 - 0.4 heat."""
    region = Region(tuple(EXTRACTION))
    edges = {(edge.power, round(edge.heat, 9), edge.limit) for edge in region.edges}
    assert edges == {(-1.0, -0.4, -2.5), (0.0, -1.0, 0.0), (1.0, 0.4, 5.0), (-1.0, 0.6, 0.0)}
    assert region.fuel_per_power == pytest.approx((2.0, 2.0))
    assert region.heat_per_power == 0.0


def test_the_slopes_of_a_line() -> None:
    """3 to 5 and 5 to 8 of fuel a MW, 2.5 over both: the hull has all three."""
    region = Region(((1.0, 1.0, 3.0), (2.0, 2.0, 5.0), (3.0, 3.0, 8.0)))
    assert region.is_line
    assert region.edges == ()
    assert region.fuel_per_power == pytest.approx((2.0, 3.0))
    assert region.heat_per_power == pytest.approx(1.0)


# -- published optima -------------------------------------------------------------------------------------------------

#: Fuel of the largest load, MW; neither limit of the original, 1e11, nor this one is reached.
_FUEL = 1e7


def oemof_site(table: pd.DataFrame) -> tuple[Instance, dict[str, Any]]:
    """Two sites on one gas main at 50: an extraction turbine, and a CHP of fixed proportions; excess goes for free.

    Efficiencies 0.5 condensing, 0.3 and 0.5 of power and heat with full extraction.
    """
    fixed: Points = [(0.0, 0.0, 0.0), (0.3 * _FUEL, 0.5 * _FUEL, _FUEL)]
    components: dict[str, Any] = {"mains": mains(50.0)}
    series = {"power_mw": table["demand_el"].tolist(), "heat_mw": (741000 * table["demand_th"]).tolist()}
    for number, points in ((1, [*fixed, (0.5 * _FUEL, 0.0, _FUEL)]), (2, fixed)):
        power, heat = f"power_{number}", f"heat_{number}"
        components[f"chp_{number}"] = chp(points, power_node=power, heat_node=heat)
        for node, carrier in ((power, "power_mw"), (heat, "heat_mw")):
            components[f"{node}_use"] = {"type": "demand", "node": node, "demand_mw": carrier}
            components[f"{node}_excess"] = {
                "type": "grid_connection",
                "node": node,
                "import_max_mw": 0.0,
                "export_max_mw": _FUEL,
            }
    nodes = {
        f"{name}_{number}": {"carrier": carrier}
        for name, carrier in (("power", "electricity"), ("heat", "heat"))
        for number in (1, 2)
    }
    return make_instance(components, nodes=nodes, periods=len(table), start="2025-05-01T00:00"), series


@pytest.mark.parametrize(
    ("file", "cost"),
    [
        # tests/test_scripts/test_solph/test_variable_chp of oemof-solph; it prints 326661590
        ("oemof_test_variable_chp.csv", 326661586.84),
        # examples/variable_chp of oemof-solph 0.6.5, as CBC finds it, to nine digits
        ("oemof_variable_chp_example.csv", 14267160965.0),
    ],
)
def test_published_optimum_of_oemof(data_folder: Path, file: str, cost: float) -> None:
    """Every hour by itself: fuel of the larger of both demands, and of power with 0.4 of the heat at 0.5."""
    table = pd.read_csv(data_folder / "mes_instances" / file)
    power, heat = table["demand_el"], 741000 * table["demand_th"]
    by_hand = 50 * (np.maximum(power / 0.3, heat / 0.5) + (np.maximum(power, 0.6 * heat) + 0.4 * heat) / 0.5).sum()
    assert by_hand == pytest.approx(cost, rel=2e-9)
    instance, series = oemof_site(table)
    assert -optimum(instance, series).profit == pytest.approx(by_hand, rel=1e-11)
