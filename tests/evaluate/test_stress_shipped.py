"""Every shipped instance: its plan stands every full call."""

from __future__ import annotations

from pathlib import Path

import pytest

import mes_stoch as ms

INSTANCES = Path(__file__).resolve().parents[2] / "instances"

#: Scenarios to draw where an instance's own number would take long.
FEW = {"hospital_fr": 5, "bench_district": 2, "campus_au": 2, "enedis_local": 6}


@pytest.mark.parametrize("name", sorted(path.parent.name for path in INSTANCES.glob("*/instance.yaml")))
def test_what_is_held_can_be_delivered(name: str) -> None:
    site = ms.read(INSTANCES / name)
    run = ms.solve(site, site.tree(FEW.get(name)), gap_rel=0.01)
    assert run is not None
    test = ms.evaluate(run, stress=True).stress
    assert test is not None
    assert test.table().to_dict("records") == []
    assert test.calls_tested > 0
