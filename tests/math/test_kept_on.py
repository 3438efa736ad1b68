"""Units of every kind that their state before the horizon keeps on, where nobody gives what they take or takes what
they bring: by hand, settled, and as a hub.

On for an hour of two when the horizon begins, so for one hour more. In that hour all connections are out. Unserved is
1,000 a MWh of power and 500 a MWh of fuel, thrown away 100.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.settled_run import settled
from helpers.site_builder import make_instance, make_tree, optimum
from helpers.two_views import two_views

from mes_stoch.schema.instance import Instance

KEPT = {"minimum_up_h": 2.0, "initial_on": True, "initial_state_h": 1.0}
OUTAGE = {"share_per_unit": [0.0, 1.0]}
NODES = {
    "power": {"unserved_penalty_eur_per_mwh": 1000.0, "dump_penalty_eur_per_mwh": 100.0},
    "warmth": {"unserved_penalty_eur_per_mwh": 5000.0, "dump_penalty_eur_per_mwh": 100.0},
    "fuel": {"unserved_penalty_eur_per_mwh": 500.0, "dump_penalty_eur_per_mwh": 100.0},
}
HEATER = {
    "type": "converter",
    "reference": "power",
    "power_max_mw": 2.0,
    "power_min_mw": 1.0,
    "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
    "outputs": [{"node": "warmth", "ratio_per_unit": 3.0}],
}
CURVED = {
    "type": "part_load_converter",
    "reference": "power",
    "inputs": [{"node": "power", "flow_mw": [1.0, 2.0]}],
    "outputs": [{"node": "warmth", "flow_mw": [2.0, 5.0]}],
}
PUMP = {
    "type": "heat_pump",
    "power_node": "power",
    "heat_node": "warmth",
    "power_max_mw": 2.0,
    "power_min_mw": 1.0,
    "cop_by_lift": [{"lift_k": 0.0, "cop_per_unit": 3.0}],
    "source_temperature_degc": 10.0,
    "sink_temperature_degc": 50.0,
}
ENGINE = {
    "type": "chp",
    "power_node": "power",
    "heat_node": "warmth",
    "fuel_node": "fuel",
    "points": [
        {"power_mw": 1.0, "heat_mw": 2.0, "fuel_mw": 4.0},
        {"power_mw": 2.0, "heat_mw": 1.0, "fuel_mw": 4.5},
        {"power_mw": 2.0, "heat_mw": 2.0, "fuel_mw": 5.0},
    ],
}


def site(unit: dict[str, Any], heat_mw: float = 0.0) -> Instance:
    share = {"import_available_per_unit": "share_per_unit"}
    components = {
        name: {"type": "grid_connection", "node": node, "import_max_mw": 9.0, "export_max_mw": 0.0, **share}
        for name, node in (("grid", "power"), ("mains", "fuel"))
    }
    heating = {"type": "demand", "node": "warmth", "demand_mw": "heat_mw"} if heat_mw else None
    parts = {**components, "unit": {**unit, **KEPT}} | ({"heating": heating} if heating else {})
    return make_instance(parts, periods=2, nodes=NODES)


@pytest.mark.parametrize(
    ("unit", "profit"),
    [
        # 1 MWh of power is missing, and 3 MWh of heat are thrown away
        (HEATER, -1300.0),
        # a tenth of a MW of power and of heat on top
        (
            {
                **HEATER,
                "inputs": [{"node": "power", "ratio_per_unit": 1.0, "no_load_mw": 0.1}],
                "outputs": [{"node": "warmth", "ratio_per_unit": 3.0, "no_load_mw": 0.1}],
                "power_max_mw": 1.0,
            },
            -1410.0,
        ),
        # the way down after it finds the connections there: 1.5 MWh of heat more
        ({**HEATER, "shut_down_power_mw": [0.5], "minimum_down_h": 1.0}, -1450.0),
        # at the beginning of its curve: 1 MWh of power, 2 MWh of heat
        (CURVED, -1200.0),
        (PUMP, -1300.0),
        # at its least power it makes 2 MW of heat, of 4 MW of fuel
        (ENGINE, -2300.0),
        # out as well: off
        ({**HEATER, "available_per_unit": 0.4}, 0.0),
    ],
)
def test_a_unit_that_is_kept_on_can_run_where_everything_else_is_out(unit: dict[str, Any], profit: float) -> None:
    instance = site(unit)
    assert optimum(instance, OUTAGE).profit == pytest.approx(profit)
    tree = make_tree(instance, OUTAGE)
    settlement = settled(instance, tree)
    assert settlement.agrees
    assert settlement.expected_profit == pytest.approx(profit, abs=1e-5)
    assert two_views(instance, tree).compare(5, 0).agrees


def test_no_more_than_the_least_power_goes_unserved() -> None:
    """6 MW of heat are worth 5,000 a MWh: 3 MWh of it for 1 MWh of missing power, and 15,000 for the rest. Without the
    limit, 6 MWh for 2 MWh."""
    instance, series = site(HEATER, heat_mw=6.0), {**OUTAGE, "heat_mw": [6.0, 0.0]}
    assert optimum(instance, series).profit == pytest.approx(-16000.0)
    assert optimum(instance, series, drop=("power.unserved_limit",)).profit == pytest.approx(-2000.0)
