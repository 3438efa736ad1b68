"""Heat pumps and collectors that cannot be: each mistake is one issue."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

PUMP = """\
  pump:
    type: heat_pump
    power_node: power
    heat_node: warmth
    power_max_mw: 1
    source_temperature_degc: 5
    sink_temperature_degc: 45
    quality_grade_per_unit: 0.5
  heating:
    type: demand
    node: warmth
    demand_mw: 1
"""
COOLING = """\
    cooling_node: cold
  chilled:
    type: demand
    node: cold
    demand_mw: 1
  heating:
"""
TABLE = "cop_by_lift: [{lift_k: 20, cop_per_unit: 5}, {lift_k: 40, cop_per_unit: 4}]"
GRADE = "quality_grade_per_unit: 0.5"


def with_pump(site: SiteFolder, *, cold: bool = False) -> SiteFolder:
    site.edit("[electricity]", "[electricity, heat, cooling]")
    site.edit("nodes:\n", "nodes:\n  warmth: {carrier: heat}\n")
    site.edit("products:\n", f"{PUMP}products:\n")
    if cold:
        site.edit("  warmth: {carrier: heat}\n", "  warmth: {carrier: heat}\n  cold: {carrier: cooling}\n")
        site.edit("  heating:\n", COOLING)
    return site


def test_it_can_be_read(site: SiteFolder) -> None:
    with_pump(site, cold=True).read()


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("    heat_node: warmth\n", "", "heat_node", ("no cooling_node",)),
        ("heat_node: warmth", "heat_node: warmth\n    source_node: warmth", "source_node", ("a second time",)),
        ("heat_node: warmth", "heat_node: power", "heat_node", ("a second time",)),
        ("power_max_mw: 1", "power_max_mw: 1\n    power_min_mw: 2", "power_min_mw", ("2, above power_max_mw (1)",)),
        ("power_max_mw: 1", "power_max_mw: 1\n    modes: exclusive", "modes", ("a heat_node and a cooling_node",)),
        ("power_max_mw: 1", "power_max_mw: 1\n    mode_block_h: 4", "mode_block_h", ("modes: exclusive",)),
        ("power_max_mw: 1", "power_max_mw: 1\n    called_mode: heating", "called_mode", ("two modes",)),
        ("power_max_mw: 1", "power_max_mw: 1\n    start_cost_eur: 5", "start_cost_eur", ("power_min_mw > 0",)),
        (f"    {GRADE}\n", "", "quality_grade_per_unit", ("nothing", "cop_by_lift")),
        (GRADE, f"{GRADE}\n    {TABLE}", "cop_by_lift", ("one of the two",)),
        (GRADE, TABLE.replace("lift_k: 20", "lift_k: 50"), "cop_by_lift", ("lifts 50, 40", "lifts that rise")),
        (GRADE, "cop_by_lift: [{lift_k: 0, cop_per_unit: 0.9}]", "cop_by_lift.0.cop_per_unit", ("at least 1",)),
        ("    sink_temperature_degc: 45\n", "", "sink_temperature_degc", ("nothing", "degC")),
        (GRADE, f"{GRADE}\n    cooling_quality_grade_per_unit: 0.4", "cooling_quality_grade_per_unit", ("one cycle",)),
    ],
)
def test_heat_pump_rules(site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    with_pump(site).edit(old, new)
    found = [issue for issue in site.issues() if issue.key.startswith("components.pump")]
    assert [issue.key for issue in found] == [f"components.pump.{key}"]
    said = f"{found[0].found} {found[0].expected} {found[0].hint}"
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("cooling_node: cold", "cooling_node: cold\n    provides: [fr_fcr]", "called_mode", ("heating or cooling",)),
        (
            "cooling_node: cold",
            "cooling_node: cold\n    modes: exclusive\n    mode_block_h: 5",
            "mode_block_h",
            ("5", "a length in h that"),
        ),
        (
            "cooling_node: cold",
            "cooling_node: cold\n    modes: recovery\n    source_node: low",
            "source_node",
            ("drawn from the cooling_node",),
        ),
        (
            "cooling_node: cold",
            "cooling_node: cold\n    modes: recovery\n    cooling_sink_temperature_degc: 30",
            "cooling_sink_temperature_degc",
            ("one cycle, from cold to heat",),
        ),
        (
            "cooling_node: cold",
            f"cooling_node: cold\n    cooling_{GRADE}\n    cooling_cop_by_lift: [{{lift_k: 0, cop_per_unit: 4}}]",
            "cooling_cop_by_lift",
            ("one of the two",),
        ),
    ],
)
def test_rules_of_machines_for_heat_and_cold(
    site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]
) -> None:
    with_pump(site, cold=True).edit(old, new)
    site.edit("  warmth: {carrier: heat}\n", "  warmth: {carrier: heat}\n  low: {carrier: heat}\n")
    found = [issue for issue in site.issues() if issue.key.startswith("components.pump")]
    assert [issue.key for issue in found] == [f"components.pump.{key}"]
    said = f"{found[0].found} {found[0].expected} {found[0].hint}"
    assert all(word in said for word in words), said


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("cop", "cop_by_lift"),
        ("temp_high", "sink_temperature_degc"),
        ("quality_grade", "quality_grade_per_unit"),
        ("p_nom", "power_max_mw"),
    ],
)
def test_words_of_other_tools(site: SiteFolder, key: str, word: str) -> None:
    with_pump(site).edit("power_max_mw: 1", f"power_max_mw: 1\n    {key}: 3")
    issue = next(issue for issue in site.issues() if issue.key == f"components.pump.{key}")
    assert word in issue.hint


def test_an_irradiance_below_zero(site: SiteFolder) -> None:
    with_pump(site).edit(
        "  heating:\n",
        "  sun: {type: solar_thermal, node: warmth, area_m2: 10, irradiance_w_per_m2: -5, optical_efficiency_per_unit: "
        "0.8, collector_temperature_degc: 60, ambient_temperature_degc: 10}\n  heating:\n",
    )
    issue = next(issue for issue in site.issues() if issue.key == "components.sun.irradiance_w_per_m2")
    assert (issue.found, issue.expected) == ("-5", "a number in W/m2 of at least 0")
