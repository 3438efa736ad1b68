"""The mpi-sppy module under mpi-sppy's sequential sampling, which counts its scenarios on and on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from mes_stoch import mpisppy_module
from mes_stoch.io.instance import read_instance
from mes_stoch.schema.errors import UsageError
from mes_stoch.uncertainty.tree import build_tree


def test_scenarios_beyond_their_number_are_drawn(instances: Path) -> None:
    """The same, in whatever tree they stand, and of the weight that the number says."""
    pytest.importorskip("mpisppy")
    folder = str(instances / "enedis_local")
    tree, position, probability = mpisppy_module._load(folder, 2).scenario(5)
    assert tree.scenario_names == ("root/d0005/r0",)  # and no other is drawn
    assert probability == 0.5
    expected = build_tree(read_instance(folder), 6, None)
    for name in expected.series_names:
        assert np.array_equal(tree.values(name, position), expected.values(name, 5))


def test_a_list_has_no_further_scenario(instances: Path) -> None:
    pytest.importorskip("mpisppy")
    with pytest.raises(UsageError, match="further one"):
        mpisppy_module._load(str(instances / "tiny_site"), None).scenario(4)


@pytest.mark.full_size
def test_its_own_procedure_runs_with_highs(instances: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four scenarios a sample and a wide gap: one step is enough, as it is for the project's own."""
    pytest.importorskip("mpisppy")
    monkeypatch.syspath_prepend(str(repository / "scripts"))
    import sequential_sampling_mpisppy as driver

    found = driver.sample_until(str(instances / "enedis_local"), 2000.0, 4)
    assert found["T"] == 1
    assert found["CI"] == [0, 2000.0]
    assert float(found["Candidate_solution"]["ROOT"][0]) >= 0.0
    sys.modules.pop("sequential_sampling_mpisppy")
