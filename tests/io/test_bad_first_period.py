"""A first period that is shorter than the others: what can be read, and what it does not go with."""

from __future__ import annotations

import numpy as np
import pytest
from site_folder import SiteFolder

from mes_stoch.io.validation import period_lengths
from mes_stoch.registry import Group, Kind
from mes_stoch.uncertainty.tree import build_tree

GIVEN = "start:\n  commitments_mw: {fr_fcr: [1]}\n  positions_mw: {da: [0.5], id: [0]}\n"


@pytest.fixture
def begun(site: SiteFolder) -> SiteFolder:
    """The site from twenty past midnight on."""
    site.edit("start: 2025-01-15T00:00", "start: 2025-01-15T00:20")
    site.edit("  periods: 8\n", "  periods: 8\n  first_period_h: 0.6666667\n")
    return site.edit("series: series.csv\n", f"{GIVEN}series: series.csv\n")


def test_rows_stand_where_the_period_began(begun: SiteFolder) -> None:
    """The files are those of the whole hours."""
    loaded = begun.read()
    assert [f"{moment:%H:%M}" for moment in loaded.time[:3]] == ["00:20", "01:00", "02:00"]
    assert loaded.series["wards_demand_mw"].tolist() == pytest.approx([hour / 10 for hour in range(8)])
    lengths = build_tree(loaded).dataset["period_length_h"].values
    np.testing.assert_allclose(lengths, [0.6666667] + [1.0] * 7)


def test_a_row_may_stand_at_the_start(begun: SiteFolder) -> None:
    begun.edit("2025-01-15T00:00+01:00,0.0", "2025-01-15T00:20+01:00,0.5", "series.csv")
    assert begun.read().series["wards_demand_mw"].tolist()[:2] == pytest.approx([0.5, 0.1])


def test_one_row_is_enough(begun: SiteFolder) -> None:
    row = "2025-01-15T00:00+01:00,0.0\n"
    begun.edit(row, row + "2025-01-15T00:20+01:00,0.5\n", "series.csv")
    begun.only_issue("time", 3, "2025-01-15T00:20:00+0100 a second time (first on line 2)", file="series.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.5", ("at most period_h (1)",)),
        ("0.5", ("multiple of 1 h from local midnight on, not 00:50:00", "end where a period ends")),
        ("0.66667", ("a whole number of seconds", "0.6666667")),
        ("0", ("a number in h above 0",)),
    ],
)
def test_lengths_that_do_not_fit(begun: SiteFolder, text: str, words: tuple[str, ...]) -> None:
    begun.edit("first_period_h: 0.6666667", f"first_period_h: {text}")
    issues = [issue for issue in begun.issues() if issue.key == "horizon.first_period_h"]
    assert len(issues) == 1
    said = f"{issues[0].found} | {issues[0].expected} | {issues[0].hint}"
    for word in words:
        assert word in said, said


def test_blocks_that_have_begun_must_be_known(begun: SiteFolder) -> None:
    begun.edit(GIVEN, "")
    keys = {issue.key for issue in begun.issues()}
    assert keys == {"products.fr_fcr.block_h", "products.da.settlement_period_h", "products.id.settlement_period_h"}


def test_ways_up_are_powers_of_whole_periods(begun: SiteFolder) -> None:
    begun.with_converter()
    begun.edit("    power_min_mw: 1\n", "    power_min_mw: 1\n    start_up_power_mw: [0.5]\n    minimum_down_h: 1\n")
    begun.only_issue("components.chp.start_up_power_mw", begun.line("start_up_power_mw"), "periods of one length")


def test_a_state_block_that_has_begun(begun: SiteFolder) -> None:
    begun.with_converter().edit("    power_min_mw: 1\n", "    power_min_mw: 1\n    state_block_h: 2\n")
    begun.only_issue("components.chp.state_block_h", begun.line("state_block_h"), "begins a block at the start")


def test_a_kind_that_knows_whole_periods_alone(begun: SiteFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that multiplies by `period_h` would take the energy of a whole hour."""
    known = period_lengths.kinds

    def of_a_package(group: Group) -> dict[str, Kind]:
        found = dict(known(group))
        if "demand" in found:
            found["demand"] = Kind(group, "demand", "loads.demand", "loads 1.0")
        return found

    monkeypatch.setattr(period_lengths, "kinds", of_a_package)
    begun.only_issue("components.wards", begun.line("wards:"), "demand of the package loads 1.0", "lengths_h")
