"""The factory under yearly contracts: days that make a year, call_effects by day, and what the contracts are worth."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from instances.test_shipped import assert_matches_expected

import mes_stoch as ms
from mes_stoch.api import Site
from mes_stoch.io.instance import read_instance
from mes_stoch.report.run import Run

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "instances" / "annual_contracts_fr"
DAYS = {
    "winter_tight": 15,
    "winter_working": 90,
    "winter_weekend": 46,
    "mild_working": 84,
    "mild_weekend": 38,
    "summer_working": 63,
    "summer_weekend": 29,
}


def solve(overrides: Mapping[str, Any] | None = None) -> Run:
    site = Site(read_instance(FOLDER, overrides))
    return ms.solve(site, site.tree(), method="ef", gap_rel=1e-5)


@pytest.fixture(scope="module")
def run() -> Run:
    return solve()


@pytest.fixture(scope="module")
def series() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "scenarios.csv")


@pytest.fixture(scope="module")
def days() -> dict[str, float]:
    probabilities = read_instance(FOLDER).probabilities
    assert probabilities is not None
    return {name: 365 * share for name, share in probabilities.items()}


def test_expected(run: Run) -> None:
    assert_matches_expected(run.summary, FOLDER)


def test_scenarios_are_the_days_of_a_year(days: dict[str, float]) -> None:
    """151 days from November to March, 122 and 92 of the rest: 365, of which 252 are working days."""
    by_class = pd.Series(days).groupby(lambda name: name.rsplit("_", 1)[0]).sum()
    assert by_class.to_dict() == pytest.approx(DAYS)
    assert by_class.sum() == pytest.approx(365.0)
    assert by_class[[name for name in by_class.index if "weekend" not in name]].sum() == pytest.approx(252.0)


@pytest.mark.parametrize(
    ("name", "first", "last", "hours"),
    [
        ("tender_obliged_per_unit", 8, 18, 252 * 11),
        ("local_obliged_per_unit", 17, 19, 105 * 3),
        ("critical_per_unit", 7, 14, 15 * 8),
        ("critical_per_unit", 18, 19, 15 * 2),
    ],
)
def test_obligations_add_up_to_the_hours_of_the_year(
    series: pd.DataFrame, days: dict[str, float], name: str, first: int, last: int, hours: float
) -> None:
    """What `window_hours_per_year` and `critical_hours_per_year` say, so that a year is paid the yearly price."""
    hour = series["time"].str.slice(11, 13).astype(int)
    inside = series[hour.between(first, last)]
    weight = inside["scenario"].map(days)
    assert float((weight * inside[name]).sum()) == pytest.approx(hours)


def test_the_script_draws_what_is_shipped(series: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    import annual_days

    drawn = annual_days.all_days()
    assert list(drawn.columns) == list(series.columns)
    assert drawn[["scenario", "time"]].equals(series[["scenario", "time"]])
    numbers = series.columns[2:]
    # another platform may round the last digit of a logarithm another way
    assert np.allclose(drawn[numbers], series[numbers], atol=2e-3)
    sys.modules.pop("annual_days")


def test_yearly_payments(run: Run) -> None:
    """2 MW of tender at 38,800 - 6,190 EUR/MW, less what is lost on the few days on which a call is missed in part."""
    streams = run.summary["streams"]
    tender = 365 * streams["capacity.fr_aofd"]
    assert 0.98 * 2 * 32610 < tender <= 2 * 32610 * (1 + 1e-9)
    assert 365 * streams["capacity.enedis_local_reserved"] <= 9000 * (1 + 1e-9)
    assert 365 * streams["capacity.fr_mfrr_up"] <= 12000 * 1.001
    assert 365 * streams["capacity.fr_capacity"] == pytest.approx(5.3 * 6190)
    assert streams["capacity_settlement.fr_capacity"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("overrides", "thousand_eur_per_year"),
    [
        # decided day by day, when its prices and demands are known
        (
            {
                f"products.{product}.{key}": value
                for product in ("fr_mfrr_up", "fr_rc_up")
                for key, value in (("stage", "day_ahead"), ("gate", "D-1 10:00"))
            },
            21.7,
        ),
        # a MW of the process is tender or free offer
        ({"products.fr_aofd.exclusivity_group": "flexibility"}, -5.6),
        # obliged on weekends as well, when the process does not run; the payment comes on top
        ({"products.fr_aofd.window_per_unit": 1.0}, -37.1),
        ({"products.fr_aofd.volume_max_mw": 0}, -53.1),
        ({"products.fr_mfrr_up.volume_max_mw": 0}, -34.1),
        ({"products.fr_capacity.available_mw": 0}, -5.3 * 6.19),
        # CHP 2.5, pumps 1.4, process 0.8 x 0.4 on weekends: 4.2 MW
        ({"products.fr_capacity.critical_per_unit": 1.0}, (4.2 - 5.3) * 6.19),
    ],
    ids=["daily_reserve", "no_stacking", "tender_on_all_days", "no_tender", "no_mfrr", "no_capacity", "all_critical"],
)
def test_what_rules_are_worth(run: Run, overrides: dict[str, Any], thousand_eur_per_year: float) -> None:
    """The README's table; every value is a difference of two optima proven to 1e-5."""
    gained = 0.365 * (solve(overrides).summary["objective"] - run.summary["objective"])
    assert gained == pytest.approx(thousand_eur_per_year, abs=0.1)
