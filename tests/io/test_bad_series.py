"""Bad CSV files: every problem is told with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest
from site_folder import SiteFolder, assert_issue

COMMON, SCENARIOS = "series.csv", "scenarios.csv"


def rows(site: SiteFolder, file: str = COMMON) -> list[str]:
    return site.text(file).splitlines()


def write_rows(site: SiteFolder, lines: list[str], file: str = COMMON) -> SiteFolder:
    return site.write("\n".join(lines) + "\n", file)


# -- the file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [COMMON, SCENARIOS])
def test_missing_file(site: SiteFolder, file: str) -> None:
    (site.path / file).unlink()
    site.only_issue("", None, "no such file", "a CSV file", file=file)


def test_folder_in_place_of_a_file(site: SiteFolder) -> None:
    (site.path / COMMON).unlink()
    (site.path / COMMON).mkdir()
    site.only_issue("", None, "a CSV file", file=COMMON)


def test_file_outside_the_instance(site: SiteFolder, tmp_path: Path) -> None:
    (tmp_path / "series.csv").write_text(site.text(COMMON))
    site.edit("series: series.csv", "series: ../series.csv")
    site.only_issue("series", site.line("series:"), "'../series.csv'", "a file inside the instance folder", "copy")


@pytest.mark.parametrize("file", [COMMON, SCENARIOS])
def test_empty_file(site: SiteFolder, file: str) -> None:
    site.write("\n", file).only_issue("", None, "an empty file", "a header line", file=file)


def test_header_without_rows(site: SiteFolder) -> None:
    write_rows(site, rows(site)[:1]).only_issue("time", None, "ends before 2025-01-15T00:00+0100", file=COMMON)


def test_text_that_is_not_utf8(site: SiteFolder) -> None:
    (site.path / COMMON).write_bytes(b"time,caf\xe9_mw\n")
    site.only_issue("", None, "not UTF-8", file=COMMON)


def test_column_twice(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [lines[0] + ",wards_demand_mw", *(line + ",1" for line in lines[1:])])
    site.only_issue("wards_demand_mw", 1, "a second time", "each column once", file=COMMON)


def test_column_in_both_files(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [lines[0] + ",fcr_up_per_unit", *(line + ",0" for line in lines[1:])])
    site.only_issue("fcr_up_per_unit", 1, "which series.csv has too", file=SCENARIOS)


def test_column_without_a_name(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [lines[0] + ",", *(line + ",1" for line in lines[1:])])
    site.only_issue("", 1, "column 3 without a name", file=COMMON)


# -- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["nan", "NaN", "inf", "-inf", "", "n/a", "1.2.3", "-", "1_000", "\u0661", "0x1", "1e"])
@pytest.mark.parametrize("file", [COMMON, SCENARIOS])
def test_cell_that_is_no_finite_number(site: SiteFolder, file: str, cell: str) -> None:
    lines = rows(site, file)
    lines[4] = ",".join([*lines[4].split(",")[:-1], cell])
    write_rows(site, lines, file)
    column = lines[0].split(",")[-1]
    site.only_issue(column, 5, f"'{cell}'" if cell else "an empty cell", "a finite number", file=file)


def test_decimal_comma(site: SiteFolder) -> None:
    lines = rows(site)
    lines[4] = lines[4].replace("0.3", "0,3")
    write_rows(site, lines).only_issue("", 5, "3 cells", "2 cells", "a point", file=COMMON)


def test_lines_are_counted_as_an_editor_does(site: SiteFolder) -> None:
    lines = rows(site)
    lines[2] = lines[2] + "\n"
    lines[4] = lines[4].replace("0.3", "x")
    write_rows(site, lines).only_issue("wards_demand_mw", 6, "'x'", file=COMMON)
    site.write(site.text(COMMON).replace("\n", "\r\n"), COMMON)
    site.only_issue("wards_demand_mw", 6, "'x'", file=COMMON)


def test_row_with_a_cell_missing(site: SiteFolder) -> None:
    lines = rows(site)
    lines[4] = lines[4].split(",")[0]
    write_rows(site, lines).only_issue("", 5, "1 cells", "2 cells, as in the header", file=COMMON)


def test_many_problems_of_one_kind_are_counted(site: SiteFolder) -> None:
    site.write(site.text(SCENARIOS).replace(",0.2\n", ",x\n"), SCENARIOS)
    issues = site.issues()
    assert [issue.line for issue in issues] == [2, 3, 4, None]
    assert_issue(issues, "fcr_up_per_unit", None, "... and 13 more", file=SCENARIOS)


def test_every_column_has_its_own_examples(site: SiteFolder) -> None:
    lines = rows(site, SCENARIOS)
    broken = [",".join([*line.split(",")[:2], "x", "y", "0.2"]) for line in lines[1:]]
    write_rows(site, [lines[0], *broken], SCENARIOS)
    issues = site.issues()
    assert [issue.line for issue in issues] == [2, 2, 3, 3, 4, 4, None, None]
    for column in ("da_price_eur_per_mwh", "id_price_eur_per_mwh"):
        assert_issue(issues, column, None, "... and 13 more", file=SCENARIOS)


# -- time -------------------------------------------------------------------------------------------------------------


def test_series_too_short(site: SiteFolder) -> None:
    write_rows(site, rows(site)[:-2])
    words = ("too short: it ends before 2025-01-15T06:00", "the 8 periods of the horizon", "6 of 8 periods are there")
    site.only_issue("time", 7, *words, file=COMMON)


def test_series_too_long(site: SiteFolder) -> None:
    write_rows(site, [*rows(site), "2025-01-15T08:00+01:00,1", "2025-01-15T09:00+01:00,1"])
    site.only_issue("time", 10, "too long: 2 rows", "change horizon.periods", file=COMMON)


def test_series_that_begins_too_early(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [lines[0], "2025-01-14T23:00+01:00,1", *lines[1:]])
    site.only_issue("time", 2, "2025-01-14T23:00:00+0100, before the horizon", file=COMMON)


def test_gap(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [*lines[:3], *lines[5:]])
    site.only_issue("time", 4, "a gap of 2 periods from 2025-01-15T02:00", "add the missing rows", file=COMMON)


def test_duplicate_time_stamp(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [*lines[:4], lines[3], *lines[4:]])
    site.only_issue("time", 5, "2025-01-15T02:00:00+0100 a second time (first on line 4)", file=COMMON)


def test_the_same_moment_written_in_two_ways(site: SiteFolder) -> None:
    lines = rows(site)
    write_rows(site, [*lines[:4], "2025-01-15T01:00Z,5", *lines[4:]])
    site.only_issue("time", 5, "a second time (first on line 4)", file=COMMON)


def test_time_stamps_out_of_order(site: SiteFolder) -> None:
    lines = rows(site)
    lines[3], lines[4] = lines[4], lines[3]
    write_rows(site, lines).only_issue("time", 5, "out of order", "sort the rows by time", file=COMMON)


def test_time_stamp_between_periods(site: SiteFolder) -> None:
    lines = rows(site)
    lines[3] = lines[3].replace("02:00", "02:30", 1)
    write_rows(site, lines)
    assert_issue(site.issues(), "time", 4, "between the starts of two periods", file=COMMON)


@pytest.mark.parametrize("stamp", ["15/01/2025 02:00", "", "2025-13-01T00:00", "24"])
def test_text_that_is_no_time_stamp(site: SiteFolder, stamp: str) -> None:
    lines = rows(site)
    lines[3] = f"{stamp},1"
    write_rows(site, lines).only_issue("time", 4, f"'{stamp}'", "ISO 8601", file=COMMON)


# -- scenarios --------------------------------------------------------------------------------------------------------


def test_scenarios_need_their_columns(site: SiteFolder) -> None:
    site.write(site.text(SCENARIOS).replace("scenario,", "case,", 1), SCENARIOS)
    site.only_issue("scenario", 1, "case, time", "a column scenario", file=SCENARIOS)


def test_incomplete_scenario(site: SiteFolder) -> None:
    write_rows(site, rows(site, SCENARIOS)[:-1], SCENARIOS)
    site.only_issue("time", 16, "too short", "in scenario windy", file=SCENARIOS)


def test_row_of_no_scenario(site: SiteFolder) -> None:
    lines = rows(site, SCENARIOS)
    lines[2] = lines[2].replace("calm", "")
    write_rows(site, lines, SCENARIOS)
    assert_issue(site.issues(), "scenario", 3, "an empty cell", "the name of a scenario", file=SCENARIOS)


def test_no_scenarios_at_all(site: SiteFolder) -> None:
    write_rows(site, rows(site, SCENARIOS)[:1], SCENARIOS)
    assert_issue(site.issues(), "", None, "a header without rows", file=SCENARIOS)


def test_interleaved_scenarios_are_fine(site: SiteFolder) -> None:
    lines = rows(site, SCENARIOS)
    write_rows(site, [lines[0], *sorted(lines[1:], key=lambda line: line.split(",")[1])], SCENARIOS)
    assert site.read().scenario_series is not None


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ("windy: 0.25", "windy: 0.2", "probabilities", ("sum to 0.95", "a sum of 1")),
        ("windy: 0.25", "windy: 0.25000001", "probabilities", ("sum to 1.00000001",)),
        ("windy: 0.25", "stormy: 0.25", "probabilities.stormy", ("'stormy'", "calm, windy")),
        ("    windy: 0.25\n", "", "probabilities", ("no probability for windy",)),
        ("windy: 0.25", "windy: -0.25", "probabilities.windy", ("-0.25", "at least 0")),
        ("windy: 0.25", "windy: half", "probabilities.windy", ("'half'", "a number")),
    ],
)
def test_probabilities(site: SiteFolder, old: str, new: str, key: str, words: tuple[str, ...]) -> None:
    site.edit(old, new)
    line = site.line(key.split(".")[-1])
    assert_issue(site.issues(), f"uncertainty.{key}", line, *words)


def test_probabilities_may_miss_one_by_rounding(site: SiteFolder) -> None:
    site.edit("windy: 0.25", "windy: 0.2500000001").read()


def test_a_series_is_not_named_like_a_coordinate_of_a_tree(site: SiteFolder) -> None:
    """Probabilities stand in the instance: a column of that name is told, not taken for a series."""
    first, *others = rows(site, SCENARIOS)
    write_rows(site, [f"{first},probability", *(f"{line},0.5" for line in others)], SCENARIOS)
    site.only_issue("series", None, "'probability'", "probabilities stand in uncertainty.probabilities", file=SCENARIOS)
