"""10,000 scenarios of 96 periods go to a file and back in less than 300 MiB: what ``scripts/large_tree.py`` measures.

Whole, 25 series of them are 10,000 x 96 x 25 x 8 bytes = 183 MiB a copy, and three copies are needed to draw them.
"""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.full_size
@pytest.mark.slow
def test_memory_of_a_large_tree(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    import large_tree

    found = large_tree.measured(10_000)
    assert (found["large"]["scenarios"], found["large"]["periods"]) == (10_000, [96])
    assert found["above_base_mib"] < large_tree.MOST_MIB == 300.0
