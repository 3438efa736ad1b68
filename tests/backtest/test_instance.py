"""The shipped instances of the backtest, on the days that they draw themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mes_stoch as ms


@pytest.mark.parametrize("name", ["backtest_dk1", "backtest_fr"])
def test_its_expected_value(instances: Path, name: str) -> None:
    """``expected.json`` was found by another method: decomposition, hedging and a search of minutes."""
    expected = json.loads((instances / name / "expected.json").read_text(encoding="utf-8"))
    run = ms.solve(ms.read(instances / name), method="ef")
    value = expected["objective"]["value"]
    tolerance = expected["objective"]["tolerance_rel"] * abs(value)
    assert run.summary["bound_lower"] <= value + tolerance
    assert run.summary["bound_upper"] >= value - tolerance
