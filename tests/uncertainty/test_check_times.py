"""The three checks of riskless profit cost next to nothing: 5 ms a scenario are allowed, 0.05 to 0.4 were measured."""

from __future__ import annotations

import pytest
from helpers.check_times import milliseconds_a_scenario


@pytest.mark.parametrize(("name", "scenarios"), [("hospital_fr", 20), ("campus_au", 4), ("enedis_local", None)])
def test_checks_take_at_most_five_milliseconds_a_scenario(name: str, scenarios: int | None) -> None:
    assert sum(taken for _, taken in milliseconds_a_scenario(name, scenarios)) <= 5.0
