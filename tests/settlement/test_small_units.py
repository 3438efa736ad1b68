"""A unit of money may be a million euros: differences are judged by what moves, not by units."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import mes_stoch as ms

_INSTANCE = """\
format: 1
name: small_units
currency: XTS
horizon: {start: 2025-01-15T00:00, timezone: Europe/Paris, period_h: 1, periods: 2}
carriers: [electricity]
nodes:
  power: {carrier: electricity}
components:
  grid: {type: grid_connection, node: power, import_max_mw: 5, export_max_mw: 0, import_price_xts_per_mwh: 0.00003}
  load: {type: demand, node: power, demand_mw: load_mw}
products: {}
uncertainty:
  kind: explicit
  probabilities: {low: 0.5, high: 0.5}
"""
_SCENARIOS = """\
scenario,time,load_mw
low,2025-01-15T00:00+01:00,1
low,2025-01-15T01:00+01:00,1
high,2025-01-15T00:00+01:00,3
high,2025-01-15T01:00+01:00,1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 and 4 MWh at 30 XTS per GWh: 60 and 120 millionths, 90 on the mean."""
    site = tmp_path_factory.mktemp("site")
    (site / "instance.yaml").write_text(_INSTANCE, encoding="utf-8")
    (site / "scenarios.csv").write_text(_SCENARIOS, encoding="utf-8")
    run = ms.solve(ms.read(site), method="ef")
    assert run.objective == pytest.approx(-90e-6)
    return run.write(site / "run")


def test_what_is_right_agrees(folder: Path) -> None:
    assert ms.settle(folder).agrees


@pytest.mark.parametrize("name", ["objective", "bound_lower", "bound_upper"])
def test_half_a_percent_too_much_is_found_out(folder: Path, name: str) -> None:
    path = folder / "summary.json"
    kept = path.read_text(encoding="utf-8")
    summary = json.loads(kept)
    # a lower bound that is too high, an upper one that is too low
    summary[name] *= 1.005 if name == "bound_upper" else 0.995
    path.write_text(json.dumps(summary), encoding="utf-8")
    try:
        settlement = ms.settle(folder)
    finally:
        path.write_text(kept, encoding="utf-8")
    assert not settlement.agrees
    word = {"objective": "the objective", "bound_lower": "the lower bound", "bound_upper": "the upper bound"}[name]
    assert any(word in line for line in settlement.disagreements)
