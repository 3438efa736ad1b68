"""What cannot have been called before the horizon."""

from __future__ import annotations

import re

import pytest
from site_folder import SiteFolder

from mes_stoch.io.instance import read_instance

PRODUCT = """\
  fr_mfrr_up:
    volume_max_mw: 10
    block_h: 1
    capacity_price_eur_per_mw_h: 5
    activation_up_per_unit: 0
    energy_price_up_eur_per_mwh: 100
    call_maximum_h: 2
    calls_max_per_day: 2
    call_hours_max_per_day: 4
    calls_max: 3
    rest_minimum_h: 1
"""


@pytest.fixture
def called(site: SiteFolder) -> SiteFolder:
    """The site from 02:00 on with a product that is called and has limits."""
    site.edit("start: 2025-01-15T00:00", "start: 2025-01-15T02:00").edit("  fr_fcr:\n", "  fr_fcr:\n    block_h: 1\n")
    for file in ("series.csv", "scenarios.csv"):
        later = re.sub(r"T0(\d):", lambda found: f"T{int(found[1]) + 2:02}:", site.text(file))
        site.write(later, file)
    site.edit("series: series.csv\n", PRODUCT + "series: series.csv\n")
    return site.edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_mfrr_up]")


def given(site: SiteFolder, entry: str) -> SiteFolder:
    return site.edit("series: series.csv\n", f"start:\n  calls:\n    {entry}\nseries: series.csv\n")


def test_it_can_be_read(called: SiteFolder) -> None:
    given(called, "fr_mfrr_up: {running_h: 0.5, calls_today: 2, called_today_h: 1.5}")
    start = read_instance(called.path).instance.start
    assert start is not None
    entry = start.calls["fr_mfrr_up"]
    assert (entry.running_h, entry.calls_today, entry.called_today_h, entry.since_last_h) == (0.5, 2, 1.5, None)


@pytest.mark.parametrize(
    ("entry", "key", "words"),
    [
        ("fr_mfrr_upp: {running_h: 1}", "fr_mfrr_upp", ("'fr_mfrr_upp'", "did you mean fr_mfrr_up?")),
        ("da: {running_h: 1}", "da", ("'da'", "a product that an operator calls")),
        ("fr_fcr: {running_h: 1}", "fr_fcr", ("called both ways", "fr_fcr_up or fr_fcr_down")),
        # two hours and a half, where the longest call is two
        (
            "fr_mfrr_up: {running_h: 2.5}",
            "fr_mfrr_up.running_h",
            ("2.5 h", "at most call_maximum_h of fr_mfrr_up (2 h)"),
        ),
        ("fr_mfrr_up: {running_h: -1}", "fr_mfrr_up.running_h", ("-1", "above 0")),
        (
            "fr_mfrr_up: {calls_today: 3, since_last_h: 1, called_today_h: 1}",
            "fr_mfrr_up.calls_today",
            ("3", "at most calls_max_per_day of fr_mfrr_up (2)"),
        ),
        ("fr_mfrr_up: {calls_so_far: 4}", "fr_mfrr_up.calls_so_far", ("4", "at most calls_max of fr_mfrr_up (3)")),
        (
            "fr_mfrr_up: {running_h: 1, since_last_h: 2}",
            "fr_mfrr_up.since_last_h",
            ("2 h, beside running_h", "no time while a call is under way"),
        ),
        # the rest of an hour counts from the end of the call of this day, and its hours count too
        (
            "fr_mfrr_up: {calls_today: 1, called_today_h: 1}",
            "fr_mfrr_up.since_last_h",
            ("nothing, beside calls_today 1", "counts towards rest_minimum_h (1 h)"),
        ),
        (
            "fr_mfrr_up: {calls_today: 1, since_last_h: 1}",
            "fr_mfrr_up.called_today_h",
            ("nothing, beside calls_today 1", "count towards call_hours_max_per_day"),
        ),
        # begun at 01:00
        (
            "fr_mfrr_up: {running_h: 1, calls_today: 0}",
            "fr_mfrr_up.calls_today",
            ("0", "at least 1: the call under way began on this day"),
        ),
        (
            "fr_mfrr_up: {running_h: 1, called_today_h: 0.5}",
            "fr_mfrr_up.called_today_h",
            ("0.5 h", "at least 1 h, those of the call under way"),
        ),
        (
            "fr_mfrr_up: {running_h: 1, called_today_h: 2.5}",
            "fr_mfrr_up.called_today_h",
            ("2.5 h", "at most 2 h, from midnight to the start at 02:00"),
        ),
        (
            "fr_mfrr_up: {running_h: 1, started: [wards]}",
            "fr_mfrr_up.started",
            ("'wards'", "a component that provides fr_mfrr_up", "battery"),
        ),
        ("fr_mfrr_up: {started: [battery]}", "fr_mfrr_up.started", ("a list", "no call is under way")),
    ],
)
def test_what_cannot_have_been(called: SiteFolder, entry: str, key: str, words: tuple[str, ...]) -> None:
    key_line = given(called, entry).line("calls:") + 1
    called.only_issue(f"start.calls.{key}", key_line, *words)


def test_of_a_product_called_both_ways_each_direction_has_its_own(called: SiteFolder) -> None:
    given(called, "fr_fcr_up: {running_h: 1}")
    start = read_instance(called.path).instance.start
    assert start is not None
    assert start.calls["fr_fcr_up"].running_h == 1


def test_a_horizon_that_begins_a_day_has_called_nothing_on_it(site: SiteFolder) -> None:
    site.edit("series: series.csv\n", PRODUCT + "series: series.csv\n")
    site.edit("provides: [fr_fcr]", "provides: [fr_fcr, fr_mfrr_up]")
    given(site, "fr_mfrr_up: {running_h: 1, calls_today: 1}")
    line = site.line("fr_mfrr_up: {running_h")
    site.only_issue("start.calls.fr_mfrr_up.calls_today", line, "1", "0: the local day begins with the horizon")


@pytest.mark.parametrize(("other", "is_wrong"), [("{running_h: 1}", False), ("{running_h: 0.5}", True), (None, True)])
def test_products_of_one_series_have_one_history(called: SiteFolder, other: str | None, is_wrong: bool) -> None:
    """fr_rc_up is called where fr_mfrr_up is: what has been called of one has been called of the other."""
    rc = (
        "  fr_rc_up:\n    volume_max_mw: 10\n    capacity_price_eur_per_mw_h: 5\n    energy_price_up_eur_per_mwh: 100\n"
        "    activation_up_per_unit: fcr_up_per_unit\n    call_maximum_h: null\n    calls_max_per_day: null\n"
        "    call_hours_max_per_day: null\n    rest_minimum_h: 0\n"
    )
    called.edit("activation_up_per_unit: fcr_up_per_unit", "activation_up_per_unit: 0.2")
    called.edit("    activation_up_per_unit: 0\n", "    activation_up_per_unit: fcr_up_per_unit\n")
    called.edit("series: series.csv\n", rc + "series: series.csv\n")
    called.edit("provides: [fr_fcr, fr_mfrr_up]", "provides: [fr_fcr, fr_mfrr_up, fr_rc_up]")
    given(called, "fr_mfrr_up: {running_h: 1}" + ("" if other is None else f"\n    fr_rc_up: {other}"))
    found = [issue for issue in called.issues() if issue.key.startswith("start.calls")]
    assert bool(found) == is_wrong
    for issue in found:
        assert issue.key == "start.calls.fr_mfrr_up"
        assert "the same for fr_rc_up, whose calls are those of fcr_up_per_unit as well" in issue.expected


def test_where_calls_before_the_horizon_stand(called: SiteFolder) -> None:
    called.edit("    call_maximum_h: 2\n", "    call_maximum_h: 2\n    running_call_h: 1\n")
    (issue,) = called.issues()
    assert issue.key == "products.fr_mfrr_up.running_call_h"
    assert "stand under start: calls, by product" in (issue.hint or "")
