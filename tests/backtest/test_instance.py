"""The shipped instance of the backtest, on the days that it draws itself."""

from __future__ import annotations

import json
from pathlib import Path

import mes_stoch as ms


def test_western_denmark_has_its_expected_value(instances: Path) -> None:
    """``expected.json`` was found by another method: decomposition, hedging and a search of 280 s."""
    expected = json.loads((instances / "backtest_dk1" / "expected.json").read_text(encoding="utf-8"))
    run = ms.solve(ms.read(instances / "backtest_dk1"), method="ef")
    value = expected["objective"]["value"]
    tolerance = expected["objective"]["tolerance_rel"] * abs(value)
    assert run.summary["bound_lower"] <= value + tolerance
    assert run.summary["bound_upper"] >= value - tolerance
