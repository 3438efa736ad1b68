"""Random sites and price sets pass the three checks or are refused; held against linear programs of a closed site.

Fifty in every run; five hundred with ``--full-size``. ``scripts/riskless_random.py`` writes what comes of them.
"""

from __future__ import annotations

from collections import Counter

import pytest
from helpers.riskless_check import examine
from helpers.riskless_sites import KINDS, RisklessSite

THINNED, ALL, CHUNK = 50, 500, 10


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(first, marks=[] if first < THINNED else [pytest.mark.full_size], id=str(first))
        for first in range(0, ALL, CHUNK)
    ],
)
def test_nothing_is_earned_from_nothing(first: int) -> None:
    """Refused if and only if trading or converting earns in the closed site; an optimum holds no slack by choice."""
    for seed in range(first, first + CHUNK):
        finding = examine(*RisklessSite(seed).build())
        assert finding.faults == [], f"seed {seed}"


def test_sites_are_of_all_kinds() -> None:
    """The thin sample has sound and unsound ones of each check, and plans with and without slack."""
    outcomes: Counter[str] = Counter()
    for seed in range(THINNED):
        site = RisklessSite(seed)
        finding = examine(*site.build())
        outcomes.update([f"{site.kind} {finding.outcome.split()[0]}", finding.outcome, *finding.reasons])
    assert {"solved", "solved with slack", "trading loop", "conversion loop"} <= set(outcomes)
    assert {f"{kind} {outcome}" for kind in KINDS for outcome in ("solved", "refused")} <= set(outcomes)
