"""Checkpoints on real ranks: written by some, gone on with by others, down to one process."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.pyomo_program import PyomoProgram

pytestmark = pytest.mark.mpi
MODELS = Path(__file__).parents[1] / "models"


def found_by(mpiexec: Any, ranks: int, *arguments: object) -> dict[str, Any]:
    done = mpiexec(ranks, "solve_module.py", "capacity", 6, "--integer", *arguments)
    assert done.code == 0, done.errors
    found: dict[str, Any] = json.loads(done.output.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def optimum() -> float:
    """Of the extensive form, which no rank shares."""
    spec = spec_from_file_location("capacity", MODELS / "capacity.py")
    assert spec is not None
    module = module_from_spec(spec)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    program = PyomoProgram.from_module(module, 6, options={"use_integer": True})
    return solve_extensive(program, SolveOptions(gap_rel=1e-9)).upper


@pytest.mark.parametrize("end_at", ["lower", "upper"])
@pytest.mark.parametrize(("before", "after"), [(3, 2), (2, 3), (3, 1), (1, 3)])
def test_decomposition_goes_on_on_another_number_of_ranks(
    mpiexec: Any, tmp_path: Path, optimum: float, before: int, after: int, end_at: str
) -> None:
    line = ("--method", "decomposition", "--gap", "1e-7", "--checkpoint", tmp_path)
    first = found_by(mpiexec, before, *line, "--end-at", end_at)
    assert first["status"] == "interrupted"
    second = found_by(mpiexec, after, *line, "--resume")
    assert second["status"] == "gap_reached"
    assert second["lower"] - 1e-6 <= optimum <= second["upper"] + 1e-6
    assert second["scenarios"] == list(range(6))


@pytest.mark.parametrize("flags", [(), ("--cold",)])
def test_hedging_goes_on_where_its_hub_stood(mpiexec: Any, tmp_path: Path, optimum: float, flags: tuple[str]) -> None:
    """On three ranks, then six: no bound is lost, whichever ranks had it, and every scenario is dispatched once."""
    line = ("--gap", "1e-12", "--iterations", 3, "--checkpoint", tmp_path, *flags)
    first = found_by(mpiexec, 3, *line)
    assert first["status"] == "limit"
    assert (tmp_path / "hedging").is_dir()
    second = found_by(mpiexec, 6, *line, "--resume")
    for found in (first, second):
        assert found["lower"] - 1e-6 <= optimum <= found["upper"] + 1e-6
    assert second["upper"] <= first["upper"] + 1e-9
    assert second["scenarios"] == list(range(6))
    assert second["trace"][:2] == first["trace"][:2]
