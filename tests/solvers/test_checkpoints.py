"""Checkpoints of the methods: what comes back is what was handed over, and a run that goes on loses nothing proven."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from array_programs import newsvendor

from mes_stoch.io.artifacts.checkpoint_files import CheckpointFolder
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.solvers.certificate.interval import Interval
from mes_stoch.solvers.certificate.result import EngineResult, ScenarioSolution, SolveOptions, TracePoint
from mes_stoch.solvers.checkpoint.checkpoints import COMMITMENT_SERIES, Checkpoints
from mes_stoch.solvers.checkpoint.snapshot import ByScenario, Snapshot
from mes_stoch.solvers.decomposition.algorithm import Decomposition, solve_decomposition
from mes_stoch.solvers.decomposition.cuts import Cut, as_arrays, from_arrays
from mes_stoch.solvers.decomposition.cutting_planes import CuttingPlanes
from mes_stoch.solvers.decomposition.master import Master
from mes_stoch.solvers.hedging.kept import HedgingCheckpoints
from mes_stoch.solvers.hedging.serial import solve_serial
from mes_stoch.solvers.hedging.spokes import SpokeWork
from mes_stoch.solvers.interruption.stop import Stop
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator
from mes_stoch.solvers.pyomo_program import PyomoProgram

ALONE = ScenarioCommunicator()
#: Birge & Louveaux (1997), section 1.1: the farmer with three yields.
FARMER = -108390.0


# --- arrays by scenario ------------------------------------------------------------------------------------------


def test_parts_of_three_ranks_are_dealt_to_two() -> None:
    """Scenarios 0-1, 2, 3-4 with arrays of 1 + index numbers; the second of two ranks gets 2-4."""
    parts = [
        ByScenario(np.array(indices, dtype=np.int32), {"x": [np.full(1 + index, float(index)) for index in indices]})
        for indices in ([0, 1], [2], [3, 4])
    ]
    stored = [part.flat("own") for part in parts]
    found = ByScenario.chosen(stored, "own", range(2, 5))
    assert found.indices.tolist() == [2, 3, 4]
    assert [array.tolist() for array in found.arrays["x"]] == [[2.0] * 3, [3.0] * 4, [4.0] * 5]


def test_a_scenario_twice_or_an_array_too_short_is_refused() -> None:
    one = ByScenario(np.array([0], dtype=np.int32), {"x": [np.zeros(2)]}).flat("own")
    with pytest.raises(ValueError, match="scenario 0 twice"):
        ByScenario.chosen([one, one], "own", range(3))
    with pytest.raises(ValueError, match="an array a scenario"):
        ByScenario.chosen([{**one, "own.x.values": np.zeros(1)}], "own", range(3))
    with pytest.raises(ValueError, match="different arrays"):
        ByScenario.chosen([one, {"own.indices": np.array([1])}], "own", range(3))


def test_cuts_come_back_as_they_were() -> None:
    cuts = [
        Cut(np.array([1], dtype=np.int32), np.ones(1), -3.0, np.array([1.0, 2.0]), round=0, amount=7.0),
        Cut(np.array([0, 2], dtype=np.int32), np.array([0.25, 0.75]), 4.0, np.array([0.0, -1.0])),
        Cut(np.zeros(0, dtype=np.int32), np.zeros(0), 5.0, np.array([1.0, 0.0]), owner=2),
    ]
    again = from_arrays(as_arrays(cuts, 2))
    assert len(again) == 3
    for cut, other in zip(cuts, again, strict=True):
        assert (other.groups.tolist(), other.shares.tolist()) == (cut.groups.tolist(), cut.shares.tolist())
        assert other.gradient.tolist() == cut.gradient.tolist()
        assert (other.offset, other.round, other.owner, other.amount) == (cut.offset, cut.round, cut.owner, cut.amount)
    assert from_arrays(as_arrays([], 2)) == []


def test_a_round_in_which_nothing_was_known_still_counts() -> None:
    """A first round without a cut, as a pass leaves it that was ended early: the next is round 1, here and there.

    ``t >= 4 - 2 r`` and ``t >= r - 2`` meet at 0 with weights 1/3 and 2/3, which belong to the second and third round.
    """
    program = newsvendor([10.0], [0.5])
    master = Master(program, groups=1)
    master.add(np.zeros(1), np.zeros((1, 1)), [False])
    master.add(np.array([4.0]), np.array([[-2.0]]))
    again = Master(program, groups=1)
    again.restore(master.stored(), rounds=2)
    for own in (master, again):
        own.add(np.array([-2.0]), np.array([[1.0]]))
        found = own.solve_relaxed()
        assert found.bound == pytest.approx(0.0)
        assert found.weights == pytest.approx(np.array([[0.0], [1 / 3], [2 / 3]]))
    nothing = Master(program, groups=1)
    nothing.add(np.zeros(1), np.zeros((1, 1)), [False])
    once_more = Master(program, groups=1)
    once_more.restore(nothing.stored(), rounds=1)
    once_more.add(np.array([4.0]), np.array([[-2.0]]))
    assert once_more.solve_relaxed().weights == pytest.approx(np.array([[0.0], [1.0]]))


def test_a_hub_keeps_no_commitment_that_others_have_found(capacity, tmp_path: Path) -> None:
    """Its upper bound comes from ranks that keep the commitment themselves; with another one it would be a lie."""
    program = PyomoProgram.from_module(capacity, 6)
    interval = Interval()
    root = np.zeros(len(program.root.columns))
    interval.drop_upper(2000.0, root, [ScenarioSolution(0, 2000.0, np.zeros(1))])
    interval.raise_lower(1000.0, "solver")
    interval.upper = 1200.0
    checkpoints = Checkpoints(CheckpointFolder(tmp_path))
    kept = HedgingCheckpoints(checkpoints, program, interval, has_commitment=False)
    proven = kept._proven()
    assert (proven.lower, proven.kind, proven.upper, proven.root, proven.scenarios) == (
        1000.0,
        "solver",
        math.inf,
        None,
        [],
    )


def test_a_commitment_is_offered_until_it_is_kept_and_never_after_a_better_one(capacity, tmp_path: Path) -> None:
    """Found before it was time: 1200 is written once it is; 1300 is not, since a run before has kept 1250."""
    program = PyomoProgram.from_module(capacity, 6)
    checkpoints = Checkpoints(CheckpointFolder(tmp_path), interval_s=1000.0)
    series = checkpoints.series(COMMITMENT_SERIES)
    root = np.zeros(len(program.root.columns))
    work = SpokeWork(program, SolveOptions(), Stop(), checkpoints=checkpoints, kept=1250.0)
    work.keep(None, now=True)
    assert series.written == 0
    work.root, work.bound = root, 1300.0
    work.keep(None, now=True)
    assert series.written == 0
    work.bound = 1200.0
    work.keep(None, now=False)
    assert series.written == 0
    series._next_at = 0.0
    for _ in range(2):
        work.keep(None, now=False)
        series._next_at = 0.0
        assert series.written == 1


def test_no_estimate_is_raised_of_scenarios_that_were_not_all_seen(
    capacity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commitment comes from a checkpoint, but no cut; 0 as an estimate of what nobody has seen proves nothing."""
    program = PyomoProgram.from_module(capacity, 6)
    decomposition = Decomposition(program, SolveOptions(gap_rel=1e-9), Interval(), ALONE)
    relaxations = decomposition._relaxations
    planes = CuttingPlanes(program, relaxations, range(6), ALONE)
    planes._add([None] * 6, np.zeros(planes.width))
    assert planes.has_estimates
    assert not planes.has_answer
    root = decomposition._candidates.from_consensus(np.zeros(planes.width))
    decomposition._candidates.is_new(root)
    decomposition.state.root, decomposition.state.upper = root, 1e6
    monkeypatch.setattr(decomposition, "_relaxation", lambda: (planes, np.zeros(planes.width)))
    monkeypatch.setattr(decomposition, "_refine", lambda *_: pytest.fail("estimates of nothing were raised"))
    assert not decomposition.run()
    assert decomposition.state.lower == -math.inf


def test_none_is_written_without_an_interval(farmer, tmp_path: Path) -> None:
    """Going on with what is there, and writing no more."""
    program = PyomoProgram.from_module(farmer, 3)
    kept(tmp_path, program, 1.0)
    checkpoints = Checkpoints(CheckpointFolder(tmp_path), {"seed": "1"}, interval_s=math.inf, resumes=True)
    assert checkpoints.restored(program, ALONE) is not None
    checkpoints.keep(program, ALONE, Snapshot({}, {"x": np.array(2.0)}))
    checkpoints.series("hedging").keep(program, ALONE, Snapshot())
    assert found(tmp_path, program) == 1.0
    assert not (tmp_path / "hedging").exists()


# --- writing and refusing ----------------------------------------------------------------------------------------


def kept(folder: Path, program: PyomoProgram, *values: float, identity: dict[str, str] | None = None) -> None:
    """Checkpoints of one number each."""
    checkpoints = Checkpoints(CheckpointFolder(folder), identity or {"seed": "1"})
    for value in values:
        checkpoints.keep(program, ALONE, Snapshot({}, {"x": np.array(value)}))


def found(folder: Path, program: PyomoProgram, said: list[str] | None = None, **identity: str) -> float | None:
    checkpoints = Checkpoints(
        CheckpointFolder(folder),
        identity or {"seed": "1"},
        resumes=True,
        remark=None if said is None else said.append,
    )
    snapshot = checkpoints.restored(program, ALONE)
    return None if snapshot is None else float(snapshot.common["x"])


def test_the_newest_comes_back_and_the_older_where_it_is_damaged(farmer, tmp_path: Path) -> None:
    program = PyomoProgram.from_module(farmer, 3)
    assert found(tmp_path, program) is None
    kept(tmp_path, program, 1.0, 2.0)
    assert found(tmp_path, program) == 2.0
    (tmp_path / "0000002-common.npz").write_bytes(b"")
    said: list[str] = []
    assert found(tmp_path, program, said) == 1.0
    assert "checkpoint 1" in said[0]
    assert "0000002-common.npz" in said[0]
    (tmp_path / "0000001-common.npz").unlink()
    with pytest.raises(UsageError, match=r"no checkpoint in .* can be read: .*0000002-common.*0000001-common"):
        found(tmp_path, program)


def test_another_runs_checkpoint_is_refused_with_what_differs(farmer, tmp_path: Path) -> None:
    program = PyomoProgram.from_module(farmer, 3)
    kept(tmp_path, program, 1.0, identity={"seed": "1", "version of numpy": "2.0"})
    with pytest.raises(
        UsageError, match=r"of another run: seed was 1 and is 2; version of numpy was 2.0 and is absent"
    ):
        found(tmp_path, program, seed="2")
    with pytest.raises(UsageError, match="formulation was "):
        found(tmp_path, PyomoProgram.from_module(farmer, 6), seed="1", **{"version of numpy": "2.0"})


def test_a_disk_that_is_full_ends_no_run(farmer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said once; what was kept before still counts."""
    program = PyomoProgram.from_module(farmer, 3)
    kept(tmp_path, program, 1.0)
    said: list[str] = []
    checkpoints = Checkpoints(CheckpointFolder(tmp_path), {"seed": "1"}, remark=said.append)

    def full(*_: object) -> str:
        raise WriteError("a part", "No space left on device")

    monkeypatch.setattr(CheckpointFolder, "write_arrays", full)
    for _ in range(2):
        checkpoints.keep(program, ALONE, Snapshot({}, {"x": np.array(2.0)}))
    assert len(said) == 1
    assert "No space left on device" in said[0]
    assert found(tmp_path, program) == 1.0


def test_one_is_written_when_it_is_time(farmer, tmp_path: Path) -> None:
    program = PyomoProgram.from_module(farmer, 3)
    for interval_s, count in ((0.0, 3), (1000.0, 0)):
        checkpoints = Checkpoints(CheckpointFolder(tmp_path), interval_s=interval_s)
        assert checkpoints.restored(program, ALONE) is None
        for _ in range(3):
            # a checkpoint may take no more than a share of the time: the next one would be late
            checkpoints._next_at = min(checkpoints._next_at, checkpoints._next_at if count == 0 else 0.0)
            checkpoints.offer(program, ALONE, lambda: Snapshot({}, {"x": np.array(1.0)}))
        assert checkpoints.written == count


# --- methods -----------------------------------------------------------------------------------------------------


def ended_at(
    is_it: Callable[[TracePoint], bool],
    solve: Callable[..., EngineResult | None],
    program: PyomoProgram,
    options: SolveOptions,
    folder: Path,
) -> EngineResult:
    """A run that is asked to end at the first point of its trace that is of some kind."""
    stop = Stop()

    def look(point: TracePoint) -> None:
        if is_it(point):
            stop.request.make("SIGUSR1")

    result = solve(program, options, look, stop=stop, checkpoints=Checkpoints(CheckpointFolder(folder)))
    assert result is not None
    assert result.status == "interrupted"
    return result


def gone_on_with(
    solve: Callable[..., EngineResult | None], program: PyomoProgram, options: SolveOptions, folder: Path
) -> EngineResult:
    checkpoints = Checkpoints(CheckpointFolder(folder), resumes=True)
    result = solve(program, options, checkpoints=checkpoints)
    assert result is not None
    return result


def has_lower(point: TracePoint) -> bool:
    return math.isfinite(point.lower)


def has_both(point: TracePoint) -> bool:
    return math.isfinite(point.lower) and math.isfinite(point.upper)


@pytest.mark.parametrize("solve", [solve_decomposition, solve_serial])
def test_a_run_that_goes_on_comes_to_the_published_optimum(farmer, tmp_path: Path, solve) -> None:
    program = PyomoProgram.from_module(farmer, 3)
    first = ended_at(has_lower, solve, program, SolveOptions(gap_rel=1e-9), tmp_path)
    result = gone_on_with(solve, program, SolveOptions(gap_rel=1e-6), tmp_path)
    assert result.status == "gap_reached"
    assert result.lower - 1e-3 <= FARMER <= result.upper + 1e-3
    assert first.lower <= result.lower
    assert result.upper <= first.upper
    # the trace goes on where it was
    times = [point.time_s for point in result.trace]
    assert times == sorted(times)
    assert [point.lower for point in result.trace[: len(first.trace)]] == [point.lower for point in first.trace]


def test_nothing_is_left_to_do_where_all_was_proven(capacity, tmp_path: Path) -> None:
    """A larger gap than the one already closed: no pass, no dispatch, not one scenario solved."""
    program = PyomoProgram.from_module(capacity, 6)
    first = ended_at(has_both, solve_decomposition, program, SolveOptions(gap_rel=1e-9), tmp_path)
    result = gone_on_with(solve_decomposition, program, SolveOptions(gap_rel=0.9), tmp_path)
    assert result.status == "gap_reached"
    assert result.details["relaxation_solves"] == 0
    assert result.upper == pytest.approx(first.upper, rel=1e-9)
    # of the bounds kept it takes the one that is safe, since that is enough
    assert result.bound_kind == "safe"
    assert result.lower <= first.lower


def test_integers_in_the_recourse_are_gone_on_with(capacity, tmp_path: Path) -> None:
    """Against a run that was not ended: both intervals hold the optimum, so they meet."""
    program = PyomoProgram.from_module(capacity, 6)
    whole = solve_decomposition(program, SolveOptions(gap_rel=1e-6))
    assert whole is not None
    ended_at(has_both, solve_decomposition, program, SolveOptions(gap_rel=1e-6), tmp_path)
    result = gone_on_with(solve_decomposition, program, SolveOptions(gap_rel=1e-6), tmp_path)
    assert result.status == "gap_reached"
    assert max(result.lower, whole.lower) <= min(result.upper, whole.upper) + 1e-6


def test_hedging_goes_on_from_its_multipliers(capacity, tmp_path: Path) -> None:
    """Ten iterations in two runs: the second counts on from the first, with its penalties, and loses no bound."""
    program = PyomoProgram.from_module(capacity, 6)
    five = SolveOptions(gap_rel=1e-9, iteration_limit=5)
    first = solve_serial(program, five, warm=False, checkpoints=Checkpoints(CheckpointFolder(tmp_path)))
    assert first.status == "limit"
    assert first.iterations == 5
    second = gone_on_with(
        lambda *arguments, **options: solve_serial(*arguments, warm=False, **options), program, five, tmp_path
    )
    assert second.iterations == 10
    assert second.lower >= first.lower
    assert second.upper <= first.upper


def test_a_damaged_number_changes_no_bound_silently(farmer, tmp_path: Path) -> None:
    """A part that is not what was written is refused, not solved with."""
    program = PyomoProgram.from_module(farmer, 3)
    ended_at(has_lower, solve_decomposition, program, SolveOptions(gap_rel=1e-9), tmp_path)
    for file in tmp_path.glob("*-part-*.npz"):
        content = bytearray(file.read_bytes())
        # a single byte may be one that nobody reads, such as a time of the archive
        for place in range(len(content) // 4, 3 * len(content) // 4):
            content[place] ^= 255
        file.write_bytes(bytes(content))
    with pytest.raises(UsageError, match="can be read"):
        gone_on_with(solve_decomposition, program, SolveOptions(gap_rel=1e-6), tmp_path)
