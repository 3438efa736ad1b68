"""No interval excludes an optimum that is known exactly; scripts/known_optima.py runs thousands."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers.planted_programs import Known, awkward_program, extensive_columns, known_program

from mes_stoch.solvers.certificate.result import SolveOptions
from mes_stoch.solvers.decomposition.algorithm import solve_decomposition
from mes_stoch.solvers.extensive.algorithm import solve_extensive
from mes_stoch.solvers.hedging.progressive_hedging import solve_ph

ENGINES = {"ef": solve_extensive, "decomposition": solve_decomposition, "ph": solve_ph}


def check(method: str, seed: int) -> None:
    check_program(method, known_program(seed))


def check_program(method: str, known: Known) -> None:
    assert extensive_columns(known) <= 30
    result = ENGINES[method](known.program, SolveOptions(gap_rel=1e-6, iteration_limit=4, time_limit_s=20.0))
    assert result is not None
    size = Fraction(max(known.size, abs(float(known.optimum))) or 1.0)
    above = Fraction(result.lower) - known.optimum
    assert above <= (0 if result.bound_kind == "safe" else size / 10**9)
    assert known.optimum - Fraction(result.upper) <= size / 10**7


def chunks(thinned: int, whole: int, size: int) -> list:
    """First seeds of chunks, those beyond the thin size for ``--full-size``."""
    return [
        pytest.param(first, marks=[] if first < thinned else [pytest.mark.full_size], id=str(first))
        for first in range(0, whole, size)
    ]


@pytest.mark.parametrize("method", ["ef", "decomposition"])
@pytest.mark.parametrize("first", chunks(100, 2000, 20))
def test_no_interval_excludes_a_known_optimum(method, first):
    for seed in range(first, first + 20):
        check(method, seed)


@pytest.mark.parametrize(("method", "seed"), [("ef", 691), ("decomposition", 342), ("decomposition", 1902)])
def test_a_dispatch_within_its_tolerance_is_not_cheaper_than_the_optimum(method, seed):
    """Rows kept to 1e-7 of their size cost up to 6e-7 less than the optimum, below a bound that is safe."""
    check(method, seed)


@pytest.mark.parametrize("first", chunks(7, 200, 7))
def test_no_interval_of_hedging_excludes_a_known_optimum(first):
    for seed in range(first, min(first + 7, 200)):
        check("ph", seed)


@pytest.mark.parametrize("method", ["ef", "decomposition"])
@pytest.mark.parametrize("first", chunks(40, 1000, 20))
def test_no_interval_of_awkward_numbers_excludes_a_known_optimum(method, first):
    """Probabilities such as a third, integer bounds such as 2.5, a factor of its own in every scenario."""
    for seed in range(first, first + 20):
        check_program(method, awkward_program(seed))
