"""A ring with a store that makes energy from one hour to another, by hand.

A heat pump of 1 MW and an engine on heat of 10 MW; COPs and efficiencies by hour. At noon the pump makes 5 MWh of heat
of a MWh, of which the engine makes 1.1 MWh at night with 22 %: 0.1 MWh more.
"""

from __future__ import annotations

from typing import Any

import pytest
from helpers.site_builder import make_instance, make_tree, optimum

from mes_stoch.schema.errors import Issue
from mes_stoch.schema.instance import Instance
from mes_stoch.uncertainty.quality import check_tree


def converter(entry: str, leave: str, ratio: str, power_mw: float) -> dict[str, Any]:
    return {
        "type": "converter",
        "reference": entry,
        "power_max_mw": power_mw,
        "inputs": [{"node": entry, "ratio_per_unit": 1.0}],
        "outputs": [{"node": leave, "ratio_per_unit": ratio}],
    }


def store(node: str = "warmth", **fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": node,
        "energy_max_mwh": 10.0,
        "charge_max_mw": 10.0,
        "discharge_max_mw": 10.0,
        "initial_mwh": 0.0,
        **fields,
    }


def site(tank: dict[str, Any] | None = None, **fields: Any) -> Instance:
    tariff = {"import_price_eur_per_mwh": 100.0, "export_price_eur_per_mwh": 100.0}
    components = {
        "grid": {"type": "grid_connection", "node": "power", "import_max_mw": 9.0, "export_max_mw": 9.0, **tariff},
        "pump": converter("power", "warmth", "cop_per_unit", 1.0),
        "engine": converter("warmth", "power", "engine_per_unit", 10.0),
        "tank": store(**fields) if tank is None else tank,
    }
    return make_instance(components, periods=2)


def loops(instance: Instance, cop: Any, engine: Any) -> list[Issue]:
    return check_tree(instance, make_tree(instance, {"cop_per_unit": cop, "engine_per_unit": engine}))


def test_energy_is_made_over_time() -> None:
    """Five MWh at noon: a MWh of power at 100 comes back as 1.1, a profit of 10. The check looks for the most of
    any energy: 1 / 0.22 = 4.545 MWh of the heat give the power back, and 0.455 are left."""
    series = {"cop_per_unit": [5.0, 2.0], "engine_per_unit": [0.15, 0.22]}
    assert optimum(site(), series).profit == pytest.approx(10.0)
    found = loops(site(), series["cop_per_unit"], series["engine_per_unit"])
    assert [issue.key for issue in found] == ["components.pump"]
    assert found[0].found == "0.455 MWh made over time (scenario s0)"
    assert "tank" in found[0].expected
    assert "ratio_per_unit" in found[0].hint


@pytest.mark.parametrize(
    ("cop", "engine", "fields"),
    [
        # never good together
        ([5.0, 2.0], [0.15, 0.19], {}),
        # good in the wrong order: nothing is left from the night before
        ([2.0, 5.0], [0.22, 0.15], {}),
        # what losses take: 5 x 0.9 x 0.22 = 0.99
        ([5.0, 2.0], [0.15, 0.22], {"charge_efficiency_per_unit": 0.9}),
        ([5.0, 2.0], [0.15, 0.22], {"standing_loss_per_h": 0.1}),
        # the same all the time
        ([4.0, 4.0], [0.2, 0.2], {}),
    ],
)
def test_rings_that_make_nothing(cop: list[float], engine: list[float], fields: dict[str, Any]) -> None:
    assert loops(site(**fields), cop, engine) == []
    profit = optimum(site(**fields), {"cop_per_unit": cop, "engine_per_unit": engine}).profit
    assert profit == pytest.approx(0.0, abs=1e-7)


def test_without_a_store_on_the_ring() -> None:
    """A battery does not carry heat to the night; one at power does nothing for a ring that is sound in each hour."""
    assert loops(site(store("power")), [5.0, 2.0], [0.15, 0.22]) == []


def test_the_scenario_that_makes_it() -> None:
    found = loops_of_two()
    assert "scenario s1" in found[0].found


def loops_of_two() -> list[Issue]:
    instance = site()
    series = {"cop_per_unit": [[4.0, 2.0], [5.0, 2.0]], "engine_per_unit": [[0.15, 0.22], [0.15, 0.22]]}
    return check_tree(instance, make_tree(instance, series, [0.5, 0.5]))
