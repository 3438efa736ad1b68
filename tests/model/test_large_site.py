"""A site of 40 components at 15 nodes over a week of quarter-hours is read in a second and built in eight.

What it takes is in ``docs/evidence/large_site.json`` (``scripts/large_site.py``): a fraction of these limits, which
leave room for slow and busy machines.
"""

from __future__ import annotations

import gc
import time
from pathlib import Path

import pytest
from helpers.large_site import PERIODS, write_large_site
from pyomo.core.base.constraint import ConstraintData

import mes_stoch
from mes_stoch.model.collection import without_collection
from mes_stoch.model.site_program import SiteProgram, build_program

VALIDATED_S, BUILT_S = 1.0, 8.0


def test_cpu_time_of_reading_and_building(tmp_path: Path, instances: Path) -> None:
    folder = write_large_site(tmp_path / "large_site")
    mes_stoch.read(instances / "tiny_site").tree()  # what is loaded once is not counted
    began = time.process_time()
    site = mes_stoch.read(folder)
    tree = site.tree()
    read = time.process_time()
    program = build_program(site.instance, tree)
    built = time.process_time()
    assert read - began < VALIDATED_S
    assert built - read < BUILT_S
    assert isinstance(program, SiteProgram)
    matrix = program.scenario(0).matrix
    # a row for each of 15 balances, and for what the components say
    assert matrix.shape[0] > 15 * PERIODS
    # no row meets more than a few columns: nothing is written out that could be a variable of its own
    assert matrix.nnz < 5 * matrix.shape[0]


def test_a_row_is_taken_apart_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling asks Pyomo once for body and bounds of a row, which it derives anew every time."""
    site = mes_stoch.read(write_large_site(tmp_path / "large_site", periods=16))
    tree = site.tree()
    asked: list[int] = []
    own = ConstraintData.to_bounded_expression

    def counted(row: ConstraintData, evaluate_bounds: bool = False) -> tuple[object, object, object]:
        asked.append(id(row))
        return own(row, evaluate_bounds)

    monkeypatch.setattr(ConstraintData, "to_bounded_expression", counted)
    rows = build_program(site.instance, tree).scenario(0).matrix.shape[0]
    # Pyomo asks once when it makes a row
    assert len(asked) <= 2 * rows


@pytest.mark.parametrize("enabled", [True, False])
def test_collection_is_as_it_was(enabled: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with without_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if before else gc.disable)()
