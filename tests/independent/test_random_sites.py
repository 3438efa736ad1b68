"""Random sites: the optimum of mes_stoch is that of a program written from docs/model.md alone.

A hundred at full size; what they said is in ``docs/evidence/independent.json`` (``scripts/independent_sites.py``).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.compared_sites import KINDS, TOLERANCE, compared, written

FULL, THIN = 50, 10


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[] if seed < THIN else [pytest.mark.full_size]) for seed in range(FULL)]
)
def test_optimum_is_that_of_the_document(kind: str, seed: int, tmp_path: Path) -> None:
    run = written(kind, seed, tmp_path / "site")
    result = compared(tmp_path / "site", tmp_path / "site" / "tree.nc", run)
    assert result.difference <= TOLERANCE, result
