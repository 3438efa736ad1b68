"""Fitted activations against months of real series kept back: ``scripts/fitted_activations.py`` at less length."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.activation_cases import CASES
from helpers.activation_evidence import held_against

#: What is met on every series compared here.
MET = ("called_periods_per_unit", "mean_share_per_unit", "autocorrelation_1_h")


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("name", ["german_afrr_2024", "danish_mfrr", "australian_contingency"])
def test_months_kept_back_are_met(name: str, data_folder: Path) -> None:
    """How often, how much and the memory of an hour lie in the bands, and three of five of all statistics; shares are
    no farther from the months kept back than twice what a day bootstrap is. docs/uncertainty_activations.md has the
    rest.
    """
    found = held_against(CASES[name](data_folder), draws=2)
    inside = [row["is_inside"] for both in found["series"].values() for row in both["statistics"].values()]
    for series, both in found["series"].items():
        assert [row for row in MET if not both["statistics"][row]["is_inside"]] == [], series
        apart = both["wasserstein"]["shares"]
        assert apart["fitted"] <= 2.0 * apart["day_bootstrap"], series
    assert sum(inside) >= 0.6 * len(inside)
