"""Variable efficiency as parallel branches: matrices by hand, where that is convex, and where states are needed.

After Huang, Zhang, Wang, Capuder, Kuzle and Kang, Int. J. Electr. Power Energy Syst. 119, 2020, 105876. A boiler of two
parts: a MW of the first 2 MW of fuel gives 0.9 of heat, of the next 2 MW 0.6. The other one is worse at low load.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from helpers.site_builder import mains, make_instance, make_tree
from helpers.two_views import least_cost_of

from mes_stoch.views.hub import Hub
from mes_stoch.views.hub_assembly import build_hub


def branch(ratio: float, width: float) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": "fuel",
        "power_max_mw": width,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": ratio}],
    }


def hub_of(components: dict[str, dict[str, Any]], demand: float, fuel: float = 10.0) -> Hub:
    nodes = {
        name: {"unserved_penalty_eur_per_mwh": None, "dump_penalty_eur_per_mwh": None} for name in ("fuel", "warmth")
    }
    instance = make_instance(
        {
            "mains": mains(fuel),
            **components,
            "heating": {"type": "demand", "node": "warmth", "demand_mw": demand},
        },
        nodes=nodes,
    )
    return build_hub(instance, make_tree(instance))


def flows(hub: Hub, values: Any) -> dict[str, float]:
    names = hub.columns["component"] + "." + hub.columns["name"]
    return dict(zip(names, [round(value, 9) for value in values], strict=True))


FALLING = {"first": branch(0.9, 2.0), "second": branch(0.6, 2.0)}
RISING = {"first": branch(0.6, 2.0), "second": branch(0.9, 2.0)}


def test_the_coupling_matrix_of_two_branches() -> None:
    """A column a branch, side by side between the same nodes: no splitter is needed where nodes balance."""
    expected = pd.DataFrame(
        [[0.0, 0.9, 0.6], [1.0, -1.0, -1.0]],
        pd.Index(["warmth", "fuel"], name="node"),
        pd.MultiIndex.from_tuples(
            [("mains", "import"), ("first", "power"), ("second", "power")], names=["component", "name"]
        ),
    )
    pd.testing.assert_frame_equal(hub_of(FALLING, 2.4).coupling.at(0), expected)


@pytest.mark.parametrize(("demand", "first", "second"), [(0.9, 1.0, 0.0), (1.8, 2.0, 0.0), (2.4, 2.0, 1.0)])
def test_falling_efficiency_is_convex(demand: float, first: float, second: float) -> None:
    """The best branch is used first by itself: heat is wanted, and fuel costs something."""
    hub = hub_of(FALLING, demand)
    cost, values = least_cost_of(hub)
    assert flows(hub, values)["first.power"] == pytest.approx(first)
    assert flows(hub, values)["second.power"] == pytest.approx(second)
    assert cost == pytest.approx(10 * (first + second))
    assert not hub.columns["is_integer"].any()


def test_rising_efficiency_is_not() -> None:
    """0.9 MW of heat take 1.5 MW of fuel in the part that comes first; the hub takes the better part alone, for 10.

    Branches say what a unit could do if it might begin anywhere: with an efficiency that rises, less than it needs.
    """
    cost, _ = least_cost_of(hub_of(RISING, 0.9))
    assert cost == pytest.approx(10.0)
    assert cost < 10 * 0.9 / 0.6


def test_falling_efficiency_needs_states_where_fuel_is_paid_for() -> None:
    """At -10 a MWh the worse branch is used first, for it burns more: 0.9 MW take 1.5 of fuel and not 1."""
    hub = hub_of(FALLING, 0.9, fuel=-10.0)
    cost, values = least_cost_of(hub)
    assert cost == pytest.approx(-15.0)
    assert flows(hub, values)["first.power"] == 0


def part_load(demand: float) -> Hub:
    """At least 1 MW of heat, at most 3; fuel is 0.5 MW for being on and 1 MW a MW: 1.5, 1.25, 1.17 MWh a MWh."""
    unit = {
        "type": "converter",
        "reference": "warmth",
        "power_min_mw": 1.0,
        "power_max_mw": 3.0,
        "inputs": [{"node": "fuel", "ratio_per_unit": 1.0, "no_load_mw": 0.5}],
        "outputs": [{"node": "warmth", "ratio_per_unit": 1.0}],
    }
    return hub_of({"boiler": unit}, demand)


def test_part_load_with_a_no_load_flow_is_a_column_of_the_state() -> None:
    """An efficiency that rises with the load, exactly, in two columns and a binary."""
    hub = part_load(2.0)
    expected = {("mains", "import"): [0.0, 1.0], ("boiler", "power"): [1.0, -1.0], ("boiler", "on"): [0.0, -0.5]}
    table = hub.coupling.at(0)
    assert {name: table[name].tolist() for name in table.columns} == expected
    assert list(hub.columns.loc[hub.columns["is_integer"], "name"]) == ["on"]
    assert least_cost_of(hub)[0] == pytest.approx(10 * 2.5)
    limits = hub.limits.to_frame().sparse.to_dense().droplevel(["component", "unit", "number"])
    limits.columns = limits.columns.droplevel(["component", "time"])
    assert limits.loc["maximum", ["power", "on"]].tolist() == [1.0, -3.0]
    assert limits.loc["minimum", ["power", "on"]].tolist() == [1.0, -1.0]
