"""Every shipped instance: its plan stands every full call."""

from __future__ import annotations

from pathlib import Path

import pytest

import mes_stoch as ms

INSTANCES = Path(__file__).resolve().parents[2] / "instances"

#: Scenarios to draw where an instance's own number would take long.
FEW = {"hospital_fr": 5, "bench_district": 2, "campus_au": 2, "corsetti_au": 3, "enedis_local": 6}


NAMES = sorted(path.parent.name for path in INSTANCES.glob("*/instance.yaml"))
#: Those that take minutes to solve.
LONG = {"bench_district", "campus_au"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.full_size] if name in LONG else []) for name in NAMES]
)
def test_what_is_held_can_be_delivered(name: str) -> None:
    site = ms.read(INSTANCES / name)
    run = ms.solve(site, site.tree(FEW.get(name)), gap_rel=0.01)
    assert run is not None
    test = ms.evaluate(run, stress=True).stress
    assert test is not None
    assert test.table().to_dict("records") == []
    assert test.calls_tested > 0
