"""Published two-stage problems in SMPS files by every method, with the optima that their authors state."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.smps import read_smps

from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph

#: Folder, files, optimum and how many digits are published. LandS: slptestset, CPA; PGP2: Higle & Sen (1996),
#: Stochastic Decomposition; SSLP: SIPLIB.
PROBLEMS = [
    ("lands", "lands", "lands", 381.853333, 1e-8),
    ("pgp2", "pgp2", "pgp2", 447.324, 2e-6),
    ("siplib_sslp", "sslp_5_25-50", "sslp_5_25-50", -121.6, 1e-8),
    ("siplib_sslp", "sslp_15_45-5", "sslp_15_45-5", -262.4, 1e-8),
]
FULL_SIZE = {("ph", "sslp_5_25-50"), ("ph", "sslp_15_45-5"), ("decomposition", "sslp_15_45-5")}
SLOW = {("ef", "sslp_15_45-5"), ("ef", "sslp_5_25-50")}
METHODS = {"ef": solve_extensive, "decomposition": solve_decomposition, "ph": solve_ph}


def marks(method: str, problem: str) -> list[pytest.MarkDecorator]:
    if (method, problem) in FULL_SIZE:
        return [pytest.mark.full_size]
    return [pytest.mark.slow] if (method, problem) in SLOW else []


@pytest.mark.parametrize(
    ("method", "problem"),
    [pytest.param(method, problem, marks=marks(method, problem[2])) for method in METHODS for problem in PROBLEMS],
    ids=lambda value: value if isinstance(value, str) else value[2],
)
def test_published_optimum(data_folder: Path, method: str, problem: tuple[str, str, str, float, float]) -> None:
    folder, core, stochastic, published, digits = problem
    files = data_folder / "sp_smps" / folder
    if not files.is_dir():
        pytest.skip(f"the published problems are not in the data folder: {files} does not exist")
    program = read_smps(files / f"{core}.cor", files / f"{core}.tim", files / f"{stochastic}.sto")
    result = METHODS[method](program, SolveOptions(gap_rel=1e-6, time_limit_s=300.0))
    assert result is not None
    tolerance = digits * abs(published)
    assert result.lower <= published + tolerance
    assert result.upper >= published - tolerance
    if method != "ph":
        assert result.gap_rel <= 1e-6
