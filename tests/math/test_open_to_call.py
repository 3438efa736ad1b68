"""When a full call may still run: every limit of calls, by hand. Periods are hours unless said otherwise."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from mes_stoch.products.shared.equations_call_rules import CallRules, open_to_call


def rules(**limits: float) -> CallRules:
    """Calls of two hours at most, without any other limit."""
    free: dict[str, Any] = {
        "sustain_h": 2.0,
        "hold_h": 2.0,
        "longest_h": np.inf,
        "shortest_h": 0.0,
        "rest_h": 0.0,
        "most_a_day": np.inf,
        "most": np.inf,
        "hours_a_day": np.inf,
    }
    return CallRules(**{**free, **limits})


def is_open(
    calls: list[float], window: list[float] | None = None, days: list[int] | None = None, **limits: float
) -> str:
    """Periods that are open, as a row of 1 and 0; ``days`` are the lengths of the days."""
    edges = np.cumsum([0, *(days or [len(calls)])])
    spans = [np.arange(a, b) for a, b in pairwise(edges)]
    inside = np.ones(len(calls)) if window is None else np.asarray(window, dtype=float)
    found = open_to_call(np.asarray(calls, dtype=float), inside, rules(**limits), spans, limits.pop("period_h", 1.0))
    return "".join(f"{value:g}" for value in found)


@pytest.mark.parametrize(
    ("calls", "limits", "expected"),
    [
        # two hours have been called: the third cannot be part of that call, and the fourth can begin one
        ([1, 1, 0, 0], {}, "1101"),
        # called for one hour it may go on for another, or begin again
        ([1, 0, 0, 0], {}, "1111"),
        # one call in all: it may have gone on for its second hour, and no more
        ([1, 0, 0, 0], {"most": 1}, "1100"),
        ([0, 1, 0, 0], {"most": 1}, "1110"),
        ([1, 0, 1, 0, 0, 0], {"most": 2}, "111100"),
        # calls of one hour at most
        ([1, 0, 0, 0], {"longest_h": 1.0}, "1011"),
        ([0, 0, 1, 0], {"longest_h": 1.0}, "1110"),
        # three hours of rest after the end of a call that could still have gone on for an hour
        ([1, 0, 0, 0, 0, 0], {"rest_h": 3.0}, "110011"),
        # three hours a day: two and one more
        ([1, 1, 0, 1, 0, 0, 0], {"hours_a_day": 3.0}, "1101000"),
        # called in part: it may be raised to a full call at any time, and has used nothing of its two hours
        ([0.5, 0.5, 0.5, 0.5, 0.5, 0], {}, "111111"),
        ([0.5, 1, 1, 0], {}, "1111"),
        ([1, 1, 0.5, 0.5], {}, "1101"),
        # but it is the one call there may be, and ends with the longest; half an hour each
        ([0.5, 0.5, 0, 0, 0], {"most": 1}, "11110"),
        ([0.5, 0.5, 0.5, 0.5, 0], {"longest_h": 1.0}, "11000"),
        # rounding is no call, and as good as all is a call in full
        ([1e-7, 0, 0, 0], {"most": 1}, "1111"),
        ([1e-5, 0, 0, 0], {"most": 1}, "1110"),
        ([1 - 1e-8, 1, 0, 0], {}, "1101"),
        # none at all
        ([0, 0], {"most": 0}, "00"),
        ([0, 0], {"most_a_day": 0}, "00"),
        ([0, 0], {"hours_a_day": 0.0}, "00"),
    ],
)
def test_limits_close_what_they_exclude(calls: list[float], limits: dict[str, float], expected: str) -> None:
    assert is_open(calls, **limits) == expected


def test_a_day_has_its_own_calls_and_hours() -> None:
    """Two days of three hours; one call a day, or two hours: the next day begins anew, at midnight."""
    assert is_open([1, 0, 0, 0, 0, 0], days=[3, 3], most_a_day=1) == "110111"
    assert is_open([1, 1, 0, 0, 0, 0], days=[3, 3], hours_a_day=2.0) == "110111"


def test_a_window_that_ends_leaves_no_time_for_the_shortest_call() -> None:
    """A window of three hours and calls of two at least: none can begin in the last hour, but one can reach into it."""
    assert is_open([0, 0, 0, 0], window=[1, 1, 1, 0], shortest_h=2.0) == "1110"
    assert is_open([0, 1, 0, 0], window=[1, 1, 1, 0], shortest_h=2.0, most=1) == "1110"
    assert is_open([1, 1, 0, 0], window=[1, 1, 1, 0], shortest_h=2.0) == "1100"


def test_all_that_is_obliged_is_a_call_in_full() -> None:
    """Half the volume is obliged: half of it called for two hours is all there is."""
    assert is_open([0.5, 0.5, 0, 0], window=[0.5] * 4) == "1101"
    assert is_open([0, 0.5, 0.5, 0], window=[1e-9, 0.5, 0.5, 0.5]) == "0110"


def test_a_continuous_product_is_called_without_end() -> None:
    """What it has used of its time is no reason to stop; only the longest call is."""
    assert is_open([1, 1, 1, 0], hold_h=np.inf) == "1111"
    assert is_open([1, 1, 0, 0], hold_h=np.inf, longest_h=2.0) == "1101"
