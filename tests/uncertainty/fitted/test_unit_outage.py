"""Times to failure and to repair from a record: by hand, against scipy's matrix logarithm, and found again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE, context
from scipy.linalg import logm

from mes_stoch.schema.errors import UsageError
from mes_stoch.schema.outage import Outages
from mes_stoch.uncertainty.fitted.history import History
from mes_stoch.uncertainty.fitted.parts.unit_outage import UnitOutage, UnitOutageOptions
from mes_stoch.uncertainty.outages import available_share

SERIES = "engine_available_per_unit"


def record(shares: object) -> History:
    values = np.asarray(shares, dtype=float)
    time = pd.date_range("2021-01-04", periods=len(values), freq="h", tz=ZONE)
    return History(pd.DataFrame({"engine": values}, index=time), "FR")


def fitted(shares: object, **options: object) -> UnitOutage:
    known = {"available": "engine", "series": SERIES}
    return UnitOutage.fit(record(shares), UnitOutageOptions.model_validate({**known, **options}))


def test_rates_are_those_of_the_matrix_logarithm() -> None:
    """In 1 1 1 1 0.4 0.2 1 1 1 0.3 1 seven pairs begin in service, of which two fail, and three out, of which two are
    repaired: the generator is the logarithm of [[5/7, 2/7], [2/3, 1/3]] an hour.
    """
    part = fitted([1, 1, 1, 1, 0.4, 0.2, 1, 1, 1, 0.3, 1])
    generator = np.real(logm(np.array([[5 / 7, 2 / 7], [2 / 3, 1 / 3]])))
    assert part.outages.mean_time_to_failure_h == pytest.approx(1.0 / generator[0, 1])
    assert part.outages.mean_time_to_repair_h == pytest.approx(1.0 / generator[1, 0])
    assert part.outages.available_in_outage_per_unit == pytest.approx(0.3)


def test_a_drawn_record_is_fitted_again() -> None:
    """60,000 hours, 150 h to failure and 30 to repair: 333 of each, a deviation of 5.5 %."""
    outages = Outages(mean_time_to_failure_h=150.0, mean_time_to_repair_h=30.0)
    shares = available_share(np.random.default_rng(6), context("2015-01-01", 60_000), outages)
    again = fitted(shares).outages
    assert again.mean_time_to_failure_h == pytest.approx(150.0, rel=0.22)
    assert again.mean_time_to_repair_h == pytest.approx(30.0, rel=0.22)


def test_draws_are_those_of_outages_beside_a_process() -> None:
    window = {"start": "2022-01-12T06:00", "end": "2022-01-12T12:00"}
    part = fitted([1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1], in_service_at_start=True, maintenance=[window])
    day = context("2022-01-12", 24)
    drawn = part.draw(np.random.default_rng(3), day, {})[SERIES]
    assert drawn.tolist() == available_share(np.random.default_rng(3), day, part.outages).tolist()
    assert drawn[0] == 1.0
    assert drawn[6:12].sum() == 0.0


def test_a_unit_that_never_failed_never_fails() -> None:
    part = fitted([1.0] * 100)
    assert part.draw(np.random.default_rng(1), context("2022-01-12", 24), {})[SERIES].tolist() == [1.0] * 24


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ([1, 1, 0, 0], "failures and no repair"),
        ([1, 0, 1, 0, 1], "give it in shorter periods"),
        ([1, 2, 1], "between 0 and 1"),
    ],
)
def test_records_that_tell_nothing(shares: list[float], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        fitted(shares)
