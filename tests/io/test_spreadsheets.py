"""CSV files as spreadsheets write them where the comma is the decimal mark, and files that mix two ways of writing."""

from __future__ import annotations

import numpy as np
import pytest
from site_folder import SERIES, SiteFolder, assert_issue

COMMON, SCENARIOS = "series.csv", "scenarios.csv"


def french(text: str) -> str:
    """A file with semicolons, decimal commas, days first, and Windows line ends."""
    lines = []
    for line in text.splitlines():
        cells = line.split(",")
        for position, cell in enumerate(cells):
            if cell.startswith("2025-01-15T"):
                cells[position] = f"15/01/2025 {cell[11:16]}"
            elif cell[0].isdigit():
                cells[position] = cell.replace(".", ",")
        lines.append(";".join(cells))
    return "\r\n".join(lines) + "\r\n"


def test_a_french_spreadsheet_is_read_as_what_it_says(site: SiteFolder) -> None:
    expected = site.read()
    (site.path / COMMON).write_bytes(b"\xef\xbb\xbf" + french(site.text(COMMON)).encode())
    (site.path / SCENARIOS).write_bytes(("sep=;\r\n" + french(site.text(SCENARIOS))).encode())
    found = site.read()
    np.testing.assert_array_equal(found.series["wards_demand_mw"], [hour / 10 for hour in range(8)])
    assert found.series.equals(expected.series)
    assert found.scenario_series is not None
    assert expected.scenario_series is not None
    for name, data in expected.scenario_series.items():
        assert found.scenario_series[name].equals(data)


@pytest.mark.parametrize(
    "stamp", ["15/01/2025 {:02}:00", "15.01.2025 {}:00", "15/1/2025 {:02}:00:00", "2025-01-15 {:02}:00"]
)
@pytest.mark.parametrize("separator", [";", "\t"])
def test_forms_of_time_stamps(site: SiteFolder, separator: str, stamp: str) -> None:
    lines = [f"{stamp.format(hour)}{separator}0,{hour}" for hour in range(8)]
    loaded = site.write("\n".join([f"time{separator}wards_demand_mw", *lines]) + "\n", COMMON).read()
    assert loaded.series["wards_demand_mw"].tolist() == [hour / 10 for hour in range(8)]


def test_a_comma_is_the_decimal_mark_wherever_semicolons_separate(site: SiteFolder) -> None:
    """1,234 is no thousand: what separates the columns has said so."""
    lines = [f"2025-01-15T{hour:02}:00;1,234" for hour in range(8)]
    loaded = site.write("\n".join(["time;wards_demand_mw", *lines]) + "\n", COMMON).read()
    assert loaded.series["wards_demand_mw"].tolist() == [1.234] * 8


def test_points_among_semicolons_are_read_where_they_cannot_group_thousands(site: SiteFolder) -> None:
    site.write(SERIES.replace(",", ";"), COMMON)
    assert site.read().series["wards_demand_mw"].tolist() == [hour / 10 for hour in range(8)]
    lines = [f"2025-01-15T{hour:02}:00;1.23{hour}" for hour in range(8)]
    site.write("\n".join(["time;wards_demand_mw", *lines]) + "\n", COMMON)
    site.only_issue("wards_demand_mw", 2, "'1.230'", "may be 1230", "decimals with a comma", file=COMMON)


@pytest.mark.parametrize("cell", ["0.3", "1.234,5"])
def test_a_point_in_a_file_of_decimal_commas(site: SiteFolder, cell: str) -> None:
    lines = french(site.text(COMMON)).splitlines()
    lines[4] = lines[4].replace("0,3", cell)
    site.write("\n".join(lines) + "\n", COMMON)
    site.only_issue("wards_demand_mw", 5, f"'{cell}'", "have a decimal comma", file=COMMON)


@pytest.mark.parametrize(
    ("cell", "hint"),
    [
        ("1 000", "write 1000, without separators"),
        ("1_000", "write 1000, without separators"),
        ("95 %", "write 0.95: a share is written per unit"),
        ("50 EUR", "write 50: the unit stands in the name"),
        ("300 kW", "write 0.3: 300 kW is 0.3 MW"),
        ("1.5 MW", "write 1.5: the unit stands in the name"),
        ('"1,5"', "semicolons between columns and a comma in decimals"),
    ],
)
def test_numbers_written_for_people(site: SiteFolder, cell: str, hint: str) -> None:
    site.edit(",0.3\n", f",{cell}\n", COMMON)
    site.only_issue("wards_demand_mw", 5, cell.strip('"'), "a finite number", hint, file=COMMON)


def test_rows_separated_otherwise_than_the_header(site: SiteFolder) -> None:
    lines = SERIES.splitlines()
    site.write("\n".join([lines[0], *(line.replace(",", ";") for line in lines[1:])]) + "\n", COMMON)
    issues = site.issues()
    assert_issue(issues, "", 2, "1 cells", "2 cells", "the header separates columns by commas", file=COMMON)
    assert_issue(issues, "", None, "... and 5 more", file=COMMON)
    site.write("\n".join([lines[0].replace(",", ";"), *lines[1:]]) + "\n", COMMON)
    assert_issue(site.issues(), "", 2, "the header separates columns by semicolons", file=COMMON)


def test_a_header_with_both_separators(site: SiteFolder) -> None:
    site.write("time;a_mw,b_mw\n2025-01-15T00:00;1,2\n", COMMON)
    assert_issue(site.issues(), "", 1, "semicolons and commas", "one separator", file=COMMON)


def test_months_first_and_mixed_dates(site: SiteFolder) -> None:
    lines = french(site.text(COMMON)).splitlines()
    american = [lines[0], *(line.replace("15/01/2025", "01/15/2025") for line in lines[1:])]
    site.write("\n".join(american) + "\n", COMMON)
    assert_issue(site.issues(), "time", 2, "'01/15/2025 00:00', with a month of 15", "the day first", file=COMMON)
    lines[3] = "2025-01-15T02:00;0,2"
    site.write("\n".join(lines) + "\n", COMMON)
    site.only_issue("time", 4, "'2025-01-15T02:00'", "one form in a file", file=COMMON)


def test_days_first_among_commas(site: SiteFolder) -> None:
    """Where commas separate columns, 03/04/2025 may as well be the 4th of March."""
    site.write(SERIES.replace("2025-01-15T", "15/01/2025 ").replace("+01:00", ""), COMMON)
    assert_issue(site.issues(), "time", 2, "ISO 8601", "separated by semicolons alone", file=COMMON)
