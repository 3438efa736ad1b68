"""Fitted parts that draw calls, where the calls before the horizon are known: by hand, with and without."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from fitted_support import ZONE

from mes_stoch.rules.call_history import CallHistory
from mes_stoch.uncertainty.call_limits import CallLimits
from mes_stoch.uncertainty.fitted.part import Part
from mes_stoch.uncertainty.fitted.parts.call_chain import CallChain
from mes_stoch.uncertainty.fitted.parts.contingency import Contingency
from mes_stoch.uncertainty.process import DrawContext

SERIES = "called_per_unit"
AN_HOUR = CallHistory(running_h=1.0, calls_today=1, called_today_h=1.0, calls=1)
NONE = CallHistory()


def drawn(part: Part, before: CallHistory | None, draws: int = 1, **limits: float) -> np.ndarray:
    """Called shares of six hours from 10:00 on, by draw."""
    context = DrawContext(pd.date_range("2025-01-15T10:00", periods=6, freq="h", tz=ZONE), 1.0)
    if before is not None or limits:
        context = replace(context, call_limits={SERIES: CallLimits(before=before, **limits)})  # type: ignore[arg-type]
    return np.array([part.draw(np.random.default_rng(k), context, {})[SERIES] for k in range(draws)])


def chain(**fields: object) -> CallChain:
    """No call begins, nine of ten periods of the past were called, and calls lasted for four hours on the mean."""
    known = {
        "stage": "realtime",
        "series": SERIES,
        "classes": {"class_h": 24.0, "match": [], "country": "FR", "days": [""]},
        "rates": [[0.0]],
        "called_per_unit": [0.9],
        "mean_length_h": 4.0,
        "price": None,
        "price_minus": None,
        "price_edges": [],
        "past": None,
        "past_shares": [],
    }
    return CallChain.model_validate({**known, **fields})


def contingency(events_per_year: float, refractory_h: float, durations_h: list[float]) -> Contingency:
    live_h = 8760.0 / events_per_year - float(np.maximum(refractory_h, durations_h).mean())
    return Contingency(
        stage="realtime",
        series=SERIES,
        rate_per_h=1.0 / live_h,
        refractory_h=refractory_h,
        durations_h=durations_h,
        shares_per_unit=[0.5] * len(durations_h),
        source="by hand",
    )


def test_a_chain_knows_whether_a_call_is_under_way() -> None:
    """Unknown, one is in nine draws of ten; known that none is, none; one that is goes on with 1 - 1/4.

    4,000 draws: standard errors of 0.005 and 0.007.
    """
    first = {
        name: drawn(chain(), before, 4000)[:, 0].mean() for name, before in (("?", None), ("", NONE), ("1", AN_HOUR))
    }
    assert first["?"] == pytest.approx(0.9, abs=0.02)
    assert first[""] == 0.0
    assert first["1"] == pytest.approx(0.75, abs=0.03)


def test_of_past_lengths_a_longer_one_is_taken() -> None:
    """Of 0.5, 1 and 3 h the last alone is longer than an hour: two hours are left, or one of a longest call of two.

    The call under way keeps its share, whatever those of the past.
    """
    halves: dict[str, object] = {
        "period_h": 0.5,
        "shares_per_unit": [[0.5], [0.5] * 2, [0.5] * 6],
        "starts_h": [10.0] * 3,
    }
    past = chain(past=halves)
    assert np.unique(drawn(past, AN_HOUR, 20), axis=0).tolist() == [[1, 1, 0, 0, 0, 0]]
    assert drawn(past, AN_HOUR, call_maximum_h=2.0)[0].tolist() == [1, 0, 0, 0, 0, 0]
    in_part = replace(AN_HOUR, running_per_unit=0.5)
    assert drawn(past, in_part)[0].tolist() == [0.5, 0.5, 0, 0, 0, 0]
    assert not drawn(past, NONE, 20).any()


def test_an_event_under_way_goes_on_for_its_rest() -> None:
    """Once in a million years, of 1 or 3 h: two hours are left of one that has run for an hour; else nothing comes."""
    rare = contingency(1e-6, 10.0, [1.0, 3.0])
    assert np.unique(drawn(rare, AN_HOUR, 20), axis=0).tolist() == [[1, 1, 0, 0, 0, 0]]
    assert not drawn(rare, replace(AN_HOUR, running_h=3.0), 20).any()
    assert drawn(rare, replace(AN_HOUR, running_h=3.0), call_minimum_h=4.0)[0].tolist() == [1, 0, 0, 0, 0, 0]
    assert not drawn(rare, NONE, 20).any()


def test_no_event_is_under_way_where_none_is_known() -> None:
    """An event of 12 h in 24 h, 20 h apart at least: unknown, one is under way half of the time.

    Four hours pass on the mean until the next: known that none is, one begins in the first hour with
    1 - exp(-1/4) = 0.221 (4,000 draws, standard error 0.007). Unknown: 1/2, and in the sixth of the time without a
    pause 0.221, and where a pause ends within the hour, of the 20 of which 1/24 has so little left, half as often.
    """
    often = contingency(365.0, 20.0, [12.0])
    assert (drawn(often, NONE, 4000)[:, 0] > 0).mean() == pytest.approx(0.221, abs=0.03)
    assert (drawn(often, None, 4000)[:, 0] > 0).mean() == pytest.approx(0.5 + 0.221 / 6 + 0.115 / 24, abs=0.03)
