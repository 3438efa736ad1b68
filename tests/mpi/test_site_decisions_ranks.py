"""Decisions of the site that are not given, worked out by real ranks: all of them end in the same way."""

from __future__ import annotations

import json

import pytest
from helpers.decided_site import write_decided_site

pytestmark = pytest.mark.mpi


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        # 1 MWh in store holds 1 MW each way: the only level with which both volumes are held
        ("decided", pytest.approx(1.0)),
        ("nothing", "SolveError"),
        ("interrupted", "InterruptedRunError"),
    ],
)
def test_all_ranks_end_alike(mpiexec, tmp_path, kind, outcome):
    finished = mpiexec(2, "decide.py", kind, write_decided_site(tmp_path / "site"), timeout_s=30)
    assert finished.code == 0, finished.errors
    assert json.loads(finished.output) == [outcome, outcome]
