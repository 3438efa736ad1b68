"""Random sites that hold reserve: no commitment outside what can be delivered, and curves that fall with time."""

from __future__ import annotations

import pytest
from helpers.offered_sites import RULES, offered


@pytest.mark.parametrize("seed", [2, 5, 7])
def test_commitments_lie_within_and_curves_fall(seed: int) -> None:
    found = offered(seed)
    assert found["points"] > 0
    assert {rule: found[rule] for rule in RULES} == dict.fromkeys(RULES, 0)
