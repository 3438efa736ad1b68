"""SIGINT, SIGTERM, SIGUSR1 and SIGHUP at random moments: exit 5, and what is proven is written or nothing is left."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from helpers import signalled
from helpers.launched import launcher

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are looked at through /proc"),
]
THINNED, FULL = 10, 100


@pytest.mark.mpi
@pytest.mark.parametrize(
    "seed",
    [pytest.param(seed, marks=[] if seed < THINNED else [pytest.mark.full_size]) for seed in range(FULL)],
)
def test_a_signal_at_a_random_moment(seed: int, tmp_path: Path) -> None:
    case = signalled.draw(seed)
    if case.ranks > 1 and not launcher().exists():
        pytest.skip("no mpiexec beside this Python: pip install 'mes_stoch[mpi]'")
    found = signalled.run(case, tmp_path)
    assert found.faults == [], f"{case}\n{found.said[-3000:]}"


def test_the_cases_go_over_everything() -> None:
    """The first ten already have every method, start and signal, both targets, and moments before and after bounds."""
    cases = [signalled.draw(seed) for seed in range(THINNED)]
    assert {case.method for case in cases} == set(signalled.METHODS)
    assert {case.start for case in cases} == set(signalled.STARTS)
    assert {case.signal for case in cases} == set(signalled.SIGNALS)
    assert {case.target for case in cases} == {"process", "group"}
    assert {case.since for case in cases} == {"start", "bounds"}
    assert {case.ranks for case in cases} == {1, 2, 3}


def test_a_fault_is_seen(tmp_path: Path) -> None:
    """A run that dies of its signal, as if nobody listened, is told from one that ends in order."""
    case = signalled.draw(0)
    text = "Traceback (most recent call last):"
    _, faults = signalled.written(case, tmp_path / "run", -15, text)
    assert [fault.split(" was")[0] for fault in faults if "Traceback" in fault] == ["'Traceback'"]
    assert any("exit code -15" in fault for fault in faults)
    assert any("not said that nothing was written" in fault for fault in faults)
