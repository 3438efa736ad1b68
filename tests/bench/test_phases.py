"""Phases are marked in the library: a clock is told of them, and without one nothing changes."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import get_args

import pytest

import mes_stoch as ms
from mes_stoch.bench.phases import PHASES, PhaseClock
from mes_stoch.model.phases import Phase, phase, timed_by
from mes_stoch.solvers.highs import statistics


@phase("solve")
def solve(error: Exception | None = None) -> str:
    """Solves."""
    if error is not None:
        raise error
    return "solved"


def test_phases_are_exclusive_and_a_solve_in_a_proof_belongs_to_it():
    clock = PhaseClock()
    with clock.phase("other"):
        with clock.phase("solve"):
            time.sleep(0.1)
        with clock.phase("bounds"):
            with clock.phase("solve"):
                time.sleep(0.2)
            with clock.phase("hand_over"):
                time.sleep(0.1)
    assert clock.wall_s["solve"] == pytest.approx(0.1, abs=0.05)
    assert clock.wall_s["bounds"] == pytest.approx(0.2, abs=0.05)
    assert clock.wall_s["hand_over"] == pytest.approx(0.1, abs=0.05)
    assert clock.wall_s["other"] < 0.05


def test_every_phase_that_the_library_marks_has_its_column():
    assert set(get_args(Phase)) <= set(PHASES)


@pytest.mark.parametrize("method", ["ef", "decomposition"])
def test_a_clock_sees_all_phases_and_changes_nothing(instances: Path, method: str):
    site = ms.read(instances / "tiny_site")

    def work() -> tuple[object, statistics.Counts]:
        before = statistics.counts()
        run = ms.solve(site, site.tree(), method)
        assert run is not None
        return (run.objective, run.summary["bound_upper"]), statistics.counts() - before

    clock = PhaseClock()
    with timed_by(clock):
        timed = work()
    assert set(clock.wall_s) == set(get_args(Phase))
    assert timed == work()


def test_only_the_block_is_timed_whatever_ends_it():
    clock = PhaseClock()
    assert solve() == "solved"
    assert clock.wall_s == {}
    with pytest.raises(ValueError, match="no"), timed_by(clock):
        solve(ValueError("no"))
    taken = dict(clock.wall_s)
    assert set(taken) == {"solve"}
    solve()
    assert clock.wall_s == taken


def test_clocks_nest_and_other_threads_are_not_timed():
    outer, inner = PhaseClock(), PhaseClock()
    with timed_by(outer):
        with timed_by(inner):
            solve()
        assert (set(inner.wall_s), set(outer.wall_s)) == ({"solve"}, set())
        other = threading.Thread(target=solve)
        other.start()
        other.join()
        assert outer.wall_s == {}
        solve()
    assert set(outer.wall_s) == {"solve"}


def test_a_mark_leaves_the_function_as_it_is():
    assert (solve.__name__, solve.__doc__) == ("solve", "Solves.")
