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
    """How often, how much and the memory of an hour lie in the bands, and three of five of all statistics; against
    both day bootstraps no energy score and no Wasserstein distance is worse beyond three standard errors (one of some
    twenty would be beyond two by chance). docs/uncertainty_activations.md has the rest.
    """
    found = held_against(CASES[name](data_folder), draws=4)
    inside = [row["is_inside"] for both in found["series"].values() for row in both["statistics"].values()]
    scores = [found["energy_score_of_all_series"]]
    for series, both in found["series"].items():
        assert [row for row in MET if not both["statistics"][row]["is_inside"]] == [], series
        scores += [both["energy_score"], *both["wasserstein"].values()]
    against = [score[f"against_{kind}"] for score in scores for kind in ("day_bootstrap", "any_day_bootstrap")]
    assert [one for one in against if one["ratio"] > 1.0 + 3.0 * one["error_of_ratio"]] == []
    assert sum(inside) >= 0.6 * len(inside)
