"""Which processes belong to a job: found by a mark in their environment, read from ``/proc``.

A job's processes are not one process group (MPI launchers give each rank its own) and not always one session, but all
inherit the environment. Where there is no ``/proc`` nothing is found, and the caller is left with what the
operating system says of its direct children.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

MARK = "MES_STOCH_BENCH_JOB"
_PROC = Path("/proc")
_SHARED_MEMORY = Path("/dev/shm")
_MPICH_PREFIX = "mpich_shm_"


@dataclass
class ProcessWatch:
    """CPU time and peak memory of every process that carries a mark, also of those already gone.

    Parameters
    ----------
    mark : str
        Value of the environment variable :data:`MARK`.
    """

    mark: str
    _cpu_s: dict[int, float] = field(default_factory=dict)
    _peak_kib: dict[int, int] = field(default_factory=dict)
    _is_ours: dict[tuple[int, str], bool] = field(default_factory=dict)
    _segments: set[Path] = field(default_factory=set)

    @property
    def cpu_s(self) -> float:
        """Up to the last look."""
        return sum(self._cpu_s.values())

    @property
    def peak_memory_mib(self) -> float:
        """Sum of the processes' own peaks."""
        return sum(self._peak_kib.values()) / 1024

    def alive(self) -> list[int]:
        """Processes of the job that still run; a zombie does not."""
        found = []
        for entry in _entries():
            stat = _stat(entry)
            if stat is None or stat[0] == "Z":
                continue
            identity = (int(entry.name), stat[19])
            if identity not in self._is_ours:
                self._is_ours[identity] = self._carries_mark(entry)
            if self._is_ours[identity]:
                found.append(identity[0])
        return found

    def look(self) -> list[int]:
        """Note what the living have used so far; returns them."""
        living = self.alive()
        ticks = os.sysconf("SC_CLK_TCK") if living else 1
        for pid in living:
            stat = _stat(_PROC / str(pid))
            if stat is not None:
                self._cpu_s[pid] = (int(stat[11]) + int(stat[12])) / ticks
            self._peak_kib[pid] = max(self._peak_kib.get(pid, 0), _peak_kib(pid))
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

    def _signal_all(self, number: signal.Signals) -> None:
        for pid in self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _note_segments(self) -> None:
        """Shared memory of MPICH that the job's own processes have mapped; other jobs' stays alone."""
        for pid in self.alive():
            try:
                lines = (_PROC / str(pid) / "maps").read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            for line in lines:
                path = Path(line.split(maxsplit=5)[-1])
                if path.parent == _SHARED_MEMORY and path.name.startswith(_MPICH_PREFIX):
                    self._segments.add(path)

    def _carries_mark(self, entry: Path) -> bool:
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            return False
        return f"{MARK}={self.mark}".encode() in environment.split(b"\0")


def _entries() -> list[Path]:
    try:
        return [entry for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return []


def _stat(entry: Path) -> list[str] | None:
    """Fields of ``/proc/PID/stat`` from the state on; the command before them may hold anything."""
    try:
        return (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _peak_kib(pid: int) -> int:
    try:
        for line in (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0
