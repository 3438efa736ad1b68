"""Mistakes about units that are on or off: one message each."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

from mes_stoch.components.converter.format import Converter

MINIMUM = "    power_min_mw: 1\n"


@pytest.mark.parametrize(
    ("lines", "key", "words"),
    [
        (["minimum_up_h: 1.5"], "minimum_up_h", ("1.5", "a whole multiple of the period of 1 h")),
        (["state_block_h: 2", "minimum_down_h: 3"], "minimum_down_h", ("3", "multiple of the state block of 2 h")),
        (["state_block_h: 5"], "state_block_h", ("5", "divides 24 h")),
        (["state_block_h: 6"], "state_block_h", ("6", "ends a block at the end of the horizon")),
        (["initial_state_h: 2"], "initial_state_h", ("2, without initial_on", "which state")),
        (["start_power_max_mw: 0.5"], "start_power_max_mw", ("0.5", "between power_min_mw (1) and power_max_mw (2)")),
        (["stop_power_max_mw: 2.5"], "stop_power_max_mw", ("2.5", "between power_min_mw (1) and power_max_mw (2)")),
        (["minimum_up_h: -1"], "minimum_up_h", ("-1", "in h of at least 0")),
        (["starts_max_per_day: 1.5"], "starts_max_per_day", ("1.5", "a whole number")),
        (
            ["start_costs: [{off_from_h: 1, cost_eur: 5}]"],
            "start_costs.0.off_from_h",
            ("1", "0", "right after a stop"),
        ),
        (
            ["start_costs: [{off_from_h: 0, cost_eur: 5}, {off_from_h: 0, cost_eur: 6}]"],
            "start_costs.1.off_from_h",
            ("0", "above that of the entry before (0)"),
        ),
        (
            ["start_costs: [{off_from_h: 0, cost_eur: 5}, {off_from_h: 4, cost_eur: 3}]"],
            "start_costs.1.cost_eur",
            ("3", "at least that of the entry before (5)", "colder"),
        ),
        (["standby_start_cost_eur: 5"], "standby_start_cost_eur", ("5", "standby_input_mw beside it")),
        (
            ["standby_input_mw: 0.1", "start_costs: [{off_from_h: 0, cost_eur: 5}]"],
            "start_costs",
            ("start_costs beside standby_input_mw", "one of the two"),
        ),
        (["idle_mw: 0.1"], "idle_mw", ("an unknown key", "write standby_input_mw")),
        (["start_costs: [{off_from_h: 0}]"], "start_costs.0.cost_eur", ("nothing", "the key cost_eur")),
        (["cold_start_cost_eur: 5"], "cold_start_cost_eur", ("an unknown key", "write start_cost_eur", "start_costs")),
        (["minimum_up: 2"], "minimum_up", ("an unknown key", "write minimum_up_h")),
    ],
)
def test_one_message(site: SiteFolder, lines: list[str], key: str, words: tuple[str, ...]) -> None:
    site.with_converter().edit(MINIMUM, MINIMUM + "".join(f"    {line}\n" for line in lines))
    line = site.line(f"{key.partition('.')[0]}:", after="chp:")
    site.only_issue(f"components.chp.{key}", line, *words)


@pytest.mark.parametrize(
    ("lines", "key", "start", "words"),
    [
        (["minimum_down_h: 1"], "minimum_down_h", "minimum_down_h:", ("1", "at least 2", "covers both")),
        (
            ["minimum_down_h: 2", "quick_start_h: 0.2"],
            "quick_start_h",
            "quick_start_h:",
            ("0.2", "none beside start_up_power_mw, shut_down_power_mw"),
        ),
        (
            ["minimum_down_h: 2", "initial_on: false", "initial_state_h: 0"],
            "initial_state_h",
            "initial_state_h:",
            ("0", "at least 1", "still shuts down"),
        ),
    ],
)
def test_ways_up_and_down(site: SiteFolder, lines: list[str], key: str, start: str, words: tuple[str, ...]) -> None:
    own = ["start_up_power_mw: [0.5]", "shut_down_power_mw: [0.4]", *lines]
    site.with_converter().edit(MINIMUM, MINIMUM + "".join(f"    {line}\n" for line in own))
    issues = [issue for issue in site.issues() if issue.key == f"components.chp.{key}"]
    assert issues[0].line == site.line(start, after="chp:")
    assert all(word in str(issues[0]) for word in words)


def test_a_way_up_stays_below_the_minimum(site: SiteFolder) -> None:
    site.with_converter().edit(MINIMUM, MINIMUM + "    start_up_power_mw: [0.5, 1.5]\n    minimum_down_h: 2\n")
    line = site.line("start_up_power_mw:", after="chp:")
    site.only_issue("components.chp.start_up_power_mw.1", line, "1.5", "at most power_min_mw (1)")


def test_no_heat_from_nothing_on_the_way_up(site: SiteFolder) -> None:
    """0.5 MW of heat at no load: from 2.5 x 0.8 + 0.1 MW of fuel there is enough, of 2.5 x 0.2 + 0.1 not.

    0.2 + 1.1 x 0.2 + 0.5 = 0.92 MW come out, and 1.1 x 0.6 = 0.66 MW can.
    """
    site.with_converter().edit("warmth, ratio_per_unit: 1.1", "warmth, ratio_per_unit: 1.1, no_load_mw: 0.5")
    site.edit(MINIMUM, MINIMUM + "    start_up_power_mw: [0.8]\n    minimum_down_h: 1\n")
    assert site.read().instance.components["chp"].can_be_off
    site.edit("start_up_power_mw: [0.8]", "start_up_power_mw: [0.2]")
    line = site.line("- {node: power", after="chp:")
    site.only_issue("components.chp.outputs.0", line, "0.92 MW of energy out", "at most 0.66 MW", "no_load_mw")


@pytest.mark.parametrize(
    ("line", "key", "words"),
    [
        ("minimum_up_h: 2", "minimum_up_h", ("2", "at most a period (1 h) beside quick_start_h", "a call may start")),
        ("minimum_down_h: 3", "minimum_down_h", ("3", "at most a period (1 h) beside quick_start_h")),
        ("starts_max_per_day: 2", "starts_max_per_day", ("2", "no limit beside quick_start_h")),
    ],
)
def test_what_a_called_start_could_break(site: SiteFolder, line: str, key: str, words: tuple[str, ...]) -> None:
    site.with_converter().edit(MINIMUM, MINIMUM + f"    quick_start_h: 0.2\n    {line}\n")
    site.only_issue(f"components.chp.{key}", site.line(f"{key}:", after="chp:"), *words)


def test_a_start_costs_one_thing(site: SiteFolder) -> None:
    both = "    start_cost_eur: 5\n    start_costs: [{off_from_h: 0, cost_eur: 5}]\n"
    site.with_converter().edit(MINIMUM, MINIMUM + both)
    line = site.line("start_cost_eur", after="chp:")
    site.only_issue("components.chp.start_cost_eur", line, "5, beside start_costs", "one of the two")


def test_starts_without_a_minimum_load(site: SiteFolder) -> None:
    site.with_converter().edit(", no_load_mw: 0.1", "")
    site.edit(MINIMUM, "    minimum_up_h: 2\n    start_cost_eur: 10\n    initial_on: true\n")
    found = site.line("minimum_up_h", after="chp:")
    hint = "leave minimum_up_h, start_cost_eur, initial_on out"
    site.only_issue("components.chp.minimum_up_h", found, "2", "power_min_mw > 0", "no on/off decision", hint)


def test_all_of_it_together_is_sound(site: SiteFolder) -> None:
    fields = [
        "state_block_h: 2",
        "minimum_up_h: 4",
        "minimum_down_h: 2",
        "start_cost_eur: 30",
        "starts_max_per_day: 2",
        "start_power_max_mw: 1.5",
        "stop_power_max_mw: 1",
        "initial_on: false",
        "initial_state_h: 1",
    ]
    site.with_converter().edit(MINIMUM, MINIMUM + "".join(f"    {line}\n" for line in fields))
    unit = site.read().instance.components["chp"]
    assert isinstance(unit, Converter)
    assert (unit.minimum_up_h, unit.starts_max_per_day, unit.initial_on) == (4.0, 2, False)
