"""Settling in a process that could not build a model: Pyomo, the model and every kind's equations are blocked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import mes_stoch as ms

PROGRAM = """
import sys
from importlib.abc import MetaPathFinder


class Blocked(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        outside = parts[0] in ("pyomo", "highspy", "mpisppy", "mpi4py")
        own = parts[0] == "mes_stoch" and (
            parts[1:2] in (["model"], ["solvers"]) or any(part.startswith("equations") for part in parts)
        )
        if outside or own:
            raise ImportError(f"{name} is blocked")
        return None


sys.meta_path.insert(0, Blocked())
import mes_stoch as ms

settlement = ms.settle(sys.argv[1])
print(settlement.agrees, round(settlement.expected_profit, 6))
evaluation = ms.evaluate(sys.argv[1], stress=True)
loaded = sorted(name for name in sys.modules if "equations" in name or name.startswith(("pyomo", "mes_stoch.model")))
assert not loaded, loaded
"""


@pytest.mark.parametrize("name", ["tiny_site", "campus_au", "enedis_local"])
def test_settling_and_replaying_need_nothing_of_the_optimiser(name: str, tmp_path: Path, instances: Path) -> None:
    site = ms.read(instances / name)
    run = ms.solve(site, site.tree(None if name == "tiny_site" else 2), method="ef", gap_rel=1e-2)
    assert run is not None
    folder = run.write(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    agrees, profit = done.stdout.split()
    assert agrees == "True"
    assert float(profit) == pytest.approx(run.objective, rel=1e-6)
