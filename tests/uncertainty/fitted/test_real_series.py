"""Processes fitted to real series, held against months kept back; the whole tables are in docs/evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.fitted_cases import CASES, Case

pytestmark = pytest.mark.data

#: Statistics inside their bands with ten draws a day, of 10, in western Denmark of 48.
LEAST_INSIDE = {
    "french_day_ahead": 9,
    "french_forecast_error": 10,
    "german_intraday_spread": 7,
    "french_fcr": 5,
    "western_denmark": 35,
    "district_heat": 7,
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_days_are_drawn_better_than_by_the_plain_bootstrap(case: Case, data_folder: Path) -> None:
    """By the energy score; and as many statistics lie in their bands as ten draws a day make sure of."""
    table = case.diagnosed(data_folder, draws_per_day=10).set_index("statistic")
    assert table.loc["energy score over baseline", "drawn"] <= 1.0
    own = table[table["series"] != "all"]
    assert own["inside"].sum() >= LEAST_INSIDE[case.name]
