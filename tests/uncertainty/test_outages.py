"""Outages drawn beside a process: rates, maintenance, and draws of the process that stay as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from uncertainty_support import Loaded, synthetic

from mes_stoch.schema.errors import InstanceError
from mes_stoch.schema.instance import Instance
from mes_stoch.schema.outage import Outages
from mes_stoch.uncertainty.outages import available_share
from mes_stoch.uncertainty.process import DrawContext
from mes_stoch.uncertainty.tree import build_tree

HOURS = pd.date_range("2025-11-20", periods=24, freq="h", tz="Europe/Paris")


def with_outages(loaded: Loaded, outages: dict[str, dict[str, object]]) -> Loaded:
    document = loaded.instance.model_dump(exclude_unset=True)
    document["uncertainty"]["outages"] = outages
    shares_of_grid = ("import_available_per_unit", "export_available_per_unit")
    document["components"]["grid"] |= dict(zip(shares_of_grid, outages, strict=False))
    loaded.instance = Instance.model_validate(document)
    return loaded


def shares(outages: Outages, seeds: int, context: DrawContext) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.stack([available_share(np.random.default_rng(seed), context, outages) for seed in range(seeds)])


def test_share_of_time_out_and_number_of_failures_by_hand() -> None:
    """Mean times of 18 h and 6 h: out for 6 / 24 = 1/4 of the time, at every hour.

    With l = 1/18, m = 1/6 and hourly periods, P(in service -> out) = 1/4 (1 - exp(-(1/18 + 1/6))) = 0.0498. 4000 days:
    the standard deviation of a share of 1/4 is 0.0068, of one of 0.0498 among 3000 units in service 0.004.
    """
    drawn = shares(Outages(mean_time_to_failure_h=18.0, mean_time_to_repair_h=6.0), 4000, DrawContext(HOURS, 1.0))
    assert set(np.unique(drawn)) == {0.0, 1.0}
    assert drawn.mean(axis=0) == pytest.approx(0.75, abs=4 * 0.0068)
    in_service = drawn[:, :-1] == 1
    failing = (in_service & (drawn[:, 1:] == 0)).sum() / in_service.sum()
    assert failing == pytest.approx(0.25 * (1 - np.exp(-2 / 9)), abs=0.002)


def test_quarter_hours_have_the_same_law() -> None:
    """An hour later the state is the same in law whether read every hour or every quarter: a chain in true time.

    From in service: P(out after an hour) = 1/4 (1 - exp(-2/9)) = 0.0498; 20000 draws: deviation 0.0015.
    """
    quarters = pd.date_range("2025-11-20", periods=5, freq="15min", tz="Europe/Paris")
    known = Outages(mean_time_to_failure_h=18.0, mean_time_to_repair_h=6.0, in_service_at_start=True)
    drawn = shares(known, 20_000, DrawContext(quarters, 0.25))
    assert (drawn[:, 0] == 1).all()
    assert 1 - drawn[:, 4].mean() == pytest.approx(0.0498, abs=4 * 0.0015)


def test_derating_and_a_unit_that_is_out_at_the_start() -> None:
    outages = Outages(mean_time_to_failure_h=1e9, available_in_outage_per_unit=0.4, in_service_at_start=False)
    long = outages.model_copy(update={"mean_time_to_repair_h": 1e9})
    assert available_share(np.random.default_rng(0), DrawContext(HOURS, 1.0), long).tolist() == [0.4] * 24


def test_maintenance_counts_the_share_of_a_period_and_overlaps_once() -> None:
    windows = [
        {"start": "2025-11-20T06:30", "end": "2025-11-20T08:00"},
        {"start": "2025-11-20T07:30", "end": "2025-11-20T09:15"},
        {"start": "2025-11-19T20:00", "end": "2025-11-20T01:00"},
        {"start": "2026-01-01T00:00", "end": "2026-01-02T00:00"},
    ]
    outages = Outages.model_validate({"maintenance": windows})
    expected = np.ones(24)
    expected[0], expected[6], expected[7:9], expected[9] = 0.0, 0.5, 0.0, 0.75
    drawn = available_share(np.random.default_rng(0), DrawContext(HOURS, 1.0), outages)
    assert drawn == pytest.approx(expected, abs=1e-12)


def test_maintenance_on_a_day_of_25_hours() -> None:
    """02:00 to 04:00 lasts three hours on 26 October: 02:00 is shown twice, and counts as the first."""
    long_day = pd.date_range("2025-10-26", periods=25, freq="h", tz="Europe/Paris")
    outages = Outages.model_validate({"maintenance": [{"start": "2025-10-26T02:00", "end": "2025-10-26T04:00"}]})
    drawn = available_share(np.random.default_rng(0), DrawContext(long_day, 1.0), outages)
    assert np.flatnonzero(drawn == 0).tolist() == [2, 3, 4]


def test_what_the_process_draws_stays_as_it_is() -> None:
    names = {"chp_available_per_unit": {"mean_time_to_failure_h": 20}, "grid_per_unit": {"mean_time_to_failure_h": 9}}
    plain, drawn = build_tree(synthetic(), 4), build_tree(with_outages(synthetic(), names), 4)
    assert set(drawn.series_names) - set(plain.series_names) == set(names)
    for name in plain.series_names:
        np.testing.assert_array_equal(drawn.dataset[name].values, plain.dataset[name].values)
    # a scenario is the same however many are drawn
    fewer = build_tree(with_outages(synthetic(), names), 2)
    np.testing.assert_array_equal(
        fewer.dataset["chp_available_per_unit"].values, drawn.dataset["chp_available_per_unit"].values[:2]
    )


def test_a_name_that_the_process_draws_already() -> None:
    loaded = with_outages(synthetic(), {"pv_available_mw": {"mean_time_to_failure_h": 20}})
    with pytest.raises(InstanceError, match="a series that fr_synthetic_day does not draw"):
        build_tree(loaded, 2)


def test_a_share_that_no_component_names() -> None:
    loaded = with_outages(synthetic(), {"a_per_unit": {}, "b_per_unit": {}, "c_per_unit": {}})
    with pytest.raises(InstanceError, match=r"uncertainty\.outages\.c_per_unit.*a series that a component names"):
        build_tree(loaded, 2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"maintenance": [{"start": "2025-11-20T08:00", "end": "2025-11-20T08:00"}]}, "ends after it starts"),
        ({"maintenance": [{"start": "20 November", "end": "2025-11-20T08:00"}]}, "pattern"),
        ({"maintenance": [{"start": "2025-13-20T08:00", "end": "2025-11-20T08:00"}]}, "month must be"),
        ({"maintenance": [{"start": "2025-11-20T08:00", "end": "9999-11-20T08:00"}]}, "a year between 1900 and 2199"),
        ({"mean_time_to_failure_h": 0}, "greater than 0"),
        ({"available_in_outage_per_unit": 1.5}, "less than or equal to 1"),
    ],
)
def test_bad_values(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Outages.model_validate(given)
