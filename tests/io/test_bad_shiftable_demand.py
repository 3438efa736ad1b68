"""Mistakes about demands that can be moved in time: one message each."""

from __future__ import annotations

import pytest
from site_folder import SiteFolder

from mes_stoch.components.shiftable_demand.format import ShiftableDemand

WARDS = "    type: demand\n    node: power\n    demand_mw: wards_demand_mw\n"
JOB = "jobs: [{energy_mwh: 1, power_max_mw: 1, from_h: 1, to_h: 3}]"


def with_shifts(site: SiteFolder, *lines: str) -> SiteFolder:
    return site.edit(
        WARDS, WARDS.replace("demand\n", "shiftable_demand\n", 1) + "".join(f"    {line}\n" for line in lines)
    )


@pytest.mark.parametrize(
    ("lines", "key", "line", "words"),
    [
        ([], "", "wards:", ("nothing that can be moved", "shift_max_per_unit or shift_down_max_mw, or jobs")),
        (["shift_max_per_unit: 0.5"], "shift_window_h", "wards:", ("nothing", "between leaving out and making up")),
        (
            ["shift_max_per_unit: 0.5", "shift_window_h: 1.5"],
            "shift_window_h",
            "shift_window_h",
            ("1.5", "a multiple of the period, 1 h"),
        ),
        (["shift_max_per_unit: 1.5", "shift_window_h: 1"], "shift_max_per_unit", "shift_max_per_unit", ("1.5",)),
        (
            ["shift_down_max_mw: -1", "shift_window_h: 1"],
            "shift_down_max_mw",
            "shift_down_max_mw",
            ("-1", "a number in MW of at least 0"),
        ),
        (
            ["shift_up_max_mw: 1", JOB],
            "shift_up_max_mw",
            "shift_up_max_mw",
            ("1, though nothing of demand_mw can be moved", "leave it out"),
        ),
        (
            ["shift_max_per_unit: 0.5", "shift_window_h: 1", "provides: [fr_fcr]"],
            "provides",
            "provides: [fr_fcr]",
            ("an unknown key", "holds no reserve"),
        ),
        ([JOB.replace("to_h: 3", "to_h: 9")], "jobs.0.to_h", "jobs", ("9, after the horizon", "at most 8")),
        ([JOB.replace("to_h: 3", "to_h: 1")], "jobs.0.to_h", "jobs", ("1, not after from_h (1)",)),
        ([JOB.replace("to_h: 3", "to_h: 2.5")], "jobs.0.to_h", "jobs", ("2.5", "a multiple of the period")),
        # 1 MWh used at 2 would otherwise serve the job from 1 to 3 and the one from 2 to 4
        (
            [JOB.replace("to_h: 3", "to_h: 3, repeat_h: 1")],
            "jobs.0.repeat_h",
            "jobs",
            ("1", "at least 2 h, so that it is done before it comes again", "write several jobs"),
        ),
        (
            [JOB.replace("energy_mwh: 1", "energy_mwh: 3")],
            "jobs.0.energy_mwh",
            "jobs",
            ("3", "at most 2 MWh", "raise power_max_mw"),
        ),
    ],
)
def test_one_message(site: SiteFolder, lines: list[str], key: str, line: str, words: tuple[str, ...]) -> None:
    with_shifts(site, *lines)
    path = f"components.wards.{key}" if key else "components.wards"
    site.only_issue(path, site.line(line, after="" if line == "wards:" else "wards:"), *words)


def test_all_of_it_together_is_sound(site: SiteFolder) -> None:
    with_shifts(
        site, "shift_down_max_mw: 0.5", "shift_up_max_mw: 1", "shift_window_h: 2", "payback: before",
        "rebound_per_unit: 1.1", "shift_cost_eur_per_mwh: 3", "shift_max_mwh_per_day: 2", JOB,
    )  # fmt: skip
    wards = site.read().instance.components["wards"]
    assert isinstance(wards, ShiftableDemand)
    assert (wards.payback, wards.shift_window_h, wards.jobs[0].to_h) == ("before", 2.0, 3.0)
