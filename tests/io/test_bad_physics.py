"""Sites that make energy from nothing, cannot be fed, or cannot keep a level; and plants that only look like it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from helpers.site_builder import make_instance, make_tree
from site_folder import SiteFolder

from mes_stoch.io.readers.locate import Locator
from mes_stoch.io.validation.check_context import CheckContext
from mes_stoch.io.validation.partial_instance import read_partial_instance
from mes_stoch.io.validation.references import site_issues
from mes_stoch.schema.errors import Issue
from mes_stoch.uncertainty.quality import check_tree

CARRIERS = {
    "power": "electricity",
    "fuel": "gas",
    "h2": "hydrogen",
    "warm": "heat",
    "low": "heat",
    "cool": "cooling",
    "far": "electricity",
    "shaft": "shaft",
    "turned": "shaft",
}


def issues(components: dict[str, Any]) -> list[Issue]:
    """What is wrong with a site; nodes without balance left aside."""
    site = {
        "horizon": {"start": "2025-01-15T00:00", "timezone": "Europe/Paris", "period_h": 1.0, "periods": 8},
        "carriers": sorted(set(CARRIERS.values())),
        "nodes": {name: {"carrier": carrier} for name, carrier in CARRIERS.items()},
        "components": components,
    }
    partial = read_partial_instance(site)
    assert not partial.broken_components
    found = site_issues(CheckContext(partial, Locator(None), None, {}))
    return [issue for issue in found if not issue.key.startswith("nodes.")]


def unit(inputs: dict[str, float], outputs: dict[str, float], **fields: Any) -> dict[str, Any]:
    """A converter; its first input is the reference."""
    no_load = fields.pop("no_load", {})
    ports = [
        [{"node": node, "ratio_per_unit": ratio, "no_load_mw": no_load.get(node, 0.0)} for node, ratio in side.items()]
        for side in (inputs, outputs)
    ]
    return {
        "type": "converter",
        "reference": next(iter(inputs)),
        "power_max_mw": 1.0,
        "inputs": ports[0],
        "outputs": ports[1],
        **fields,
    }


# -- more out than in -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        # a generator and an electrolyser with their efficiencies upside down
        ({"fuel": 1.0}, {"power": 2.5}, "2.5 MW of electricity out"),
        ({"power": 1.0}, {"h2": 1.4}, "1.4 MW of electricity and fuel out"),
        # a fuel cell, a cable
        ({"h2": 1.0}, {"power": 1.01}, "1.01 MW of electricity out"),
        ({"power": 1.0}, {"far": 1.02}, "1.02 MW of electricity out"),
        # a boiler of 85 % with its efficiency at the wrong side
        ({"fuel": 1.0}, {"warm": 1.0 / 0.85}, "1.176 MW of energy out"),
        # a CHP: 0.45 + 0.7
        ({"fuel": 1.0}, {"power": 0.45, "warm": 0.7}, "1.15 MW of energy out"),
        # heat from waste heat of an electrolyser counts
        ({"power": 1.0}, {"h2": 0.7, "warm": 0.5}, "1.2 MW of energy out"),
        # pipes of heat, cold and of what nobody knows
        ({"warm": 1.0}, {"low": 1.05}, "1.05 MW of heat out"),
        ({"shaft": 1.0}, {"turned": 1.05}, "1.05 MW of shaft out"),
        # rejected heat of more than 1 + 0.7
        ({"warm": 1.0}, {"low": 1.75, "cool": 0.7}, "1.75 MW of energy out"),
        # percent
        ({"power": 1.0}, {"warm": 350.0}, "350 MW of heat out"),
        ({"power": 1.0}, {"cool": 400.0}, "400 MW of cold out"),
        ({"warm": 1.0}, {"cool": 3.0}, "3 MW of cold out"),
        ({"warm": 1.0}, {"power": 1.2}, "1.2 MW of electricity out"),
    ],
)
def test_more_out_than_in(inputs: dict[str, float], outputs: dict[str, float], said: str) -> None:
    found = [issue for issue in issues({"unit": unit(inputs, outputs)}) if issue.key.startswith("components.unit")]
    assert [issue.key for issue in found] == ["components.unit.outputs.0"]
    assert found[0].found == said
    assert found[0].expected.startswith("at most")
    assert found[0].hint


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [
        # condensing boiler, CHP with condensing heat, electric boiler, heat pump, chiller, free cooling
        ({"fuel": 1.0}, {"warm": 1.09}),
        ({"fuel": 1.0}, {"power": 0.42, "warm": 0.66}),
        ({"power": 1.0}, {"warm": 1.0}),
        ({"power": 1.0}, {"warm": 6.5}),
        ({"power": 1.0}, {"cool": 8.0}),
        ({"power": 1.0}, {"cool": 35.0}),
        # heat recovery; a reversible machine's waste heat; absorption chillers, on heat and on fuel
        ({"power": 1.0}, {"warm": 5.0, "cool": 4.0}),
        ({"warm": 1.0}, {"cool": 0.75}),
        ({"fuel": 1.0}, {"cool": 1.4}),
        # trigeneration: 0.4 + 0.4 and 0.3 of cold
        ({"fuel": 1.0}, {"power": 0.4, "warm": 0.4, "cool": 0.3}),
        # an absorption chiller whose rejected heat is used: 1 + 0.7; a gas heat pump that cools what it draws from
        ({"warm": 1.0}, {"cool": 0.7, "low": 1.7}),
        ({"fuel": 1.0}, {"warm": 1.6, "cool": 0.6}),
        # an absorption heat pump that says where its heat comes from; a heat pump on waste heat
        ({"fuel": 1.0, "low": 0.6}, {"warm": 1.55}),
        ({"power": 1.0, "low": 3.0}, {"warm": 4.0}),
        # electrolyser with its waste heat; links; turbine
        ({"power": 1.0}, {"h2": 0.7, "warm": 0.25}),
        ({"power": 1.0}, {"far": 1.0}),
        ({"warm": 1.0, "power": 0.01}, {"low": 0.98}),
        ({"warm": 1.0}, {"power": 0.2}),
        # what goes in is not known
        ({"shaft": 1.0}, {"cool": 400.0}),
        ({"shaft": 1.0}, {"power": 1.5}),
        ({"power": 1.0}, {"shaft": 1.5}),
    ],
)
def test_plants_that_there_are(inputs: dict[str, float], outputs: dict[str, float]) -> None:
    found = issues({"unit": unit(inputs, outputs)})
    assert [issue for issue in found if issue.key.startswith("components.unit")] == []


def test_at_its_least_power_as_well() -> None:
    """Power of 0.4 + 0.3 MW from 0.5 MW of fuel at the least, of 0.8 + 0.3 from 1 MW at the most."""
    spec = unit({"fuel": 1.0}, {"power": 0.8}, power_min_mw=0.5, no_load={"power": 0.3})
    assert [issue.found for issue in issues({"unit": spec})] == ["0.7 MW of electricity out"]


def test_a_heat_pump_of_percent() -> None:
    spec = {"type": "heat_pump", "power_node": "power", "heat_node": "warm", "power_max_mw": 1.0}
    found = issues({"unit": {**spec, "cop_by_lift": [{"lift_k": 0.0, "cop_per_unit": 350.0}]}})
    assert [issue.key for issue in found] == ["components.unit.heat_node"]


def test_a_ratio_that_is_a_series() -> None:
    """A COP of 350 in one hour."""
    pump = {
        "type": "converter",
        "reference": "power",
        "power_max_mw": 1.0,
        "inputs": [{"node": "power", "ratio_per_unit": 1.0}],
        "outputs": [{"node": "warmth", "ratio_per_unit": "cop_per_unit"}],
    }
    grid = {"type": "grid_connection", "node": "power", "import_max_mw": 5.0}
    components = {"grid": grid, "pump": pump, "heating": {"type": "demand", "node": "warmth", "demand_mw": 1.0}}
    instance = make_instance(components, periods=2)
    found = check_tree(instance, make_tree(instance, {"cop_per_unit": [3.5, 350.0]}))
    assert [issue.key for issue in found] == ["components.pump.outputs.0"]
    assert "350 MW of at most 15" in found[0].found
    assert "01:00" in found[0].found
    assert "cop_per_unit" in found[0].expected
    assert check_tree(instance, make_tree(instance, {"cop_per_unit": [3.5, 5.0]})) == []


def test_the_line_of_the_port(site: SiteFolder) -> None:
    site.with_converter().edit("ratio_per_unit: 1.1", "ratio_per_unit: 2.1")
    line = site.line("- {node: power", after="chp:")
    site.only_issue("components.chp.outputs.0", line, "MW of energy out", "a ratio may stand at the wrong side")


# -- no way from a source ---------------------------------------------------------------------------------------------

CELL = unit({"h2": 1.0}, {"power": 0.5})
ELECTROLYSER = unit({"power": 1.0}, {"h2": 0.7})
LIGHTS = {"type": "demand", "node": "power", "demand_mw": 0.1}


def tank(**fields: Any) -> dict[str, Any]:
    return {
        "type": "storage",
        "node": "h2",
        "energy_max_mwh": 4.0,
        "charge_max_mw": 1.0,
        "discharge_max_mw": 1.0,
        "initial_mwh": 0.0,
        **fields,
    }


def test_a_ring_that_nothing_feeds() -> None:
    components = {"cell": CELL, "electrolyser": ELECTROLYSER, "tank": tank(), "lights": LIGHTS}
    found = issues(components)
    assert [issue.key for issue in found] == ["components.lights.node"]
    assert found[0].found == "'power', which no energy can reach"
    assert found[0].hint == "cell lacks h2; electrolyser lacks power; tank is empty at the start"


@pytest.mark.parametrize(
    "more",
    [
        {"grid": {"type": "grid_connection", "node": "power", "import_max_mw": 1.0}},
        {"sun": {"type": "source", "node": "power", "available_mw": 1.0}},
        # what it holds is enough for some hours
        {"tank": tank(initial_mwh=1.0)},
        {"hydrogen": {"type": "grid_connection", "node": "h2", "import_max_mw": None}},
    ],
)
def test_a_ring_that_something_feeds(more: dict[str, Any]) -> None:
    assert issues({"cell": CELL, "electrolyser": ELECTROLYSER, "tank": tank(), "lights": LIGHTS, **more}) == []


def test_every_input_counts() -> None:
    """An absorption heat pump with fuel, and no heat to draw: the tank of its source is empty."""
    mains = {"type": "grid_connection", "node": "fuel", "import_max_mw": 5.0}
    machine = unit({"fuel": 1.0, "low": 0.6}, {"warm": 1.5})
    heating = {"type": "demand", "node": "warm", "demand_mw": 1.0}
    found = issues({"mains": mains, "machine": machine, "pit": tank(node="low"), "heating": heating})
    assert [(issue.key, issue.hint) for issue in found] == [
        ("components.heating.node", "machine lacks low; pit is empty at the start")
    ]


def test_what_lacks_a_supply_is_told_at_its_node(site: SiteFolder) -> None:
    """The boiler's fuel comes from nowhere: one issue, of the node, and none of the demand behind it."""
    site.with_converter()
    text = site.text()
    begin = text.index("  mains:\n")
    end = re.compile(r"^  \S", re.MULTILINE).search(text, begin + 1)
    assert end is not None
    site.write(text[:begin] + text[end.start() :])
    assert [issue.key for issue in site.issues()] == ["nodes.fuel"]


# -- levels -----------------------------------------------------------------------------------------------------------


def level_keys(**fields: Any) -> list[str]:
    source = {"type": "grid_connection", "node": "h2", "import_max_mw": 5.0, "export_max_mw": 5.0}
    return [issue.key for issue in issues({"source": source, "tank": tank(**fields)})]


def test_a_least_level_that_losses_take() -> None:
    """Half is lost in an hour: 2 MWh fall to 1 + 0.2, below 1.5; with 1 MW to charge to 1 + 1 = 2."""
    losing = {"standing_loss_per_h": 0.5, "energy_min_mwh": 1.5, "initial_mwh": 2.0}
    assert level_keys(charge_max_mw=0.2, **losing) == ["components.tank.energy_min_mwh"]
    assert level_keys(charge_max_mw=1.0, **losing) == []
    assert level_keys(charge_max_mw=0.2, **{**losing, "energy_min_mwh": 0.0}) == []


def test_a_level_out_of_its_limits_is_told_once() -> None:
    assert level_keys(energy_min_mwh=1.0, initial_mwh=0.5, standing_loss_per_h=0.9, charge_max_mw=0.01) == [
        "components.tank.initial_mwh"
    ]
