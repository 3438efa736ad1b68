"""Mistakes about units with part load: one message each."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

UNIT = """\
  boiler:
    type: part_load_converter
    reference: warmth
    inputs:
      - {node: fuel, flow_mw: [0.8, 1.6, 3]}
    outputs:
      - {node: warmth, flow_mw: [0.5, 1.5, 2.8]}
products:
"""

FUEL, WARMTH = "[0.8, 1.6, 3]", "[0.5, 1.5, 2.8]"


@pytest.fixture
def boiler(site: SiteFolder) -> SiteFolder:
    return site.with_converter().edit("products:\n", UNIT)


def test_it_is_sound(boiler: SiteFolder) -> None:
    unit = boiler.read().instance.components["boiler"]
    assert unit.can_be_off
    assert [(arc.node, [ratio.constant for ratio in arc.ratios_per_unit]) for arc in unit.arcs()] == [
        ("fuel", pytest.approx([1.6, 1.6 / 1.5, 3 / 2.8])),
        ("warmth", [1.0]),
    ]
    # between the points 0.8 and 1.4 / 1.3 MW of fuel a MW of heat, and what the lines have at no load
    assert [conversion.inputs[0].ratio_per_unit for conversion in unit.called_conversions()] == pytest.approx(
        [0.8, 1.4 / 1.3]
    )
    assert [conversion.inputs[0].no_load_mw for conversion in unit.called_conversions()] == pytest.approx(
        [0.4, 1.6 - 1.5 * 1.4 / 1.3]
    )


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (WARMTH, "[0.5, 1.5]", "inputs.0.flow_mw", ("3 points", "2, as at the reference port warmth")),
        (WARMTH, "[0.5, 0.5, 2.8]", "outputs.0.flow_mw.1", ("0.5, after 0.5", "more than at the point before")),
        (FUEL, "[0.8, 0.7, 3]", "inputs.0.flow_mw.1", ("0.7, after 0.8", "no less than", "a chp")),
        (WARMTH, "[0, 1.5, 2.8]", "inputs.0.flow_mw.0", ("0.8", "0 where the reference port has 0", "least load")),
        (WARMTH, "[0.5]", "outputs.0.flow_mw", ()),
        (FUEL, "[-1, 1.6, 3]", "inputs.0.flow_mw.0", ("at least 0",)),
        (FUEL, "3", "inputs.0.flow_mw", ("list",)),
        ("reference: warmth", "reference: wamth", "reference", ("0 of its ports", "fuel", "warmth")),
        (", flow_mw: [0.8, 1.6, 3]}", ", flow_mw: [0.8, 1.6, 3], cop: 3}", "inputs.0.cop", ("quotients",)),
    ],
)
def test_one_message(boiler: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    boiler.edit(old, new)
    (issue,) = [issue for issue in boiler.issues() if issue.key.startswith("components.boiler")]
    assert issue.key == f"components.boiler.{key}"
    for word in words:
        assert word in f"{issue.found} | {issue.expected} | {issue.hint}"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("minimum_up_h: 1.5", ("1.5", "a whole multiple of the period of 1 h")),
        ("start_power_max_mw: 0.4", ("between the first flow_mw of the reference port (0.5) and the last one (2.8)",)),
        ("initial_state_h: 2", ("without initial_on",)),
        ("efficiency: 0.9", ("write flow_mw at each port",)),
        ("power_max_mw: 3", ("the first and the last flow_mw",)),
        ("points: [1, 2]", ("write the points at the ports",)),
        ("no_load_mw: 0.1", ("part of the first flow_mw",)),
        ("formulation: sos2", ("exact", "convex")),
    ],
)
def test_one_message_about_a_field(boiler: SiteFolder, line: str, words: tuple[str, ...]) -> None:
    boiler.edit("    reference: warmth\n", f"    reference: warmth\n    {line}\n")
    said = boiler.only_issue(f"components.boiler.{line.split(':')[0]}", boiler.line(line))
    for word in words:
        assert word in f"{said.found} | {said.expected} | {said.hint}"


def test_starts_without_a_least_load(boiler: SiteFolder) -> None:
    boiler.edit(FUEL, "[0, 1.6, 3]").edit(WARMTH, "[0, 1.5, 2.8]")
    boiler.edit("    reference: warmth\n", "    reference: warmth\n    start_cost_eur: 5\n")
    words = ("5", "the first flow_mw of the reference port > 0", "begin the curve above 0 or leave start_cost_eur out")
    boiler.only_issue("components.boiler.start_cost_eur", boiler.line("start_cost_eur"), *words)


def test_a_curve_that_no_convex_formulation_may_have(boiler: SiteFolder) -> None:
    """1.6 MW of fuel for the first 1.5 of heat from 0.5 on are 0.8 a MW, then 1.08: ever more, as it must be."""
    boiler.edit("    reference: warmth\n", "    reference: warmth\n    formulation: convex\n").read()
    boiler.edit(FUEL, "[0.8, 2.6, 3]")
    words = ("2.6", "rises more from here on than before", "better than its curve")
    boiler.only_issue("components.boiler.inputs.0.flow_mw.1", boiler.line("- {node: fuel, flow"), *words)
