"""Which processes belong to a job: found by a mark in their environment, looked at with psutil.

A job's processes are not one process group (MPI launchers give each rank its own) and not always one session, but all
inherit the environment. A process whose environment may not be read is not found, and the caller is left with what the
operating system says of its direct children.
"""

from __future__ import annotations

import contextlib
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mes_stoch.bench.packages import bench_package

MARK = "MES_STOCH_BENCH_JOB"
_SHARED_MEMORY = Path("/dev/shm")
_MPICH_PREFIX = "mpich_shm_"
_STARTING_S = 1.0


@dataclass
class ProcessWatch:
    """CPU time and peak memory of every process that carries a mark, also of those already gone.

    Parameters
    ----------
    mark : str
        Value of the environment variable :data:`MARK`.

    Raises
    ------
    UsageError
        psutil is not installed.
    """

    mark: str
    _psutil: Any = field(default_factory=lambda: bench_package("psutil"))
    # by process id; None for a process of somebody else's
    _present: dict[int, Any] = field(default_factory=dict)
    # by process: an id may be given again
    _cpu_s: dict[Any, float] = field(default_factory=dict)
    _peak_bytes: dict[Any, int] = field(default_factory=dict)
    _segments: set[Path] = field(default_factory=set)

    @property
    def cpu_s(self) -> float:
        """Up to the last look."""
        return sum(self._cpu_s.values())

    @property
    def peak_memory_mib(self) -> float:
        """Sum of the processes' own peaks, each the most that any look has found."""
        return sum(self._peak_bytes.values()) / 2**20

    def alive(self) -> list[Any]:
        """Processes of the job that still run, as ``psutil.Process``; a zombie does not."""
        pids = set(self._psutil.pids())
        self._present = {pid: process for pid, process in self._present.items() if pid in pids}
        for pid in pids - self._present.keys():
            self._meet(pid)
        return [process for process in self._present.values() if process is not None and self._runs(process)]

    def look(self) -> list[Any]:
        """Note what the living have used so far; returns them."""
        living = self.alive()
        for process in living:
            with contextlib.suppress(self._psutil.Error), process.oneshot():
                times, memory = process.cpu_times(), process.memory_info()
                self._cpu_s[process] = times.user + times.system
                self._peak_bytes[process] = max(self._peak_bytes.get(process, 0), memory.rss)
        return living

    def kill(self, patience_s: float) -> None:
        """End whatever is left of the job: asked first, then without asking, until nothing is left.

        A killed MPICH leaves its shared memory behind, gigabytes in the end: what the job had mapped is removed.
        """
        self._note_segments()
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.05)
        deadline = time.monotonic() + 30.0
        while self.alive() and time.monotonic() < deadline:
            self._signal_all(signal.SIGKILL)
            time.sleep(0.05)
        for segment in self._segments:
            segment.unlink(missing_ok=True)

    def _meet(self, pid: int) -> None:
        """Find out once whether a process is the job's."""
        try:
            process = self._psutil.Process(pid)
            environment = process.environ()
            # none yet in the middle of an exec: ask again at the next look
            if not environment and time.time() - process.create_time() < _STARTING_S:
                return
        except self._psutil.Error:
            self._present[pid] = None
        else:
            self._present[pid] = process if environment.get(MARK) == self.mark else None

    def _runs(self, process: Any) -> bool:
        try:
            return bool(process.is_running() and process.status() != self._psutil.STATUS_ZOMBIE)
        except self._psutil.Error:
            return False

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self.alive():
            with contextlib.suppress(self._psutil.Error):
                process.send_signal(number)

    def _note_segments(self) -> None:
        """Shared memory of MPICH that the job's own processes have mapped; other jobs' stays alone."""
        if not hasattr(self._psutil.Process, "memory_maps"):
            return  # macOS, where MPICH has no files in /dev/shm either
        for process in self.alive():
            with contextlib.suppress(self._psutil.Error):
                for mapping in process.memory_maps():
                    path = Path(mapping.path)
                    if path.parent == _SHARED_MEMORY and path.name.startswith(_MPICH_PREFIX):
                        self._segments.add(path)
