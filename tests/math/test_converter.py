"""Converters, sources, connections and sheddable demand by hand."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import grid, mains, make_instance, optimum

DA = {"da": {"price_eur_per_mwh": "da_price_eur_per_mwh", "settlement_period_h": 1}}
BOILER = {
    "type": "converter",
    "reference": "warmth",
    "power_max_mw": 5.0,
    "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
}


def chp(no_load_mw: float = 0.0, **fields: Any) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5, "no_load_mw": no_load_mw}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}, {"node": "warmth", "ratio_per_unit": 1.0}],
        **fields,
    }


def plant(unit: dict[str, Any]) -> Any:
    return make_instance(
        {
            "grid": grid(),
            "mains": mains(30.0),
            "heating": {"type": "demand", "node": "warmth", "demand_mw": 0.5},
            "chp": unit,
            "boiler": BOILER,
            "cooler": {
                "type": "grid_connection",
                "node": "warmth",
                "import_max_mw": 0.0,
                "export_max_mw": 5.0,
                "export_price_eur_per_mwh": -10.0,
            },
        },
        DA,
    )


def test_chp_earns_until_heat_must_be_dumped() -> None:
    """At 100 EUR/MWh: 2 MW earn 2 (100 - 75) = 50, 1.5 MWh of heat are dumped for 15; the boiler stands still.

    Without the cooler, which takes heat for 10 EUR/MWh, the CHP may make no more heat than is used: 0.5 x 25 = 12.5.
    Slack is no cooler.
    """
    instance = plant(chp())
    assert optimum(instance, {"da_price_eur_per_mwh": 100}).profit == pytest.approx(35.0)
    closed = optimum(instance, {"da_price_eur_per_mwh": 100}, fixed={"cooler.export_mw": 0.0})
    assert closed.profit == pytest.approx(12.5)


def test_minimum_load() -> None:
    """At 80: 0.5 MW would earn 2.5 and replace the boiler; from 1 MW on, 5 - 0.5 x 10 = 0. Off: -15 for the boiler."""
    instance = plant(chp(power_min_mw=1.0))
    assert optimum(instance, {"da_price_eur_per_mwh": 80}).profit == pytest.approx(0.0, abs=1e-9)
    assert optimum(instance, {"da_price_eur_per_mwh": 80}, drop=["chp.minimum"]).profit == pytest.approx(2.5)
    # at 60 even 0.5 MW would lose 7.5 on electricity for 15 of heat: worth it, but 1 MW loses 15 + 5
    low = optimum(instance, {"da_price_eur_per_mwh": 60})
    assert low.profit == pytest.approx(-15.0)
    assert low.variable("chp.on")[0] == pytest.approx(0.0)
    assert optimum(instance, {"da_price_eur_per_mwh": 60}, drop=["chp.minimum"]).profit == pytest.approx(-7.5)


def test_no_load_fuel() -> None:
    """Running at 1 MW at 80 now costs 0.2 MW x 30 = 6 more."""
    instance = plant(chp(no_load_mw=0.2, power_min_mw=1.0))
    assert optimum(instance, {"da_price_eur_per_mwh": 80}).profit == pytest.approx(-6.0)


def test_heat_pump_with_cop_series() -> None:
    """1 MW of heat at 50 EUR/MWh with COP 2, then 4: 25 + 12.5."""
    instance = make_instance(
        {
            "grid": grid(),
            "heating": {"type": "demand", "node": "warmth", "demand_mw": 1.0},
            "heat_pump": {
                "type": "converter",
                "reference": "power",
                "power_max_mw": 2.0,
                "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
                "outputs": [{"node": "warmth", "ratio_per_unit": "cop_per_unit"}],
            },
        },
        DA,
        periods=2,
    )
    assert optimum(instance, {"da_price_eur_per_mwh": 50, "cop_per_unit": [2, 4]}).profit == pytest.approx(-37.5)


@pytest.mark.parametrize(("curtailable", "profit"), [(True, 0.0), (False, -20.0)])
def test_source_is_curtailed_where_it_may(curtailable: bool, profit: float) -> None:
    """2 MW at -10 EUR/MWh."""
    instance = make_instance(
        {
            "grid": grid(),
            "pv": {"type": "source", "node": "power", "available_mw": "pv_available_mw", "curtailable": curtailable},
        },
        DA,
    )
    result = optimum(instance, {"da_price_eur_per_mwh": -10, "pv_available_mw": 2})
    assert result.profit == pytest.approx(profit)


@pytest.mark.parametrize(("limit", "profit"), [(1.0, 50.0), (3.0, 150.0)])
def test_export_limit(limit: float, profit: float) -> None:
    """3 MW available at 50, of which the connection takes its limit."""
    instance = make_instance(
        {
            "grid": grid(export_max_mw=limit),
            "pv": {"type": "source", "node": "power", "available_mw": 3.0},
        },
        DA,
    )
    assert optimum(instance, {"da_price_eur_per_mwh": 50}).profit == pytest.approx(profit)


def test_import_tariff_comes_on_top_of_the_market() -> None:
    """2 MW bought at 50 with 8 of grid tariff."""
    instance = make_instance(
        {
            "grid": grid(import_price_eur_per_mwh=8.0),
            "load": {"type": "demand", "node": "power", "demand_mw": 2.0},
        },
        DA,
    )
    result = optimum(instance, {"da_price_eur_per_mwh": 50})
    assert result.profit == pytest.approx(-116.0)
    assert result.stream("tariff.grid") == pytest.approx(-16.0)


@pytest.mark.parametrize(("price", "profit"), [(100.0, -100.0), (200.0, -180.0)])
def test_demand_sheds_its_share_when_energy_is_dearer(price: float, profit: float) -> None:
    """1 MW of which 40 % can be shed for 150: at 200 it is 0.6 x 200 + 0.4 x 150."""
    instance = make_instance(
        {
            "grid": grid(),
            "process": {
                "type": "sheddable_demand",
                "node": "power",
                "demand_mw": 1.0,
                "shed_max_per_unit": 0.4,
                "shed_cost_eur_per_mwh": 150.0,
            },
        },
        DA,
    )
    assert optimum(instance, {"da_price_eur_per_mwh": price}).profit == pytest.approx(profit)


@pytest.mark.parametrize(("share", "profit"), [(1.0, -200.0), (0.25, -50.0)])
def test_demand_takes_its_share_of_a_series(share: float, profit: float) -> None:
    """4 MW at 50, or a quarter of it."""
    load = {"type": "demand", "node": "power", "demand_mw": "load_mw", "share_per_unit": share}
    instance = make_instance({"grid": grid(), "load": load}, DA)
    assert optimum(instance, {"da_price_eur_per_mwh": 50, "load_mw": 4}).profit == pytest.approx(profit)


def test_unserved_demand_is_penalised_and_can_be_forbidden() -> None:
    """1 MW of heat with 0.4 MW of boiler, and gas at 30, the only price there is, so that 1 MWh of heat is worth 30.

    A MWh left unserved costs 1.5 times that: 0.6 x 45 + 0.4 x 30 = 39. Stated at 10,000 it is 6,012; forbidden, there
    is no solution.
    """
    components = {
        "mains": mains(30.0),
        "heating": {"type": "demand", "node": "warmth", "demand_mw": 1.0},
        "boiler": {**BOILER, "power_max_mw": 0.4},
    }
    assert optimum(make_instance(components)).profit == pytest.approx(-39.0)
    stated = make_instance(components, nodes={"warmth": {"unserved_penalty_eur_per_mwh": 10000.0}})
    assert optimum(stated).profit == pytest.approx(-6000.0 - 12.0)
    strict = make_instance(components, nodes={"warmth": {"unserved_penalty_eur_per_mwh": None}})
    with pytest.raises(RuntimeError, match="infeasible"):
        optimum(strict)


def test_energy_ramp() -> None:
    """2 MW at a cost of 75 that may change by 1 MW an hour; prices 35, 125 and 125 earn -40, 50 and 50 a MWh.

    1 MW in the first hour lets the second reach 2: -40 + 100 + 100. Without the ramp 200.
    """
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "energy_ramp_mw_per_min": 1.0 / 60.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
    }
    instance = make_instance({"grid": grid(), "mains": mains(30.0), "unit": unit}, DA, periods=3)
    data = {"da_price_eur_per_mwh": [35.0, 125.0, 125.0]}
    assert optimum(instance, data).profit == pytest.approx(160.0)
    assert optimum(instance, data, drop=["unit.energy_ramp_up"]).profit == pytest.approx(200.0)


def test_a_start_crosses_the_minimum_at_once() -> None:
    """Off at 35 EUR/MWh and on from 1 MW: 1 + 0.5 MW in the second hour, 2 in the third; 50 x 3.5."""
    unit = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 2.0,
        "power_min_mw": 1.0,
        "energy_ramp_mw_per_min": 0.5 / 60.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 2.5}],
        "outputs": [{"node": "power", "ratio_per_unit": 1.0}],
    }
    instance = make_instance({"grid": grid(), "mains": mains(30.0), "unit": unit}, DA, periods=3)
    result = optimum(instance, {"da_price_eur_per_mwh": [35.0, 125.0, 125.0]})
    assert result.profit == pytest.approx(50 * 3.5)
    assert result.variable("unit.power_mw") == pytest.approx([0.0, 1.5, 2.0])
