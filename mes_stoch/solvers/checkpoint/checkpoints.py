"""When a checkpoint is written, and what of an earlier one a run goes on with; all ranks together.

A run hands over what it has proven (:mod:`mes_stoch.solvers.checkpoint.snapshot`) at points where all ranks meet
anyway. The leading rank's clock says when. No checkpoint is worth more than a share of the run: after one that took
long the next one waits longer.

Failing to write one ends no run: what was kept before still counts, and the user is told.
"""

from __future__ import annotations

import hashlib
import logging
import math
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from mes_stoch.io.artifacts.checkpoint_files import CheckpointFolder, CheckpointMeta, DamagedCheckpointError
from mes_stoch.model.program import StochasticProgram
from mes_stoch.schema.errors import UsageError, WriteError
from mes_stoch.solvers.checkpoint.snapshot import ByScenario, Snapshot
from mes_stoch.solvers.parallel.scenario_communicator import ScenarioCommunicator

logger = logging.getLogger("mes_stoch.solvers.checkpoint.checkpoints")

#: Share of a run's time that checkpoints may take.
_SHARE = 0.01
DEFAULT_INTERVAL_S = 300.0
_COMMON = "common"
#: What progressive hedging adds to the checkpoint that decomposition ends with: the hub's state, and the best
#: commitment of the ranks that look for one. Both hold bounds.
HEDGING_SERIES, COMMITMENT_SERIES = "hedging", "commitment"
LATER_SERIES = (HEDGING_SERIES, COMMITMENT_SERIES)


@dataclass
class Checkpoints:
    """The checkpoints of one run. Collective where a communicator is asked for.

    Parameters
    ----------
    folder : CheckpointFolder
    identity : dict
        What the run depends on, in words; a checkpoint of another identity is refused. Neither gaps, nor limits, nor
        the number of ranks belong to it.
    interval_s : float
        Time between two of them; infinite: none is written.
    resumes : bool
        Whether to go on with what the folder holds.
    remark : callable, optional
        Told in words, on the leading rank, what the user should know.
    """

    folder: CheckpointFolder
    identity: Mapping[str, str] = field(default_factory=dict)
    interval_s: float = DEFAULT_INTERVAL_S
    resumes: bool = False
    remark: Callable[[str], None] | None = None
    written: int = 0
    time_s: float = 0.0
    _next_at: float = field(default=0.0, init=False, repr=False)
    _has_complained: bool = field(default=False, init=False, repr=False)
    _series: dict[str, Checkpoints] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        self._next_at = time.perf_counter() + self.interval_s

    def series(self, name: str) -> Checkpoints:
        """Checkpoints of the same run in a folder below, written by whichever ranks have something to add."""
        if name not in self._series:
            folder = CheckpointFolder(self.folder.path / name)
            self._series[name] = replace(self, folder=folder, remark=None, written=0, time_s=0.0)
        return self._series[name]

    @property
    def total_time_s(self) -> float:
        """What this rank has spent on writing, all series together."""
        return self.time_s + sum(series.time_s for series in self._series.values())

    # -- going on -----------------------------------------------------------------------------------------------------

    def restored(self, program: StochasticProgram, communicator: ScenarioCommunicator) -> Snapshot | None:
        """What an earlier run of the same identity has proven; the arrays by scenario are those of this rank.

        ``None`` where nothing is to be gone on with, or the folder holds nothing.

        Raises
        ------
        UsageError
            The checkpoint is another run's, or no generation of it can be read; on all ranks.
        """
        if not communicator.broadcast(self.resumes):
            return None
        wanted = communicator.local_indices(len(program.scenario_names))
        generations = _agreed(communicator, self.folder.generations if communicator.is_rank_zero else list)
        problems: list[str] = []
        for generation in communicator.broadcast(generations):
            snapshot, problem = self._read(generation, program, communicator, wanted)
            if snapshot is not None:
                self._say(
                    f"goes on with checkpoint {generation} in {self.folder.path}"
                    + (f" ({'; '.join(problems)})" if problems else "")
                )
                return snapshot
            problems.append(problem)
        if problems:
            raise UsageError(
                f"no checkpoint in {self.folder.path} can be read: {'; '.join(problems)}; leave out --resume, with "
                "--force, to begin anew"
            )
        return None

    def _read(
        self, generation: int, program: StochasticProgram, communicator: ScenarioCommunicator, wanted: range
    ) -> tuple[Snapshot | None, str]:
        meta: CheckpointMeta | None = None
        problem = foreign = ""
        if communicator.is_rank_zero:
            try:
                meta = self.folder.read_meta(generation)
                foreign = _differences(meta.identity, self._whole_identity(program))
            except DamagedCheckpointError as error:
                problem = str(error)
        meta, problem, foreign = communicator.broadcast((meta, problem, foreign))
        if foreign:
            raise UsageError(
                f"the checkpoint in {self.folder.path} is of another run: {foreign}; go on with what it was made "
                "with, or choose another --out"
            )
        snapshot: Snapshot | None = None
        if meta is not None:
            try:
                snapshot = self._assembled(meta, communicator, wanted)
            except (DamagedCheckpointError, ValueError, KeyError) as error:
                problem = f"checkpoint {generation}: {error}"
        problems = [found for found in communicator.everyones(problem) if found]
        return (None, problems[0]) if problems else (snapshot, "")

    def _assembled(self, meta: CheckpointMeta, communicator: ScenarioCommunicator, wanted: range) -> Snapshot:
        common = self.folder.read_arrays(f"{meta.generation:07d}-{_COMMON}.npz", meta.token)
        parts = [
            self.folder.read_arrays(name, meta.token)
            for name, (first, end) in zip(meta.parts, meta.ranges, strict=True)
            if first < wanted.stop and wanted.start < end
        ]
        names = meta.numbers.get("by_scenario", [])
        by_scenario = {name: ByScenario.chosen(parts, name, wanted) for name in names}
        return Snapshot(meta.numbers, common, by_scenario)

    # -- keeping ------------------------------------------------------------------------------------------------------

    def offer(
        self, program: StochasticProgram, communicator: ScenarioCommunicator, snapshot: Callable[[], Snapshot]
    ) -> bool:
        """Write a checkpoint if it is time for one; whether it was, the same on all ranks."""
        is_time = communicator.broadcast(time.perf_counter() >= self._next_at)
        if is_time:
            self.keep(program, communicator, snapshot())
        return is_time

    def keep(self, program: StochasticProgram, communicator: ScenarioCommunicator, snapshot: Snapshot) -> None:
        """Write a checkpoint now."""
        if not math.isfinite(self.interval_s):
            return
        began = time.perf_counter()
        problem = self._write(program, communicator, snapshot)
        took = time.perf_counter() - began
        self._next_at = time.perf_counter() + max(self.interval_s, took / _SHARE)
        self.time_s += took
        if not problem:
            self.written += 1
        elif not self._has_complained:
            self._has_complained = True
            self._say(f"a checkpoint could not be written ({problem}); the run goes on without")

    def _write(self, program: StochasticProgram, communicator: ScenarioCommunicator, snapshot: Snapshot) -> str:
        """What went wrong, on any rank; empty where nothing did."""
        place: tuple[int, str] = (0, "")
        problem = ""
        if communicator.is_rank_zero:
            try:
                place = self.folder.next_generation(), secrets.token_hex(8)
            except WriteError as error:
                problem = str(error)
        (generation, token), problem = communicator.broadcast((place, problem))
        if problem:
            return problem
        part, problem = "", ""
        arrays = {key: array for name, own in snapshot.by_scenario.items() for key, array in own.flat(name).items()}
        try:
            part = self.folder.write_arrays(generation, f"part-{communicator.rank:05d}", token, arrays)
            if communicator.is_rank_zero:
                self.folder.write_arrays(generation, _COMMON, token, snapshot.common)
        except WriteError as error:
            problem = str(error)
        every = communicator.everyones((part, _range_of(snapshot), problem))
        problem = next((found for _, _, found in every if found), "")
        if communicator.is_rank_zero and not problem:
            numbers = {**snapshot.numbers, "by_scenario": sorted(snapshot.by_scenario)}
            meta = CheckpointMeta(
                generation,
                token,
                tuple(name for name, _, _ in every),
                tuple(ends for _, ends, _ in every),
                self._whole_identity(program),
                numbers,
            )
            try:
                self.folder.commit(meta)
            except (WriteError, UsageError, OSError) as error:
                problem = str(error)
        return communicator.broadcast(problem)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _whole_identity(self, program: StochasticProgram) -> dict[str, str]:
        return {**self.identity, "formulation": _formulation(program)}

    def _say(self, text: str) -> None:
        logger.info(text)
        if self.remark is not None:
            self.remark(text)


def _range_of(snapshot: Snapshot) -> tuple[int, int]:
    """First scenario that this rank's arrays are of, and the one after the last."""
    own = [found.indices for found in snapshot.by_scenario.values() if len(found.indices)]
    return (int(min(found[0] for found in own)), int(max(found[-1] for found in own)) + 1) if own else (0, 0)


def _formulation(program: StochasticProgram) -> str:
    """What the program decides, and of how many scenarios: digest of names and probabilities."""
    digest = hashlib.sha256()
    for names in (program.scenario_names, program.column_names, program.row_names):
        digest.update(f"{len(names)}\n".encode())
        digest.update("\n".join(names).encode("utf-8", "surrogatepass"))
    digest.update(np.ascontiguousarray(program.probabilities, dtype=np.float64).tobytes())
    digest.update(np.asarray(program.root.columns, dtype=np.int64).tobytes())
    digest.update(np.asarray(program.root.consensus, dtype=bool).tobytes())
    return digest.hexdigest()


def _differences(found: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """What two identities differ in, in words; empty where they are the same."""
    names = [name for name in {**expected, **found} if found.get(name) != expected.get(name)]
    return "; ".join(f"{name} was {_short(found.get(name))} and is {_short(expected.get(name))}" for name in names)


def _short(value: str | None) -> str:
    if value is None:
        return "absent"
    return f"{value[:12]}..." if len(value) > 40 else value


def _agreed(communicator: ScenarioCommunicator, ask: Callable[[], list[int]]) -> list[int]:
    """What the leading rank finds; its refusal is everyone's."""
    found: list[int] = []
    problem = ""
    try:
        found = ask()
    except UsageError as error:
        problem = str(error)
    problem = communicator.broadcast(problem)
    if problem:
        raise UsageError(problem)
    return found
